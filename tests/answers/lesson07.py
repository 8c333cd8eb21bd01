"""Right and wrong answers to lesson 07."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 7.1 bigram ---


@right("7.1")
def counted_with_bincount(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@right("7.1")
def counted_with_index_put(tokens, d_vocab, prior):
    counts = torch.zeros(d_vocab, d_vocab)
    a, b = tokens[:, :-1].flatten(), tokens[:, 1:].flatten()
    counts.index_put_((a, b), torch.ones(len(a)), accumulate=True)
    seen = torch.ones(d_vocab).index_add(0, tokens.flatten(), torch.ones(tokens.numel()))
    return (counts + prior * seen / seen.sum()) / (counts.sum(1) + prior)[:, None]


@right("7.1")
def counted_in_a_loop(tokens, d_vocab, prior):
    counts, seen = torch.zeros(d_vocab, d_vocab), torch.ones(d_vocab)
    for row in tokens.tolist():
        for token in row:
            seen[token] += 1
        for i in range(len(row) - 1):
            counts[row[i], row[i + 1]] += 1
    return (counts + prior * seen / seen.sum()) / (counts.sum(1, keepdim=True) + prior)


# --- 7.2 layer_norm ---


@right("7.2")
def by_hand(x, w, b, eps):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * w + b


@right("7.2")
def torchs_own(x, w, b, eps):
    return F.layer_norm(x, x.shape[-1:], w, b, eps)


@right("7.2")
def with_var_and_rsqrt(x, w, b, eps):
    variance, mean = torch.var_mean(x, -1, keepdim=True, correction=0)
    return (x - mean) * torch.rsqrt(variance + eps) * w + b


@wrong("7.2", says="you cut the graph")
def detached_norm(x, w, b, eps):
    return F.layer_norm(x, x.shape[-1:], w, b, eps).detach()


# --- 7.3 attention_pattern ---


@right("7.3")
def einsum_and_fill(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@right("7.3")
def matmul_and_add(q, k):
    n, d_head = q.shape[1], q.shape[-1]
    scores = q.transpose(1, 2) @ k.transpose(1, 2).mT / math.sqrt(d_head)
    scores = scores + torch.full((n, n), -torch.inf, dtype=q.dtype, device=q.device).triu(1)
    weights = (scores - scores.max(-1, keepdim=True).values).exp()
    return weights / weights.sum(-1, keepdim=True)


@right("7.3")
def large_negative_number(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q / q.shape[-1] ** 0.5, k)
    positions = torch.arange(q.shape[1], device=q.device)
    return torch.where(positions[:, None] >= positions, scores, -1e9).softmax(-1)


@wrong("7.3", says="rounds to 0")
def exp_by_hand(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    weights = scores.exp().tril()
    return weights / weights.sum(-1, keepdim=True)


@wrong("7.3", says="shape")
def heads_mixed(q, k):
    scores = torch.einsum("bqhd,bkhd->bqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="not low enough")
def masked_with_minus_100(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -100).softmax(-1)


@wrong("7.3", says="not low enough")
def masked_with_minus_10000(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -1e4).softmax(-1)


@wrong("7.3", says="rounds to 0")
def masked_afterwards_and_renormalised(q, k):
    weights = (torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5).softmax(-1).tril()
    return weights / weights.sum(-1, keepdim=True)


@wrong("7.3", says="you cut the graph")
def pattern_without_gradient(q, k):
    with torch.no_grad():
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        return scores.masked_fill(future, -torch.inf).softmax(-1)


# --- 7.4 attention_out ---


@right("7.4")
def two_einsums(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    return torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O


@right("7.4")
def heads_joined(pattern, v, W_O, b_O):
    z = pattern @ v.transpose(1, 2)
    return z.transpose(1, 2).flatten(2) @ W_O.flatten(0, 1) + b_O


@right("7.4")
def head_by_head(pattern, v, W_O, b_O):
    out = b_O
    for h in range(W_O.shape[0]):
        out = out + pattern[:, h] @ (v[:, :, h] @ W_O[h])
    return out


@right("7.4")
def loop_over_the_past(pattern, v, W_O, b_O):
    rows = []
    for i in range(v.shape[1]):
        z = sum(pattern[:, :, i, j, None] * v[:, j] for j in range(i + 1))  # [batch, head, d_head]
        rows.append(torch.einsum("bhd,hdm->bm", z, W_O) + b_O)
    return torch.stack(rows, dim=1)


@right("7.4")
def lower_half_only(pattern, v, W_O, b_O):
    return torch.einsum("bhqk,bkhd,hdm->bqm", pattern.tril(), v, W_O) + b_O


@wrong("7.4", says="you cut pattern off")
def pattern_cut_off(pattern, v, W_O, b_O):
    return torch.einsum("bhqk,bkhd,hdm->bqm", pattern.detach(), v, W_O) + b_O


# --- 7.5 mlp ---


@right("7.5")
def plain(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post((x @ W_in + b_in).relu()) @ W_out + b_out


@right("7.5")
def with_linear(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = F.relu(F.linear(x, W_in.T, b_in))
    hidden = hook_post(hidden)
    return F.linear(hidden, W_out.T, b_out)


@right("7.5")
def with_einsum(x, W_in, b_in, W_out, b_out, hook_post):
    pre = torch.einsum("bpm,mn->bpn", x, W_in) + b_in
    post = hook_post(torch.where(pre > 0, pre, 0.0))
    return torch.einsum("bpn,nm->bpm", post, W_out) + b_out


@wrong("7.5", says="it was called 0 times")
def hook_never_called(x, W_in, b_in, W_out, b_out, hook_post):
    return (x @ W_in + b_in).relu() @ W_out + b_out


@wrong("7.5", says="called 2 times")
def hook_called_twice(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = (x @ W_in + b_in).relu()
    hook_post(hidden)
    return hook_post(hidden) @ W_out + b_out


@wrong("7.5", says="the hook sees [batch, pos, d_mlp]")
def flattened_for_the_hook(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = hook_post((x.flatten(0, 1) @ W_in + b_in).relu())
    return (hidden @ W_out + b_out).view(x.shape)


@wrong("7.5", says="you cut the graph")
def mlp_without_gradient(x, W_in, b_in, W_out, b_out, hook_post):
    with torch.no_grad():
        return hook_post((x @ W_in + b_in).relu()) @ W_out + b_out


# --- 7.6 loss_per_token ---


@right("7.6")
def gathered(logits, tokens):
    logp = logits[:, :-1].log_softmax(-1)
    return -logp.gather(-1, tokens[:, 1:, None]).squeeze(-1)


@right("7.6")
def cross_entropy(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none")


@right("7.6")
def logsumexp_minus_logit(logits, tokens):
    logits, targets = logits[:, :-1], tokens[:, 1:]
    chosen = torch.take_along_dim(logits, targets[..., None], dim=-1)[..., 0]
    return logits.logsumexp(-1) - chosen


@wrong("7.6", says="rounds to 0")
def log_of_softmax(logits, tokens):
    return -logits[:, :-1].softmax(-1).log().gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="you cut the graph")
def detached(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none").detach()


@wrong("7.6", says="caps the loss")
def log_with_a_floor(logits, tokens):
    logp = (logits[:, :-1].softmax(-1) + 1e-10).log()
    return -logp.gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="caps the loss")
def log_clamped(logits, tokens):
    logp = logits[:, :-1].softmax(-1).clamp(min=1e-12).log()
    return -logp.gather(-1, tokens[:, 1:, None])[..., 0]


# --- 7.7 loss_by_type ---


@right("7.7")
def two_bincounts(losses, content_types, n_types):
    target = content_types[:, 1:].flatten()
    total = torch.bincount(target, weights=losses.flatten(), minlength=n_types)
    return total / torch.bincount(target, minlength=n_types).clamp(min=1)


@right("7.7")
def a_loop_over_types(losses, content_types, n_types):
    target, result = content_types[:, 1:], torch.zeros(n_types)
    for k in range(n_types):
        if (target == k).any():
            result[k] = losses[target == k].mean()
    return result


@right("7.7")
def one_hot_average(losses, content_types, n_types):
    member = F.one_hot(content_types[:, 1:].reshape(-1), n_types).to(losses)
    return losses.reshape(-1) @ member / member.sum(0).clamp(min=1)


@wrong("7.7", says="did you forget `return`?")
def returned_nothing(losses, content_types, n_types):
    torch.bincount(content_types[:, 1:].flatten(), weights=losses.flatten(), minlength=n_types)


@wrong("7.7", says="RuntimeError")
def not_flat(losses, content_types, n_types):
    return torch.bincount(content_types[:, 1:], weights=losses, minlength=n_types)


# --- 7.8 content_types_of_strongest ---


@right("7.8")
def one_hot_mean(acts, content_types, n_types, top):
    strongest = content_types[acts.topk(top, dim=0).indices]
    return F.one_hot(strongest, n_types).float().mean(0).T


@right("7.8")
def unit_by_unit(acts, content_types, n_types, top):
    columns = []
    for unit in range(acts.shape[1]):
        order = acts[:, unit].argsort(descending=True)[:top]
        columns.append(torch.bincount(content_types[order], minlength=n_types) / top)
    return torch.stack(columns, dim=1)


@right("7.8")
def sorted_and_compared(acts, content_types, n_types, top):
    order = acts.sort(dim=0, descending=True).indices[:top]
    return torch.stack([(content_types[order] == k).float().mean(0) for k in range(n_types)])


@wrong("7.8", says="you returned a numpy array")
def numpy_result(acts, content_types, n_types, top):
    order = np.argsort(-acts.numpy(), axis=0)[:top]
    return np.stack([(content_types.numpy()[order] == k).mean(0) for k in range(n_types)])


# --- 7.9 families_that_drive ---


@right("7.9")
def by_matrix(shares, family, least):
    drives = shares >= least
    return (F.one_hot(family).T @ drives.long() > 0).sum(0)


@right("7.9")
def sets_of_families(shares, family, least):
    return torch.tensor([len(set(family[column].tolist())) for column in (shares >= least).T])


@right("7.9")
def family_by_family(shares, family, least):
    return sum((shares[family == f] >= least).any(0).long() for f in family.unique())


@right("7.9")
def largest_of_each_family(shares, family, least):
    largest = torch.stack([shares[family == f].amax(0) for f in range(int(family.max()) + 1)])
    return (largest >= least).sum(dim=0)


@wrong("7.9", says="expected")
def all_families(shares, family, least):
    return torch.full((shares.shape[1],), len(family.unique()))
