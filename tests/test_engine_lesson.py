"""The lesson object: points, hints, whose function is used, claims, predictions, figures, progress."""

import json

import pytest
import torch

import course_utils
from course_utils.checks import lesson as lesson_module
from course_utils.checks import registry
from course_utils.checks.progress import Progress
from course_utils.exercises.lesson00 import cosine_similarities
from course_utils.figures import theme


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def lesson(home):
    return lesson_module.Lesson("00", "lesson", 0)


@pytest.fixture
def shown(monkeypatch):
    """What would be displayed: the MIME bundles, with `text/plain` first."""
    bundles = []

    def show(text, html=None, **more):
        bundles.append({"text/plain": text, "text/html": html, **more})

    monkeypatch.setattr(lesson_module, "show", show)
    return bundles


def stub(W): ...


def wrong(W):
    return W.T @ W


# --- checks, points, hints ---


def test_check_returns_bare_points_and_shows_one_verdict(lesson, shown):
    points = lesson.check("0.2", cosine_similarities)
    assert type(points) is float and points == 2.0
    assert len(shown) == 1
    assert "passed · 2 of 2 points" in shown[0]["text/plain"] and "passed" in shown[0]["text/html"]
    assert lesson.check("0.2", stub) == 0.0
    assert "not attempted" in shown[1]["text/plain"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (
            "0.9",
            "no such exercise here. Lesson 00 has: 0.1 (draw_features), 0.2 (cosine_similarities), 0.3 (r",
        ),
        ("9.1", "Exercise 9.1 is in lesson 09."),
        ("9.99", "no such exercise here. Lesson 00 has"),
        ("nonsense", "no such exercise here"),
        (None, "no such exercise here"),
    ],
)
def test_unknown_exercise_is_no_error(lesson, shown, number, words):
    assert lesson.check(number, cosine_similarities) == 0.0
    lesson.hint(number)
    assert all(words in bundle["text/plain"] for bundle in shown) and len(shown) == 2


def test_hints_come_one_by_one(lesson, shown):
    hints = lesson.exercises["0.2"].hints
    assert "hint 1 of 3" in offered(lesson, shown)
    for place in (1, 2, 3, 3):
        lesson.hint("0.2")
        assert shown[-1]["text/plain"] == f"Hint {place} of 3 for exercise 0.2: {hints[place - 1]}"
    assert "You have seen all 3 hints" in offered(lesson, shown)


def offered(lesson, shown):
    lesson.check("0.2", wrong)
    return shown[-1]["text/plain"].splitlines()[-1]


def test_hint_offer_goes_up(lesson, shown):
    lesson.hint("0.2")
    assert "hint 2 of 3" in offered(lesson, shown)


def test_seed_repeats_a_verdict(lesson, shown):
    def wrong_at_random(W):
        return cosine_similarities(W) + (W.shape[1] == 6)

    lesson.check("0.2", wrong_at_random, seed=11)
    lesson.check("0.2", wrong_at_random, seed=11)
    assert shown[0]["text/html"] == shown[1]["text/html"]
    assert shown[0]["text/plain"] == shown[1]["text/plain"] and "seed 11" in shown[0]["text/plain"]


# --- lesson.use ---


def test_use_takes_the_students_function_only_after_it_passed(lesson, shown):
    def mine(W):
        return cosine_similarities(W)

    kit = lesson.exercises["0.2"].kit
    assert lesson.use.cosine_similarities is kit
    assert lesson.use.cosine_similarities is kit
    assert [b["text/plain"] for b in shown] == [
        "Using the kit's cosine_similarities: your latest version has not passed check 0.2 here."
    ]
    lesson.check("0.2", wrong)
    assert lesson.use.cosine_similarities is kit
    lesson.check("0.2", mine)
    assert lesson.use.cosine_similarities.__wrapped__ is mine
    lesson.check("0.2", wrong)
    assert lesson.use.cosine_similarities is kit


def test_use_of_an_unknown_name_lists_the_names(lesson):
    with pytest.raises(AttributeError, match="draw_features, cosine_similarities, read_back, keep_two_loss"):
        lesson.use.nonsense  # noqa: B018
    assert dir(lesson.use) == ["cosine_similarities", "draw_features", "keep_two_loss", "read_back"]


# --- claims ---


