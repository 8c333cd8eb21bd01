"""The exercise engine. It knows nothing of this course: any course may register its exercises with it."""
