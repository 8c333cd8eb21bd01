"""A one-layer transformer on a corpus of known content types. Read the modules in this order:

corpus         documents, each of one content type, made offline
content_types  the list of types; what writes their texts is in pieces, encodings and sources
tokenizer      byte-level BPE
data           documents as sequences of tokens
model          the transformer, to be read from top to bottom (lesson 07)
hooks          running it with hooks: activations, losses, text (08, 09)
baselines      what it must beat (07)
train          AdamW, a warm-up and a cosine decay
neurons        which content types drive a unit (07)
formats        its weights in TransformerLens' layout

Everything is found by module.
"""
