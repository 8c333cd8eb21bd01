"""What only other machines run: set-ups in a container and on Binder, the weekly look at links."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = (
    'PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu pip install -e ".[lab]" -c constraints.txt'
)
PYTHON = "3.13"
LINK = re.compile(r"https://[a-z-]+\.[a-z.-]+/\w")
KINDS = {
    "name": str,
    "image": str,
    "hostRequirements": dict,
    "postCreateCommand": str,
    "customizations": dict,
}
"""What the container's file holds: of the fields of its schema, all that are used, as they have to be."""


def test_the_container():
    described = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert {name: type(value) for name, value in described.items()} == KINDS
    assert described["image"].endswith(f"/python:{PYTHON}")
    assert described["postCreateCommand"] == INSTALL
    assert type(described["hostRequirements"]["cpus"]) is int
    assert re.fullmatch(r"\d+gb", described["hostRequirements"]["memory"])
    extensions = described["customizations"]["vscode"]["extensions"]
    assert all(re.fullmatch(r"[\w-]+\.[\w-]+", extension) for extension in extensions)


def test_binder():
    """In Binder's own folder, so that nothing else here is taken for its set-up: a Python, its command."""
    folder = ROOT / ".binder"
    assert {path.name for path in folder.iterdir()} == {"runtime.txt", "postBuild"}
    assert (folder / "runtime.txt").read_text(encoding="utf-8") == f"python-{PYTHON}\n"
    script = (folder / "postBuild").read_text(encoding="utf-8")
    assert script.splitlines() == ["#!/bin/sh", "set -e", INSTALL]
    if os.name == "posix":
        assert os.access(folder / "postBuild", os.X_OK)


@pytest.mark.parametrize("words", INSTALL.split(" ", 1))
def test_both_install_as_the_readme_says(words):
    assert words in README


def test_their_python_is_one_that_is_tested():
    tested = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert f'python: ["3.10", "3.11", "3.12", "{PYTHON}"]' in tested


def test_links_are_looked_at_weekly_and_fail_nothing():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "links.yml").read_text(encoding="utf-8"))
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}  # YAML reads `on` as true
    [job] = workflow["jobs"].values()
    *_, look = job["steps"]
    assert job["continue-on-error"] is True and look["with"]["fail"] is False
    globs = [word for word in look["with"]["args"].split() if word.endswith((".md", ".cff", ".py"))]
    looked_at = {path for glob in globs for path in ROOT.glob(glob)}
    readers = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("solutions/*.py"),
        ROOT / "CITATION.cff",
    ]
    kit = ROOT / "course_utils" / "kit"  # it makes addresses
    readers += [path for path in ROOT.glob("course_utils/*/*.py") if path.parent != kit]
    linking = {path for path in readers if LINK.search(path.read_text(encoding="utf-8"))}
    assert len(linking) > 15 and linking <= looked_at
