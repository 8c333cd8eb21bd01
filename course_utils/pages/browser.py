"""Look through all latents of an SAE: list, search, sort, compare two, type a text and see it lit.

`Browser` measures everything once on a pile of text. Each view is a function call that gives a page:
`table`, `page`, `compare`, `lit`, `strongest`. `browser_widget` puts them behind controls, `browser_file`
into one HTML file.
"""

from __future__ import annotations

import html
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from tokenizers import Tokenizer
from torch import Tensor

from course_utils.interp import dashboard
from course_utils.interp.effects import logit_weights
from course_utils.interp.measures import correlations, kurtosis
from course_utils.interp.text import token_label, token_texts
from course_utils.lm.corpus import CONTENT_TYPES
from course_utils.lm.data import Sequences
from course_utils.lm.hooks import activations
from course_utils.lm.model import Transformer
from course_utils.lm.tokenizer import SEPARATOR, token_bytes
from course_utils.sae.model import SparseAutoencoder

FIRST = 4  # the first tokens of a sequence have little before them: they are read, but not counted
LONGEST = 512  # tokens of a typed text that are read
EXAMPLE = "The key: VGhlIG1vZGVsIGhhcyBzZWVuIHRoaXM=. Its hash: 5eb63bbbe01e. Yours, Bob"
SORTS = {
    "number": lambda row: row.latent,
    "density, rare first": lambda row: row.density,
    "density, frequent first": lambda row: -row.density,
    "match with its content type": lambda row: -row.correlation,
    "content type": lambda row: (row.kind, -row.correlation),
    "kurtosis of the logit weights": lambda row: -row.kurtosis,
}


class Row(NamedTuple):
    """What the list says about one latent."""

    latent: int
    density: float
    """Share of tokens on which it is above 0."""
    maximum: float
    kind: str
    """The content type that it follows best, and its correlation with it."""
    correlation: float
    kurtosis: float
    """Of its logit weights: high when it argues for a few tokens only."""
    fires_on: str
    """The tokens that hold most of its activation, and those that it raises most."""
    raises: str
    strongest: str
    """The text of its strongest examples."""

    def says(self, words: list[str]) -> bool:
        """Whether every one of the words, in small letters, is somewhere in the row."""
        whole = f"{self.latent} {self.kind} {self.fires_on} {self.raises} {self.strongest}".lower()
        return all(word in whole for word in words)


