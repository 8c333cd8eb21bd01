"""The report of a run: an index and a page a lesson, which open from disk and load nothing from a network."""

import html
import shutil
from itertools import count
from pathlib import Path

from nbformat import NotebookNode

from course_utils.kit import render
from course_utils.kit.run import Result, build_folder


def write(results: list[Result], root: Path) -> Path:
    """Write `build/report/` and return its index page. What an earlier run wrote there goes."""
    folder = build_folder(root) / "report"
    shutil.rmtree(folder, ignore_errors=True)
    render.write_shared(folder)
    for before, result, after in zip([None, *results], results, [*results[1:], None], strict=False):
        page = _lesson_page(result, before, after)
        (folder / render.file(result)).write_text(page, encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index_page(results), encoding="utf-8")
    return index


def _index_page(results: list[Result]) -> str:
    lessons = render.table(
        ("lesson", "time", "claims that hold", "outcome"),
        [
            (
                render.link(result),
                f"{result.seconds:.0f} s",
                f"{sum(claim['holds'] for claim in result.claims)} of {len(result.claims)}",
                _outcome(result),
            )
            for result in results
        ],
    )
    total = sum(result.seconds for result in results)
    body = (
        f"<h1>The course, run</h1>\n"
        f"<p>{len(results)} lessons at <b>{', '.join({r.scale for r in results})}</b> scale, "
        f"{total:.0f} s in all.</p>\n"
        f"<h2>Lessons</h2>\n{lessons}\n<h2>Claims</h2>\n"
        "<p>Each number that a lesson states about its own results, measured in this run.</p>\n"
        f"{render.claims_table(results)}"
    )
    return render.page("The course, run", body)


def _lesson_page(result: Result, before: Result | None, after: Result | None) -> str:
    links = ['<a href="index.html">All lessons</a>']
    links += [f"← {render.link(before)}"] if before else []
    links += [f"{render.link(after)} →"] if after else []
    figures = count(1)
    cells = "\n".join(_cell(cell, result, figures) for cell in result.nb.cells)
    body = f"<nav>{' · '.join(links)}</nav>\n<p>{_outcome(result)} in {result.seconds:.0f} s</p>\n{cells}"
    return render.page(f"{result.lesson.number} · {result.nb.metadata.course['title']}", body)


def _cell(cell: NotebookNode, result: Result, figures: count) -> str:
    if cell.cell_type == "markdown":
        text = cell.source.replace("](../docs/", "](../../docs/")  # the report lies in build/report
        return f'<section id="{cell.id}">\n{render.markdown(text)}</section>'
    failed = f'<p class="bad">{html.escape(result.error)}</p>' if cell.id == result.failed_cell else ""
    return (
        f'<section id="{cell.id}">\n{render.code(cell.source)}{render.shown(cell, figures)}{failed}</section>'
    )


def _outcome(result: Result) -> str:
    if result.error:
        where = f'<a href="{render.file(result)}#{result.failed_cell}">cell {result.failed_cell}</a>'
        return f'<span class="bad">failed in {where}: {html.escape(result.error)}</span>'
    broken = ", ".join(html.escape(claim["name"]) for claim in result.broken_claims)
    if broken:
        return f'<span class="bad">ran; claims that fail: {broken}</span>'
    return '<span class="good">done</span>'
