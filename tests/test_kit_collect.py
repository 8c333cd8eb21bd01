"""Hand-ins in the layouts that learning platforms export, and in ones that nobody should."""

import csv
import io
import json
import stat
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.kit import cli, collect, unpack

EARLY, LATE = (2026, 3, 1, 10, 0, 0), (2026, 3, 2, 10, 0, 0)


def notebook(who: str, lesson: str = "42") -> bytes:
    cells = [
        new_code_cell(f'lesson = course_utils.start("{lesson}", scale=SCALE)'),
        new_code_cell(f"# {who}"),
    ]
    return nbformat.writes(new_notebook(cells=cells)).encode()


def zipped(files: dict, when=EARLY) -> bytes:
    """A zip of these files: bytes, or (bytes, date), or a dict of files that becomes a zip of its own."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            content, date = content if isinstance(content, tuple) else (content, when)
            content = zipped(content) if isinstance(content, dict) else content
            info = zipfile.ZipInfo(name, date)
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, content)
    return made.getvalue()


@pytest.fixture
def course(tmp_path):
    for name in ("42_tiny", "43_more"):
        (tmp_path / "course" / "release" / name).mkdir(parents=True)
    return tmp_path / "course"


def take(course: Path, files: dict, name: str = "export.zip") -> tuple[dict[str, str], list[str]]:
    """What lies in submitted/ then, by STUDENT/LESSON/FILE: who wrote it, or its text; and the problems."""
    archive = course.parent / name
    archive.write_bytes(zipped(files))
    problems = collect.collect(archive, course, lambda line: None)
    there = {}
    for path in (course / "submitted").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".ipynb" and text.startswith("{"):
                text = json.loads(text)["cells"][-1]["source"][-1].removeprefix("# ")
            there[path.relative_to(course / "submitted").as_posix()] = text
    return there, problems


ADA, BOB = notebook("ada"), notebook("bob")
TWO = {"ada/42_tiny/42_tiny.ipynb": "ada", "bob/42_tiny/42_tiny.ipynb": "bob"}
LAYOUTS = {
    "nbgrader": {"ada/42_tiny/42_tiny.ipynb": ADA, "bob/42_tiny/42_tiny.ipynb": BOB},
    "by lesson": {"42_tiny/ada/x.ipynb": ADA, "42_tiny/bob/x.ipynb": BOB},
    "too deep": {"ada/my work/course/42_tiny.ipynb": ADA, "bob/42_tiny.ipynb": BOB},
    "a folder around": {"all/of/it/ada/42_tiny.ipynb": ADA, "all/of/it/bob/42_tiny.ipynb": BOB},
    "renamed": {"ada/42_tiny (1).ipynb": ADA, "bob/my last try.IPYNB": BOB},
    "zip of zips": {"ada.zip": {"42_tiny.ipynb": ADA}, "bob.zip": {"w.zip": {"a/b/42_tiny.ipynb": BOB}}},
    "zip in a folder": {"ada/work.zip": {"42_tiny.ipynb": ADA}, "bob/42_tiny.ipynb": BOB},
    "left by systems": {
        "ada/42_tiny.ipynb": ADA,
        "ada/.ipynb_checkpoints/42_tiny-checkpoint.ipynb": (notebook("old"), LATE),
        "bob/42_tiny.ipynb": BOB,
        "__MACOSX/bob/._42_tiny.ipynb": b"\0",
        ".DS_Store": b"\0",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_folders(course, layout):
    assert take(course, LAYOUTS[layout]) == (TWO, [])


MOODLE = "Ada Lovelace_71_assignsubmission_file"
PLATFORMS = {
    "Moodle, folders": {f"{MOODLE}_/42_tiny.ipynb": ADA, "Bob, Žo_9_assignsubmission_file/42.ipynb": BOB},
    "Moodle, flat": {f"{MOODLE}_42_tiny.ipynb": ADA, "Bob Žo_9_assignsubmission_file_42.ipynb": BOB},
    "Moodle, a zip": {
        f"{MOODLE}_/x.zip": {"x/y.ipynb": ADA},
        "Bob Žo_9_assignsubmission_file_/42.ipynb": BOB,
    },
    "Canvas": {"Ada Lovelace_LATE_71_456_42_tiny-1.ipynb": ADA, "Bob Žo_9_12_42_tiny.ipynb": BOB},
    "Canvas, zips": {
        "Ada Lovelace_71_456_w.zip": {"a.ipynb": ADA},
        "Bob Žo_LATE_9_12_w.zip": {"a.ipynb": BOB},
    },
}


@pytest.mark.parametrize("around", ["", "export/"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_layouts_of_platforms(course, platform, around):
    files = {around + name: content for name, content in PLATFORMS[platform].items()}
    students = {"Ada Lovelace_71/42_tiny/42_tiny.ipynb": "ada", "Bob Žo_9/42_tiny/42_tiny.ipynb": "bob"}
    assert take(course, files) == (students, [])


def test_one_student_alone(course):
    assert take(course, {f"{MOODLE}_/deep/42_tiny.ipynb": ADA})[0] == {
        "Ada Lovelace_71/42_tiny/42_tiny.ipynb": "ada"
    }
    assert "ada/43_more/43_more.ipynb" in take(course, {"ada/43_more/43.ipynb": notebook("ada", "43")})[0]
    assert "bob/42_tiny/42_tiny.ipynb" in take(course, {"export/bob/42_tiny.ipynb": BOB})[0]


def test_the_latest_of_several_counts_and_the_others_are_named(course, capsys):
    archive = course.parent / "x.zip"
    files = {
        "ada/42_tiny (1).ipynb": (notebook("second"), LATE),
        "ada/42_tiny.ipynb": (notebook("first"), EARLY),
        "ada/43_more.ipynb": notebook("more", "43"),
        "bob/42_tiny.ipynb": notebook("one day"),
        "bob/42_tiny-2.ipynb": notebook("same day"),
    }
    archive.write_bytes(zipped(files))
    assert cli.main(["collect", str(archive), str(course)]) == 0
    told = capsys.readouterr().out
    assert "ada, 42_tiny: renamed from 42_tiny (1).ipynb; the latest of 2; left: 42_tiny.ipynb; new" in told
    there, _ = take(course, {})
    assert there == {
        "ada/42_tiny/42_tiny.ipynb": "second",
        "ada/43_more/43_more.ipynb": "more",
        "bob/42_tiny/42_tiny.ipynb": "same day",
    }


def test_files_beside_the_notebook_come_along(course):
    files = {
        "ada/w/42_tiny.ipynb": ADA,
        "ada/w/helpers.py": b"x = 1",
        "ada/w/data/a.csv": b"1",
        "ada/letter.pdf": b"%PDF",
        "bob/42_tiny.ipynb": BOB,
        "bob/timestamp.txt": b"yesterday or so",
        "eve/42_tiny.ipynb": BOB,
        "eve/timestamp.txt": b"2026-03-01 10:00:00 UTC",
    }
    there, problems = take(course, files)
    assert problems == [] and set(there) == {
        *(f"{student}/42_tiny/42_tiny.ipynb" for student in ("ada", "bob", "eve")),
        "ada/42_tiny/helpers.py",
        "ada/42_tiny/data/a.csv",
        "eve/42_tiny/timestamp.txt",
    }
    with (course / "collected.csv").open(encoding="utf-8") as file:
        done = {row["student_id"]: row["done"] for row in csv.DictReader(file)}
    assert done["ada"] == "taken out of the folder w; with data/a.csv, helpers.py; new"
    assert done["bob"] == "without its timestamp.txt, which holds no date; new"


def test_handed_in_again(course):
    take(course, {"ada/42_tiny.ipynb": ADA, "ada/old.py": b"", "bob/42_tiny.ipynb": BOB})
    there, _ = take(course, {"ada/42_tiny.ipynb": notebook("anew"), "bob/42_tiny.ipynb": BOB})
    assert there == {"ada/42_tiny/42_tiny.ipynb": "anew", "bob/42_tiny/42_tiny.ipynb": "bob"}
    with (course / "collected.csv").open(encoding="utf-8") as file:
        assert [row["done"] for row in csv.DictReader(file)] == [
            "in place of what was there",
            "as it was already",
        ]


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("bob/link.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HOSTILE = {
    "climbs": ({"bob/../../42_tiny.ipynb": BOB}, "leads out of the folder"),
    "climbs inside a zip": ({"bob.zip": {"../../../42_tiny.ipynb": BOB}}, "leads out of the folder"),
    "from the root": ({"/tmp/42_tiny.ipynb": BOB}, "leads out of the folder"),
    "of a drive": ({"C:/bob/42_tiny.ipynb": BOB}, "leads out of the folder"),
    "backslashes": ({"..\\..\\42_tiny.ipynb": BOB}, "leads out of the folder"),
    "one large file": ({"bob/42_tiny.ipynb": bytes(unpack.FILE + 1)}, "at most 50 MB are taken"),
    "large in all": (
        {"bob.zip": {f"{n}.bin": bytes(unpack.FILE - 1) for n in range(5)}},
        "a zip that unpacks to 250 MB in 5 files isn't unpacked",
    ),
    "many files": ({"bob.zip": {f"{n}.txt": b"" for n in range(unpack.FILES + 1)}}, "in 1001 files"),
    "many files in zips": (
        {"bob.zip": {f"{n}.zip": {f"{k}.txt": b"" for k in range(100)} for n in range(12)}},
        "bob/11: a zip that unpacks to",
    ),
    "zips without end": ({"bob.zip": {"a.zip": {"b.zip": {"c.zip": {"x.ipynb": BOB}}}}}, "isn't unpacked"),
    "no zip": ({"bob.zip": b"PK no"}, "can't be read as a zip"),
    "another packer": ({"bob/work.rar": b"Rar!"}, "only zips are unpacked"),
    "a link": ({link(): b"/etc/passwd"}, "a link, not a file"),
    "no notebook": ({"bob/essay.pdf": b"%PDF"}, "bob: no notebook, only essay.pdf"),
    "of no lesson": ({"bob/42_tiny.ipynb": notebook("bob", "01")}, "none of the lessons handed out"),
    "of nobody": ({"42_tiny.ipynb": BOB}, "whose it is can't be told"),
    "a file that is a folder": (
        {"bob/42_tiny.ipynb": BOB, "bob/a": b"", "bob/a/b.txt": b""},
        "bob, 42_tiny: can't be written",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_taken_is_named_and_the_rest_goes_on(course, case):
    files, told = HOSTILE[case]
    archive = course.parent / "export.zip"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in {**files, "ada/42_tiny/42_tiny.ipynb": ADA}.items():
            opened.writestr(name, zipped(content) if isinstance(content, dict) else content)
    archive.write_bytes(made.getvalue())
    before = sorted(course.parent.rglob("*"))
    problems = collect.collect(archive, course, lambda line: None)
    assert any(told in problem for problem in problems), problems
    submitted = course / "submitted"
    new = {submitted, submitted / "ada", *(submitted / "ada").rglob("*"), course / "collected.csv"}
    assert set(course.parent.rglob("*")) == new | set(before)
    assert (submitted / "ada" / "42_tiny" / "42_tiny.ipynb").read_bytes() == ADA


def test_a_damaged_file_is_handed_on_and_said(course, capsys):
    archive = course.parent / "x.zip"
    archive.write_bytes(zipped({"ada/42_tiny (2).ipynb": ADA[:200], "bob/42_tiny.ipynb": BOB}))
    cli.main(["collect", str(archive), str(course)])
    assert "ada, 42_tiny: renamed from 42_tiny (2).ipynb; new; DAMAGED" in capsys.readouterr().out
    locked = bytearray(zipped({"a/42_tiny.ipynb": ADA, "b/42_tiny.ipynb": BOB}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):  # the first file says that it needs a password
        locked[locked.index(mark) + (6 if mark[2] == 3 else 8)] |= 1
    archive.write_bytes(locked)
    assert cli.main(["collect", str(archive), str(course)]) == 1
    assert "a/42_tiny.ipynb: damaged, or locked by a password" in capsys.readouterr().err


def test_no_zip_and_no_course(course, capsys):
    (course.parent / "x.zip").write_bytes(b"no zip")
    assert cli.main(["collect", str(course.parent / "x.zip"), str(course)]) == 1
    assert "is no zip file" in capsys.readouterr().err
    assert cli.main(["collect", str(course.parent / "x.zip"), str(course.parent)]) == 1
    assert "handed out nothing yet" in capsys.readouterr().err


def test_what_grading_would_pass_over_is_named(course):
    for path, content in {
        "ada/42_tiny/42_tiny.ipynb": ADA,
        "bob/42_tiny/42_tiny (1).ipynb": BOB,
        "eve/tiny/42_tiny.ipynb": BOB,
        "dan/42_tiny/42_tiny.ipynb": BOB,
        "dan/42_tiny/timestamp.txt": b"soon",
        "sue/42_tiny.ipynb": BOB,
    }.items():
        (course / "submitted" / path).parent.mkdir(parents=True, exist_ok=True)
        (course / "submitted" / path).write_bytes(content)
    found = collect.misplaced(course)
    assert "it holds 42_tiny (1).ipynb and no 42_tiny.ipynb" in found.pop(("bob", "42_tiny"))
    assert "no lesson of this name is in" in found.pop(("eve", "tiny"))
    assert "holds no date" in found.pop(("dan", "42_tiny"))
    assert "no lesson of this name" in found.pop(("sue", "42_tiny.ipynb"))
    assert found == {}
