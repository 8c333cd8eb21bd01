"""A source that would give a broken notebook is refused, with the place and what to do."""

import pytest

from course_utils.kit import CourseError, source
from course_utils.kit.lessons import find_lessons, find_root
from tests.conftest import LESSON, plain_lesson

MARKED = "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"

# name: (what is replaced, by what, what the message says, the text in whose line it says that)
BROKEN = {
    "unclosed marker": (MARKED, "    ### BEGIN SOLUTION\n    return 2 * x", "never closed", "### BEGIN"),
    "end without begin": (MARKED, "    return 2 * x\n    ### END SOLUTION", "without a", "### END"),
    "begun twice": (MARKED, "    ### BEGIN SOLUTION\n" + MARKED, "again", "### BEGIN SOLUTION\n    return"),
    "marker elsewhere": (
        "three =",
        "### BEGIN SOLUTION\nthree =",
        "outside of an exercise",
        "### BEGIN SOLUTION\nthree",
    ),
    "marker in prose": ("# It doubles.", "# ### END SOLUTION", "outside of an exercise", "# ### END"),
    "marker misspelt": ("### END SOLUTION", "# END SOLUTION", "write the marker as", "    # END"),
    "given line before": (MARKED, "    y = x\n" + MARKED, "given line", "    y = x"),
    "given line after": (MARKED, MARKED + "\n    return y", "given line", "    return y"),
    "two functions": (
        "def double(x):",
        "def other():\n    pass\n\n\ndef double(x):",
        "one `def`",
        "# %% exercise",
    ),
    "code beside the function": ("def double(x):", "y = 1\n\n\ndef double(x):", "one `def`", "# %% exercise"),
    "no docstring": ('    """Twice x."""\n', "", "docstring", "# %% exercise"),
    "no solution": (MARKED, "    return 2 * x", "nothing is left to the student", "# %% exercise"),
    "wrong lesson's number": ('exercise="42.1"', 'exercise="41.1"', "named like 42.1", "# %% exercise"),
    "check of nothing": (
        '# %% check="42.1"\nlesson.check("42.1"',
        '# %% check="42.2"\nlesson.check("42.2"',
        'is `# %% exercise="42.2"`',
        "# %% check",
    ),
    "check not as it should be": (
        'lesson.check("42.1", double)',
        'x = lesson.check("42.1", double)',
        "exactly",
        "# %% check",
    ),
    "check of another function": ('("42.1", double)', '("42.1", print)', "given `double`", "# %% check"),
    "no check": ('# %% check="42.1"', "# %%", "has no check", "# %% exercise"),
    "no parameters": ('# %% tags=["parameters"]', "# %%", "one parameters cell", "# ---"),
    "other parameters": ('SCALE = "lesson"', 'SCALE = "smoke"', "one parameters cell", '# %% tags=["par'),
    "not Python": ("three =", "three = =", "not Python", '# %% tags=["nbval'),
    "other title": ("# # 42 · A lesson", "# # A lesson", "title in the header", "# %% [markdown]"),
    "no minutes": ("#   minutes: 1\n", "", "needs `minutes`", "# ---"),
    "other number": ('number: "42"', 'number: "41"', "the file's name", "# ---"),
    "two exercises of one name": (
        "# %% [markdown]\n# ## Result",
        '# %% exercise="42.1"\ndef double(x):\n    """Twice."""\n' + MARKED + "\n\n\n"
        "# %% [markdown]\n# ## Result",
        "exists twice",
        '# %% exercise="42.1"\ndef double(x):\n    """Twice."""',
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_source_is_refused(lesson, name):
    old, new, message, place = BROKEN[name]
    assert old in LESSON
    text = LESSON.replace(old, new)
    lesson.source.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError) as error:
        source.read(lesson)
    line = text[: text.index(place)].count("\n") + 1
    told = [said for said in str(error.value).split(f"{lesson.source}:") if message in said]
    assert [said.split(":")[0] for said in told] == [str(line)], str(error.value)


def test_all_that_is_broken_is_told_at_once(lesson):
    """Each change breaks a rule of its own; the error tells of each, once, in the order of the lines."""
    apart = (
        "no minutes",
        "other title",
        "other parameters",
        "no docstring",
        "given line after",
        "check not as it should be",
        "not Python",
    )
    text = LESSON
    for name in apart:
        old, new, _, _ = BROKEN[name]
        assert old in text
        text = text.replace(old, new)
    lesson.source.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError) as error:
        source.read(lesson)
    told = str(error.value).split(f"{lesson.source}:")[1:]
    assert len(told) == len(apart), str(error.value)
    for said, name in zip(told, apart, strict=True):
        assert BROKEN[name][2] in said
    lines = [int(said.split(":")[0]) for said in told]
    assert lines == sorted(lines) and len(set(lines)) == len(apart)


