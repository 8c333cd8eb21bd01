"""Automated interpretability without an oracle: an explanation is a rule, found by search, judged elsewhere.

    pile = explanations.read(tokens, bank, first=4)
    rules = explanations.search(acts, pile, bank)  # one rule a unit
    says = explanations.said(rules, other_pile)  # what they say of other text
    explanations.follows(other_acts, says)  # Pearson's correlation, one number a unit

M has a language model write explanations, and simulate activations from them (section "Automated
interpretability"). Here both are done by rules that anybody can run: up to three conditions that all have to
hold, from a stated bank (`predicates.py`) and from short lists of tokens.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.interp import measures, predicates
from course_utils.interp.predicates import Predicate
from course_utils.interp.text import token_label

CONDITIONS = 3
LISTED = 10
"""Tokens that a list in a rule may name: the longer the lists, the better any unit can be "explained"."""
GAIN = 0.005
"""A condition that doesn't add so much correlation is left out."""
ENOUGH = 10
"""Tokens on which a rule has to hold."""


class Pile(NamedTuple):
    """Text that rules are found on, or judged on."""

    tokens: Int[Tensor, "seq pos"]
    first: int
    """Tokens count from this position of each sequence on."""
    holds: Bool[Tensor, "predicate token"]
    """Which predicate of the bank holds where."""

    def late(self, x: Tensor) -> Tensor:
        """Of something that every token has, that of the tokens that count, in one row."""
        return x[:, self.first :].flatten()


def read(tokens: Int[Tensor, "seq pos"], bank: Sequence[Predicate], first: int) -> Pile:
    """A pile, with every predicate of the bank computed."""
    return Pile(tokens, first, predicates.table(bank, tokens, first))


# --- how well does a statement follow a unit? ---


def correlation_from_sums(
    acts: Float[Tensor, "token unit"], total: Float[Tensor, "unit rule"], count: Float[Tensor, "unit rule"]
) -> Float[Tensor, "unit rule"]:
    """Pearson's correlation of each unit with yes-or-no statements, from two sums over the tokens.

    `total` is the sum of the unit's activations where the statement holds, `count` the number of those
    tokens. 0 where the unit never changes, or the statement holds always or never.
    """
    mean, spread = acts.mean(0)[:, None], acts.std(0, correction=0)[:, None]
    share = count / len(acts)
    lengths = spread * (share * (1 - share)).sqrt()
    return torch.where(lengths > 1e-9, (total / len(acts) - share * mean) / lengths.clamp_min(1e-9), 0.0)


def conjunction_sums(
    acts: Float[Tensor, "token unit"],
    rule: Float[Tensor, "token unit"],
    holds: Float[Tensor, "predicate token"],
) -> tuple[Float[Tensor, "unit candidate"], Float[Tensor, "unit candidate"]]:
    """(total, count) of every rule that one more condition would make: first all "rule and predicate", then
    all "rule and not predicate". `rule` and `holds` are 1 where they hold, else 0.
    """
    inside = acts * rule
    total, count = (holds @ inside).T, (holds @ rule).T
    without = inside.sum(0)[:, None] - total, rule.sum(0)[:, None] - count
    return torch.cat([total, without[0]], dim=1), torch.cat([count, without[1]], dim=1)


def follows(acts: Float[Tensor, "token unit"], says: Bool[Tensor, "token unit"]) -> Float[Tensor, "unit"]:
    """Pearson's correlation of each unit with its own rule."""
    total, count = (acts * says).sum(0), says.sum(0).to(acts)
    return correlation_from_sums(acts, total[:, None], count[:, None])[:, 0]


def ranks(acts: Float[Tensor, "token unit"]) -> Float[Tensor, "token unit"]:
    """Each activation's rank among its unit's, from 1; equal ones share the mean of theirs.

    `follows(ranks(acts), says)` is Spearman's correlation, as the ranks of a yes-or-no statement are two
    values.
    """
    out = torch.empty_like(acts)
    for unit, column in enumerate(acts.T):
        _, place, counts = column.unique(return_inverse=True, return_counts=True)
        out[:, unit] = (counts.cumsum(0) - (counts - 1) / 2)[place]
    return out


