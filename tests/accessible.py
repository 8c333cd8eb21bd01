"""What keeps a page from being read by everybody, as axe-core finds it."""

import importlib
import os

import pytest

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
OURS = {"exclude": [[".figure > *"]]}
"""What Plotly draws isn't: its words stand in the figure's label and table."""


def barriers(page, *without: str) -> list[str]:
    """Where an open page breaks WCAG 2.1, A or AA, or the order of headings, with its fold-outs open.

    `without` are rules of axe-core that aren't asked. Skips the test where the package isn't installed.
    """
    name = "axe_playwright_python.sync_playwright"
    needed = "COURSE_NEEDS_BROWSER" in os.environ
    axe = importlib.import_module(name) if needed else pytest.importorskip(name)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    rules = {"heading-order": {"enabled": True}} | {rule: {"enabled": False} for rule in without}
    found = axe.Axe().run(page, OURS, RULES | {"rules": rules}).response["violations"]
    return [f"{broken['id']}: {node['html'][:200]}" for broken in found for node in broken["nodes"]]
