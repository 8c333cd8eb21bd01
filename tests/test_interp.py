"""course_utils.interp on cases small enough to compute by hand."""

import base64
import html
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_utils.interp import dashboard, effects, measures, probe, proxies, text

BYTES = [bytes([i]) for i in range(256)]


def ids(string: str) -> torch.Tensor:
    return torch.tensor(list(string.encode()))


@pytest.fixture
def sae():
    """Two latents that read coordinates 0 and 1 about a non-zero b_dec; the third coordinate is its error."""
    b_dec = torch.tensor([0.5, -1.0, 2.0])
    W_enc = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    W_dec = torch.tensor([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    encode = lambda x: ((x - b_dec) @ W_enc).relu()  # noqa: E731
    return SimpleNamespace(encode=encode, W_dec=W_dec, b_dec=b_dec)


# Measures


def test_correlation_agrees_with_numpy_and_gives_a_dead_unit_zero():
    g = torch.Generator().manual_seed(0)
    acts = torch.rand(500, 4, generator=g) + 3
    acts[:, 2] = 7.3
    target = (torch.rand(500, generator=g) < 0.1).float()
    got = measures.correlation(acts, target)
    for unit in (0, 1, 3):
        assert got[unit].item() == pytest.approx(np.corrcoef(acts[:, unit], target)[0, 1], abs=1e-5)
    assert got[2] == 0
    assert (measures.correlation(acts, torch.ones(500)) == 0).all()


def test_correlations_is_the_columns_of_correlation():
    acts, targets = torch.rand(60, 3), torch.rand(60, 2)
    both = measures.correlations(acts, targets)
    for k in range(2):
        torch.testing.assert_close(both[:, k], measures.correlation(acts, targets[:, k]))


def test_groups_served_counts_groups_by_activation_and_not_by_their_size():
    group = torch.tensor([0, 0, 0, 0, 2, 2, 3])  # no token of group 1
    acts = torch.tensor(
        [
            [1.0, 1, 0, 0],
            [1, 1, 0, 0],
            [1, 1, 0, 0],
            [1, 1, 0, 0],
            [0, 1, 2, 0],
            [0, 1, 0, 0],
            [0, 1, 3, 0],
        ]
    )
    served = measures.groups_served(acts, group)
    assert served[:2].tolist() == pytest.approx([1, 3])
    assert served[2].item() == pytest.approx(1 / (0.25**2 + 0.75**2))
    assert served[3].isnan()


def test_probe_finds_the_direction_and_the_rate_of_a_logistic_world():
    g = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(40_000, 4, generator=g) + torch.tensor([5.0, 0, -2, 1])
    x[:, 3] = 1  # a neuron that never changes
    direction = torch.tensor([0.5, -1.0, 0.0, 0.0])
    in_class = torch.rand(len(x), generator=g) < (x @ direction - 4).sigmoid()
    found = probe.fit_probe(x, in_class, penalty=0.0)
    torch.testing.assert_close(found.direction[:3], direction[:3], atol=0.05, rtol=0)
    assert found.says(x).mean().item() == pytest.approx(in_class.float().mean().item(), abs=1e-4)
    shrunk = probe.fit_probe(x, in_class, penalty=0.1)
    assert shrunk.direction.norm() < 0.8 * found.direction.norm()


def test_probe_of_separable_classes_stays_finite():
    x = torch.cat([torch.randn(50, 3) - 4, torch.randn(50, 3) + 4])
    found = probe.fit_probe(x, torch.arange(100) >= 50)
    assert found.direction.isfinite().all() and (found.says(x)[50:] > 0.9).all()


def test_odd_part_drops_what_is_the_same_both_ways():
    acts = torch.tensor([1.0, 2.0])
    loss = lambda hook: (hook(acts).sum() ** 3).item()  # noqa: E731
    part = lambda x: torch.ones_like(x)  # noqa: E731
    assert effects.odd_part(loss, part) == (1**3 - 5**3) / 2
    even = lambda hook: (hook(acts) - acts).square().sum().item()  # noqa: E731
    assert effects.odd_part(even, part) == 0


def test_sensitivity_and_specificity_by_hand():
    acts = torch.tensor([0.0, 1.0, 2.0, 3.0, 2.0, 0.0, 0.0, 0.0])
    in_class = torch.tensor([True, True, True, True, False, False, False, False])
    assert measures.sensitivity_specificity(acts, in_class, 0.0) == (3 / 4, 3 / 4)
    assert measures.sensitivity_specificity(acts, in_class, 2.0) == (1 / 4, 1.0)  # above, not at
    assert measures.sensitivity_specificity(acts, in_class, 9.0) == (0.0, 0.0)


def test_the_chosen_threshold_balances_the_two():
    acts = torch.cat([torch.linspace(0, 4, 400), torch.linspace(2, 10, 400)])
    in_class = torch.arange(800) >= 400
    chosen = measures.choose_threshold(acts, in_class)
    assert 2 <= chosen <= 4
    sensitivity, specificity = measures.sensitivity_specificity(acts, in_class, chosen)
    assert abs(sensitivity - specificity) < 0.06


def test_auroc_by_hand():
    score, in_class = torch.tensor([3.0, 1, 2, 1, 0]), torch.tensor([True, True, False, False, False])
    assert measures.auroc(score, in_class) == pytest.approx((3 + 1.5) / 6)  # pairs won, a tie is a half
    for alone in (torch.ones(5, dtype=torch.bool), torch.zeros(5, dtype=torch.bool)):
        assert measures.auroc(score, alone) == 0.5


def test_best_matches_measures_on_other_data_than_it_chooses():
    g = torch.Generator().manual_seed(1)
    targets = (torch.rand(4000, 2, generator=g) < 0.2).float()
    acts = torch.rand(4000, 300, generator=g)
    acts[:, 5] += 2 * targets[:, 0]
    match = measures.best_matches((acts[:2000], acts[2000:]), (targets[:2000], targets[2000:]))
    assert match.unit[0] == 5 and match.correlation[0] > 0.8
    lucky = measures.correlations(acts[:2000], targets[:2000])[:, 1].max()
    assert (
        match.correlation[1] < lucky
    )  # nothing follows target 1: chosen by luck, and luck doesn't carry over


# Proxies


def test_log_probs_are_looked_up():
    p = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64)
    got = proxies.unigram_log_probs(p, torch.tensor([[0, 1], [2, 0]]))
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.exp(), torch.tensor([[0.5, 0.25], [0.25, 0.5]]))


