"""Seconds from nothing to pinned samples: text, tokenizer, transformer, SAE, the latent for base64.

The way and its sizes are those of `tests/test_chain.py`, and so are the least values for what came out.
"""

from __future__ import annotations

import time

from benchmarks.table import Row
from course_utils.interp import measures
from tests.test_chain import base64_latent, made_from_nothing, pinned_share


def rows() -> list[Row]:
    began = time.perf_counter()
    chain = made_from_nothing()
    latent = base64_latent(chain)
    share = pinned_share(chain, latent)
    seconds = time.perf_counter() - began
    found = measures.correlation(chain.latents[:, [latent]], chain.is_base64.float()).item()
    none = (None, None)
    return [
        Row("from nothing to pinned samples", seconds, "s", "", *none, "≤ 120 s on AVX2"),
        Row("  its latent and base64", found, "correlation", "", *none, "> 0.6"),
        Row("  pinned samples with base64", share, "share", "", *none, "≥ 0.3"),
    ]
