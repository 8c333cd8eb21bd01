"""Text that every install already has: the raw material of the corpus.

Nothing is downloaded. English comes from Python's own language reference (`pydoc_data`) and docstrings, code
from the standard library, legal text from licence files, other languages from Faker's word lists.
"""

import importlib
import os
import random
import re
from functools import cache
from importlib import metadata
from pathlib import Path

# Modules present in every supported Python, read as text and never imported.
MODULES = """
_pydecimal argparse ast base64 bdb bisect calendar cmd code codecs collections/__init__
concurrent/futures/process configparser contextlib copy csv ctypes/util dataclasses datetime decimal
difflib dis doctest email/message email/header email/utils enum filecmp fileinput fnmatch fractions
ftplib functools getopt gettext glob gzip heapq html/parser http/client http/cookiejar http/server
imaplib inspect io ipaddress json/decoder json/encoder keyword linecache locale logging/__init__
logging/handlers mailbox mimetypes multiprocessing/pool netrc ntpath numbers optparse os pathlib pdb
pickle pickletools platform plistlib poplib posixpath pprint profile pstats pyclbr pydoc queue quopri
random reprlib rlcompleter sched selectors shelve shlex shutil smtplib socket socketserver sqlite3/dump
ssl stat statistics string subprocess tabnanny tarfile tempfile textwrap threading timeit token tokenize
trace traceback turtle types typing unittest/case unittest/mock urllib/parse urllib/request uuid
venv/__init__ warnings wave weakref webbrowser xml/dom/minidom xml/etree/ElementTree xmlrpc/client
zipfile zipfile/__init__
""".split()

# The kit's own dependencies, in a fixed order: their licence files are the legal text. Not pip and
# setuptools: their version is the machine's own, and would give each machine another corpus.
LICENSED = "numpy torch tokenizers safetensors plotly ipywidgets Faker tqdm jaxtyping".split()

# Used only where an install carries no licence files at all.
FALLBACK_LICENCE = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software, to deal "
    "in it without restriction, subject to the following conditions: the above copyright notice and this "
    "permission notice shall be included in all copies or substantial portions of the software. The software "
    'is provided "as is", without warranty of any kind, express or implied. In no event shall the authors or '
    "copyright holders be liable for any claim, damages or other liability arising from its use. "
)

BLOCK = 4000  # characters
HELD_OUT_EVERY = 10  # blocks


class Source:
    """A long text cut into blocks, every tenth of which is only seen in the held-out split."""

    def __init__(self, text: str):
        blocks = [text[i : i + BLOCK] for i in range(0, len(text), BLOCK)]
        held_out = blocks[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY] or blocks[-1:]
        train = [b for i, b in enumerate(blocks) if i % HELD_OUT_EVERY != HELD_OUT_EVERY - 1]
        self.blocks = {"train": train, "held_out": held_out}

    def excerpt(self, rng: random.Random, split: str, length: int) -> str:
        """About `length` characters, from the beginning of a line to the end of one (when the text has
        lines).
        """
        block = rng.choice(self.blocks[split])
        start = rng.randrange(max(1, len(block) - length))
        start = block.find("\n", start, start + 200) + 1 or start
        end = block.find("\n", start + length)
        return block[start : end if end >= 0 else start + length]


@cache
def stdlib_code() -> str:
    """Python source of the standard library, about 4 MB."""
    root = Path(os.__file__).parent
    files = [root / f"{name}.py" for name in MODULES]
    return "\n".join(f.read_text("utf-8", "replace") for f in files if f.exists())


@cache
def code() -> Source:
    return Source(re.sub(r"(\n\s*#[^\n]*)|(\n\s*(?=\n\n))", "", stdlib_code()))


@cache
def docstrings() -> Source:
    texts = re.findall(r':\n[ \t]+r?"""([^"]{80,})"""', stdlib_code())
    prose = [re.sub(r"\n[ \t]+", "\n", d).strip() for d in texts if ">>>" not in d]
    return Source("\n".join(prose))


@cache
def repl() -> Source:
    """Interactive sessions, from the doctests of the standard library."""
    sessions = re.findall(r'^[ \t]*>>> .*(?:\n[ \t]*[^\s"].*)*', stdlib_code(), re.M)
    return Source("\n".join(re.sub(r"\n[ \t]+", "\n", f).strip() for f in sessions))


@cache
def english() -> Source:
    """Paragraphs of Python's language reference."""
    from pydoc_data.topics import topics

    paragraphs = re.split(r"\n\s*\n", "\n\n".join(topics[name] for name in sorted(topics)))
    prose = [re.sub(r"\s+", " ", re.sub(r"[*`|]", "", p)).strip() for p in paragraphs]
    return Source("\n".join(p for p in prose if len(p) > 120 and p[0].isupper() and "::=" not in p))


@cache
def legal() -> Source:
    """Licence files of the kit's own dependencies."""
    texts = []
    for name in LICENSED:
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue
        for file in sorted(f for f in files if re.search(r"licen[cs]e|copying|notice", f.name, re.I)):
            path = Path(file.locate())
            if path.exists() and path.suffix not in (".py", ".pyc"):
                texts.append(path.read_text("utf-8", "replace")[:60_000])
    text = re.sub(r"\n\s*\n+", "\n", re.sub(r"[ \t]+", " ", "\n".join(dict.fromkeys(texts))))
    return Source(text if len(text) > 20_000 else FALLBACK_LICENCE * 60)


@cache
def identifiers() -> list[str]:
    """Words that the standard library's snake_case names are made of."""
    words = re.findall(r"\b[a-z]{3,}(?=_[a-z])|(?<=[a-z]_)[a-z]{3,}\b", stdlib_code())
    return sorted(set(words))


@cache
def words(locale: str) -> list[str]:
    """Faker's word list for a locale, most frequent first (a fixed shuffle: the lists themselves are
    alphabetical).
    """
    provider = importlib.import_module(f"faker.providers.lorem.{locale}").Provider
    vocabulary = list(dict.fromkeys(provider.word_list))
    random.Random(locale).shuffle(vocabulary)
    return vocabulary


@cache
def names(locale: str) -> list[str]:
    """First and last names of a locale whose prose Faker does not have."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    people = sorted({*provider.first_names, *provider.last_names})
    random.Random(locale).shuffle(people)
    return people
