"""The exercise engine: what a notebook talks to, and how an answer is checked."""

SCALES = ("smoke", "lesson", "full")
"""At which a lesson runs: seconds and only the mechanics; as committed; the paper's size."""
