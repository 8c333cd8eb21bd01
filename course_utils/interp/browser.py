"""Look through all latents of an SAE: list, search, sort, compare two, type a text and see it lit.

`Browser` measures everything once on a pile of text. Each view is a function call that gives a page:
`table`, `page`, `compare`, `lit`, `strongest`. `widget` puts them behind controls. `write` puts them into one
HTML file that works offline: the transformer and the SAE run in it, in `model.js`.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from pathlib import Path
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
from course_utils.lm.tokenizer import SEPARATOR, byte_of, token_bytes
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

    # One HTML file

    def write(self, path: str | Path) -> Path:
        """Write the browser as one HTML file, which needs no network and no other file."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def html(self) -> str:
        """The file's text. `<` can't end the element that holds the data, whatever a token is."""
        here = Path(__file__).parent
        parts = {
            "style": dashboard.STYLE,
            "model": (here / "model.js").read_text(encoding="utf-8"),
            "data": json.dumps(self._data(), ensure_ascii=False).replace("<", "\\u003c"),
        }
        template = (here / "browser.html").read_text(encoding="utf-8")
        return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], template)

    def _data(self) -> dict:
        """What the file's script reads: the pages as they are here, and what it takes to read a text."""
        examples = [self.examples(i) for i in range(self.sae.d_sae)]
        used = sorted({example.seq for found in examples for example in found})
        block, sae = self.model.blocks[0], self.sae
        tensors = {"W_E": self.model.embed["W_E"], "W_pos": self.model.pos_embed["W_pos"]}
        tensors |= {
            f"{norm}_{name}": tensor for norm in ("ln1", "ln2") for name, tensor in block[norm].items()
        }
        tensors |= {**block["attn"], "W_in": block["mlp"]["W_in"], "b_in": block["mlp"]["b_in"]}
        tensors |= {"W_enc": sae.W_enc, "b_enc": sae.b_enc, "W_dec": sae.W_dec, "b_dec": sae.b_dec}
        merges = json.loads(self.tokenizer.to_str())["model"]["merges"]
        return {
            "n_ctx": self.model.cfg.n_ctx,
            "d_head": self.model.cfg.d_head,
            "first": FIRST,
            "longest": LONGEST,
            "example": EXAMPLE,
            "vocab": [self.tokenizer.id_to_token(i) for i in range(len(self.vocab))],
            "merges": [pair.split(" ") if isinstance(pair, str) else pair for pair in merges],
            "bytes": byte_of(),
            "separator": SEPARATOR,
            "tensors": {name: _base64(tensor.detach().float()) for name, tensor in tensors.items()},
            "rows": [row._asdict() for row in self.rows],
            "percent": _base64((100 * self.with_latents).round().to(torch.int8)),
            "texts": _base64(self.text.tokens[used].to(torch.int16)),
            "examples": [
                [[used.index(e.seq), e.start, len(e.tokens), e.content_type] for e in found]
                for found in examples
            ],
            "pages": [_packed(self.page(i).html.removeprefix(dashboard.STYLE)) for i in range(sae.d_sae)],
        }


def _base64(tensor: Tensor) -> str:
    return base64.b64encode(tensor.contiguous().cpu().numpy().tobytes()).decode()


def _packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def widget(browser: Browser, latent: int = 0):
    """The same behind controls: search, sort, choose one or two latents, type a text. Opens on `latent`.

    Without widgets: `browser.table`, `browser.page`, `browser.compare`, `browser.lit`.
    """
    import ipywidgets

    def listed():
        return [(_label(row), row.latent) for row in browser.find(search.value, sort.value)]

    wide = {"width": "95%"}
    search = ipywidgets.Text(description="search", placeholder="a number, a type, a token, a text")
    sort = ipywidgets.Dropdown(options=list(SORTS), description="sort by")
    rows = ipywidgets.Select(options=listed(), value=latent, rows=8, layout=wide)
    # JupyterLab takes the arrow keys away from a list, but not from a number
    first = ipywidgets.BoundedIntText(latent, 0, len(browser.rows) - 1, description="latent")
    second = ipywidgets.Text(description="compare", placeholder="with latent number …")
    string = ipywidgets.Textarea(EXAMPLE, description="your text", layout=wide)
    lit, page = ipywidgets.HTML(), ipywidgets.HTML()

    def relist(_):
        rows.unobserve(choose, "value")  # new options choose the first one: nobody asked for it
        rows.options, rows.value = listed(), None
        rows.observe(choose, "value")

    def choose(_):
        if rows.value is not None:
            first.value = rows.value

    def show(_=None):
        a = first.value
        other = [row.latent for row in browser.rows if str(row.latent) == second.value.strip() != str(a)]
        page.value = browser.compare(a, *other).html if other else browser.page(a).html
        lit.value = browser.lit(string.value, a, *other).html

    for control in (search, sort):
        control.observe(relist, "value")
    rows.observe(choose, "value")
    for control in (first, second, string):
        control.observe(show, "value")
    show()
    top, chosen = ipywidgets.HBox([search, sort]), ipywidgets.HBox([first, second])
    return ipywidgets.VBox([top, rows, chosen, string, lit, page])


def _label(row: Row) -> str:
    return f"{row.latent:4}  {row.kind} {row.correlation:.2f}, on {row.density:.2%}: {row.fires_on}"
