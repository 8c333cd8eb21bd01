"""Which content types drive a unit (a neuron, or any direction), by what is among its strongest tokens."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.lm.corpus import FAMILIES, KIND_NAMES

TOP_SHARE = 0.01  # of the tokens: a unit's strongest
LEAST = 0.1  # of those: what a type must hold to drive the unit


def kinds_of_strongest(
    acts: Float[Tensor, "token unit"], kinds: Int[Tensor, "token"], n_kinds: int, top: int
) -> Float[Tensor, "kind unit"]:
    """Each type's share of each unit's `top` strongest tokens. Every column sums to 1."""
    strongest = kinds[acts.topk(top, dim=0).indices]
    return torch.nn.functional.one_hot(strongest, n_kinds).float().mean(0).T


def family_shares(by_kind: Float[Tensor, "kind unit"]) -> tuple[list[str], Float[Tensor, "family unit"]]:
    """The shares of related types added up: the families' names, and each one's share."""
    names = list(dict.fromkeys(FAMILIES.values()))
    member = torch.tensor([[FAMILIES[kind] == name for kind in KIND_NAMES] for name in names])
    return names, member.to(by_kind) @ by_kind


def driving_families(
    by_kind: Float[Tensor, "kind unit"], least: float = LEAST
) -> Bool[Tensor, "family unit"]:
    """Families of which at least one type drives the unit, that is, holds `least` of its strongest tokens."""
    names = list(dict.fromkeys(FAMILIES.values()))
    drives = by_kind >= least
    rows = [[i for i, kind in enumerate(KIND_NAMES) if FAMILIES[kind] == name] for name in names]
    return torch.stack([drives[row].any(0) for row in rows])


def mixed_share(by_kind: Float[Tensor, "kind unit"], least: float = LEAST) -> float:
    """Share of the units that types of two or more families drive."""
    return (driving_families(by_kind, least).sum(0) >= 2).float().mean().item()