def test_a_header_that_is_no_yaml_is_named(lesson):
    lesson.source.write_text(LESSON.replace("title: A lesson", 'title: "A lesson'), encoding="utf-8")
    with pytest.raises(CourseError, match=rf"^{lesson.source}:\d+: the header isn't YAML"):
        source.read(lesson)


def test_how_the_text_is_stored(lesson):
    plain = source.read(lesson)
    lesson.source.write_text(LESSON, encoding="utf-8-sig")
    assert source.read(lesson) == plain
    lesson.source.write_text(LESSON, encoding="latin-1")
    with pytest.raises(CourseError, match="not UTF-8"):
        source.read(lesson)


def test_unknown_exercise_is_refused(lesson):
    lesson.source.write_text(LESSON.replace("42.1", "42.7"), encoding="utf-8")
    with pytest.raises(CourseError, match=r'no `exercise\("42.7", ...\)`'):
        source.read(lesson)


def test_function_is_the_one_that_the_checks_name(lesson):
    lesson.source.write_text(
        LESSON.replace("double(x)", "twice(x)").replace('"42.1", double', '"42.1", twice'), encoding="utf-8"
    )
    with pytest.raises(CourseError, match=r"calls 42.1 `double`, the notebook `twice`"):
        source.read(lesson)


def test_lesson_without_checks_is_refused(course):
    (course / "solutions" / "41_other.py").write_text(LESSON.replace("42", "41"), encoding="utf-8")
    with pytest.raises(
        CourseError, match=r"checks are missing. Write them in course_utils.exercises.lesson41.py"
    ):
        source.read(find_lessons(course, ["41"])[0])


def test_two_lessons_of_one_number(course):
    (course / "solutions" / "42_again.py").write_text(LESSON, encoding="utf-8")
    with pytest.raises(CourseError, match=r"lesson 42 exists twice, also as 42_again\.py"):
        find_lessons(course)


def test_file_name_without_number(course):
    (course / "solutions" / "double.py").write_text(LESSON, encoding="utf-8")
    with pytest.raises(CourseError, match=r"NN_name\.py"):
        find_lessons(course)


def test_lessons_are_found_by_number(course):
    (course / "solutions" / "02_other.py").write_text(plain_lesson("02", "1"), encoding="utf-8")
    assert [found.number for found in find_lessons(course)] == ["02", "42"]
    assert [found.number for found in find_lessons(course, ["42", "2"])] == ["02", "42"]
    with pytest.raises(CourseError, match=r"no lesson '7'\. The lessons here: 02, 42"):
        find_lessons(course, ["7"])


def test_a_course_without_lessons(tmp_path):
    (tmp_path / "solutions").mkdir()
    with pytest.raises(CourseError, match="holds no lesson"):
        find_lessons(tmp_path)


def test_no_course_here(tmp_path):
    with pytest.raises(CourseError, match="no course here"):
        find_root(tmp_path)


def test_ids_stay_when_another_section_grows(lesson):
    before = [cell.id for cell in source.read(lesson).cells]
    lesson.source.write_text(
        LESSON.replace("# %% [markdown]\n# ## Result", "# %%\nmore = 1\n\n# %% [markdown]\n# ## Result"),
        encoding="utf-8",
    )
    after = [cell.id for cell in source.read(lesson).cells]
    assert len(set(after)) == len(after) == len(before) + 1
    assert set(before) < set(after)


def test_same_headings_get_different_ids(lesson):
    lesson.source.write_text(
        LESSON + "\n# %% [markdown]\n# ## Result\n\n# %%\n1\n\n# %% [markdown]\n# ## Result 2\n",
        encoding="utf-8",
    )
    ids = [cell.id for cell in source.read(lesson).cells]
    assert len(set(ids)) == len(ids)
    assert ids[-3:] == ["result-2", "result-2_1", "result-2-2"]


def test_answer_to_a_prediction_is_folded(lesson):
    reveal = 'lesson.reveal(guess, "a", "Two is even.")'
    lesson.source.write_text(
        LESSON + f"\n# %%\nanswer = 1\n{reveal}\n\n# %%\nprint(answer)\n{reveal}\n", encoding="utf-8"
    )
    cells = source.read(lesson).cells[-2:]
    assert [cell.metadata.get("jupyter") for cell in cells] == [{"source_hidden": True}, None]
