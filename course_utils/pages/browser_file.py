"""The feature browser as one HTML file, in which `transformer.js` runs the transformer and the SAE."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import torch
from torch import Tensor

from course_utils.interp import dashboard
from course_utils.lm.tokenizer import SEPARATOR, byte_of
from course_utils.pages import template
from course_utils.pages.browser import EXAMPLE, FIRST, LONGEST, Browser


def write(browser: Browser, path: str | Path) -> Path:
    """Write the browser as one HTML file, which needs no network and no other file."""
    return template.write(path, template.fill("browser.html", data(browser), style=dashboard.STYLE))


def data(browser: Browser) -> dict:
    """What the scripts read, as `contract.BROWSER` says: the pages, and what it takes to read a text."""
    sae = browser.sae
    examples = [browser.examples(i) for i in range(sae.d_sae)]
    used = sorted({example.seq for found in examples for example in found})
    merges = json.loads(browser.tokenizer.to_str())["model"]["merges"]
    return {
        "n_ctx": browser.model.cfg.n_ctx,
        "d_head": browser.model.cfg.d_head,
        "first": FIRST,
        "longest": LONGEST,
        "example": EXAMPLE,
        "vocab": [browser.tokenizer.id_to_token(i) for i in range(len(browser.vocab))],
        "merges": [pair.split(" ") if isinstance(pair, str) else pair for pair in merges],
        "bytes": byte_of(),
        "separator": SEPARATOR,
        "tensors": {name: _base64(tensor.detach().float()) for name, tensor in _tensors(browser).items()},
        "rows": [row._asdict() for row in browser.rows],
        "percent": _base64((100 * browser.with_latents).round().to(torch.int8)),
        "texts": _base64(browser.text.tokens[used].to(torch.int16)),
        "examples": [
            [[used.index(e.seq), e.start, len(e.tokens), e.content_type] for e in found] for found in examples
        ],
        "pages": [_packed(browser.page(i).html.removeprefix(dashboard.STYLE)) for i in range(sae.d_sae)],
    }


def _tensors(browser: Browser) -> dict[str, Tensor]:
    """Weights of the transformer up to the neurons, and of the SAE."""
    model, sae, block = browser.model, browser.sae, browser.model.blocks[0]
    norms = {f"{norm}_{name}": tensor for norm in ("ln1", "ln2") for name, tensor in block[norm].items()}
    return {
        "W_E": model.embed["W_E"],
        "W_pos": model.pos_embed["W_pos"],
        **norms,
        **block["attn"],
        "W_in": block["mlp"]["W_in"],
        "b_in": block["mlp"]["b_in"],
        "W_enc": sae.W_enc,
        "b_enc": sae.b_enc,
        "W_dec": sae.W_dec,
        "b_dec": sae.b_dec,
    }


def _base64(tensor: Tensor) -> str:
    return base64.b64encode(tensor.contiguous().cpu().numpy().tobytes()).decode()


def _packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