def some_units(
    search: Float[Tensor, "token unit"], test: Float[Tensor, "token2 unit"], count: int, seed: int
) -> Int[Tensor, "chosen"]:
    """Up to so many units, drawn among those that fire often enough on both piles to be judged."""
    live = (((search > 0).sum(0) >= 20) & ((test > 0).sum(0) >= 20)).nonzero()[:, 0]
    return live[torch.randperm(len(live), generator=torch.Generator().manual_seed(seed))[:count]]


# --- the search ---


class Listed(NamedTuple):
    """For each unit the best list of tokens, as one more condition of its rule."""

    score: Float[Tensor, "unit"]
    members: Bool[Tensor, "vocab unit"]


def best_lists(
    acts: Float[Tensor, "token unit"],
    rule: Float[Tensor, "token unit"],
    tokens: Int[Tensor, "token"],
    d_vocab: int,
    longest: int,
) -> Listed:
    """The tokens on which the unit is most above its mean, all in all; as many as follow it best.

    Only where the rule holds already: the list is its next condition.
    """
    zeros = acts.new_zeros(d_vocab, acts.shape[1])
    total, count = zeros.index_add(0, tokens, acts * rule), zeros.index_add(0, tokens, rule)
    order = (total - count * acts.mean(0)).topk(min(longest, d_vocab), dim=0).indices
    grown = [part.gather(0, order).cumsum(0).T for part in (total, count)]
    scores = _supported(acts, *grown)
    score, size = scores.max(dim=1)
    inside = torch.arange(len(order))[:, None] <= size
    return Listed(score, torch.zeros_like(zeros, dtype=torch.bool).scatter(0, order, inside))


def search(
    acts: Float[Tensor, "token unit"],
    pile: Pile,
    bank: Sequence[Predicate],
    vocab: Sequence[bytes],
    longest: int = LISTED,
    conditions: int = CONDITIONS,
) -> list[Predicate]:
    """For each unit a rule that follows it well on this pile: greedy, one condition after another.

    A condition is a predicate of the bank, its negation, or a list of at most `longest` tokens that this one
    (or the one before) is among. Judge the rules on another pile.
    """
    holds, units = pile.holds.to(acts), range(acts.shape[1])
    looks = {"the token": predicates.here, "the token before": predicates.before}
    seen = [pile.late(pile.tokens), pile.late(pile.tokens.roll(1, dims=1))]
    rule, best = torch.ones_like(acts), torch.zeros(len(units))
    parts: list[list[Predicate]] = [[] for _ in units]
    for _ in range(conditions):
        scores = [_supported(acts, *conjunction_sums(acts, rule, holds))]
        lists = [best_lists(acts, rule, tokens, len(vocab), longest) for tokens in seen]
        scores += [one.score[:, None] for one in lists]
        score, place = torch.cat(scores, dim=1).max(dim=1)
        for unit in (score > best + GAIN).nonzero()[:, 0].tolist():
            negated, which = divmod(int(place[unit]), len(bank))
            if negated < 2:
                part = predicates.negation(bank[which]) if negated else bank[which]
                true = holds[which] if not negated else 1 - holds[which]
            else:
                name, look = list(looks.items())[which]
                part = among(name, look, lists[which].members[:, unit], vocab)
                true = pile.late(part.holds(pile.tokens)).to(acts)
            rule[:, unit] *= true
            best[unit] = score[unit]
            parts[unit].append(part)
    return [predicates.conjunction(*found) if found else NOTHING for found in parts]


def _supported(acts: Tensor, total: Tensor, count: Tensor) -> Float[Tensor, "unit rule"]:
    """The correlations; 0 for rules that hold on fewer than `ENOUGH` tokens."""
    return correlation_from_sums(acts, total, count) * (count >= ENOUGH)


