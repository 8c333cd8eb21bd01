"""Any OpenAI-compatible endpoint as the explainer, behind the same interface: examples in, a rule out.

    endpoint = explainer.from_environment()  # None, unless COURSE_EXPLAINER_URL is set
    plan = explainer.plan(prompts)  # calls and tokens, before anything is asked
    rules = explainer.ask(endpoint, prompts, vocab, most_calls=5, most_tokens=10_000)

The judge stays the same: `explanations.follows` on other text. The address comes from the environment
(`COURSE_EXPLAINER_URL`, such as http://localhost:11434/v1), as do the model's name (`COURSE_EXPLAINER_MODEL`)
and the key, if one is needed (`COURSE_EXPLAINER_KEY`). The key is sent in the request's header, and never
stored, printed or put into an error message.
"""

import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils.interp import explanations, predicates
from course_utils.interp.predicates import Predicate
from course_utils.interp.text import token_texts, visible

ANSWER_TOKENS = 200
MOST_BYTES = 1_000_000
"""Of an answer; what is longer is cut off, and is no JSON then."""
TASK = (
    "A unit of a small language model fires on the tokens between « and ». Explain when, as a rule. Answer "
    'with one JSON object and nothing else: {"token": [...], "before": [...], "nearby": [...]}. "token": '
    'strings that the firing token is one of. "before": strings that the token just before is one of. '
    '"nearby": strings one of which is among the last eight tokens. All three have to hold; an empty list is '
    "no condition."
)


@dataclass(frozen=True)
class Endpoint:
    url: str
    """Up to and without `/chat/completions`."""
    model: str
    key: str = field(default="", repr=False)


class Plan(NamedTuple):
    """What asking would take."""

    calls: int
    tokens: int
    """At most, about: four characters of a question a token, and the longest answer that is allowed."""

    def price(self, per_token: float) -> float:
        """What it costs at most, if you know your price per token."""
        return self.tokens * per_token


class Refused(RuntimeError):
    """The endpoint gave no usable answer; the message says why."""


def from_environment() -> Endpoint | None:
    """The endpoint that the environment names, or None. ValueError for an address that isn't http(s)."""
    url = os.environ.get("COURSE_EXPLAINER_URL", "").rstrip("/")
    if not url:
        return None
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("COURSE_EXPLAINER_URL has to begin with http:// or https://")
    model = os.environ.get("COURSE_EXPLAINER_MODEL", "default")
    return Endpoint(url, model, os.environ.get("COURSE_EXPLAINER_KEY", ""))


def prompt(
    acts: Float[Tensor, "token"], pile: explanations.Pile, vocab: Sequence[bytes], count: int = 10
) -> str:
    """The question about one unit: its strongest examples, with twelve tokens before and four after."""
    late = acts.view(len(pile.tokens), -1)
    peak, place = late.max(dim=1)
    lines = []
    for seq in peak.topk(min(count, len(peak))).indices.tolist():
        at = int(place[seq]) + pile.first
        texts = [visible(t) for t in token_texts(pile.tokens[seq].tolist(), vocab)]
        before, after = "".join(texts[max(at - 12, 0) : at]), "".join(texts[at + 1 : at + 5])
        lines.append(f"{before}«{texts[at]}»{after}")
    return "\n".join([TASK, *lines])


