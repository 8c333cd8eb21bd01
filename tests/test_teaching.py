"""What a lesson of the second edition has beside its exercises; and that the measures count what they say."""

from pathlib import Path

import pytest

from course_utils.kit import CourseError, build, render, rules, source, teaching
from course_utils.kit.lessons import find_lessons
from tests.conftest import LESSON, MARKED_EXPERIMENT

ROOT = Path(__file__).parents[1]
LESSONS = {lesson.number: lesson for lesson in find_lessons(ROOT)}
SECOND_EDITION = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "10", "12", "13")


@pytest.mark.parametrize("number", SECOND_EDITION)
def test_a_lesson_of_the_second_edition_teaches(number):
    nb = source.read(LESSONS[number])
    assert teaching.short(nb) == []
    if any("experiment" in cell.metadata for cell in nb.cells):
        instructors = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
        assert f"\n| {number} |" in instructors.split("## Open experiments")[1], "what to look for in it"


@pytest.mark.parametrize("number", LESSONS)
def test_fold_outs_open_on_the_page(number):
    """Markdown within a fold-out is Markdown, formulas included, and each has a question."""
    for cell in source.read(LESSONS[number]).cells:
        if cell.cell_type == "markdown" and "<details>" in cell.source:
            page = render.markdown(cell.source)
            assert page.count("<details>") == page.count("<summary>") == page.count("</details>")
            for body in page.split("</summary>")[1:]:
                assert body.strip().startswith("<"), "an empty line after the question"


WHOLE = LESSON.replace(
    "# ## Result",
    """\
# ## Recall
#
# <details>
# <summary>What is $2x$?</summary>
#
# Twice $x$.
#
# </details>
#
# Doubling is the same as adding a number to itself, because 2 is 1 + 1. So a check needs no table. But it has
# to try more than one number, since 2 doubled is also 2 squared. At 0 nothing can be told from anything else,
# and that is why the check does not stop there. It goes on to 1.5, to −3 and to whatever it draws.
#
# ## What you can now say
#
# - One.
# - Two.
#
# ### Three readings
#
# 1. A book, 5 minutes.
# 2. Another,
#    10 minutes.""",
).replace('# %% tags=["nbval-check-output"]\nthree', '# %% fold="Three" tags=["nbval-check-output"]\nthree')


def test_measures_of_a_small_lesson(lesson):
    lesson.source.write_text(WHOLE + MARKED_EXPERIMENT, encoding="utf-8")
    found = teaching.measure(source.read(lesson))
    assert {name: found[name] for name in list(found)[:8]} == {
        "drawings": 0,
        "why-paragraphs": 1,
        "fold-outs": 1,
        "recall": 1,
        "can now say": 2,
        "readings": 2,
        "experiments": 1,
        "exercises": 1,
    }
    # 2 parameters, 5 imports, 3 exercise, 1 check, 3 folded, 2 figure, 3 bar, 1 summary
    assert found["% folded"] == pytest.approx(100 * 3 / 20)
    assert found["% written"] == pytest.approx(100 * 1 / 17)
    assert found["% report-only"] == pytest.approx(100 * 2 / 20)
    said = teaching.short(source.read(lesson))
    assert "drawings: 0, wanted ≥ 2" in said and "readings: 2, wanted 3" in said
    assert not any(line.startswith(("recall", "exercises", "% folded")) for line in said)


@pytest.mark.parametrize(
    "code, lines",
    [
        ("x = 1\nprint(x)", {2}),
        ("for a in b:\n    print(a)\n    print(b)", {1, 2, 3}),
        ("for a in b:\n    c = a\n    print(c)", {3}),
        ("lesson.show(\n    f(x),\n    see=1,\n    alt=2\n    + 3,\n)", {3, 4, 5}),
        ("words = ', '.join(f'{v}' for v in x)\ny = ', '.join(x)", {1}),
        ("with_words = f'{x}'\nlesson.claim('a', 1, at_least=0)\nlesson.check('1', x)", {1, 2}),
        ("if a:\n    print(1)\nelse:\n    b = 1", {2}),
    ],
)
def test_lines_that_only_report(code, lines):
    assert teaching._report_only(code) == lines


def test_a_folded_cell_folds_in_both(lesson):
    lesson.source.write_text(WHOLE, encoding="utf-8")
    solution = source.read(lesson)
    for nb in (solution, build.student_version(lesson, solution)):
        [cell] = [cell for cell in nb.cells if "fold" in cell.metadata]
        assert cell.source.startswith("# @title Three\nthree = ")
        assert cell.metadata.jupyter == {"source_hidden": True} and cell.metadata.cellView == "form"


def test_an_experiment_is_for_a_person_to_grade(lesson):
    lesson.source.write_text(WHOLE + MARKED_EXPERIMENT, encoding="utf-8")
    nb = build.student_version(lesson, source.read(lesson))
    code, answer = (cell for cell in nb.cells if "experiment" in cell.metadata)
    assert code.source == build.STUB and code.metadata.nbgrader.solution and not code.metadata.nbgrader.grade
    assert answer.source == build.ANSWER and answer.metadata.nbgrader.grade
    assert answer.metadata.nbgrader.points == source.EXPERIMENT_POINTS


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('experiment="code"', 'experiment="more"', "one open experiment"),
        ("### BEGIN SOLUTION\nlonger", "a = 1\n### BEGIN SOLUTION\nlonger", "is all between"),
        ("# %% [markdown] experiment", "# %%\n1\n\n# %% [markdown] experiment", "one open experiment"),
        ("# </details>", "# </detail>", "a fold-out is"),
        ("</summary>\n#\n", "</summary>\n", "a fold-out is"),
        ("# Twice $x$.\n#\n", "# Twice $x$.\n", "a fold-out is"),
    ],
)
def test_a_wrong_form_is_refused(lesson, old, new, message):
    text = WHOLE + MARKED_EXPERIMENT
    assert old in text
    lesson.source.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=message):
        source.read(lesson)


def test_rubric_has_a_line_for_each_point():
    instructors = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    rubric = instructors.split("## Open experiments")[1].split("\n## ")[0]
    assert rubric.count("\n- **1 point") == source.EXPERIMENT_POINTS
    assert rules.END not in rubric
