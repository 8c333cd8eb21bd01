"""What a notebook needs of the world outside it: the package's address, for Colab and for the glossary.

Until pyproject.toml names a public address, nothing points to one: no link to Colab, and a set-up cell there
that installs an uploaded wheel.
"""

from importlib import metadata
from pathlib import Path

from course_utils.environment import DISTRIBUTION

NOBODY = "/OWNER/"
"""In an address that isn't set yet."""


def repository() -> str:
    """The repository's public address, from pyproject.toml's `Repository`; empty until it is set."""
    urls = dict(entry.split(", ", 1) for entry in metadata.metadata(DISTRIBUTION).get_all("Project-URL"))
    return "" if NOBODY in urls["Repository"] else urls["Repository"]


def version() -> str:
    """The version that is installed, which is also the tag that the links point to."""
    return metadata.version(DISTRIBUTION)


def setup_source() -> str:
    """The set-up cell: on Colab it installs this version of the package; elsewhere it only imports it."""
    wheel = f"{DISTRIBUTION.replace('-', '_')}-{version()}-py3-none-any.whl"
    package = f'"{DISTRIBUTION} @ git+{repository()}@v{version()}"' if repository() else wheel
    upload = (
        ""
        if repository()
        else "    # the course's wheel, uploaded beside this notebook (Files, on the left)\n"
    )
    return (
        "import sys\n\n"
        'if "google.colab" in sys.modules:\n'
        f"{upload}"
        f"    %pip install -q {package}\n\n"
        "import course_utils\n\n"
        "course_utils.setup()"
    )


def colab(notebook: Path) -> str:
    """The link that opens this very notebook, in this version, in Colab. No image: it loads nothing."""
    if not repository():
        return ""
    tree = repository().removeprefix("https://github.com/")
    address = f"{tree}/blob/v{version()}/{notebook.parent.name}/{notebook.name}"
    return f"[Open in Colab](https://colab.research.google.com/github/{address})"


def docs() -> str:
    """Where `docs/` of this version is: a notebook may lie in a folder of its own."""
    return f"{repository()}/blob/v{version()}/docs/" if repository() else "../docs/"


def glossary() -> str:
    """The link to the glossary of this version."""
    return f"[Glossary]({docs()}glossary.md)"


def under_title(markdown: str, notebook: Path) -> str:
    """A lesson's first cell, with the links to Colab and to the glossary under its title."""
    title, _, rest = markdown.partition("\n")
    links = " · ".join(filter(None, (colab(notebook), glossary())))
    return f"{title}\n\n{links}\n\n{rest.lstrip()}".rstrip()
