"""The exercises, one module a lesson: what is asked, how it is checked, and the mistakes that are known."""
