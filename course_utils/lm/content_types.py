"""The content types of the corpus. A document is a run of pieces of one type.

The *family* says which types are related: two types of different families share neither a script nor a
format, so a neuron that serves both serves unrelated things.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from course_utils.lm import encodings, pieces, sources


@dataclass(frozen=True)
class ContentType:
    """Its name, the family of types that it is related to, how to write a piece, its weight in the corpus."""

    name: str
    family: str
    piece: Callable[[pieces.Draw], str]
    weight: float = 1.0
    between: str = "\n"


def language(name: str, family: str, locale: str, space: str = " ", stop: str = ". ") -> ContentType:
    piece = partial(pieces.sentence, partial(sources.words, locale), space, stop)
    return ContentType(name, family, piece, between="")


def name_list(name: str, locale: str) -> ContentType:
    piece = partial(pieces.sentence, partial(sources.names, locale), " ", ", ")
    return ContentType(name, name, piece, between="")


FAKE = {
    "ipv4": lambda d: d.fake.ipv4(),
    "ipv6": lambda d: d.fake.ipv6(),
    "mac": lambda d: d.fake.mac_address(),
    "iban": lambda d: d.fake.iban(),
    "isbn": lambda d: d.fake.isbn13(),
    "phone": lambda d: d.fake.phone_number(),
    "user_agent": lambda d: d.fake.user_agent(),
}

DEFINITIONS: list[ContentType] = [
    ContentType("english", "latin script", partial(pieces.prose, sources.english), weight=4),
    ContentType("docstring", "latin script", partial(pieces.prose, sources.docstrings), weight=4),
    ContentType("legal", "latin script", partial(pieces.prose, sources.legal), weight=2),
    language("french", "latin script", "fr_FR"),
    language("german", "latin script", "de_DE"),
    language("spanish", "latin script", "es_ES"),
    language("italian", "latin script", "it_IT"),
    language("dutch", "latin script", "nl_NL"),
    language("danish", "latin script", "da_DK"),
    language("polish", "latin script", "pl_PL"),
    language("czech", "latin script", "cs_CZ"),
    language("tagalog", "latin script", "tl_PH"),
    language("vietnamese", "latin script", "vi_VN"),
    language("russian", "cyrillic", "ru_RU"),
    language("macedonian", "cyrillic", "mk_MK"),
    language("greek", "greek", "el_GR"),
    language("arabic", "arabic script", "ar_AA"),
    language("persian", "arabic script", "fa_IR"),
    language("hebrew", "hebrew", "he_IL"),
    language("armenian", "armenian", "hy_AM"),
    language("bengali", "indic", "bn_BD"),
    name_list("hindi", "hi_IN"),
    name_list("georgian", "ka_GE"),
    name_list("korean", "ko_KR"),
    language("thai", "thai", "th_TH", space="", stop=" "),
    language("chinese", "cjk", "zh_CN", space="", stop="。"),
    language("japanese", "cjk", "ja_JP", space="", stop="。"),
    ContentType("python", "code", partial(pieces.prose, sources.code), weight=4),
    ContentType("repl", "code", partial(pieces.prose, sources.repl)),
    ContentType("traceback", "code", pieces.traceback),
    ContentType("snake_case", "code", pieces.snake_case),
    ContentType("diff", "code", pieces.diff),
    ContentType("sql", "sql", pieces.sql),
    ContentType("css", "css", pieces.css),
    ContentType("latex", "latex", pieces.latex),
    ContentType("html", "markup", pieces.markup),
    ContentType("xml", "markup", pieces.xml),
    ContentType("markdown", "markdown", pieces.markdown),
    ContentType("json", "json", pieces.json_object),
    ContentType("ini", "ini", pieces.ini),
    ContentType("csv", "numbers", pieces.csv_row),
    ContentType("http", "network", pieces.http),
    ContentType("user_agent", "network", FAKE["user_agent"]),
    ContentType("access_log", "network", pieces.access_log),
    ContentType("syslog", "network", pieces.syslog),
    ContentType("url", "network", pieces.url),
    ContentType("email", "network", pieces.email),
    ContentType("ipv4", "numbers", FAKE["ipv4"]),
    ContentType("phone", "numbers", FAKE["phone"]),
    ContentType("isbn", "numbers", FAKE["isbn"]),
    ContentType("price", "numbers", pieces.price),
    ContentType("arithmetic", "numbers", pieces.arithmetic),
    ContentType("date", "numbers", pieces.date),
    ContentType("address", "address", pieces.address),
    ContentType("roman", "roman", pieces.roman),
    ContentType("chess", "chess", pieces.chess),
    ContentType("base64", "encoded", encodings.base64_text, weight=0.8),
    ContentType("hex", "encoded", encodings.hexadecimal),
    ContentType("uuid", "encoded", encodings.uuid),
    ContentType("ipv6", "encoded", FAKE["ipv6"]),
    ContentType("mac", "encoded", FAKE["mac"]),
    ContentType("iban", "encoded", FAKE["iban"]),
    ContentType("alphanumeric", "encoded", encodings.alphanumeric),
    ContentType("rot13", "encoded", encodings.rot13),
    ContentType("binary", "binary", encodings.binary),
    ContentType("morse", "morse", encodings.morse),
    ContentType("dna", "dna", lambda d: d.letters("ACGT", 70)),
    ContentType("percent", "byte escapes", encodings.percent),
    ContentType("quoted_printable", "byte escapes", encodings.quoted_printable),
    ContentType("entities", "entities", encodings.entities),
]
