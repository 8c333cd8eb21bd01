"""Right and wrong answers to the exercises of lesson 11."""

import torch

from tests.answers import right, wrong

# --- 11.5 correlation_from_sums ---


@right("11.5")
def by_sums_of_squares(acts, total, count):
    n = len(acts)
    top = n * total - count * acts.sum(0)[:, None]
    unit = (n * acts.square().sum(0) - acts.sum(0).square()).clamp_min(0)[:, None]
    bottom = (unit * (count * (n - count))).sqrt()
    return torch.where(bottom > 1e-3, top / bottom.clamp_min(1e-3), torch.zeros_like(top))


@right("11.5")
def by_the_means_inside_and_outside(acts, total, count):
    n = len(acts)
    inside = total / count.clamp_min(1)
    outside = (acts.sum(0)[:, None] - total) / (n - count).clamp_min(1)
    share = count / n
    spread = acts.std(0, correction=0)[:, None]
    r = (inside - outside) * (share * (1 - share)).sqrt() / spread.clamp_min(1e-9)
    return r * (spread > 1e-9)


@wrong("11.5", says="did you forget `return`")
def no_return(acts, total, count):
    share = count / len(acts)
    r = total / len(acts) - share * acts.mean(0)[:, None]
    r = r / (acts.std(0, correction=0)[:, None] * (share * (1 - share)).sqrt()).clamp_min(1e-9)


@wrong("11.5", says="RuntimeError")
def forgets_the_column(acts, total, count):
    share = count / len(acts)
    lengths = acts.std(0, correction=0) * (share * (1 - share)).sqrt()
    return (total / len(acts) - share * acts.mean(0)) / lengths.clamp_min(1e-9)


# --- 11.6 conjunction_sums ---


@right("11.6")
def stacked_negations(acts, rule, holds):
    candidates = torch.cat([holds, 1 - holds])
    return (acts * rule).T @ candidates.T, rule.T @ candidates.T


@right("11.6")
def unit_by_unit(acts, rule, holds):
    totals, counts = [], []
    for a, r in zip(acts.T, rule.T, strict=True):
        yes, no = holds * r, (1 - holds) * r
        totals.append(torch.cat([yes @ a, no @ a]))
        counts.append(torch.cat([yes.sum(1), no.sum(1)]))
    return torch.stack(totals), torch.stack(counts)


@wrong("11.6", says="in place")
def rule_in_place(acts, rule, holds):
    acts *= rule
    candidates = torch.cat([holds, 1 - holds])
    return acts.T @ candidates.T, rule.T @ candidates.T


@wrong("11.6", says="return both")
def totals_only(acts, rule, holds):
    return (acts * rule).T @ torch.cat([holds, 1 - holds]).T


@wrong("11.6", says="transposed")
def turned_round(acts, rule, holds):
    candidates = torch.cat([holds, 1 - holds])
    return candidates @ (acts * rule), candidates @ rule


# --- 11.7 detection ---


@right("11.7")
def token_by_token(says, fires, tokens):
    hits = says[fires].float().mean()
    right_, every = 0.0, 0.0
    for token in tokens[fires].unique():
        quiet = ~fires & (tokens == token)
        if quiet.any():
            weight = (fires & (tokens == token)).sum()
            every += weight
            right_ += weight * (~says[quiet]).float().mean()
    return float(hits + (~says[~fires]).float().mean()) / 2, float(hits + right_ / every) / 2


@right("11.7")
def one_hot_weights(says, fires, tokens):
    kinds = torch.nn.functional.one_hot(tokens).float()
    firing, quiet = kinds[fires].sum(0), kinds[~fires].sum(0)
    weight = kinds[~fires] @ (firing / quiet.clamp_min(1))
    no = 1 - says[~fires].float()
    hits = says[fires].float().mean()
    return torch.stack([(hits + no.mean()) / 2, (hits + (weight * no).sum() / weight.sum()) / 2])


@wrong("11.7", says="return both")
def against_random_only(says, fires, tokens):
    return (says[fires].float().mean() + (~says[~fires]).float().mean()).item() / 2


@wrong("11.7", says="RuntimeError")
def minus_on_booleans(says, fires, tokens):
    hits = says[fires].float().mean()
    return (hits + (1 - says[~fires]).float().mean()) / 2, 0.5


# --- 11.8 token_means ---


@right("11.8")
def index_added(acts, tokens, d_vocab):
    total = torch.zeros(d_vocab, acts.shape[1], dtype=acts.dtype).index_add_(0, tokens, acts)
    count = torch.bincount(tokens, minlength=d_vocab)[:, None]
    return torch.where(count > 0, total / count.clamp_min(1), acts.mean(0))


@right("11.8")
def loop_over_tokens(acts, tokens, d_vocab):
    means = acts.mean(0).repeat(d_vocab, 1)
    for token in tokens.unique().tolist():
        means[token] = acts[tokens == token].mean(0)
    return means


@wrong("11.8", says="a tensor made inside the function has its own dtype")
def own_dtype(acts, tokens, d_vocab):
    total = torch.zeros(d_vocab, acts.shape[1]).index_add_(0, tokens, acts.float())
    count = torch.bincount(tokens, minlength=d_vocab)[:, None]
    return torch.where(count > 0, total / count.clamp_min(1), acts.mean(0).float())


@wrong("11.8", says="expected: shape")
def only_those_that_occur(acts, tokens, d_vocab):
    return torch.stack([acts[tokens == token].mean(0) for token in tokens.unique()])
