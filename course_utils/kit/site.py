"""The course as a static site, from the committed notebooks: nothing runs, and it opens from disk as well.

Lessons with live figures, solutions and answers behind a click, every claim, the glossary, the map, the
feature browser and the phase explorer. All links are relative, so it works from any address.
"""

import html
import re
import shutil
from itertools import count
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils import pages
from course_utils.kit import CourseError, build, links, render, rules
from course_utils.kit.lessons import LessonFiles, find_lessons
from course_utils.kit.run import Result

PAGES = {"browser.html": "Feature browser", "explorer.html": "Phase explorer"}


def write(root: Path, folder: Path) -> Path:
    """Write the site into `folder` and return its index page.

    Raises CourseError for a lesson that isn't built, AssetError when what is shipped is damaged.
    """
    results = [Result(lesson, "lesson", _built(lesson), 0.0) for lesson in find_lessons(root)]
    render.write_shared(folder)
    (folder / ".nojekyll").touch()  # GitHub Pages then serves the files as they are
    pages.write(folder)
    menu = {"index.html": "All lessons", "claims.html": "Claims"}
    docs = {"Glossary": root / "docs" / "glossary.md", "Map of the kit": root / "docs" / "map.md"}
    docs = {title: path for title, path in docs.items() if path.exists()}
    menu |= {f"{path.stem}.html": title for title, path in docs.items()}
    menu |= PAGES

    def put(name: str, title: str, body: str, *beside: str) -> None:
        nav = " · ".join(f'<a href="{file}">{text}</a>' for file, text in menu.items() if file != name)
        page = f"<nav>{' · '.join([nav, *beside])}</nav>\n{body}"
        (folder / name).write_text(render.page(title, _within(page)), encoding="utf-8")

    for before, result, after in zip([None, *results], results, [*results[1:], None], strict=False):
        beside = [f"← {render.link(before)}"] if before else []
        beside += [f"{render.link(after)} →"] if after else []
        title = f"{result.lesson.number} · {result.nb.metadata.course['title']}"
        put(render.file(result), title, _lesson(result), *beside)
    for title, path in docs.items():
        text = path.read_text(encoding="utf-8")
        for drawing in re.findall(r"\]\((\w+\.svg)\)", text):
            shutil.copy(path.with_name(drawing), folder)
        put(f"{path.stem}.html", title, render.markdown(text))
    put("claims.html", "Claims", _claims(results))
    put("index.html", "Superposition and sparse autoencoders, by hand", _index(results, root, folder))
    return folder / "index.html"


def _built(lesson: LessonFiles) -> NotebookNode:
    if not lesson.solution.exists():
        raise CourseError(f"{lesson.solution} isn't there. Run: course build {lesson.number}")
    return nbformat.read(lesson.solution, as_version=4)


def _index(results: list[Result], root: Path, folder: Path) -> str:
    """The README's opening with its picture, then the lessons."""
    readme = root / "README.md"
    opening = readme.read_text(encoding="utf-8").split("\n## ")[0] if readme.exists() else "# The course"
    for picture in re.findall(r"\]\((docs/[\w.]+\.png)\)", opening):
        shutil.copy(root / picture, folder)
        opening = opening.replace(picture, Path(picture).name)
    rows = [
        (
            render.link(result),
            html.escape("; ".join(result.nb.metadata.course["papers"])),
            str(result.nb.metadata.course["minutes"]),
            f"{sum(claim['holds'] for claim in result.claims)} of {len(result.claims)}",
        )
        for result in results
    ]
    colab = "open a lesson in Colab (the link is under its title) or " if links.repository() else ""
    return (
        f"{render.markdown(opening)}\n"
        '<h2>To play with</h2>\n<p><a href="browser.html">The feature browser</a>: all latents of the '
        "shipped autoencoder, and any text of yours lit by them as you type.<br>\n"
        '<a href="explorer.html">The phase explorer</a>: tiny models that train wherever you point on the '
        "phase diagram.</p>\n"
        f"<h2>Lessons</h2>\n{render.table(('lesson', 'rebuilds', 'minutes', 'claims that hold'), rows)}\n"
        "<p>TM is <i>Toy Models of Superposition</i>, M is <i>Towards Monosemanticity</i>. Here you read; to "
        f"write and be checked, {colab}install the kit.</p>"
    )


def _claims(results: list[Result]) -> str:
    return (
        "<h1>Claims</h1>\n<p>Each number that a lesson states about its own results, as measured when the "
        f"lesson last ran, and what it has to be.</p>\n{render.claims_table(results)}"
    )


def _lesson(result: Result) -> str:
    figures = count(1)
    cells = [cell for cell in result.nb.cells if "setup" not in cell.metadata.get("tags", [])]
    return "\n".join(f'<section id="{cell.id}">\n{_cell(cell, result, figures)}</section>' for cell in cells)


def _cell(cell: NotebookNode, result: Result, figures: count) -> str:
    if cell.cell_type == "markdown":
        text = cell.source.replace(f"]({links.docs()}", "](")
        student = links.colab(result.lesson.student)
        shown = render.markdown(text.replace(links.colab(result.lesson.solution), student))
        return _fold("A sample answer", shown) if "experiment" in cell.metadata else shown
    if "check" in cell.metadata:  # the verdict says the points already
        cell.outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
    unmarked = re.sub(rf" *({rules.BEGIN}|{rules.END})\n?", "", cell.source)
    unmarked = re.sub(r"^# @title .*\n", "", unmarked)
    whole = render.code(unmarked) + render.shown(cell, figures)
    if number := cell.metadata.get("exercise"):
        return f"{render.code(_stub(cell.source))}{_fold(f'A solution of exercise {number}', whole)}"
    if "experiment" in cell.metadata:
        return _fold("A sample experiment", whole)
    if rules.drawing_of(cell):
        return render.shown(cell, figures)
    if cell.metadata.get("fold") == "The answer":
        return _fold("The answer", whole)
    if title := cell.metadata.get("fold"):
        return _fold(f"{title} (code)", render.code(unmarked)) + render.shown(cell, figures)
    if "play" in cell.metadata.get("tags", []):
        whole += "<p><i>Controls need a live notebook: open the lesson in JupyterLab or in Colab.</i></p>"
    return whole


def _stub(solution: str) -> str:
    """What the student starts from, as in the student's notebook."""
    marked = rf"( *){rules.BEGIN}.*?{rules.END}"
    return re.sub(marked, lambda match: match[1] + build.STUB, solution, flags=re.DOTALL)


def _fold(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n{body}</details>"


def _within(page: str) -> str:
    """Links to the course's notebooks and glossary, as links to their pages here."""
    return re.sub(
        r'href="(?!https?:|#)(?:[^"#]*/)?([\w-]+)\.(?:ipynb|md)(#[^"]*)?"', r'href="\1.html\2"', page
    )
