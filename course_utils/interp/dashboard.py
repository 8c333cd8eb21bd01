"""A page about one latent, as HTML with nothing active in it: no script, no link, every string escaped.

The page of M's feature browser at this course's size: the latent's top examples and weaker ones, its
activations by content type, the tokens that it argues for and against, and the neurons nearest to it.
"""

import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.interp.text import token_label, token_texts, visible

STYLE = """<style>
.latent-page{background:#fff;color:#222;font:13px/1.5 system-ui,sans-serif;padding:12px 16px;
 border:1px solid #ddd;border-radius:6px;max-width:940px}
.latent-page h3{font-size:16px;margin:0 0 2px}.latent-page h4{font-size:13px;margin:14px 0 4px}
.latent-page .line{display:flex;gap:1em;margin:0 0 5px;font:12px/1.75 ui-monospace,Menlo,Consolas,monospace}
.latent-page .kind{flex:0 0 9em;color:#666;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.latent-page .text{flex:1;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext}
.latent-page .tok{border-radius:2px}
.latent-page .side{display:flex;flex-wrap:wrap;gap:0 36px}
.latent-page table{border-collapse:collapse;background:#fff;color:#222;margin:0}
.latent-page td,.latent-page th{font-size:13px;padding:1px 9px 1px 0;text-align:left;background:#fff;
 color:#222;font-variant-numeric:tabular-nums}
.latent-page code{background:#f3f3f3;color:#222;padding:0 3px;border-radius:2px;white-space:pre}
.latent-page .bar{display:inline-block;height:9px;background:#d55e00;vertical-align:baseline}
.latent-page .bar.off{background:#56b4e9}
@media (max-width:40rem){.latent-page{padding:10px}.latent-page .bar{font-size:6px}
 .latent-page .line,.latent-page .kind{display:block}}
</style>"""


class Page(NamedTuple):
    """HTML that a notebook shows as it is, and the words that stand in where it can't."""

    html: str
    alt: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.alt


class Example(NamedTuple):
    """A stretch of text around one token where the latent fired."""

    tokens: Int[Tensor, "pos"]
    acts: Float[Tensor, "pos"]
    content_type: str
    seq: int
    """The sequence that it was cut from, and the position where it begins there."""
    start: int


def lit_text(
    tokens: Int[Tensor, "pos"],
    acts: Float[Tensor, "pos"],
    vocab: Sequence[bytes],
    largest: float | Float[Tensor, ""],
    note: str = "",
) -> str:
    """One line of text, each token shaded by its activation (full colour at `largest`, none at 0)."""
    spans = []
    for text, act in zip(token_texts(tokens.tolist(), vocab), acts.tolist(), strict=True):
        strength = min(max(act / max(largest, 1e-9), 0), 1)
        shade = f"background:rgba(230,159,0,{strength:.2f});" if strength > 0.01 else ""
        content = html.escape(visible(text))
        spans.append(f'<span class="tok" style="{shade}" title="activation {act:.2f}">{content}</span>')
    label = f'<span class="kind">{html.escape(note)}</span>'
    return f'<div class="line">{label}<span class="text" dir="auto">{"".join(spans)}</span></div>'


def page(*parts: str, alt: str) -> Page:
    """Parts of HTML as one object that a notebook shows, with the style that they need."""
    return Page(f'{STYLE}<div class="latent-page">{"".join(parts)}</div>', alt)


def lit_rows(
    tokens: Int[Tensor, "pos"],
    vocab: Sequence[bytes],
    rows: Mapping[str, tuple[Float[Tensor, "pos"], float]],
) -> Page:
    """The same text once per unit, lit by it. `rows`: name to (activations, what counts as full colour)."""
    lines = [lit_text(tokens, acts, vocab, largest, name) for name, (acts, largest) in rows.items()]
    peaks = [f"{name} {acts.max() / largest:.0%}" for name, (acts, largest) in rows.items()]
    return page(*lines, alt=f"A text shaded by activation. Peaks, of each maximum: {', '.join(peaks)}.")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def bar(share: float | Float[Tensor, ""], wide: float = 11.5, off: bool = False) -> str:
    """A horizontal bar, `share` of the full width in em: the style makes all of them shorter on a phone."""
    return f'<span class="bar{" off" if off else ""}" style="width:{max(share, 0) * wide:.1f}em"></span>'


