"""Authoring, running and reporting: the `course` command. Nothing else in the package imports this."""


class CourseError(Exception):
    """Something that its reader can mend. The message says where it is and what to do."""
