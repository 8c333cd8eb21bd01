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
def token_by_token(weights, acts, p):
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
