"""The feature browser in a notebook, behind controls."""

from __future__ import annotations

from course_utils.pages.browser import EXAMPLE, SORTS, Browser, Row


def widget(browser: Browser, latent: int = 0):
    """Controls over a browser: search, sort, choose one or two latents, type a text. Opens on `latent`.

    Without widgets: `browser.table`, `browser.page`, `browser.compare`, `browser.lit`.
    """
    import ipywidgets

    def listed():
        return [(_label(row), row.latent) for row in browser.find(search.value, sort.value)]

    wide = {"width": "95%"}
    search = ipywidgets.Text(description="search", placeholder="a number, a type, a token, a text")
    sort = ipywidgets.Dropdown(options=list(SORTS), description="sort by")
    rows = ipywidgets.Select(options=listed(), value=latent, rows=8, layout=wide)
    # JupyterLab takes the arrow keys away from a list, but not from a number
    first = ipywidgets.BoundedIntText(latent, 0, len(browser.rows) - 1, description="latent")
    second = ipywidgets.Text(description="compare", placeholder="with latent number …")
    string = ipywidgets.Textarea(EXAMPLE, description="your text", layout=wide)
    lit, page = ipywidgets.HTML(), ipywidgets.HTML()

    def relist(_):
        rows.unobserve(choose, "value")  # new options choose the first one: nobody asked for it
        rows.options, rows.value = listed(), None
        rows.observe(choose, "value")

    def choose(_):
        if rows.value is not None:
            first.value = rows.value

    def show(_=None):
        a = first.value
        other = [row.latent for row in browser.rows if str(row.latent) == second.value.strip() != str(a)]
        page.value = browser.compare(a, *other).html if other else browser.page(a).html
        lit.value = browser.lit(string.value, a, *other).html

    for control in (search, sort):
        control.observe(relist, "value")
    rows.observe(choose, "value")
    for control in (first, second, string):
        control.observe(show, "value")
    show()
    top, chosen = ipywidgets.HBox([search, sort]), ipywidgets.HBox([first, second])
    return ipywidgets.VBox([top, rows, chosen, string, lit, page])


def _label(row: Row) -> str:
    return f"{row.latent:4}  {row.kind} {row.correlation:.2f}, on {row.density:.2%}: {row.fires_on}"
