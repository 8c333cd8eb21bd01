"""Right and wrong answers to the exercises of lesson 11."""

import torch

from tests.answers import right, wrong

# --- 11.1 contributions ---


@right("11.1")
def normed_first(parts, ln_w, W_in, on, reads):
    scale = (parts.sum(0).var(-1, correction=0) + 1e-5).sqrt()
    normed = (parts - parts.mean(-1, keepdim=True)) / scale[:, None] * ln_w
    return (normed @ W_in * on) @ reads


@right("11.1")
def backwards(parts, ln_w, W_in, on, reads):
    slope = ((on * reads) @ W_in.T) * ln_w
    slope = slope - slope.mean(-1, keepdim=True)
    whole = parts.sum(0)
    centred = whole - whole.mean(-1, keepdim=True)
    scale = (centred.square().mean(-1) + 1e-5).sqrt()
    return torch.einsum("ktd,td->kt", parts, slope) / scale


@wrong("11.1", says="in place")
def centres_in_place(parts, ln_w, W_in, on, reads):
    scale = (parts.sum(0).var(-1, correction=0) + 1e-5).sqrt()
    parts -= parts.mean(-1, keepdim=True)
    return (parts / scale[:, None] * ln_w @ W_in * on) @ reads


@wrong("11.1", says="expected: shape")
def sums_them_up(parts, ln_w, W_in, on, reads):
    normed = torch.nn.functional.layer_norm(parts.sum(0), ln_w.shape, ln_w)
    return (normed @ W_in * on) @ reads


# --- 11.2 virtual_weights ---


@right("11.2")
def from_the_latent(embedded, ln_w, W_in, slopes, W_enc):
    slope = ((slopes * W_enc.T) @ W_in.T) * ln_w
    return embedded @ (slope - slope.mean(-1, keepdim=True)).T


@right("11.2")
def from_the_token(embedded, ln_w, W_in, slopes, W_enc):
    centred = embedded - embedded.mean(-1, keepdim=True)
    return centred @ torch.einsum("d,dn,ln,nl->dl", ln_w, W_in, slopes, W_enc)


@wrong("11.2", says="must match")
def forgets_to_transpose(embedded, ln_w, W_in, slopes, W_enc):
    slope = ((slopes * W_enc) @ W_in.T) * ln_w
    return embedded @ (slope - slope.mean(-1, keepdim=True)).T


@wrong("11.2", says="did you forget `return`")
def forgets_return(embedded, ln_w, W_in, slopes, W_enc):
    slope = ((slopes * W_enc.T) @ W_in.T) * ln_w
    embedded @ (slope - slope.mean(-1, keepdim=True)).T


# --- 11.3 transitions ---


@right("11.3")
def products(fires):
    now, after = fires[:, :-1].flatten(0, 1).float(), fires[:, 1:].flatten(0, 1).float()
    share = (now.T @ after) / now.sum(0).clamp_min(1)[:, None]
    return share, (share / after.mean(0).clamp_min(1e-9)).nan_to_num(0)


@right("11.3")
def one_latent_at_a_time(fires):
    after = fires[:, 1:].reshape(-1, fires.shape[-1]).float()
    now = fires[:, :-1].reshape(-1, fires.shape[-1])
    rows = [after[now[:, i]].sum(0) / max(now[:, i].sum().item(), 1) for i in range(now.shape[1])]
    share, base = torch.stack(rows), after.mean(0)
    return share, torch.where(base > 0, share / base, torch.zeros_like(share))


@wrong("11.3", says="return both: share, lift")
def share_only(fires):
    now, after = fires[:, :-1].flatten(0, 1).float(), fires[:, 1:].flatten(0, 1).float()
    return now.T @ after / now.sum(0).clamp_min(1)[:, None]


@wrong("11.3", says="not implemented for 'Bool'")
def multiplies_booleans(fires):
    now, after = fires[:, :-1].flatten(0, 1), fires[:, 1:].flatten(0, 1)
    share = (now.T @ after) / now.sum(0)[:, None]
    return share, share / after.mean(0)


# --- 11.4 effectiveness ---


@right("11.4")
def one_product(weights, acts, p):
    return weights.square() / 2 * (acts.square().T @ (p * (1 - p))) / len(p)


@right("11.4")
def outer_products(weights, acts, p):
    total = torch.zeros_like(weights)
    for a, q in zip(acts, p, strict=True):
        total += torch.outer(a**2, q * (1 - q))
    return 0.5 * weights**2 * total / p.shape[0]


@wrong("11.4", says="in place")
def squares_in_place(weights, acts, p):
    acts.square_()
    return weights**2 / 2 * (acts.T @ (p * (1 - p))) / len(p)


@wrong("11.4", says="RuntimeError")
def not_transposed(weights, acts, p):
    return weights**2 / 2 * (acts**2 @ (p * (1 - p))) / len(p)


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
