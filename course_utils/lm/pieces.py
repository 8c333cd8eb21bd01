"""Pieces of text, one small function per content type: prose, code and markup, data and logs.

Encodings are in `encodings.py`; `content_types.py` lists all types.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from course_utils.lm import sources


@dataclass
class Draw:
    """Where a piece gets its randomness and its text: one generator, one Faker, one split of the sources."""

    rng: random.Random
    fake: "faker.Faker"
    split: str

    def excerpt(self, source: Callable[[], sources.Source], length: int) -> str:
        return source().excerpt(self.rng, self.split, length)

    def words(self, n: int) -> list[str]:
        return self.rng.choices(sources.words("en_US"), k=n)

    def letters(self, alphabet: str, n: int) -> str:
        return "".join(self.rng.choices(alphabet, k=n))

    def number(self, digits: int) -> int:
        """A number of up to `digits` digits, small ones as likely as large ones."""
        return self.rng.randrange(10 ** self.rng.randint(1, digits))


# --- prose ---


def prose(source: Callable[[], sources.Source], d: Draw) -> str:
    return d.excerpt(source, 500)


@cache
def zipf(n: int) -> list[float]:
    """Cumulative word frequencies, as in any language: the k-th word about 1/k as often as the first."""
    total, cumulative = 0.0, []
    for k in range(n):
        total += 1 / (k + 4)
        cumulative.append(total)
    return cumulative


def sentence(vocabulary: Callable[[], list[str]], space: str, stop: str, d: Draw) -> str:
    words = vocabulary()
    chosen = d.rng.choices(words, cum_weights=zipf(len(words)), k=d.rng.randint(5, 14))
    text = space.join(chosen)
    return (text.capitalize() if stop == ". " else text) + stop


# --- code and markup ---


def snake_name(d: Draw) -> str:
    return "_".join(d.rng.choices(sources.identifiers(), k=d.rng.randint(2, 4)))


def snake_case(d: Draw) -> str:
    return f"{snake_name(d)} = {d.rng.choice(['self.', 'cls.', 'old_', 'no_', ''])}{snake_name(d)}"


def traceback(d: Draw) -> str:
    lines = ["Traceback (most recent call last):"]
    for _ in range(d.rng.randint(2, 4)):
        module = d.rng.choice(sources.MODULES)
        source = d.excerpt(sources.code, 20).strip().splitlines() or ["pass"]
        lines.append(f'  File "/usr/lib/python3/{module}.py", line {d.number(4)}, in {snake_name(d)}')
        lines.append(f"    {source[0].strip()}")
    error = d.rng.choice(
        ["ValueError: invalid literal", "KeyError:", "TypeError: unsupported operand", "IndexError:"]
    )
    return "\n".join([*lines, f"{error} '{d.rng.choice(d.words(1))}'"])


def diff(d: Draw) -> str:
    head = f"@@ -{d.number(3)},{d.number(1)} +{d.number(3)},{d.number(1)} @@"
    marks = d.rng.choices([" ", "-", "+"], [6, 2, 2], k=8)
    lines = d.excerpt(sources.code, 250).splitlines()
    return "\n".join([head, *(mark + line for mark, line in zip(marks, lines, strict=False))])


def sql(d: Draw) -> str:
    table, key, column, other = d.words(4)
    return d.rng.choice(
        [
            f"SELECT {column}, {other} FROM {table} WHERE {key} = {d.number(4)} ORDER BY {column} DESC;",
            f"INSERT INTO {table} ({key}, {column}) VALUES ({d.number(4)}, '{other}');",
            f"UPDATE {table} SET {column} = '{other}' WHERE {key} IN ({d.number(3)}, {d.number(3)});",
            f"CREATE TABLE {table} ({key} INTEGER PRIMARY KEY, {column} VARCHAR({d.number(3)}) NOT NULL);",
            f"SELECT COUNT(*) FROM {table} LEFT JOIN {other} ON {table}.{key} = {other}.{key};",
        ]
    )


def css(d: Draw) -> str:
    rules = [
        "margin: {}px {}px;",
        "padding: {}px {}px;",
        "font-size: {}.{}em;",
        "border: {}px solid #{}a{}f;",
        "width: {}.{}%;",
    ]
    body = "\n".join(
        f"  {d.rng.choice(rules).format(d.number(2), d.number(2), d.number(1))}" for _ in range(4)
    )
    return f"{d.rng.choice(['.', '#', 'div.', 'a:hover .'])}{d.words(1)[0]} {{\n{body}\n}}"


def latex(d: Draw) -> str:
    a, b, i, n = (d.rng.choice(s) for s in ("abcxyzuvw", "fghpqrst", "ijkm", "nNM"))
    return d.rng.choice(
        [
            rf"\begin{{equation}} {a}_{i} = \sum_{{{i}=1}}^{{{n}}} \frac{{{b}_{i}}}{{{a}}} \end{{equation}}",
            rf"\int_{{0}}^{{\infty}} {b}({a}) \, d{a} \leq \sqrt{{{n}}} \left( {a} + \alpha_{i} \right)",
            rf"$\forall {a} \in \mathbb{{R}}^{n}: \quad \| {a} \|_2 \geq \mathbf{{{b}}}^\top {a}$",
            rf"\lim_{{{n} \to \infty}} \frac{{\partial {b}}}{{\partial {a}_{i}}} = \hat{{\theta}}",
        ]
    )


def markup(d: Draw) -> str:
    text, tag = " ".join(d.words(4)), d.rng.choice(["p", "li", "span", "td", "h2"])
    one, two = d.words(2)
    return d.rng.choice(
        [
            f'<{tag} class="{one}">{text}</{tag}>',
            f'<a href="/{one}/{two}.html" title="{text}">{one}</a><br/>',
            f'<div id="{one}-{two}"><{tag}>{text}</{tag}></div>',
            f'<img src="/static/{one}.png" alt="{two}" width="{d.number(3)}">',
        ]
    )


def xml(d: Draw) -> str:
    one, two, three = d.words(3)
    fields = "".join(f"\n    <{w}>{d.number(3)}</{w}>" for w in (two, three))
    return f'  <xs:{one} xmlns:{two}="urn:{three}">{fields}\n  </xs:{one}>'


def markdown(d: Draw) -> str:
    return "| " + " | ".join([f"**{d.words(1)[0]}**", f"`{d.words(1)[0]}`", f"{d.number(3)}", "---"]) + " |"


# --- data and logs ---


def json_object(d: Draw) -> str:
    a, b, c, value = d.words(4)
    flag = d.rng.choice(["true", "false", "null"])
    return f'{{"{a}": {d.number(4)}, "{b}": "{value}", "{c}": [{flag}, {{"id": {d.number(3)}}}]}},'


def ini(d: Draw) -> str:
    section, *keys = d.words(4)
    values = [f"{d.number(4)}", d.rng.choice(["yes", "no"]), f"%({keys[0]})s/{section}"]
    return f"[{section}]\n" + "\n".join(f"{k}={v}" for k, v in zip(keys, values, strict=True))


def csv_row(d: Draw) -> str:
    return ",".join([*(f'"{w}"' for w in d.words(2)), *(f"{d.rng.gauss(0, 20):.2f}" for _ in range(4))])


MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()


def clock(d: Draw) -> str:
    return f"{d.rng.randrange(24):02}:{d.rng.randrange(60):02}:{d.rng.randrange(60):02}"


def http(d: Draw) -> str:
    a, b, host = d.words(3)
    return (
        f"{d.rng.choice(['GET', 'POST', 'PUT', 'HEAD'])} /{a}/{b} HTTP/1.1\nHost: www.{host}.com\n"
        f"Accept: {d.rng.choice(['text/html', 'application/json', '*/*'])}\nContent-Length: {d.number(4)}\n"
        f"Cache-Control: {d.rng.choice(['no-cache', 'max-age=0', 'private'])}\nConnection: keep-alive\n"
    )


def access_log(d: Draw) -> str:
    a, b = d.words(2)
    day = f"{d.rng.randint(1, 28):02}/{d.rng.choice(MONTHS)}/20{d.rng.randint(10, 25)}:{clock(d)}"
    status = d.rng.choice([200, 301, 404, 500])
    return f'{d.fake.ipv4()} - - [{day} +0000] "GET /{a}/{b} HTTP/1.0" {status} {d.number(5)}'


def syslog(d: Draw) -> str:
    unit = d.rng.choice(["kernel", "sshd", "systemd", "cron", "dhclient"])
    word, host = d.words(2)
    message = d.rng.choice(
        [
            f"Started session {d.number(4)} of user {word}.",
            f"error: {word} timed out",
            f"Accepted key for {word}",
        ]
    )
    return (
        f"{d.rng.choice(MONTHS)} {d.rng.randint(1, 28):2} {clock(d)} {host} {unit}[{d.number(5)}]: {message}"
    )


def url(d: Draw) -> str:
    a, b, c, e = d.words(4)
    first, last = d.rng.choice(["www", "docs", "api"]), d.rng.choice(["org", "com", "net"])
    return f"https://{first}.{a}.{last}/{b}/{c}?{e}={d.number(4)}"


def email(d: Draw) -> str:
    a, b, host = d.words(3)
    day = f"{d.rng.choice(DAYS)}, {d.rng.randint(1, 28)} {d.rng.choice(MONTHS)} 20{d.rng.randint(10, 25)}"
    return (
        f"From: {a}.{b}@{host}.org\nDate: {day} {clock(d)} +0000\nSubject: Re: {' '.join(d.words(4))}\n"
        f"Message-ID: <{d.number(8)}@{host}.org>\n"
    )


# --- numbers and records ---


def address(d: Draw) -> str:
    return d.fake.address()


def price(d: Draw) -> str:
    currency, cents = d.rng.choice(["$", "EUR ", "GBP "]), d.rng.choice(["00", "99", "50"])
    return f"{d.words(1)[0]:<12} {currency}{d.number(4):,}.{cents}"


def arithmetic(d: Draw) -> str:
    a, b = d.number(3), d.number(3)
    return d.rng.choice([f"{a} + {b} = {a + b}", f"{a} - {b} = {a - b}", f"{a} * {b} = {a * b}"])


def roman(d: Draw) -> str:
    steps = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "M CM D CD C XC L XL X IX V IV I".split(),
        strict=True,
    )
    n, out = d.rng.randint(1, 2500), ""
    for value, symbol in steps:
        out += symbol * (n // value)
        n %= value
    return out


def date(d: Draw) -> str:
    return f"{d.rng.randint(1950, 2030)}-{d.rng.randint(1, 12):02}-{d.rng.randint(1, 28):02}T{clock(d)}Z"


def chess(d: Draw) -> str:
    def move() -> str:
        piece = d.letters("NBRQK" + 4 * " ", 1).strip()
        takes = "x" if d.rng.random() < 0.2 else ""
        return piece + takes + d.letters("abcdefgh", 1) + d.letters("12345678", 1)

    return f"{d.rng.randint(1, 60)}. {move()} {move()}"
