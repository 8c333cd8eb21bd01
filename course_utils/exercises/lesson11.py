"""Exercises of lesson 11, Circuits and automated interpretability."""

from __future__ import annotations

import torch

from course_utils.checks.registry import exercise
from course_utils.interp import explanations

# --- 11.5 ---

from_sums = exercise(
    "11.5",
    explanations.correlation_from_sums,
    title="A correlation from two sums",
    points=2,
    hints=(
        "Let y be 1 where the statement holds, else 0. Write the covariance as the mean of a·y less the "
        "product of the means. Which of your two sums is Σ a y, and which is Σ y?",
        "The mean of y is count / n, and as y² = y its variance is share (1 − share). Divide the covariance "
        "by both standard deviations.",
        "`share = count / len(acts)`; numerator `total / len(acts) - share * acts.mean(0)[:, None]`; "
        "denominator `acts.std(0, correction=0)[:, None] * (share * (1 - share)).sqrt()`; 0 where that is 0.",
    ),
)


def covariance_over_lengths(acts, total, count):
    n, mean, spread = len(acts), acts.mean(0)[:, None], acts.std(0, correction=0)[:, None]
    share = count / n
    lengths = spread * (share * (1 - share)).sqrt()
    covariance = total / n - share * mean
    return torch.where(lengths > 1e-9, covariance / lengths.clamp_min(1e-9), 0.0)


from_sums.edits(
    {
        "you left out the mean: the covariance is the mean of a·y less share × mean": (" - share * mean", ""),
        "you took off the mean once: only the share of the tokens where the statement holds brings it in": (
            "share * mean",
            "mean",
        ),
        "you divided by the variance of the statement: divide by its root": (".sqrt()", ""),
        "you left out the statement's standard deviation": (
            "spread * (share * (1 - share)).sqrt()",
            "spread * (share > 0) * (share < 1)",
        ),
        "you left out the unit's standard deviation": ("lengths = spread * ", "lengths = (spread > 0) * "),
        "the variance of a yes-or-no statement is share × (1 − share): (1 − share) is missing": (
            "share * (1 - share)",
            "share * (share < 1)",
        ),
        "you divided by the unit's variance: divide by its standard deviation": (
            "lengths = spread * ",
            "lengths = spread**2 * ",
        ),
        "std divides by n − 1 unless told otherwise: use correction=0, as the rest divides by n": (
            ", correction=0",
            "",
        ),
        "you took one mean over all units: each unit has its own": ("acts.mean(0)[:, None]", "acts.mean()"),
        "you took one standard deviation for all units": (
            "acts.std(0, correction=0)[:, None]",
            "acts.std(correction=0) * (acts.std(0, correction=0)[:, None] > 0)",
        ),
        "a statement that always or never holds, or a unit that never changes, gets 0: you divided by 0": (
            "torch.where(lengths > 1e-9, covariance / lengths.clamp_min(1e-9), 0.0)",
            "covariance / lengths",
        ),
        "total / count is the mean where it holds; the covariance needs the mean over all tokens": (
            "total / n - share * mean",
            "(total / count.clamp_min(1) - mean) * (count > 0)",
        ),
    },
    of=covariance_over_lengths,
)
from_sums.variants(
    {
        "you took the absolute value: the sign says whether the unit fires where the statement holds": (
            lambda result: result.abs()
        ),
        "you squared the correlation": lambda result: result**2,
    },
    of=covariance_over_lengths,
)

FIVE = torch.tensor([[1.0, 0, 4], [1, 0, 4], [0, 3, 4], [0, 1, 4]])  # a detector, its rival, a constant


@from_sums.part("a case by hand")
def by_hand(attempt):
    # statements: the first two tokens; the third alone. Unit 1 less its mean: −1 −1 2 0, length √6.
    total = torch.tensor([[2.0, 0], [0, 3], [8, 4]])
    count = torch.tensor([[2.0, 1]]).expand(3, 2)
    want = torch.tensor([[1.0, -(3**-0.5)], [-2 / 6**0.5, 2 / (6 * 0.75) ** 0.5], [0, 0]])
    attempt.gives(want, FIVE, total, count)


@from_sums.part("the correlation of random statements")
def random_statements(attempt):
    for tokens, units, statements in ((8, 3, 5), (200, 1, 7), (60, 6, 2)):
        says = (attempt.rand(tokens, statements) < 0.3).float()
        says[0], says[1] = 1, 0
        acts = (attempt.randn(tokens, units) + says[:, :1] + attempt.rand(units)).relu() * (
            1 + 3 * attempt.rand(units)
        )
        acts[0] += 1
        both = torch.cat([acts.T, says.T]).double()
        want = torch.corrcoef(both)[:units, units:].float()
        attempt.gives(want, acts, acts.T @ says, says.sum(0).expand(units, -1).clone(), rtol=1e-3, atol=1e-4)


