"""The exercise engine. It knows nothing of this course: any course may register its exercises with it."""

SCALES = ("smoke", "lesson", "full")
"""At which a lesson runs: seconds and only the mechanics; as committed; the paper's size."""
