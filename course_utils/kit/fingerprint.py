"""What decides a result: the code, the versions of what it uses, and the machine."""

import hashlib
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import course_utils
from course_utils import environment
from course_utils.lm.sources import LICENSED


def of(*texts: str, tables: bool = True) -> str:
    """A hash of these texts and of what any result depends on: the package (without kit/), versions.

    Python's and the licensed packages' are among them, for the corpus is made from what they ship. Without
    `tables` it is that of results which no shipped table goes into.
    """
    digest = hashlib.sha256(platform.python_version().encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    package = Path(course_utils.__file__).parent
    for path in sorted(package.rglob("*")):
        within = path.relative_to(package).parts
        if "kit" in within or ("tables" in within and not tables):
            continue
        if path.suffix in (".py", ".json", ".safetensors"):
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    for name in LICENSED:
        digest.update(metadata.version(name).encode())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Python's version, and that of each package that the lessons need."""
    return {"Python": platform.python_version()} | {
        name: have for name in environment.needed() if (have := environment.installed(name))
    }


def processor() -> str:
    """The processor by its name, and how much of it is used: numbers move a little with each of these."""
    import torch

    what = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    return f"{processor_name()}, {what}, {instructions()}"


def instructions() -> str:
    """The widest instructions that PyTorch uses here: AVX512, AVX2, DEFAULT (none of both)."""
    import torch

    return torch.backends.cpu.get_cpu_capability()


def processor_name() -> str:
    """The processor as its system names it, on Linux with family and model; else its kind."""
    told = Path("/proc/cpuinfo")  # Linux
    if told.exists():
        first = told.read_text(encoding="utf-8").split("\n\n")[0]
        facts = {
            key.strip(): value.strip() for key, _, value in (s.partition(":") for s in first.splitlines())
        }
        if "model name" in facts:
            return f"{facts['model name']} {facts.get('cpu family', '')}/{facts.get('model', '')}"
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or platform.machine()
    return platform.processor() or platform.machine()