@pytest.mark.parametrize(
    ("value", "bounds", "holds", "line"),
    [
        (0.976, {"at_least": 0.97}, True, "measured 0.976, at least 0.97: holds"),
        (0.96, {"at_least": 0.97}, False, "measured 0.96, at least 0.97: FAILS"),
        (0.96, {"at_most": 0.97}, True, "at most 0.97: holds"),
        (torch.tensor(0.5), {"between": (0.4, 0.6)}, True, "between 0.4 and 0.6: holds"),
        (0.7, {"between": (0.4, 0.6)}, False, "FAILS"),
        (float("nan"), {"at_least": -1.0}, False, "FAILS"),
        (float("inf"), {"at_least": 0.0}, False, "FAILS"),
        (float("-inf"), {"at_most": 0}, False, "FAILS"),
        (3, {"at_most": torch.tensor(3)}, True, "holds"),
    ],
)
def test_claim(lesson, shown, value, bounds, holds, line):
    lesson.claim("a.b", value, **bounds, paper="about 1")
    assert line in shown[0]["text/plain"] and "(paper: about 1)" in shown[0]["text/plain"]
    record = shown[0][lesson_module.CLAIM_MIME]
    assert record["holds"] is holds and record["enforced"]
    assert (record["lesson"], record["name"], record["paper"]) == ("00", "a.b", "about 1")
    assert set(bounds) < set(record)
    json.dumps(record, allow_nan=False)


def test_claims_are_not_enforced_at_smoke_scale(home, shown):
    smoke = lesson_module.Lesson("00", "smoke", 0)
    smoke.claim("a.b", 0.0, at_least=1.0)
    assert "not enforced at smoke scale" in shown[0]["text/plain"]
    record = shown[0][lesson_module.CLAIM_MIME]
    assert not record["enforced"] and not record["holds"]


@pytest.mark.parametrize("bounds", [{}, {"at_least": 1, "at_most": 2}])
def test_claim_needs_exactly_one_bound(lesson, bounds):
    with pytest.raises(ValueError, match="exactly one"):
        lesson.claim("a.b", 1.0, **bounds)


# --- predictions and figures ---


@pytest.mark.parametrize(
    ("prediction", "answer", "line"),
    [
        (None, "b", "You made no prediction. Your run says: b"),
        (" B", "b", "as you said"),
        ("(b)", "b", "as you said"),
        ("a", "b", "You predicted a. Your run says: b"),
        (0.3, 0.5, "You predicted 0.3. Your run says: 0.5"),
    ],
)
def test_reveal(lesson, shown, prediction, answer, line):
    lesson.reveal(prediction, answer, "because <p>")
    assert line in shown[0]["text/plain"]
    assert "because &lt;p&gt;" in shown[0]["text/html"]


@pytest.mark.parametrize(
    ("prediction", "answer", "how"),
    [("", "b", "a letter"), ("about 0.6", "b", "a letter"), (1, "b", "a letter"), ("half", 0.5, "a number")],
)
def test_reveal_keeps_the_answer_from_an_unusable_prediction(lesson, shown, prediction, answer, how):
    lesson.reveal(prediction, answer, "because of this")
    assert how in shown[0]["text/plain"]
    assert "Your run says" not in shown[0]["text/plain"] and "because" not in shown[0]["text/plain"]


def test_figure_has_alt_text_and_a_takeaway(lesson, shown, capsys):
    lesson.show(theme.figure(title="x"), see="it rises.", alt="a line")
    assert capsys.readouterr().out == "a line\n"
    assert shown[0]["text/markdown"] == "**What to see:** it rises."
    with pytest.raises(ValueError, match="alt"):
        lesson.show(theme.figure(), see="it rises.", alt=" ")


def test_theme_is_readable_and_safe_for_the_colour_blind():
    figure = theme.figure(xaxis_title="step", yaxis_title="loss (nats)")
    layout = figure.layout.template.layout
    assert layout.font.size >= 12
    assert list(layout.colorway)[:3] == ["#0072B2", "#E69F00", "#009E73"]
    assert figure.layout.yaxis.title.text == "loss (nats)"


# --- scale, seed, number ---


def test_pick(home):
    for scale in ("smoke", "lesson", "full"):
        assert lesson_module.Lesson("00", scale, 0).pick(smoke="smoke", lesson="lesson", full="full") == scale


@pytest.mark.parametrize(
    ("number", "scale", "seed", "words"),
    [
        ("77", "lesson", 0, "no lesson '77'; lessons: 00"),
        (0, "lesson", 0, "no lesson 0; lessons: 00"),
        ("00", "huge", 0, "no scale 'huge'; scales: smoke, lesson, full"),
        ("00", "lesson", "0", "SEED must be a whole number"),
        ("00", "lesson", True, "SEED must be a whole number"),
    ],
)
def test_start_says_what_there_is(home, number, scale, seed, words):
    with pytest.raises(ValueError, match=words):
        course_utils.start(number, scale=scale, seed=seed)


