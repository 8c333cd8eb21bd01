"""Two web pages, each one HTML file that works offline: the feature browser and the phase explorer.

browser — all latents of an SAE measured on a text: list, search, sort, compare, light up a text
browser_widget — the same behind controls, in a notebook
browser_file — the same as a file: browser.html with browser.js (the page) and transformer.js (the models)
explorer — the phase explorer as a file: explorer.html with explorer.js (the page) and toy.js (the model)
template — a file from its template, scripts and data
contract — what the data hold: Python writes them, JavaScript reads them
"""

from pathlib import Path

from course_utils.pages.browser import Browser
from course_utils.pages.browser_widget import widget

__all__ = ["Browser", "widget", "write"]

TEXT_BYTES = 300_000  # of held-out text, for the browser's examples


def write(folder: Path) -> list[Path]:
    """Write `browser.html`, of the shipped SAE on held-out text, and `explorer.html`.

    Raises AssetError when what is shipped is damaged.
    """
    from course_utils import assets
    from course_utils.lm import data
    from course_utils.pages import browser_file, explorer

    tokenizer = assets.load_tokenizer()
    text = data.load("held_out", TEXT_BYTES, tokenizer, seed=2000)
    browser = Browser(assets.load_transformer(), assets.load_sae(), tokenizer, text)
    written = browser_file.write(browser, folder / "browser.html")
    return [written, explorer.write(folder / "explorer.html")]
