"""Two pages to show each other, each one HTML file that works offline: the feature browser, the explorer."""

from pathlib import Path

TEXT_BYTES = 300_000


def write(folder: Path) -> list[Path]:
    """Write `browser.html`, of the shipped SAE on held-out text, and `explorer.html`.

    Raises AssetError when what is shipped is damaged.
    """
    from course_utils import assets
    from course_utils.figures import explorer
    from course_utils.interp.browser import Browser
    from course_utils.lm import data

    model, sae, tokenizer = assets.load_transformer(), assets.load_sae(), assets.load_tokenizer()
    text = data.load("held_out", TEXT_BYTES, tokenizer, seed=2000)
    browser = Browser(model, sae, tokenizer, text)
    return [browser.write(folder / "browser.html"), explorer.write(folder / "explorer.html")]
