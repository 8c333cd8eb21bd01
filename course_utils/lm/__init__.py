"""A one-layer transformer on a corpus of known content types."""
