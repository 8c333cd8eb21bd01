"""Authoring, running and grading: the course command."""