def test_the_ratio_sums_the_window_that_ends_at_each_token():
    a = torch.tensor([[1.0, 2, 4, 8, 16], [1, 0, 0, 0, 0]])
    b = torch.tensor([[0.0, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
    before = a.clone()
    got = proxies.log_likelihood_ratio(a, b, window=2)
    torch.testing.assert_close(got, torch.tensor([[1.0, 3, 6, 12, 23], [1, 1, 0, 0, 0]]))
    torch.testing.assert_close(proxies.log_likelihood_ratio(a, b, window=9)[0, -1], torch.tensor(30.0))
    assert (a == before).all()


def test_the_base64_hypothesis_needs_no_corpus_and_prefers_base64():
    g = torch.Generator().manual_seed(0)
    made = proxies.base64_tokens(lambda s: list(s.encode()), g, strings=200)
    p = (torch.bincount(made, minlength=256) + 0.5) / (len(made) + 128)

    def score(string: str) -> float:
        log_p = proxies.unigram_log_probs(p, ids(string)[None])
        return proxies.log_likelihood_ratio(log_p, torch.full_like(log_p, -math.log(256)), 8)[0, -1].item()

    assert score(base64.b64encode(b"any text at all").decode()[:16]) > 8 > 0 > score("the cat, the dog")


@pytest.mark.parametrize(
    "string, expected",
    [
        ("data: aGVsbG8gd29ybGQhIGhlbGxv0K and more", True),
        ("aGVsbG8gd29ybGQhIGhlbGxv0K", True),
        ("aGVsbG8gd29ybGQhIGhlb0K", False),  # 23 characters
        ("aGVsbG8gd29ybGQhIGhlb0Ke", True),  # 24
        ("0123456789abcdef0123456789abcdef", False),  # hex: no capitals
        ("0123456789ABCDEF0123456789ABCDEF", False),
        ("internationalisationInternationalisation", False),  # no digit
        ("aGVsbG8gd29y bGQhIGhlbGxv 0KaGVsbG8", False),  # broken by spaces
        ("אGVsbG8gd29ybGאhIGhlbGxvא0K", False),
        ("", False),
    ],
)
def test_a_run_is_24_characters_of_mixed_case_and_digits(string, expected):
    assert proxies.has_base64_run(string) is expected


# Effects


def test_ablation_takes_the_latents_part_and_leaves_the_error(sae):
    x = torch.tensor([[1.5, 0.0, 7.0], [0.0, 1.0, -3.0]])  # f = [1, 1] and [0, 2]
    before = x.clone()
    torch.testing.assert_close(effects.ablate(x, sae, 0), x - torch.tensor([[0.6, 0.8, 0], [0, 0, 0]]))
    torch.testing.assert_close(effects.ablate(x, sae, [0, 1]), x - sae.encode(x) @ sae.W_dec)
    assert (x == before).all()


def test_pinning_sets_one_latent_and_nothing_else(sae):
    x = torch.tensor([[[1.5, 0.0, 7.0], [0.0, 1.0, -3.0]]])
    got = effects.pin(x, sae, 1, 5.0)
    torch.testing.assert_close(got - x, torch.tensor([[[0, 0, 4.0], [0, 0, 3.0]]]))
    torch.testing.assert_close(effects.pin(x, sae, 0, 0.0), effects.ablate(x, sae, 0))


def test_logit_weights_by_hand():
    W_out = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    W_U = torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]])
    got = effects.logit_weights(torch.tensor([[1.0, 1.0]]), W_out, torch.tensor([3.0, 1.0]), W_U)
    torch.testing.assert_close(got, torch.tensor([[3.0, 2.0, -1.0]]) - 2)