@from_sums.part("nothing to follow")
def never_and_always(attempt):
    acts = attempt.rand(6, 2)
    total = torch.stack([torch.zeros(2), acts.sum(0)], dim=1)
    attempt.gives(torch.zeros(2, 2), acts, total, torch.tensor([[0.0, 6], [0, 6]]), atol=1e-3)


# --- 11.6 ---

sums = exercise(
    "11.6",
    explanations.conjunction_sums,
    title="All candidates in one product",
    points=2,
    returns="total, count",
    hints=(
        "Take one unit and one predicate first: `(acts[:, u] * rule[:, u] * holds[p]).sum()`. A sum over "
        "tokens of a product is an entry of a matrix product.",
        "`holds` is predicates × tokens, `acts * rule` is tokens × units. Their product has all the totals, "
        "turned round. And what is in the rule is either where the predicate holds or where it doesn't.",
        "`inside = acts * rule`, `total = (holds @ inside).T`, `count = (holds @ rule).T`; for the negations "
        "`inside.sum(0)[:, None] - total` and `rule.sum(0)[:, None] - count`; then `torch.cat(..., dim=1)`.",
    ),
)


def with_einsum(acts, rule, holds):
    inside = acts * rule
    total = torch.einsum("tu,pt->up", inside, holds)
    count = torch.einsum("tu,pt->up", rule, holds)
    no_total, no_count = inside.sum(0)[:, None] - total, rule.sum(0)[:, None] - count
    return torch.cat([total, no_total], dim=1), torch.cat([count, no_count], dim=1)


sums.edits(
    {
        "the rule so far is missing in the totals: a candidate is the rule *and* one more condition": (
            "inside = acts * rule",
            "inside = acts",
        ),
        "the rule so far is missing in the counts": (
            '"tu,pt->up", rule',
            '"tu,pt->up", torch.ones_like(rule)',
        ),
        "the negations come after the predicates: yours come first": [
            ("[total, no_total]", "[no_total, total]"),
            ("[count, no_count]", "[no_count, count]"),
        ],
        "“and not” stays inside the rule: you took what is left of all tokens": [
            ("inside.sum(0)", "acts.sum(0)"),
            ("rule.sum(0)[:, None]", "len(rule)"),
        ],
        "the negations' totals stay inside the rule: take off from the rule's total": (
            "inside.sum(0)",
            "acts.sum(0)",
        ),
        "the negations' counts stay inside the rule": ("rule.sum(0)[:, None]", "len(rule)"),
        "the negations are missing": [("[total, no_total]", "[total]"), ("[count, no_count]", "[count]")],
        "the second half is “and not”: yours repeats the first": [
            ("[total, no_total]", "[total, total]"),
            ("[count, no_count]", "[count, count]"),
        ],
        "total and count are swapped": (
            "torch.cat([total, no_total], dim=1), torch.cat([count, no_count], dim=1)",
            "torch.cat([count, no_count], dim=1), torch.cat([total, no_total], dim=1)",
        ),
        "you averaged where a sum is asked for": (
            "return torch.cat([total",
            "return torch.cat([total / len(acts)",
        ),
        "the counts count tokens, whatever the activation": (
            '"tu,pt->up", rule',
            '"tu,pt->up", (inside > 0).to(acts)',
        ),
    },
    of=with_einsum,
)


def small_case():
    acts = torch.tensor([[1.0, 0], [2, 5], [4, 0], [8, 7]])
    rule = torch.tensor([[1.0, 1], [1, 0], [0, 1], [1, 1]])
    holds = torch.tensor([[1.0, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]])
    return acts, rule, holds


@sums.part("a case by hand")
def four_tokens(attempt):
    total = torch.tensor([[3.0, 10, 0, 8, 1, 11], [0, 7, 0, 7, 0, 7]])
    count = torch.tensor([[2.0, 2, 0, 1, 1, 3], [1, 2, 0, 2, 1, 3]])
    attempt.gives((total, count), *small_case())


@sums.part("one by one")
def one_by_one(attempt):
    for tokens, units, statements in ((30, 2, 4), (7, 5, 1), (12, 1, 3)):
        acts = attempt.rand(tokens, units)
        rule = (attempt.rand(tokens, units) < 0.6).float()
        holds = (attempt.rand(statements, tokens) < 0.4).float()
        total, count = torch.zeros(units, 2 * statements), torch.zeros(units, 2 * statements)
        for u in range(units):
            for p in range(statements):
                yes, no = rule[:, u] * holds[p], rule[:, u] * (1 - holds[p])
                total[u, p], count[u, p] = (acts[:, u] * yes).sum(), yes.sum()
                total[u, statements + p], count[u, statements + p] = (acts[:, u] * no).sum(), no.sum()
        attempt.gives((total, count), acts, rule, holds, atol=1e-4)