def test_start_prints_one_stable_line_and_seeds_torch(home, capsys):
    course_utils.start("00", scale="smoke", seed=3)
    first = torch.rand(2)
    course_utils.start("00", scale="smoke", seed=3)
    assert torch.equal(first, torch.rand(2))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0].startswith("Lesson 00 at smoke scale, seed 3")


def test_progress_bar_yields_everything_and_writes_nothing(lesson, capfd):
    assert list(lesson.progress(range(5), "work")) == [0, 1, 2, 3, 4]
    assert list(lesson.progress((i for i in "ab"), "work")) == ["a", "b"]
    assert capfd.readouterr() == ("", "")


# --- progress ---


def test_progress_is_kept_and_best_points_stay(lesson, shown, home):
    lesson.check("0.2", cosine_similarities)
    lesson.check("0.2", wrong)
    lesson.check("0.1", lambda samples, density, generator: torch.zeros(samples, len(density)))
    assert json.loads((home / "progress.json").read_text(encoding="utf-8"))["points"]["0.2"] == 2.0
    again = lesson_module.Lesson("00", "lesson", 0)
    again.summary()
    text = shown[-1]["text/plain"]
    assert "→ Lesson 00: 1 of 4 exercises" in text and "Left: 0.1" in text
    for number in registry.lesson_numbers():
        assert f"Lesson {number}:" in text


def test_wrong_tries_are_counted_beside_the_verdict_across_kernels(lesson, shown, home):
    lesson.check("0.2", cosine_similarities)
    assert lesson_module.WRONG_MIME not in shown[-1]
    for times, own in enumerate((lesson, lesson, lesson_module.Lesson("00", "lesson", 0)), 1):
        own.check("0.2", wrong)
        assert shown[-1][lesson_module.WRONG_MIME] == {"exercise": "0.2", "times": times}
    lesson.check("0.2", cosine_similarities)
    assert shown[-1][lesson_module.WRONG_MIME] == {"exercise": "0.2", "times": 3}
    lesson.check("0.1", lambda: ...)
    assert lesson_module.WRONG_MIME not in shown[-1]  # an empty answer is no try


def test_two_notebooks_share_the_progress(home):
    one, two = Progress(), Progress()
    one.record("0.1", 1.0, True)
    two.record("0.2", 2.0, True)
    assert Progress().points == {"0.1": 1.0, "0.2": 2.0}
    assert [p.name for p in home.iterdir()] == ["progress.json"]


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        '{"points": 3}',
        '{"points": {"0.1": "x"}}',
        "\x00\xff",
        "",
        '{"points": {"0.1": NaN}}',
        '{"points": {"0.1": -Infinity}}',
        '{"points": {"0.1": -1.0}}',
        '{"points": {"0.1": 99.0}}',
        '{"points": {"not yet an exercise": Infinity}}',
        '{"points": {"0.1": 1%s}}' % ("0" * 400),
    ],
)
def test_damaged_progress_is_kept_aside(home, lesson, shown, damage):
    home.mkdir(exist_ok=True)
    (home / "progress.json").write_text(damage, encoding="latin-1")
    assert lesson.check("0.2", cosine_similarities) == 2.0
    assert any("was damaged. It is kept as" in b["text/plain"] for b in shown)
    assert (home / "progress.damaged.json").read_text(encoding="latin-1") == damage
    assert Progress().points == {"0.2": 2.0}


def test_points_of_another_version_of_the_course_are_kept(home):
    home.mkdir(exist_ok=True)
    saved = {"0.2": 2.0, "0.77": 5.0, "42.1": 1.0}
    (home / "progress.json").write_text(json.dumps({"points": saved}), encoding="utf-8")
    progress = Progress()
    assert progress.points == saved and not progress.notices


def test_unwritable_progress_stays_in_memory_and_is_said_once(tmp_path, monkeypatch, shown):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "file" / "below"))
    lesson = lesson_module.Lesson("00", "lesson", 0)
    lesson.check("0.2", cosine_similarities)
    lesson.check("0.2", cosine_similarities)
    lesson.summary()
    assert sum("COURSE_HOME" in b["text/plain"] for b in shown) == 1
    assert "Lesson 00: 1 of 4 exercises" in "".join(b["text/plain"] for b in shown)
