"""Release a version: `course release --check` says what isn't ready, `course release` builds and tags it.

Nothing here reaches a network, but pip, which fetches what builds the wheel. Pushing is left to you.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils.kit import CourseError, links
from course_utils.kit.lessons import find_lessons, find_root


def add(commands) -> None:
    """Add the command to the parser of `course`."""
    parser = commands.add_parser(
        "release", help="build this version's wheel and tag its commit, if all is ready"
    )
    parser.add_argument("--check", action="store_true", help="only say what isn't ready")
    parser.set_defaults(command=_release)


def _release(options: argparse.Namespace) -> int:
    root = find_root(Path.cwd())
    problems = check(root)
    for problem in problems:
        print(f"course: {problem}", file=sys.stderr)
    if problems:
        return 1
    tag = f"v{version(root)}"
    if options.check:
        print(f"{tag} is ready: `course release` builds and tags it.")
        return 0
    print(f"The wheel: {release(root).relative_to(root)}. The tag: {tag}. What is left to do:")
    print(f"  git push origin HEAD {tag}, then add the wheel to the release of that tag")
    return 0


def check(root: Path) -> list[str]:
    """A sentence for each thing that isn't ready; it says what to do.

    Raises CourseError for a folder that is no clone, or without the files that a release is made of.
    """
    return [*_address(root), *_version(root), *_tree(root), *_built(root), *_targets(root)]


def release(root: Path) -> Path:
    """Build the wheel of the last commit into `dist/`, tag that commit, and return the wheel.

    Raises CourseError, without a tag, when it can't be built.
    """
    tag = f"v{version(root)}"
    with tempfile.TemporaryDirectory() as folder:
        clone = str(Path(folder) / "clone")  # what git has, and nothing that only lies around here
        _git(root, "clone", "--quiet", str(root), clone)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, clone]
        built = subprocess.run(pip, capture_output=True, text=True)
        if built.returncode:
            raise CourseError(f"the wheel can't be built:\n{built.stderr.strip()}")
        [wheel] = Path(folder).glob("*.whl")
        kept = root / "dist" / wheel.name
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(wheel.read_bytes())
    _git(root, "tag", "--annotate", "--message", f"Version {tag[1:]}", tag)
    return kept


def version(root: Path) -> str:
    """`__version__` as course_utils/__init__.py states it. Raises CourseError where it doesn't."""
    return _stated(root, "course_utils/__init__.py", r'__version__ = "(.+)"')


def _stated(root: Path, name: str, pattern: str) -> str:
    """The group of the pattern in the first line of a file that is like it."""
    found = re.search(f"^{pattern}$", (root / name).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise CourseError(f"{root / name}: there is no line {pattern}. Run this in a clone of the course.")
    return found[1]


def _git(root: Path, *arguments: str) -> str:
    """What a git command prints. Raises CourseError with git's own words when it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise CourseError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def _address(root: Path) -> list[str]:
    stated = _stated(root, "pyproject.toml", r'Repository = "(.+)"')
    if links.NOBODY in stated:
        return ["pyproject.toml: Repository isn't set. Put the public address there in place of OWNER's."]
    if links.repository() != stated:
        return [f"the installed package doesn't know {stated} yet. Run: pip install -e '.[dev]'"]
    return []


def _version(root: Path) -> list[str]:
    stated = version(root)
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    head = re.search(rf"^## {re.escape(stated)}(,.*)?$", changes, re.MULTILINE)
    problems = []
    if links.version() != stated:
        problems.append(f"version {links.version()} is installed, not {stated}. Run: pip install -e '.[dev]'")
    if head is None:
        problems.append(
            f"CHANGELOG.md: there is no `## {stated}`. Say what changed, and which numbers moved."
        )
    elif "not released" in head[0]:
        problems.append(f"CHANGELOG.md: `{head[0]}`. Put the day of the release there.")
    if (cited := _stated(root, "CITATION.cff", "version: (.+)")) != stated:
        problems.append(f"CITATION.cff: it cites version {cited}, and this is {stated}.")
    if _git(root, "tag", "--list", f"v{stated}"):
        problems.append(f"v{stated} is tagged already. Raise __version__ in course_utils/__init__.py.")
    return problems


def _tree(root: Path) -> list[str]:
    changed = _git(root, "status", "--porcelain").splitlines()
    return [f"not committed: {', '.join(line[3:] for line in changed)}."] if changed else []


def _built(root: Path) -> list[str]:
    from course_utils.kit import build, tables

    drifted = [problem for lesson in find_lessons(root) for problem in build.drift(lesson)]
    return build.orphans(root) + drifted + tables.drift(root)


def _targets(root: Path) -> list[str]:
    """Links into the repository, Colab's among them, that name another tag or a file that isn't committed."""
    if not (repository := links.repository()):
        return []  # nothing points anywhere
    tag, owner_and_name = f"v{version(root)}", repository.removeprefix("https://github.com/")
    into = rf"(?:{re.escape(repository)}|colab\.research\.google\.com/github/{re.escape(owner_and_name)})"
    files = _git(root, "ls-files", "-z").split("\0")
    problems = []
    for name in (name for name in files if name.endswith((".md", ".ipynb"))):
        text = (root / name).read_text(encoding="utf-8")
        pointed = re.findall(rf"{into}/(?:blob|tree|raw)/([^/\s]+)/([\w./-]+)", text)
        pointed += [(ref, "") for ref in re.findall(rf"git\+{re.escape(repository)}@([\w.-]+)", text)]
        for ref, path in sorted(set(pointed)):
            if ref != tag:
                problems.append(f"{name}: it points to {ref}, and the tag will be {tag}. Run: make build")
            if path and path not in files:
                problems.append(f"{name}: it points to {path}, which isn't committed.")
    return problems
