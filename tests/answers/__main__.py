"""`python -m tests.answers` writes docs/wrong_answers.md: for instructors, each banked wrong answer and what
the kit says to it."""

from course_utils.checks import registry
from tests import answers

text = answers.page({n: registry.exercises(n) for n in registry.lesson_numbers()})
answers.PAGE.write_text(text, encoding="utf-8")
print(f"wrote {answers.PAGE.relative_to(answers.PAGE.parents[1])}")