def plan(prompts: Sequence[str]) -> Plan:
    """How many calls, and about how many tokens at most, before anything is asked."""
    return Plan(len(prompts), sum(len(one) // 4 + ANSWER_TOKENS for one in prompts))


def ask(
    endpoint: Endpoint,
    prompts: Sequence[str],
    vocab: Sequence[bytes],
    most_calls: int,
    most_tokens: int,
    timeout: float = 30.0,
) -> list[Predicate]:
    """One rule a prompt. Where no usable answer comes, the rule never holds, and its name says why.

    ValueError, before anything is sent, where the plan is above a limit. It stops when the answers report
    more tokens than that all the same.
    """
    planned = plan(prompts)
    if planned.calls > most_calls or planned.tokens > most_tokens:
        raise ValueError(
            f"{planned.calls} calls and about {planned.tokens} tokens are planned; the limits are "
            f"{most_calls} and {most_tokens}: ask about fewer units"
        )
    rules, used = [], 0
    for one in prompts:
        try:
            if used >= most_tokens:
                raise Refused(f"not asked: {used} tokens are used already")
            reply = _post(endpoint, one, timeout)
            used += reply.tokens
            if reply.cut:
                raise Refused("the answer was cut off")
            rules.append(rule(reply.text, vocab))
        except Refused as reason:
            rules.append(explanations.NOTHING._replace(name=f"no rule ({reason})"))
    return rules


def rule(answer: str, vocab: Sequence[bytes]) -> Predicate:
    """The rule that an answer states. Refused for anything but the JSON that was asked for."""
    try:
        stated = json.loads(answer[answer.index("{") : answer.rindex("}") + 1])
        lists = {key: stated.get(key, []) for key in ("token", "before", "nearby")}
    except (ValueError, AttributeError, RecursionError):
        raise Refused("the answer is no JSON object") from None
    if not all(isinstance(x, list) and all(isinstance(s, str) for s in x) for x in lists.values()):
        raise Refused("the answer's lists hold something else than strings")
    if not any(lists.values()):
        raise Refused("the answer states no condition")
    looks = {
        "token": ("the token is one of {}", predicates.here),
        "before": ("the token before is one of {}", predicates.before),
        "nearby": (
            "one of {} is among the last 8 tokens",
            lambda mask, tokens: predicates.in_window(mask, tokens, 1),
        ),
    }
    parts = []
    for key, strings in lists.items():
        if strings:
            name, look = looks[key]
            shown = " ".join(visible(s)[:20] for s in strings[:10])
            parts.append(Predicate(name.format(shown), key, partial(look, _members(strings, vocab))))
    return predicates.conjunction(*parts)


def _members(strings: Sequence[str], vocab: Sequence[bytes]) -> Bool[Tensor, "vocab"]:
    """The tokens that are one of the strings, spaces around them aside."""
    wanted = {s.strip().encode(errors="replace") or s.encode(errors="replace") for s in strings}
    return torch.tensor([bool(piece) and (piece.strip() or piece) in wanted for piece in vocab])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another address."""

    def redirect_request(self, *args, **kwargs):
        return None


class _Reply(NamedTuple):
    text: str
    tokens: int
    """As the endpoint says; what was planned where it doesn't."""
    cut: bool


def _post(endpoint: Endpoint, question: str, timeout: float) -> _Reply:
    body = {
        "model": endpoint.model,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": ANSWER_TOKENS,
        "temperature": 0,
    }
    headers = {"Content-Type": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    request = urllib.request.Request(f"{endpoint.url}/chat/completions", json.dumps(body).encode(), headers)
    try:
        came = json.loads(_read(request, timeout))
        [choice] = came["choices"]
        tokens = int((came.get("usage") or {}).get("total_tokens") or plan([question]).tokens)
        return _Reply(str(choice["message"]["content"]), tokens, choice.get("finish_reason") == "length")
    except urllib.error.HTTPError as error:
        raise Refused(f"the endpoint says {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        late = TimeoutError in (type(error), type(getattr(error, "reason", None)))
        why = f"no answer within {timeout:g} seconds" if late else "the endpoint can't be reached"
        raise Refused(why) from None
    except (ValueError, KeyError, TypeError, AttributeError):  # also a key that no header can hold
        raise Refused("the endpoint's reply has another form than asked for") from None


def _read(request: urllib.request.Request, timeout: float) -> bytes:
    """The whole reply. TimeoutError where it takes longer, also where it comes in drops."""
    end, parts = time.monotonic() + timeout, []
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout) as response:
        while (part := response.read1()) and sum(map(len, parts)) < MOST_BYTES:
            parts.append(part)
            if time.monotonic() > end:
                raise TimeoutError
    return b"".join(parts)
