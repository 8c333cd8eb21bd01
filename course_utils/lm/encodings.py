"""Pieces of text that are encoded: the same or random content in base64, hex, Morse and others."""

import base64
import binascii
import html
import quopri
import urllib.parse
from functools import partial

from course_utils.lm import sources
from course_utils.lm.pieces import Draw, sentence

UPPER, LOWER, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
MORSE = dict(
    zip(
        UPPER + DIGITS,
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- "
            "...- .-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
        ).split(),
        strict=True,
    )
)


def plain(d: Draw, length: int) -> str:
    """Some text to encode."""
    return d.excerpt(d.rng.choice([sources.english, sources.docstrings, sources.code]), length)


def base64_text(d: Draw) -> str:
    """Base64, half of it of text and half of random bytes, in one line or in lines of 76 as in e-mail."""
    data = plain(d, 300).encode() if d.rng.random() < 0.5 else d.rng.randbytes(d.rng.randint(150, 450))
    encode = base64.b64encode if d.rng.random() < 0.5 else base64.encodebytes
    return encode(data).decode()


def hexadecimal(d: Draw) -> str:
    data = plain(d, 60).encode() if d.rng.random() < 0.5 else d.rng.randbytes(80)
    return binascii.hexlify(data).decode()


def uuid(d: Draw) -> str:
    h = d.letters(DIGITS + "abcdef", 32)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{h[16:20]}-{h[20:]}"


def rot13(d: Draw) -> str:
    to = {
        ord(a): b
        for letters in (UPPER, LOWER)
        for a, b in zip(letters, letters[13:] + letters[:13], strict=True)
    }
    return d.excerpt(sources.english, 300).translate(to)


def binary(d: Draw) -> str:
    return " ".join(f"{byte:08b}" for byte in plain(d, 24).encode())


def morse(d: Draw) -> str:
    return " / ".join(" ".join(MORSE[c] for c in w.upper() if c in MORSE) for w in d.words(6))


def percent(d: Draw) -> str:
    return urllib.parse.quote(sentence(partial(sources.words, "ru_RU"), " ", "", d))


def quoted_printable(d: Draw) -> str:
    text = sentence(partial(sources.words, "fr_FR"), " ", "é", d) + sentence(
        partial(sources.words, "el_GR"), " ", "", d
    )
    return quopri.encodestring(text.encode()).decode()


def entities(d: Draw) -> str:
    text = sentence(partial(sources.words, "uk_UA"), " ", "", d)
    return " ".join("".join(f"&#{ord(c)};" for c in word) for word in html.escape(text).split())


def alphanumeric(d: Draw) -> str:
    return " ".join(d.letters(LOWER + DIGITS, 4) for _ in range(8))
