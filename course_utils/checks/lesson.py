"""The lesson object of a notebook: checks, hints, claims, predictions, figures and progress."""

from __future__ import annotations

import html
import math
import time

import torch

from course_utils.checks import SCALES, figure_table, registry, world
from course_utils.checks.fit import fitted
from course_utils.checks.progress import Progress
from course_utils.checks.run import run_check
from course_utils.checks.verdict import Verdict
from course_utils.display import COLOURS, card, prose, show, show_figure

CLAIM_MIME = "application/vnd.course.claim+json"


class Lesson:
    """What a notebook talks to. Made by `course_utils.start`.

    Raises ValueError, listing what there is, for an unknown lesson or scale.
    """

    def __init__(self, number: str, scale: str, seed: int):
        if number not in registry.lesson_numbers():
            raise ValueError(
                f"there is no lesson {number!r}; lessons: {', '.join(registry.lesson_numbers())}"
            )
        if scale not in SCALES:
            raise ValueError(f"there is no scale {scale!r}; scales: {', '.join(SCALES)}")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"SEED must be a whole number, not {seed!r}")
        self.number, self.scale, self.seed = number, scale, seed
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.exercises = registry.exercises(number)
        self.use = Use(self)
        self._passed: dict[str, object] = {}  # exercise number -> the student's function
        self._hints_shown: dict[str, int] = {}
        self._progress = Progress()

    @classmethod
    def begin(cls, number: str, scale: str, seed: int) -> Lesson:
        """Make the lesson, seed torch's global generator and say in one line what runs."""
        lesson = cls(number, scale, seed)
        torch.manual_seed(seed)
        small = "; claims are shown, not enforced" if scale == "smoke" else ""
        show(f"Lesson {number} at {scale} scale, seed {seed}{small}.")
        return lesson

    # --- exercises ---

    def check(self, ex: str, function, seed: int | None = None) -> float:
        """Check `function` against exercise `ex`, show the verdict, return the points.

        `seed` repeats the random inputs of an earlier verdict.
        """
        exercise = self._exercise(ex)
        if exercise is None:
            return 0.0
        verdict = run_check(exercise, function, seed)
        if verdict.state == "passed":
            self._passed[exercise.number] = fitted(function, exercise.kit)
        else:
            self._passed.pop(exercise.number, None)
        if verdict.state == "not right yet":
            verdict.hint = self._hint_offer(exercise)
        if verdict.points:
            self._progress.record(exercise.number, verdict.points)
        show(verdict.text(), verdict.html())
        self._say_notice()
        return verdict.points

    def hint(self, ex: str) -> None:
        """Show the next hint of exercise `ex`; after the last one, the last again."""
        exercise = self._exercise(ex)
        if exercise is None:
            return
        total = len(exercise.hints)
        place = min(self._hints_shown.get(exercise.number, 0) + 1, total)
        self._hints_shown[exercise.number] = place
        heading = f"Hint {place} of {total} for exercise {exercise.number}"
        text = exercise.hints[place - 1]
        show(f"{heading}: {text}", card(f"<b>{heading}</b>", prose(text), COLOURS["not checked"]))

    def _exercise(self, ex) -> registry.Exercise | None:
        exercise = self.exercises.get(str(ex))
        if exercise is None:
            own = ", ".join(f"{e.number} ({e.name})" for e in self.exercises.values())
            other = f"{str(ex).split('.')[0]:0>2}"
            known = other in registry.lesson_numbers() and str(ex) in registry.exercises(other)
            elsewhere = f" Exercise {ex} is in lesson {other}." if known else ""
            message = f"There is no such exercise here.{elsewhere} Lesson {self.number} has: {own}."
            verdict = Verdict(f"Exercise {ex}", "not checked", message=message)
            show(verdict.text(), verdict.html())
        return exercise

    def _hint_offer(self, exercise: registry.Exercise) -> str:
        shown, total = self._hints_shown.get(exercise.number, 0), len(exercise.hints)
        if shown < total:
            return f'Stuck? lesson.hint("{exercise.number}") shows hint {shown + 1} of {total}.'
        return f'You have seen all {total} hints; lesson.hint("{exercise.number}") shows the last one again.'

    # --- results ---

    def claim(
        self, name: str, value, *, at_least=None, at_most=None, between=None, paper: str | None = None
    ) -> None:
        """Hold the measured `value` against its threshold, say so, and leave a record in the notebook.

        Give exactly one of `at_least`, `at_most` and `between=(low, high)`, or a ValueError is raised.
        NaN never holds. `paper` is what the paper reports. At smoke scale nothing is enforced.
        """
        bounds = {"at_least": at_least, "at_most": at_most, "between": between}
        bounds = {key: bound for key, bound in bounds.items() if bound is not None}
        if len(bounds) != 1:
            raise ValueError(f"claim {name!r} needs exactly one of at_least, at_most and between")
        (kind, bound), value = *bounds.items(), float(value)
        if kind == "between":
            low, high = map(float, bound)
            holds, words = low <= value <= high, f"between {low:.4g} and {high:.4g}"
        else:
            bound = float(bound)
            holds = value >= bound if kind == "at_least" else value <= bound
            words = f"{kind.replace('_', ' ')} {bound:.4g}"
        holds = holds and math.isfinite(value)
        enforced = self.scale != "smoke"
        verdict = ("holds" if holds else "FAILS") if enforced else "not enforced at smoke scale"
        reported = f" (paper: {paper})" if paper else ""
        record = {
            "lesson": self.number,
            "name": name,
            "value": value if math.isfinite(value) else None,
            kind: [low, high] if kind == "between" else bound,
            "holds": holds,
            "enforced": enforced,
            "paper": paper,
        }
        show(f"claim {name}: measured {value:.4g}, {words}: {verdict}{reported}", **{CLAIM_MIME: record})

    def reveal(self, prediction, answer, why: str) -> None:
        """Show the student's prediction beside the measured answer, and why.

        An answer is the letter of a choice, or a number. A prediction of another kind is sent back.
        """
        if prediction is None:
            heading, colour = f"You made no prediction. Your run says: {answer}", COLOURS["not attempted"]
        else:
            if isinstance(answer, str):
                prediction = str(prediction).strip(" ().").lower()
                usable, how = prediction in tuple("abcdef"), 'a letter in quotes, such as "b"'
            else:
                usable, how = isinstance(prediction, (int, float)), "a number"
            if not usable:
                show(f"Your prediction should be {how}. Change it above, run that cell, then this one again.")
                return
            right = prediction == answer
            heading = f"You predicted {prediction}. Your run says: {answer}" + (
                ", as you said" if right else ""
            )
            colour = COLOURS["passed" if right else "not checked"]
        show(f"{heading}\n{why}", card(f"<b>{html.escape(heading)}</b>", prose(why), colour))

    def show(self, fig, *, see: str, alt: str = "", table: dict | None = None) -> None:
        """Show a Plotly figure, under it what to see (Markdown) and, folded, its data as a table.

        `alt` stands in where none is drawn. `table` gives the table by its columns, where the figure's own
        points, thinned, wouldn't carry its message; ValueError for more than 30 rows. A figure may bring
        both along (`figures.theme.in_words`). ValueError for a figure without words.
        """
        own = getattr(fig.layout, "meta", None) or {}
        alt, table = alt or own.get("alt", ""), table or own.get("table")
        show_figure(fig, alt)
        found = figure_table.tables(fig) if table is None else [figure_table.given(table)]
        text = f"**What to see:** {see}"
        show(text, **{"text/markdown": f"{text}\n\n{figure_table.fold(found)}".strip()})

    def table(self, columns: dict, digits: int = 2) -> None:
        """Show numbers, to so many decimals, and words as a small table, given by its columns.

        ValueError for columns of different lengths, or of more than 30 rows.
        """
        found = figure_table.rounded(figure_table.given(columns), digits)
        show(figure_table.as_text(found), figure_table.as_html(found))

    # --- the run ---

    def pick(self, *, smoke, lesson, full):
        """The value for this lesson's scale."""
        return {"smoke": smoke, "lesson": lesson, "full": full}[self.scale]

    def without_gradients(self) -> None:
        """Switch gradients off for the whole notebook: what it trains, it trains without autograd."""
        world.switch_gradients_off()

    def progress(self, iterable, desc: str):
        """Go through `iterable` with a progress bar, drawn at most four times a second, gone at the end."""
        total = len(iterable) if hasattr(iterable, "__len__") else None
        bar, start, drawn = _Bar(), time.monotonic(), 0.0
        for count, item in enumerate(iterable):
            now = time.monotonic()
            if now - drawn > 0.25:
                drawn = now
                bar.draw(desc, count, total, now - start)
            yield item
        bar.clear()

    def summary(self) -> None:
        """Show what is done and what is left, over all lessons."""
        lines, rows = [], []
        for number, text in self._progress.overview():
            here = number == self.number
            lines.append(("→ " if here else "  ") + text)
            rows.append(f"<div>{'<b>' if here else ''}{html.escape(text)}{'</b>' if here else ''}</div>")
        heading = "Your progress"
        show("\n".join([heading, *lines]), card(f"<b>{heading}</b>", "".join(rows), COLOURS["passed"]))
        self._say_notice()

    def _say_notice(self) -> None:
        while self._progress.notices:
            show(self._progress.notices.pop(0))


