"""Shipped weights and tokenizer."""