def examples(
    tokens: Int[Tensor, "seq pos"],
    acts: Float[Tensor, "seq pos"],
    content_types: Int[Tensor, "seq pos"],
    names: Sequence[str],
    low: float | Float[Tensor, ""],
    high: float | Float[Tensor, ""],
    count: int,
    around: int = 16,
) -> list[Example]:
    """Up to `count` examples whose peak lies between `low` and `high` × the maximum, strongest first.

    One per sequence at most; `around` is the number of tokens kept on each side of the peak.
    """
    peak, place = acts.max(-1)
    inside = ((peak > low * acts.max()) & (peak <= high * acts.max())).nonzero()[:, 0]
    chosen = inside[peak[inside].argsort(descending=True)]
    if high < 1:  # spread over the interval: the strongest alone would say nothing about the rest
        chosen = chosen[torch.linspace(0, max(len(chosen) - 1, 0), min(count, len(chosen))).long()]
    stretches = []
    for seq in chosen[:count].tolist():
        at = place[seq].item()
        part = slice(max(at - around, 0), at + around + 1)
        name = names[content_types[seq, at]]
        stretches.append(Example(tokens[seq, part], acts[seq, part], name, seq, part.start))
    return stretches


def strongest(
    tokens: Int[Tensor, "seq pos"],
    acts: Float[Tensor, "seq pos"],
    content_types: Int[Tensor, "seq pos"],
    names: Sequence[str],
    vocab: Sequence[bytes],
    title: str,
    top: int,
    count: int = 12,
) -> Page:
    """Sequences from all over a unit's `top` strongest tokens, each token shaded by its activation."""
    weakest = acts.flatten().topk(top).values[-1] / acts.max()
    found = examples(tokens, acts, content_types, names, weakest, 0.999, count)
    lines = [lit_text(e.tokens, e.acts, vocab, acts.max(), e.content_type) for e in found]
    types = ", ".join(dict.fromkeys(e.content_type for e in found))
    return page(f"<h3>{html.escape(title)}</h3>", *lines, alt=f"{title}'s strongest tokens: {types}.")


