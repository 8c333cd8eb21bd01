"""A language model that nobody here trained: SmolLM2-135M, read from its own file (lesson 13).

gguf       the file format: a header, and weights in blocks of a few bits
file       where the file is, and how to get it: `course model smollm2`
llama      the model, to be read beside lesson 07's
tokenizer  its tokenizer, from the lists in the file
running    running it: activations, losses, text
directions which positions to read, and the direction from one mean to another
cells      what a cell of the lesson says without the file
tiny       a tiny random model of the same kind, written as such a file

Only lesson 13 needs any of this. Everything is found by module.
"""
