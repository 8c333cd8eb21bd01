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


@wrong("7.1", says="border of two sequences")
def across_borders(tokens, d_vocab, prior):
    flat = tokens.flatten()
    p = torch.bincount(flat, minlength=d_vocab) + 1
    p = p / p.sum()
    counts = torch.bincount(flat[:-1] * d_vocab + flat[1:], minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="transposed")
def columns_first(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return ((counts + prior * p) / (counts.sum(1, keepdim=True) + prior)).T


@wrong("7.1", says="falls back on the uniform distribution")
def uniform_fallback(tokens, d_vocab, prior):
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior / d_vocab) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="lacks its + 1")
def unsmoothed_unigram(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) / tokens.numel()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="counted once")
def repeats_lost(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    counts = torch.zeros(d_vocab, d_vocab)
    counts[tokens[:, :-1], tokens[:, 1:]] += 1
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="n_a counts the pairs that begin with a")
def all_tokens_in_the_denominator(tokens, d_vocab, prior):
    n = torch.bincount(tokens.flatten(), minlength=d_vocab)
    p = (n + 1) / (n + 1).sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (n[:, None] + prior)


@wrong("7.1", says="added to every entry")
def prior_everywhere(tokens, d_vocab, prior):
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior) / (counts.sum(1, keepdim=True) + prior * d_vocab)


@wrong("7.1", says="prior is missing")
def no_prior(tokens, d_vocab, prior):
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return counts / counts.sum(1, keepdim=True)


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


@wrong("7.2", says="not by d − 1")
def unbiased_variance(x, w, b, eps):
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + eps).sqrt() * w + b


@wrong("7.2", says="ε stands under the root")
def eps_outside(x, w, b, eps):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True, unbiased=False) + eps) * w + b


@wrong("7.2", says="ε is missing")
def no_eps(x, w, b, eps):
    return (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True, unbiased=False) * w + b


@wrong("7.2", says="forgot b")
def no_bias(x, w, b, eps):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * w


@wrong("7.2", says="forgot w and b")
def no_affine(x, w, b, eps):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt()


@wrong("7.2", says="forgot to subtract the mean")
def rms_norm(x, w, b, eps):
    return x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt() * w + b


@wrong("7.2", says="averaged over the whole tensor")
def whole_tensor(x, w, b, eps):
    x = x - x.mean()
    return x / (x.pow(2).mean() + eps).sqrt() * w + b


@wrong("7.2", says="averaged over the batch")
def batch_norm(x, w, b, eps):
    x = x - x.mean(0)
    return x / (x.pow(2).mean(0) + eps).sqrt() * w + b


@wrong("7.2", says="not by its root")
def no_root(x, w, b, eps):
    x = x - x.mean(-1, keepdim=True)
    return x / (x.pow(2).mean(-1, keepdim=True) + eps) * w + b


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


@wrong("7.3", says="forgot to divide the scores by √d_head")
def no_scale(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k)
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="divided by d_head, not by its root")
def scaled_too_much(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1]
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="root of d_model")
def scaled_by_d_model(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(q.shape[2] * q.shape[3])
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="no mask")
def unmasked(q, k):
    return (torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5).softmax(-1)


