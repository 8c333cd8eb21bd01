"""The exercise engine and each lesson's checks."""