# --- 11.7 ---

detector = exercise(
    "11.7",
    explanations.detection,
    title="Told apart from look-alikes",
    points=2,
    returns="random, lookalike",
    hints=(
        "Both numbers have the same first half: the share of the firing tokens where the rule says yes.",
        "For the second: count, for each token of the vocabulary, how often it fires and how often it is "
        "quiet (`bincount`). A quiet token weighs firing / quiet of its own kind, a firing one 0.",
        "`weight = (firing / quiet.clamp_min(1))[tokens] * ~fires`; then `(weight * ~says).sum() / "
        "weight.sum()` is the weighted share of quiet tokens where it says no; half the sum with the hits.",
    ),
)


def by_bincount(says, fires, tokens):
    size = int(tokens.max()) + 1
    firing, quiet = tokens[fires].bincount(minlength=size), tokens[~fires].bincount(minlength=size)
    weight = (firing / quiet.clamp_min(1))[tokens]
    weight = weight * ~fires
    hits = says[fires].float().mean()
    random = (~says[~fires]).float().mean()
    lookalike = (weight * ~says).sum() / weight.sum().clamp_min(1e-9)
    return ((hits + random) / 2).item(), ((hits + lookalike) / 2).item()


RETURNED = "((hits + random) / 2).item(), ((hits + lookalike) / 2).item()"
detector.edits(
    {
        "the two are swapped: all quiet tokens first, look-alikes second": (
            RETURNED,
            "((hits + lookalike) / 2).item(), ((hits + random) / 2).item()",
        ),
        "that is plain accuracy: balanced accuracy gives firing and quiet tokens the same say": (
            "((hits + random) / 2).item(), ",
            "(says == fires).float().mean().item(), ",
        ),
        "a look-alike weighs firing / quiet of its token: you gave all of them the same weight": (
            "(firing / quiet.clamp_min(1))[tokens]",
            "(firing > 0)[tokens]",
        ),
        "the firing tokens of each kind share their weight among its quiet ones: divide by their number": (
            "firing / quiet.clamp_min(1)",
            "firing * 1.0",
        ),
        "only quiet tokens are look-alikes: firing ones weigh 0": (
            "weight = weight * ~fires",
            "weight = weight",
        ),
        "you turned quiet / firing round": (
            "firing / quiet.clamp_min(1)",
            "(firing > 0) * quiet / firing.clamp_min(1)",
        ),
        "among the quiet tokens a rule is right where it says *no*": [
            ("(~says[~fires])", "(says[~fires])"),
            ("weight * ~says", "weight * says"),
        ],
        "among the look-alikes a rule is right where it says *no*": ("weight * ~says", "weight * says"),
        "the share of hits is of the firing tokens; you took the share of the yeses that are right": (
            "says[fires].float().mean()",
            "fires[says].float().mean().nan_to_num(0)",
        ),
        "take the half of each sum": (
            RETURNED,
            "(hits + random).item(), (hits + lookalike).item()",
        ),
        "against look-alikes the hits count as well": (
            "((hits + lookalike) / 2).item()",
            "lookalike.item()",
        ),
    },
    of=by_bincount,
)


def say(attempt, random, lookalike, says, fires, tokens):
    got = attempt.call(says, fires, tokens)
    both = list(got) if isinstance(got, torch.Tensor) and got.ndim else got  # a tensor of two unpacks as well
    got = attempt.expect_members(both, 2, "random, lookalike")
    attempt.expect_close(got[0], random, tried="the rule against all quiet tokens", atol=1e-4)
    attempt.expect_close(got[1], lookalike, tried="the rule against look-alikes", atol=1e-4)


TOKENS = torch.tensor([5, 5, 5, 5, 2, 2, 2, 0, 0, 7])
FIRES = torch.tensor([1, 1, 0, 0, 1, 0, 0, 0, 0, 0]).bool()


@detector.part("a rule that looks at the token alone")
def token_alone(attempt):
    # 2 of 3 firing are a 5; of 7 quiet ones 2 are. Look-alikes: two 5s of weight 1, two 2s of weight ½.
    say(attempt, (2 / 3 + 5 / 7) / 2, 0.5, TOKENS == 5, FIRES, TOKENS)


@detector.part("a rule that sees more")
def sees_more(attempt):
    says = torch.tensor([1, 1, 1, 0, 0, 0, 0, 1, 1, 0]).bool()
    # quiet: a 5 of weight 1 and two 0s of weight 0 are wrongly said
    say(attempt, (2 / 3 + 4 / 7) / 2, (2 / 3 + 2 / 3) / 2, says, FIRES, TOKENS)