# Text and dashboard: nothing that a corpus holds may come out as markup


HOSTILE = [
    "<script>alert(1)</script>",
    "\"' onmouseover='x",
    "</span></div><img src=x onerror=alert(1)>",
    "a\u2028b\u2029c\u202ed\u0000e\r\n\tf",
    "שלום עולם",
    "مرحبا",
    "&lt;b&gt; & &amp;",
    "हिन्दी 中文 🙂",
]


def test_characters_that_span_tokens_are_given_to_the_last():
    assert text.token_texts(list("aש".encode()), BYTES) == ["a", "", "ש"]
    assert text.token_texts([0xD7, ord("b"), 0xFF], BYTES) == ["", "\\xd7b", "\\xff"]
    assert text.token_texts([0xE2, 0x80], BYTES) == ["", "\\xe2\\x80"]
    assert text.token_texts([], BYTES) == []


def test_invisible_characters_are_shown():
    assert text.visible("a\u2028\u202e\n\x00 b") == "a⟨U+2028⟩⟨U+202E⟩⏎⟨U+0000⟩ b"
    assert text.visible("שלום é 中 🙂") == "שלום é 中 🙂"
    assert text.token_label(ord(" "), BYTES) == "␣"
    assert text.token_label(0, ["\u0301".encode()]) == "◌\u0301"


@pytest.mark.parametrize("string", HOSTILE)
def test_hostile_text_is_shown_as_text(string):
    tokens = ids(string)
    line = dashboard.lit_text(tokens, torch.rand(len(tokens)), BYTES, 1.0, note=string)
    tags = set(re.findall(r"<[^>]*>", line))
    assert all(re.fullmatch(r'</?(div|span)( (class|style|title|dir)="[^"<>]*")*>', tag) for tag in tags), (
        tags
    )
    shown = html.unescape(re.sub(r"<[^>]*>", "", line))
    assert shown == string + text.visible(string)
    assert not re.search("[\u2028\u2029\u202e\x00]", line.split("</span>", 1)[1])


def test_a_page_of_hostile_tokens_is_well_formed_and_has_no_script():
    from html.parser import HTMLParser

    vocab = [s.encode() for s in HOSTILE] + [b"\xff\xfe", b"\xd7", b""]
    n = len(vocab)
    g = torch.Generator().manual_seed(0)
    tokens = torch.randint(n, (40, 12), generator=g)
    page = dashboard.latent_page(
        3,
        torch.rand(40, 12, generator=g) * (torch.rand(40, 12, generator=g) < 0.3),
        tokens,
        torch.randint(2, (40, 12), generator=g),
        ["plain", "<script>kind</script>"],
        vocab,
        torch.randn(n, generator=g),
        torch.rand(7, generator=g),
        torch.rand(5, generator=g),
    )
    open_tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag not in ("script", "img", "a", "iframe")
            assert not any(name.startswith("on") for name, _ in attrs)
            open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Parser().feed(page.html)
    assert open_tags == []
    assert "alert(1)" in page.html and "<script" not in page.html
    assert page._repr_html_() == page.html and "fires on" in repr(page)
    page.html.encode()  # no lone surrogates


def test_a_latent_that_never_fires_has_a_page():
    n = 5
    page = dashboard.latent_page(
        0, torch.zeros(3, 4), torch.zeros(3, 4).long(), torch.zeros(3, 4).long(), ["x"], BYTES[:n],
        torch.zeros(n), torch.zeros(2), torch.zeros(1),
    )  # fmt: skip
    assert "Latent 0" in str(page.html) and "nan" not in str(page.html)


def test_phrases_mark_every_token_that_they_touch():
    vocab = [b"Con", b"tent-", b"Type", b": ", b"x", b"\n"]
    tokens = torch.tensor([[0, 1, 2, 3, 4, 5], [4, 4, 4, 4, 0, 5]])
    mask = text.phrase_mask(tokens, vocab, r"Content-Type:")
    assert mask.tolist() == [[True, True, True, True, False, False], [False] * 6]


def test_which_tokens_are_in_an_alphabet():
    got = text.tokens_in_alphabet([b"Zm9v", b"a b", b"", b"\xd7", b"+/="], proxies.BASE64_ALPHABET)
    assert got.tolist() == [True, False, False, False, True]
