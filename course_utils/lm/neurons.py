"""Which content types drive a unit (a neuron, or any direction), by what is among its strongest tokens."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.lm.corpus import CONTENT_TYPES, FAMILIES

TOP_SHARE = 0.01  # of the tokens: a unit's strongest
LEAST = 0.1  # of those: what a type must hold to drive the unit
FEWEST = 20  # tokens at a level of activation, for a share of them to mean anything


def content_types_of_strongest(
    acts: Float[Tensor, "token unit"], content_types: Int[Tensor, "token"], n_types: int, top: int
) -> Float[Tensor, "type unit"]:
    """Each type's share of each unit's `top` strongest tokens. Every column sums to 1."""
    strongest = content_types[acts.topk(top, dim=0).indices]
    return torch.nn.functional.one_hot(strongest, n_types).float().mean(0).T


def family_shares(by_type: Float[Tensor, "type unit"]) -> tuple[list[str], Float[Tensor, "family unit"]]:
    """The shares of related types added up: the families' names, and each one's share."""
    names = list(dict.fromkeys(FAMILIES.values()))
    member = torch.tensor([[FAMILIES[name] == family for name in CONTENT_TYPES] for family in names])
    return names, member.to(by_type) @ by_type


def driving_families(
    by_type: Float[Tensor, "type unit"], least: float = LEAST
) -> Bool[Tensor, "family unit"]:
    """Families of which at least one type drives the unit, that is, holds `least` of its strongest tokens."""
    names = list(dict.fromkeys(FAMILIES.values()))
    drives = by_type >= least
    rows = [[i for i, name in enumerate(CONTENT_TYPES) if FAMILIES[name] == family] for family in names]
    return torch.stack([drives[row].any(0) for row in rows])


def families_that_drive(
    shares: Float[Tensor, "type unit"], family: Int[Tensor, "type"], least: float = LEAST
) -> Int[Tensor, "unit"]:
    """How many families have a type that drives the unit. `family` numbers each type's, from 0 on."""
    member = torch.nn.functional.one_hot(family).T.to(shares)
    return (member @ (shares >= least).to(shares) > 0).sum(0)


def mixed_share(by_type: Float[Tensor, "type unit"], least: float = LEAST) -> float:
    """Share of the units that types of two or more families drive."""
    return (driving_families(by_type, least).sum(0) >= 2).float().mean().item()


def own_family_by_level(
    acts: Float[Tensor, "token unit"], content_types: Int[Tensor, "token"], levels: int = 5
) -> Float[Tensor, "level unit"]:
    """Share of each unit's own family among the tokens at each level of its activation.

    The levels are equal intervals from 0 to the unit's maximum. A unit's own family is the one with the
    largest mean share over them. A level with fewer than `FEWEST` tokens is NaN. Source: *Towards
    Monosemanticity* judges units over intervals of their activation, not by their strongest tokens alone.
    """
    names = list(dict.fromkeys(FAMILIES.values()))
    family = torch.tensor([names.index(FAMILIES[name]) for name in CONTENT_TYPES])[content_types]
    member = torch.nn.functional.one_hot(family, len(names)).to(acts)
    level = (acts / acts.amax(0).clamp(min=1e-9) * levels).ceil()  # 0: silent
    counts = torch.stack([member.T @ (level == k + 1).to(acts) for k in range(levels)])
    totals = counts.sum(1, keepdim=True)
    shares = torch.where(totals >= FEWEST, counts / totals, torch.nan)
    own = shares.nanmean(0).nan_to_num().argmax(0)
    return shares.gather(1, own.expand(levels, 1, -1))[:, 0]