@detector.part("random cases")
def random_rules(attempt):
    for size, n in ((6, 400), (3, 60)):
        tokens = attempt.randint(0, size, (n,))
        fires = attempt.rand(n) < 0.05 + 0.1 * tokens
        fires[:2], tokens[:2] = torch.tensor([True, False]), 1
        says = attempt.rand(n) < 0.2 + 0.5 * fires
        hits = says[fires].sum().item() / fires.sum().item()
        no = (~says & ~fires).sum().item() / (~fires).sum().item()
        right = every = 0.0
        for token in range(size):
            here = tokens == token
            quiet = (here & ~fires).sum().item()
            if quiet:
                firing = (here & fires).sum().item()
                every += firing
                right += firing * (here & ~fires & ~says).sum().item() / quiet
        say(attempt, (hits + no) / 2, (hits + right / every) / 2, says, fires, tokens)


# --- 11.8 ---

by_token = exercise(
    "11.8",
    explanations.token_means,
    title="Take the token off",
    points=2,
    hints=(
        "You need, for every token of the vocabulary, a sum over the rows of `acts` at which it stands, and "
        "how often it stands there.",
        "`torch.zeros(d_vocab, units).index_add(0, tokens, acts)` adds row t of `acts` to row `tokens[t]`. "
        "`tokens.bincount(minlength=d_vocab)` counts.",
        "`torch.where(count[:, None] > 0, total / count[:, None].clamp_min(1), acts.mean(0))`.",
    ),
)


def one_hot_product(acts, tokens, d_vocab):
    member = torch.nn.functional.one_hot(tokens, d_vocab).to(acts)
    total, count = member.T @ acts, member.sum(0)[:, None]
    everywhere = acts.mean(0)
    return torch.where(count > 0, total / count.clamp_min(1), everywhere)


by_token.edits(
    {
        "a token that doesn't occur gets the unit's mean over all tokens, not 0": ("everywhere)", "0.0)"),
        "that mean is each unit's own: you took one for all": ("acts.mean(0)", "acts.mean()"),
        "you stopped at the sum: divide by how often the token occurs": (
            "total / count.clamp_min(1)",
            "total",
        ),
        "divide by how often the token occurs, not by the number of all tokens": (
            "count.clamp_min(1)",
            "len(acts)",
        ),
        "you divided by 0: a token that doesn't occur has no mean of its own": (
            "torch.where(count > 0, total / count.clamp_min(1), everywhere)",
            "total / count",
        ),
        "you averaged over the tokens where the unit fires: silent ones count as well": (
            "member.sum(0)[:, None]",
            "(member.T @ (acts > 0).to(acts))",
        ),
        "return the table of means, one row a token of the vocabulary: you gave each token's": (
            "return torch.where(count > 0, total / count.clamp_min(1), everywhere)",
            "return torch.where(count > 0, total / count.clamp_min(1), everywhere)[tokens]",
        ),
        "return the means: taking them off comes after": (
            "return torch.where(count > 0, total / count.clamp_min(1), everywhere)",
            "return acts - torch.where(count > 0, total / count.clamp_min(1), everywhere)[tokens]",
        ),
        "the mean over all is over tokens as they occur, not over the vocabulary's means": (
            "acts.mean(0)",
            "(total / count.clamp_min(1))[count[:, 0] > 0].mean(0)",
        ),
    },
    of=one_hot_product,
)
by_token.variants(
    {
        "you took the activations as yes or no: their size counts": lambda acts: (acts > 0).to(acts),
        "you made negative values 0: what is given need not be an activation": lambda acts: acts.relu(),
    },
    of=one_hot_product,
)


@by_token.part("a case by hand")
def three_kinds(attempt):
    acts = torch.tensor([[1.0, 0], [3, 0], [2, 6], [0, -2]])
    tokens = torch.tensor([4, 4, 1, 4])
    want = torch.tensor([[1.5, 1], [2, 6], [1.5, 1], [1.5, 1], [4 / 3, -2 / 3], [1.5, 1]])
    attempt.gives(want, acts, tokens, 6)


@by_token.part("random tokens")
def random_tokens(attempt):
    for n, units, size in ((50, 3, 9), (5, 1, 12), (40, 2, 40)):
        acts, tokens = attempt.randn(n, units) + 0.5, attempt.randint(0, size, (n,))
        rows = [
            acts[tokens == token].mean(0) if (tokens == token).any() else acts.mean(0)
            for token in range(size)
        ]
        attempt.gives(torch.stack(rows), acts, tokens, size, atol=1e-5)


by_token.contract(lambda attempt: (attempt.randn(20, 2), attempt.randint(0, 5, (20,)), 7))