class Browser:
    """All latents of one SAE, measured on `text`: the held-out sequences that its examples come from."""

    @torch.no_grad()
    def __init__(self, model: Transformer, sae: SparseAutoencoder, tokenizer: Tokenizer, text: Sequences):
        self.model, self.sae, self.tokenizer = model, sae, tokenizer
        self.vocab = token_bytes(tokenizer)
        self.text = text
        self.tokens, self.content_types = text.tokens[:, FIRST:], text.content_types[:, FIRST:]
        neurons = activations(model, text.tokens, FIRST)
        latents = sae.encode(neurons)
        self.acts: Float[Tensor, "latent seq pos"] = latents.T.contiguous().unflatten(1, self.tokens.shape)
        self.maximum = latents.amax(0)
        self.with_neurons: Float[Tensor, "latent neuron"] = correlations(latents, neurons)
        self.with_latents: Float[Tensor, "latent latent"] = correlations(latents, latents)
        after = model.blocks[0]["mlp"]["W_out"], model.ln_final["w"], model.unembed["W_U"]
        self.weights: Float[Tensor, "latent vocab"] = logit_weights(sae.W_dec, *after)
        self.rows = self._rows(latents)

    def _rows(self, latents: Float[Tensor, "token latent"]) -> list[Row]:
        is_type = torch.nn.functional.one_hot(self.content_types.flatten(), len(CONTENT_TYPES)).float()
        match, kind = correlations(latents, is_type).max(1)
        density, peaked = (latents > 0).float().mean(0), kurtosis(self.weights)
        rows = []
        for i in range(self.sae.d_sae):
            mass = torch.bincount(self.tokens.flatten(), self.acts[i].flatten(), len(self.vocab))
            numbers = density[i].item(), self.maximum[i].item(), CONTENT_TYPES[kind[i]], match[i].item()
            labels = (
                " ".join(token_label(t, self.vocab) for t in x.topk(5).indices)
                for x in (mass, self.weights[i])
            )
            texts = ("".join(token_texts(e.tokens.tolist(), self.vocab)) for e in self.examples(i))
            rows.append(Row(i, *numbers, peaked[i].item(), *labels, "\n".join(texts)))
        return rows

    # Views

    def find(self, search: str = "", sort: str = "number") -> list[Row]:
        """The rows that hold every word of `search`, in order of `sort`.

        A word may be a number, a content type, a token, or stand in one of the strongest examples.

        Raises KeyError for a `sort` that is not in `SORTS`.
        """
        found = [row for row in self.rows if row.says(search.lower().split())]
        return sorted(found, key=SORTS[sort])

    def table(self, search: str = "", sort: str = "number", count: int = 20) -> dashboard.Page:
        """The first `count` rows of `find`."""
        found = self.find(search, sort)
        head = ["latent", "density", "follows best", "", "kurtosis", "fires on", "raises"]
        rows = [
            [
                str(row.latent),
                f"{row.density:.2%}",
                html.escape(row.kind),
                f"{row.correlation:.2f}",
                f"{row.kurtosis:.1f}",
                f"<code>{html.escape(row.fires_on)}</code>",
                f"<code>{html.escape(row.raises)}</code>",
            ]
            for row in found[:count]
        ]
        heading = f"{len(found)} of {len(self.rows)} latents, by {sort}"
        listed = ", ".join(str(row.latent) for row in found[:count])
        return dashboard.page(
            f"<h3>{html.escape(heading)}</h3>", dashboard.table(head, rows), alt=f"{heading}: {listed}"
        )

    def page(self, latent: int) -> dashboard.Page:
        """All about one latent."""
        return dashboard.latent_page(
            latent,
            self.acts[latent],
            self.tokens,
            self.content_types,
            CONTENT_TYPES,
            self.vocab,
            self.weights[latent],
            self.with_neurons[latent],
            self.with_latents[latent],
        )

    def compare(self, a: int, b: int) -> dashboard.Page:
        """Two latents: their numbers, and the strongest examples of each, lit by both."""
        head = ["latent", "density", "maximum", "follows best", "kurtosis"]
        cells = [
            [
                str(i),
                f"{row.density:.2%}",
                f"{row.maximum:.2f}",
                f"{html.escape(row.kind)} {row.correlation:.2f}",
                f"{row.kurtosis:.1f}",
            ]
            for i in (a, b)
            for row in [self.rows[i]]
        ]
        cosine = torch.cosine_similarity(self.sae.W_dec[a], self.sae.W_dec[b], dim=0)
        together = self.with_latents[a, b]
        pair = f"correlation of their activations {together:.2f}, cosine of their directions {cosine:.2f}"
        lines = []
        for i in (a, b):
            lines.append(f"<h4>Where latent {i} is strongest, lit by both</h4>")
            for example in self.examples(i):
                place = slice(example.start, example.start + len(example.tokens))
                for j in (a, b):
                    acts, note = self.acts[j, example.seq, place], f"{j} · {example.content_type}"
                    lines.append(
                        dashboard.lit_text(example.tokens, acts, self.vocab, self.maximum[j].item(), note)
                    )
        heading = f"Latents {a} and {b}"
        return dashboard.page(
            f"<h3>{heading}</h3><div>{pair}</div>",
            dashboard.table(head, cells),
            *lines,
            alt=f"{heading}: {pair}",
        )

    def examples(self, latent: int, count: int = 4) -> list[dashboard.Example]:
        """Where the latent is strongest: `count` stretches of the text."""
        return dashboard.examples(
            self.tokens, self.acts[latent], self.content_types, CONTENT_TYPES, 0.0, 1.0, count
        )

    # A text of your own

    @torch.no_grad()
    def read(self, string: str) -> tuple[Int[Tensor, "pos"], Float[Tensor, "pos latent"]]:
        """The tokens of a text and every latent's activations on them.

        The model reads `n_ctx` tokens at a time, and nothing beyond `LONGEST`. Half of a character (a lone
        surrogate) becomes U+FFFD.
        """
        whole = string.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        ids = [self.tokenizer.token_to_id(SEPARATOR), *self.tokenizer.encode(whole).ids]
        tokens = torch.tensor(ids[:LONGEST])
        windows = tokens.split(self.model.cfg.n_ctx)
        return tokens, torch.cat([self.sae.encode(activations(self.model, part[None])) for part in windows])

    def lit(self, string: str, *latents: int) -> dashboard.Page:
        """The text, lit by each of the latents. Full colour is the latent's maximum on the browser's text.

        One line a latent for every `n_ctx` tokens, because the model sees no further.
        """
        tokens, acts = self.read(string)
        n_ctx = self.model.cfg.n_ctx
        lines = [
            dashboard.lit_text(
                part, acts[start : start + n_ctx, i], self.vocab, self.maximum[i].item(), f"latent {i}"
            )
            for start, part in zip(range(0, len(tokens), n_ctx), tokens.split(n_ctx), strict=True)
            for i in latents
        ]
        peaks = ", ".join(f"{i} {acts[:, i].max() / self.maximum[i]:.0%}" for i in latents)
        return dashboard.page(*lines, alt=f"A text lit by latents. Peaks, of each maximum: {peaks}.")

    def strongest(self, string: str, count: int = 8) -> list[tuple[int, float]]:
        """The latents that come nearest to their maximum in the text: (latent, share of the maximum).

        As in the list, the first tokens of what the model reads at a time don't count.
        """
        _, acts = self.read(string)
        acts = torch.cat([part[FIRST:] for part in acts.split(self.model.cfg.n_ctx)])
        peak = torch.cat([acts, acts.new_zeros(1, self.sae.d_sae)]).amax(0) / self.maximum.clamp_min(1e-9)
        found = peak.topk(min(count, len(peak))).indices.tolist()
        return [(i, peak[i].item()) for i in found if peak[i] > 0]