class Use:
    """`lesson.use.name`: the student's own function if its last check passed, else the kit's."""

    def __init__(self, lesson: Lesson):
        self._lesson = lesson
        self._said: set[str] = set()

    def __getattr__(self, name: str):
        exercise = next((e for e in self._lesson.exercises.values() if e.name == name), None)
        if exercise is None:
            names = ", ".join(self.__dir__())
            raise AttributeError(
                f"lesson {self._lesson.number} has no exercise function {name!r}; it has: {names}"
            )
        if exercise.number in self._lesson._passed:
            return self._lesson._passed[exercise.number]
        if name not in self._said:
            self._said.add(name)
            text = f"Using the kit's {name}: your latest version has not passed check {exercise.number} here."
            show(text, card(html.escape(text), "", COLOURS["not attempted"]))
        return exercise.kit

    def __dir__(self):
        return [e.name for e in self._lesson.exercises.values()]


class _Bar:
    """A progress bar in a notebook; nothing elsewhere. It writes neither to stdout nor to stderr."""

    def __init__(self):
        self.handle = None

    def draw(self, desc: str, count: int, total: int | None, seconds: float) -> None:
        left = f", {seconds / count * (total - count):.0f} s left" if total and count else ""
        text = f"{desc}: {count}" + (f" of {total}" if total else "") + left
        size = f'value="{count}" max="{total}"' if total else ""
        self._display({"text/plain": text, "text/html": f"<progress {size}></progress> {html.escape(text)}"})

    def clear(self) -> None:
        if self.handle is not None:
            self._display({"text/plain": "", "text/html": ""})

    def _display(self, data: dict) -> None:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            return
        if self.handle is None:
            self.handle = display(data, raw=True, display_id=True, metadata={"course": "progress"})
        else:
            self.handle.update(data, raw=True, metadata={"course": "progress"})
