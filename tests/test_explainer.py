"""The optional explainer, against a server on this machine that is slow, fails, or talks nonsense."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch

from course_utils.interp import explainer, explanations, predicates

VOCAB = [b"a", b"b", b" b", b"=", b""]
KEY = "sk-secret-of-the-test"
GOOD = '{"token": ["b"], "before": ["="], "nearby": []}'


def chat(content, finish="stop", tokens=50) -> bytes:
    choice = {"message": {"content": content}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "usage": {"total_tokens": tokens}}).encode()


@pytest.fixture
def server():
    """A server whose `replies` are (status, body), one a request; `asked` keeps what came."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.asked.append((self.path, dict(self.headers), json.loads(body)))
            status, reply = fake.replies.pop(0)
            if reply is None:
                fake.release.wait(10)
                return
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args):
            pass

    fake = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.daemon_threads = True
    fake.asked, fake.replies, fake.release = [], [], threading.Event()
    threading.Thread(target=fake.serve_forever, daemon=True).start()
    fake.endpoint = explainer.Endpoint(f"http://127.0.0.1:{fake.server_port}/v1", "small", KEY)
    yield fake
    fake.release.set()
    fake.shutdown()
    fake.server_close()


def ask(server, *replies, prompts=None, most_tokens=100_000, timeout=5.0):
    server.replies += [reply if isinstance(reply, tuple) else (200, reply) for reply in replies]
    prompts = prompts or ["why?"] * len(replies)
    return explainer.ask(server.endpoint, prompts, VOCAB, 10, most_tokens, timeout)


def test_a_good_answer_becomes_a_rule_that_anybody_can_run(server):
    [rule] = ask(server, chat(f"Here you are:\n```json\n{GOOD}\n```"))
    tokens = torch.tensor([[3, 1, 1], [3, 2, 0]])  # "= b b", "=, ␣b, a"
    assert rule.holds(tokens).tolist() == [[False, True, False], [False, True, False]]
    assert rule.name == "the token is one of b and the token before is one of ="
    [(path, headers, body)] = server.asked
    assert path == "/v1/chat/completions" and headers["Authorization"] == f"Bearer {KEY}"
    assert body["model"] == "small" and body["max_tokens"] == explainer.ANSWER_TOKENS


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (chat("It fires on numbers, I think."), "no JSON object"),
        (chat('{"token": ["b"], "before'), "no JSON object"),
        (chat('{"token": "b"}'), "something else than strings"),
        (chat('{"token": [1, null]}'), "something else than strings"),
        (chat('{"token": [], "unit": "x"}'), "no condition"),
        (chat("[]"), "no JSON object"),
        (chat(GOOD, finish="length"), "cut off"),
        (b'{"choices": [{"mess', "another form"),
        (b'{"error": "overloaded"}', "another form"),
        (b"<html>not found</html>", "another form"),
        (b"\xff\xfe", "another form"),
        (b"", "another form"),
        ((500, b"{}"), "says 500"),
        ((401, f"bad key {KEY}".encode()), "says 401"),
        ((307, b""), "says 307"),
    ],
)
def test_a_bad_answer_is_a_rule_that_never_holds_and_says_why(server, reply, why):
    bad, good = ask(server, reply, chat(GOOD))
    assert why in bad.name and KEY not in bad.name
    assert not bad.holds(torch.tensor([[0, 1, 2, 3]])).any()
    assert good.holds(torch.tensor([[3, 1]])).any(), "the next unit is asked all the same"


def test_no_answer_in_time(server):
    [rule] = ask(server, None, timeout=0.2)
    assert rule.name == "no rule (no answer within 0.2 seconds)"


def test_no_server():
    [rule] = explainer.ask(explainer.Endpoint("http://127.0.0.1:9", "m"), ["?"], VOCAB, 1, 1000, 2.0)
    assert "can't be reached" in rule.name


def test_limits_hold_before_anything_is_sent(server):
    prompts = ["x" * 400] * 3
    planned = explainer.plan(prompts)
    assert planned == (3, 3 * (100 + explainer.ANSWER_TOKENS)) and planned.price(0.01) == 9.0
    for calls, tokens in ((2, 10_000), (3, planned.tokens - 1)):
        with pytest.raises(ValueError, match="3 calls and about 900 tokens"):
            explainer.ask(server.endpoint, prompts, VOCAB, calls, tokens)
    assert server.asked == []


def test_it_stops_when_answers_take_more_than_planned(server):
    first, second = ask(server, chat(GOOD, tokens=5000), prompts=["?", "?"], most_tokens=1000)
    assert first.holds(torch.tensor([[3, 1]])).any() and "not asked: 5000" in second.name
    assert len(server.asked) == 1


def test_off_unless_the_environment_names_an_address(monkeypatch):
    for name in ("URL", "KEY", "MODEL"):
        monkeypatch.delenv(f"COURSE_EXPLAINER_{name}", raising=False)
    assert explainer.from_environment() is None
    monkeypatch.setenv("COURSE_EXPLAINER_URL", "http://localhost:1/v1/")
    monkeypatch.setenv("COURSE_EXPLAINER_KEY", KEY)
    endpoint = explainer.from_environment()
    assert endpoint.url == "http://localhost:1/v1" and endpoint.key == KEY and KEY not in repr(endpoint)
    monkeypatch.setenv("COURSE_EXPLAINER_URL", "file:///etc/passwd")
    with pytest.raises(ValueError, match="http"):
        explainer.from_environment()


def test_a_key_that_no_header_can_hold_is_not_shown():
    endpoint = explainer.Endpoint("http://127.0.0.1:9", "m", "a\nb\n" + KEY)
    [rule] = explainer.ask(endpoint, ["?"], VOCAB, 1, 1000, 2.0)
    assert KEY not in rule.name and "no rule" in rule.name


def test_the_question_marks_where_the_unit_fires():
    tokens = torch.tensor([[0, 0, 3, 1, 0], [1, 1, 1, 1, 1]])
    bank = predicates.bank(tokens, VOCAB, frequent=2)
    pile = explanations.read(tokens, bank, 1)
    acts = torch.tensor([0.0, 0, 5, 0, 0, 0, 0, 1])  # positions 1 to 4 of both
    asked = explainer.prompt(acts, pile, VOCAB, count=1)
    assert asked.startswith(explainer.TASK) and asked.endswith("\naa=«b»a")