def lit_examples(
    tokens: Int[Tensor, "seq pos"], acts: Float[Tensor, "seq pos"], vocab: Sequence[bytes], count: int = 6
) -> Page:
    """A unit's strongest examples, and half as many that peak between 20 and 50 % of its maximum."""
    untyped = torch.zeros_like(tokens)
    found = examples(tokens, acts, untyped, ["strong"], 0.0, 1.0, count)
    found += examples(tokens, acts, untyped, ["weaker"], 0.2, 0.5, count // 2)
    lines = [lit_text(one.tokens, one.acts, vocab, acts.max(), one.content_type) for one in found]
    return page(*lines, alt=f"{len(found)} stretches of text, shaded by activation.")


def content_type_histogram(
    acts: Float[Tensor, "seq pos"],
    content_types: Int[Tensor, "seq pos"],
    names: Sequence[str],
    levels: int = 6,
) -> str:
    """Which content types fire the latent, at each level of activation: a table with one row per level.

    Each row lists the types that make up the tokens of that level, largest share first.
    """
    largest = acts.max().item()
    on = acts > 0
    acts, content_types = acts[on], content_types[on]
    lines = []
    for level in reversed(range(levels)):
        inside = (acts > largest * level / levels) & (acts <= largest * (level + 1) / levels)
        counts = torch.bincount(content_types[inside], minlength=len(names))
        total = max(counts.sum().item(), 1)
        top = [k for k in counts.argsort(descending=True)[:4].tolist() if counts[k]]
        lines.append(
            [
                f"{largest * level / levels:.1f} to {largest * (level + 1) / levels:.1f}",
                f"{counts.sum().item()}",
                bar(counts.max().item() / total),
                ", ".join(f"{html.escape(names[k])} {counts[k].item() / total:.0%}" for k in top) or "–",
            ]
        )
    return table(["activation", "tokens", "largest type's share", "types"], lines)


def logit_table(weights: Float[Tensor, "vocab"], vocab: Sequence[bytes], count: int = 12) -> str:
    """The tokens whose logits the latent raises most and lowers most."""
    order = weights.argsort(descending=True).tolist()
    scale = weights.abs().max().item() or 1

    def cells(token: int, off: bool) -> list[str]:
        label = html.escape(token_label(token, vocab))
        return [
            f"<code>{label}</code>",
            f"{weights[token]:+.2f}",
            bar(abs(weights[token].item()) / scale, 5.4, off),
        ]

    rows = [
        cells(up, False) + cells(down, True)
        for up, down in zip(order[:count], order[::-1][:count], strict=True)
    ]
    return table(["raises", "", "", "lowers", "", ""], rows)


def nearest_table(
    unit: str, correlations: Float[Tensor, "unit"], but: int | None = None, count: int = 6
) -> str:
    """The units of the largest correlation, without unit `but`. Each number is marked `data-<unit>`."""
    nearest = [i for i in correlations.argsort(descending=True).tolist() if i != but][:count]
    rows = [
        [f'<span data-{unit}="{i}">{i}</span>', f"{correlations[i]:.2f}", bar(correlations[i].item(), 5.4)]
        for i in nearest
    ]
    return table([unit, "correlation", ""], rows)


def latent_page(
    latent: int,
    acts: Float[Tensor, "seq pos"],
    tokens: Int[Tensor, "seq pos"],
    content_types: Int[Tensor, "seq pos"],
    names: Sequence[str],
    vocab: Sequence[bytes],
    weights: Float[Tensor, "vocab"],
    neurons: Float[Tensor, "neuron"],
    latents: Float[Tensor, "latent"],
) -> Page:
    """The whole page of one latent.

    `acts` are its activations on `tokens`, `weights` its logit weights, `neurons` and `latents` each
    neuron's and each latent's correlation with it on the same tokens.
    """
    largest = acts.max().item()
    summary = f"fires on {(acts > 0).float().mean():.2%} of tokens; maximum {largest:.2f}"
    lines = []
    for title, low, high, count in (
        ("Top examples", 0.0, 1.0, 8),
        ("From the middle: a peak between 40 and 60 % of the maximum", 0.4, 0.6, 4),
        ("Weak: a peak between 5 and 20 % of the maximum", 0.05, 0.2, 4),
    ):
        stretches = examples(tokens, acts, content_types, names, low, high, count)
        lines.append(f"<h4>{title}</h4>" + ("" if stretches else "<div>none here</div>"))
        lines += [lit_text(e.tokens, e.acts, vocab, largest, e.content_type) for e in stretches]
    raised = [token_label(t, vocab) for t in weights.topk(min(8, len(vocab))).indices.tolist()]
    return page(
        f"<h3>Latent {latent}</h3>",
        f"<div>{summary}</div>",
        *lines,
        "<h4>Activations by content type</h4>",
        content_type_histogram(acts, content_types, names),
        f'<div class="side"><div><h4>Logit weights</h4>{logit_table(weights, vocab)}</div>',
        f"<div><h4>Nearest neurons</h4>{nearest_table('neuron', neurons)}</div>",
        f"<div><h4>Nearest latents</h4>{nearest_table('latent', latents, but=latent)}</div></div>",
        alt=f"Latent {latent}: {summary}. Raises the logits of {', '.join(raised)}.",
    )