def among(name: str, look, members: Bool[Tensor, "vocab"], vocab: Sequence[bytes]) -> Predicate:
    """ "The token (or the one before) is one of these.\""""
    listed = " ".join(token_label(i, vocab) or "(separator)" for i in members.nonzero()[:, 0].tolist())
    kind = "token" if look is predicates.here else "token before"
    return Predicate(f"{name} is one of {listed}", kind, partial(look, members))


NOTHING = Predicate("nothing", "none", lambda tokens: torch.zeros_like(tokens, dtype=torch.bool))
"""The rule of a unit that no condition follows: it never holds."""


def said(rules: Sequence[Predicate], pile: Pile) -> Bool[Tensor, "token unit"]:
    """Where each unit's rule holds."""
    return torch.stack([pile.late(rule.holds(pile.tokens)) for rule in rules], dim=1)


# --- other scores ---


def detection(
    says: Bool[Tensor, "token"], fires: Bool[Tensor, "token"], tokens: Int[Tensor, "token"]
) -> tuple[float, float]:
    """Balanced accuracy of a rule as a detector of a unit's firing: against all quiet tokens, and against
    look-alikes.

    ½ (share of firing tokens where it says yes + share of quiet tokens where it says no). Against look-alikes
    a quiet token weighs as much as there are firing tokens that are the same token, shared among the quiet
    ones of that token: so a rule that looks at the token alone sees no difference.
    """
    hits = says[fires].float().mean()
    same = torch.zeros(int(tokens.max()) + 1)
    firing, quiet = same.index_add(0, tokens, fires.float()), same.index_add(0, tokens, (~fires).float())
    weight = (firing / quiet.clamp_min(1))[tokens] * ~fires
    right = (weight * ~says).sum() / weight.sum().clamp_min(1e-9)
    return ((hits + (~says[~fires]).float().mean()) / 2).item(), ((hits + right) / 2).item()


def token_means(
    acts: Float[Tensor, "token unit"], tokens: Int[Tensor, "token"], d_vocab: int
) -> Float[Tensor, "vocab unit"]:
    """Each unit's mean activation on each token; its mean over all where a token doesn't occur.

    Taken off, what is left of a unit is what the token itself doesn't tell.
    """
    zeros = acts.new_zeros(d_vocab, acts.shape[1])
    total = zeros.index_add(0, tokens, acts)
    count = tokens.bincount(minlength=d_vocab)[:, None]
    return torch.where(count > 0, total / count.clamp_min(1), acts.mean(0))


def lift(
    says: Bool[Tensor, "token unit"], following: Int[Tensor, "token"], d_vocab: int
) -> Float[Tensor, "vocab unit"]:
    """What a rule forecasts: log p(next token | the rule holds) − log p(next token), from counts, in nats.

    `following` is the token after each. Twenty tokens of the common mixture are added to each rule's: a rule
    that holds seldom forecasts little. A token that never follows gets 0.
    """
    common = following.bincount(minlength=d_vocab)[:, None] / len(following)
    counts = torch.zeros(d_vocab, says.shape[1]).index_add(0, following, says.float())
    p = (counts + 20 * common) / (says.sum(0) + 20)
    return torch.where(common > 0, (p / common.clamp_min(1e-12)).log(), 0.0)


def forecasts(
    rules: Sequence[Predicate], writes: Float[Tensor, "unit vocab"], pile: Pile, d_vocab: int
) -> Float[Tensor, "unit"]:
    """Correlation of each unit's logit weights with what its rule forecasts, over frequent next tokens."""
    says = said(rules, pile).view(len(pile.tokens), -1, len(rules))[:, :-1].flatten(0, 1)
    following = pile.tokens[:, pile.first + 1 :].flatten()
    frequent = following.bincount(minlength=d_vocab) >= 20
    forecast = lift(says, following, d_vocab)[frequent]
    pairs = zip(forecast.T, writes[:, frequent], strict=True)
    return torch.stack([measures.correlation(one[:, None], other)[0] for one, other in pairs])