@wrong("7.3", says="off by one: each position sees the next token")
def mask_one_too_late(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(2)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="a position must see itself")
def mask_hides_itself(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(0)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="wrong way round")
def mask_transposed(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril(-1)
    return scores.masked_fill(past, -torch.inf).softmax(-1)


@wrong("7.3", says="runs over the queries")
def softmax_over_queries(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-2)


@wrong("7.3", says="masked after the softmax")
def masked_afterwards(q, k):
    weights = (torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5).softmax(-1)
    return weights.tril()


@wrong("7.3", says="mask with −∞")
def masked_with_zero(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    return scores.tril().softmax(-1)


@wrong("7.3", says="queries and keys are swapped")
def swapped(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", k, q) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


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


@wrong("7.4", says="forgot b_O")
def no_output_bias(pattern, v, W_O, b_O):
    return torch.einsum("bhqk,bkhd,hdm->bqm", pattern, v, W_O)


@wrong("7.4", says="once for every head")
def bias_for_each_head(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    return (torch.einsum("bqhd,hdm->bqhm", z, W_O) + b_O).sum(2)


@wrong("7.4", says="averaged the heads")
def mean_over_heads(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    return torch.einsum("bqhd,hdm->bqhm", z, W_O).mean(2) + b_O


@wrong("7.4", says="pattern is transposed")
def keys_and_queries_swapped(pattern, v, W_O, b_O):
    z = torch.einsum("bhkq,bkhd->bqhd", pattern, v)
    return torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O


@wrong("7.4", says="joined in another order")
def wrong_head_order(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqdh", pattern, v)
    return z.flatten(2) @ W_O.flatten(0, 1) + b_O


@wrong("7.4", says="did not sum over the heads")
def heads_kept(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v)
    return torch.einsum("bqhd,hdm->bqhm", z, W_O) + b_O


@wrong("7.4", says="only took the last head")
def overwritten(pattern, v, W_O, b_O):
    for h in range(W_O.shape[0]):
        out = pattern[:, h] @ v[:, :, h] @ W_O[h]
    return out + b_O


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


@wrong("7.5", says="forgot b_in")
def no_b_in(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post((x @ W_in).relu()) @ W_out + b_out


@wrong("7.5", says="forgot b_out")
def no_b_out(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post((x @ W_in + b_in).relu()) @ W_out


@wrong("7.5", says="ReLU is missing")
def linear_only(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post(x @ W_in + b_in) @ W_out + b_out


@wrong("7.5", says="what the hook returns is not used")
def hook_ignored(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = (x @ W_in + b_in).relu()
    hook_post(hidden)
    return hidden @ W_out + b_out


@wrong("7.5", says="before the ReLU")
def hook_on_pre(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post(x @ W_in + b_in).relu() @ W_out + b_out


@wrong("7.5", says="it was called 0 times")
def hook_never_called(x, W_in, b_in, W_out, b_out, hook_post):
    return (x @ W_in + b_in).relu() @ W_out + b_out


@wrong("7.5", says="called 2 times")
def hook_called_twice(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = (x @ W_in + b_in).relu()
    hook_post(hidden)
    return hook_post(hidden) @ W_out + b_out


@wrong("7.5", says="residual connection is outside")
def with_residual(x, W_in, b_in, W_out, b_out, hook_post):
    return x + hook_post((x @ W_in + b_in).relu()) @ W_out + b_out


@wrong("7.5", says="ReLU comes before b_in")
def relu_before_bias(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post((x @ W_in).relu() + b_in) @ W_out + b_out


@wrong("7.5", says="GELU")
def gelu(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post(F.gelu(x @ W_in + b_in)) @ W_out + b_out


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


@wrong("7.6", says="nothing is shifted")
def unshifted(logits, tokens):
    return -logits.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]


@wrong("7.6", says="cut alike")
def cut_alike(logits, tokens):
    return -logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0]


@wrong("7.6", says="wrong way round")
def shifted_backwards(logits, tokens):
    return -logits[:, 1:].log_softmax(-1).gather(-1, tokens[:, :-1, None])[..., 0]


@wrong("7.6", says="leave it out")
def wrapped_around(logits, tokens):
    return -logits.log_softmax(-1).gather(-1, tokens.roll(-1, 1)[..., None])[..., 0]


@wrong("7.6", says="you averaged")
def mean_loss(logits, tokens):
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


@wrong("7.6", says="the sign")
def wrong_sign(logits, tokens):
    return logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="not −log of it")
def probability(logits, tokens):
    return logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="rounds to 0")
def log_of_softmax(logits, tokens):
    return -logits[:, :-1].softmax(-1).log().gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="in bits")
def bits(logits, tokens):
    return -logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0] / math.log(2)


@wrong("7.6", says="over the positions")
def softmax_over_positions(logits, tokens):
    return -logits.log_softmax(1)[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="can be differentiated")
def detached(logits, tokens):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none").detach()


# --- 7.7 content_types_of_strongest ---


@right("7.7")
def one_hot_mean(acts, content_types, n_types, top):
    strongest = content_types[acts.topk(top, dim=0).indices]
    return F.one_hot(strongest, n_types).float().mean(0).T


@right("7.7")
def unit_by_unit(acts, content_types, n_types, top):
    columns = []
    for unit in range(acts.shape[1]):
        order = acts[:, unit].argsort(descending=True)[:top]
        columns.append(torch.bincount(content_types[order], minlength=n_types) / top)
    return torch.stack(columns, dim=1)


@right("7.7")
def sorted_and_compared(acts, content_types, n_types, top):
    order = acts.sort(dim=0, descending=True).indices[:top]
    return torch.stack([(content_types[order] == k).float().mean(0) for k in range(n_types)])


@wrong("7.7", says="divide by `top`")
def counts_only(acts, content_types, n_types, top):
    return F.one_hot(content_types[acts.topk(top, dim=0).indices], n_types).sum(0).T.float()


@wrong("7.7", says="transposed")
def rows_are_units(acts, content_types, n_types, top):
    return F.one_hot(content_types[acts.topk(top, dim=0).indices], n_types).float().mean(0)


@wrong("7.7", says="weakest")
def sorted_upwards(acts, content_types, n_types, top):
    order = acts.argsort(dim=0)[:top]
    return F.one_hot(content_types[order], n_types).float().mean(0).T


@wrong("7.7", says="size of each type")
def share_of_the_type(acts, content_types, n_types, top):
    counts = F.one_hot(content_types[acts.topk(top, dim=0).indices], n_types).sum(0).T.float()
    return counts / torch.bincount(content_types, minlength=n_types)[:, None].clamp(min=1)


@wrong("7.7", says="each neuron has its own strongest tokens")
def one_list_for_all(acts, content_types, n_types, top):
    order = acts.sum(1).topk(top).indices
    share = torch.bincount(content_types[order], minlength=n_types) / top
    return share[:, None].repeat(1, acts.shape[1])


@wrong("7.7", says="added up activations")
def summed_activations(acts, content_types, n_types, top):
    sums = torch.stack([acts[content_types == k].sum(0) for k in range(n_types)])
    return sums / sums.sum(0)


@wrong("7.7", says="divided by all tokens")
def share_of_all_tokens(acts, content_types, n_types, top):
    counts = F.one_hot(content_types[acts.topk(top, dim=0).indices], n_types).sum(0).T.float()
    return counts / len(content_types)


@wrong("7.7", says="you returned a numpy array")
def numpy_result(acts, content_types, n_types, top):
    order = np.argsort(-acts.numpy(), axis=0)[:top]
    return np.stack([(content_types.numpy()[order] == k).mean(0) for k in range(n_types)])


@wrong("7.7", says="without the sign")
def ranked_by_size(acts, content_types, n_types, top):
    return F.one_hot(content_types[acts.abs().topk(top, dim=0).indices], n_types).float().mean(0).T


@wrong("7.7", says="tie with the last one")
def reaching_a_threshold(acts, content_types, n_types, top):
    strong = (acts >= acts.topk(top, dim=0).values[-1]).float()
    return torch.stack([strong[content_types == k].sum(0) for k in range(n_types)]) / top


@wrong("7.7", says="leaves out the weakest")
def above_a_threshold(acts, content_types, n_types, top):
    strong = (acts > acts.topk(top, dim=0).values[-1]).float()
    return torch.stack([strong[content_types == k].sum(0) for k in range(n_types)]) / top


@wrong("7.7", says="one ranking for all neurons")
def one_threshold_for_all(acts, content_types, n_types, top):
    strong = (acts >= acts.flatten().topk(top * acts.shape[1]).values[-1]).float()
    return torch.stack([strong[content_types == k].sum(0) for k in range(n_types)]) / top


@wrong("7.7", says="weighted the tokens")
def weighted_by_activation(acts, content_types, n_types, top):
    values, indices = acts.topk(top, dim=0)
    weight = (F.one_hot(content_types[indices], n_types) * values[..., None]).sum(0).T
    return weight / weight.sum(0)


@wrong("7.1", says="counts are transposed")
def counted_backwards(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, 1:] * d_vocab + tokens[:, :-1]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="multiply it by P(b)")
def prior_not_shared_out(tokens, d_vocab, prior):
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="belongs to the column b")
def unigram_as_a_column(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = (p / p.sum())[:, None]
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


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


@wrong("7.3", says="the softmax is missing")
def masked_scores(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf)


@wrong("7.3", says="root of the number of heads")
def scaled_by_heads(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[2] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.3", says="the head is the last axis")
def head_left_last(q, k):
    scores = torch.einsum("bqhd,bkhd->bqkh", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[1:3], dtype=torch.bool).triu(1)
    return scores.masked_fill(future[..., None], -torch.inf).softmax(2)


@wrong("7.3", says="compares its heads with one another")
def heads_not_moved(q, k):
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)


@wrong("7.4", says="not moved back")
def heads_not_moved_back(pattern, v, W_O, b_O):
    z = (pattern @ v.transpose(1, 2)).reshape(v.shape[0], v.shape[1], -1)
    return z @ W_O.flatten(0, 1) + b_O


@wrong("7.4", says="added up before W_O")
def heads_summed_first(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqd", pattern, v)
    return z @ W_O.sum(0) + b_O


@wrong("7.4", says="only took the first head")
def first_head_only(pattern, v, W_O, b_O):
    return pattern[:, 0] @ v[:, :, 0] @ W_O[0] + b_O


@wrong("7.4", says="reverse order")
def heads_reversed(pattern, v, W_O, b_O):
    z = torch.einsum("bhqk,bkhd->bqhd", pattern, v).flip(2)
    return torch.einsum("bqhd,hdm->bqm", z, W_O) + b_O


@wrong("7.5", says="call it once, and use what it returned")
def hook_twice(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = (x @ W_in + b_in).relu()
    hook_post(hidden)
    return hook_post(hidden) @ W_out + b_out


@wrong("7.5", says="before W_out")
def hook_on_output(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post((x @ W_in + b_in).relu() @ W_out + b_out)


@wrong("7.6", says="one flat list")
def flattened(logits, tokens):
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")


@wrong("7.6", says="forgot the log")
def minus_probability(logits, tokens):
    return -logits[:, :-1].softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="one dimension too many")
def unsqueezed(logits, tokens):
    return -logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])


@wrong("7.1", says="left out the last of each sequence")
def unigram_without_the_last(tokens, d_vocab, prior):
    p = torch.bincount(tokens[:, :-1].flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="left out the first of each sequence")
def unigram_without_the_first(tokens, d_vocab, prior):
    p = torch.bincount(tokens[:, 1:].flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="divide by the sum of n_b + 1")
def unigram_sums_to_more_than_1(tokens, d_vocab, prior):
    n = torch.bincount(tokens.flatten(), minlength=d_vocab)
    p = (n + 1) / n.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior)


@wrong("7.1", says="keepdim=True")
def columns_divided(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1) + prior)


@wrong("7.1", says="each row is divided by n_a + s")
def no_prior_below(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / counts.sum(1, keepdim=True)


@wrong("7.1", says="the P(b) sum to 1")
def prior_times_vocabulary_below(tokens, d_vocab, prior):
    p = torch.bincount(tokens.flatten(), minlength=d_vocab) + 1
    p = p / p.sum()
    pairs = tokens[:, :-1] * d_vocab + tokens[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=d_vocab**2).view(d_vocab, d_vocab)
    return (counts + prior * p) / (counts.sum(1, keepdim=True) + prior * d_vocab)


@wrong("7.2", says="two mistakes")
def eps_on_the_unbiased_deviation(x, w, b, eps):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) * w + b


@wrong("7.2", says="isn't the argument `eps`")
def torchs_eps(x, w, b, eps):
    return F.layer_norm(x, x.shape[-1:], w, b)


@wrong("7.2", says="can be differentiated")
def detached_norm(x, w, b, eps):
    return F.layer_norm(x, x.shape[-1:], w, b, eps).detach()


@wrong("7.3", says="0 · (−∞) is NaN")
def mask_times_infinity(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:]).triu(1)
    return (scores + future * -torch.inf).softmax(-1)


@wrong("7.3", says="over the heads or the batch")
def softmax_over_heads(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(1)


@wrong("7.3", says="the mask is inverted")
def mask_inverted(q, k):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return scores.masked_fill(allowed, -torch.inf).softmax(-1)


@wrong("7.3", says="rounds to 0")
def masked_afterwards_and_renormalised(q, k):
    weights = (torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5).softmax(-1).tril()
    return weights / weights.sum(-1, keepdim=True)


@wrong("7.3", says="can be differentiated")
def pattern_without_gradient(q, k):
    with torch.no_grad():
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        return scores.masked_fill(future, -torch.inf).softmax(-1)


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


@wrong("7.4", says="no gradient reaches pattern")
def pattern_cut_off(pattern, v, W_O, b_O):
    return torch.einsum("bhqk,bkhd,hdm->bqm", pattern.detach(), v, W_O) + b_O


@wrong("7.5", says="a second ReLU, on what the hook returned")
def relu_after_the_hook_too(x, W_in, b_in, W_out, b_out, hook_post):
    return hook_post((x @ W_in + b_in).relu()).relu() @ W_out + b_out


@wrong("7.5", says="the hook sees [batch, pos, d_mlp]")
def flattened_for_the_hook(x, W_in, b_in, W_out, b_out, hook_post):
    hidden = hook_post((x.flatten(0, 1) @ W_in + b_in).relu())
    return (hidden @ W_out + b_out).view(x.shape)


@wrong("7.5", says="can be differentiated")
def mlp_without_gradient(x, W_in, b_in, W_out, b_out, hook_post):
    with torch.no_grad():
        return hook_post((x @ W_in + b_in).relu()) @ W_out + b_out


@wrong("7.6", says="caps the loss")
def log_with_a_floor(logits, tokens):
    logp = (logits[:, :-1].softmax(-1) + 1e-10).log()
    return -logp.gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.6", says="caps the loss")
def log_clamped(logits, tokens):
    logp = logits[:, :-1].softmax(-1).clamp(min=1e-12).log()
    return -logp.gather(-1, tokens[:, 1:, None])[..., 0]


@wrong("7.7", says="`topk` ranked the neurons")
def ranked_over_the_last_dimension(acts, content_types, n_types, top):
    return F.one_hot(content_types[acts.topk(top).indices], n_types).float().mean(0).T


@wrong("7.7", says="divided by the number of types")
def share_of_the_types(acts, content_types, n_types, top):
    return F.one_hot(content_types[acts.topk(top, dim=0).indices], n_types).sum(0).T / n_types
