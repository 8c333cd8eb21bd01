"""Right and wrong answers to the exercises of lesson 10."""

import torch

from tests.answers import right, wrong

# --- 10.1 auroc ---


@right("10.1")
def sorted_once(score, in_class):
    others, members = score[~in_class].sort().values, score[in_class]
    if not len(others) or not len(members):
        return 0.5
    below = torch.searchsorted(others, members).double()
    up_to = torch.searchsorted(others, members, right=True).double()
    return ((below + up_to) / 2).mean().item() / len(others)


@right("10.1")
def all_pairs(score, in_class):
    if in_class.all() or not in_class.any():
        return torch.tensor(0.5)
    difference = score[in_class][:, None] - score[~in_class]
    return ((difference.sign() + 1) / 2).double().mean()


@wrong("10.1", says="a tie counts one half")
def ranks_by_position(score, in_class):
    rank = score.argsort(stable=True).argsort(stable=True) + 1.0
    n, m = in_class.sum().item(), (~in_class).sum().item()
    if not n * m:
        return 0.5
    return (rank[in_class].sum().item() - n * (n + 1) / 2) / (n * m)


@wrong("10.1", says="NaN")
def divides_by_nothing(score, in_class):
    difference = score[in_class][:, None] - score[~in_class]
    return ((difference.sign() + 1) / 2).double().mean()


@wrong("10.1", says="did you forget `return`")
def area_kept(score, in_class):
    difference = score[in_class][:, None] - score[~in_class]
    ((difference.sign() + 1) / 2).mean()


# --- 10.2 break_even ---


@right("10.2")
def by_sorting(acts, in_class):
    n = int(in_class.sum())
    order = acts.argsort(descending=True)[:n]
    fires = order[acts[order] > 0]
    return in_class[fires].float().sum() / max(n, 1)


@right("10.2")
def by_a_threshold(acts, in_class):
    n = in_class.sum().item()
    if n == 0:
        return 0.0
    cut = acts.sort(descending=True).values[n - 1]
    return ((acts >= cut) & (acts > 0) & in_class).sum().item() / n


@wrong("10.2", says="ZeroDivisionError")
def divides_by_class(acts, in_class):
    n = int(in_class.sum())
    top = acts.topk(n)
    return (in_class[top.indices] & (top.values > 0)).sum().item() / n


@wrong("10.2", says="RuntimeError")
def float_count(acts, in_class):
    n = in_class.sum()
    top = acts.topk(n + 10**6)
    return in_class[top.indices].float().mean()


# --- 10.3 context_part ---


@right("10.3")
def with_unique(acts, tokens):
    _, which, count = tokens.unique(return_inverse=True, return_counts=True)
    sums = acts.new_zeros(len(count), acts.shape[1]).index_add_(0, which, acts)
    return acts - (sums / count[:, None])[which]


@right("10.3")
def with_a_matrix(acts, tokens):
    same = (tokens[:, None] == tokens).to(acts)
    return acts - same @ acts / same.sum(1, keepdim=True)


@wrong("10.3", says="in place")
def subtracts_in_place(acts, tokens):
    for token in tokens.unique():
        acts[tokens == token] -= acts[tokens == token].mean(0)
    return acts


@wrong("10.3", says="a tensor made inside the function has its own dtype")
def own_dtype(acts, tokens):
    out = torch.zeros(acts.shape)
    for token in tokens.unique():
        out[tokens == token] = (acts[tokens == token] - acts[tokens == token].mean(0)).float()
    return out


# --- 10.4 chance_of_gap ---


@right("10.4")
def by_sums(scores, is_latent):
    import itertools

    k, mine = int(is_latent.sum()), scores[is_latent].double().sum().item()
    sums = [sum(c) for c in itertools.combinations(scores.double().tolist(), k)]
    return sum(s >= mine - 1e-9 for s in sums) / len(sums)


@right("10.4")
def with_masks(scores, is_latent):
    import itertools

    scores = scores.double()
    k, n = int(is_latent.sum()), len(scores)
    masks = torch.zeros(0, n, dtype=torch.double)
    for chosen in itertools.combinations(range(n), k):
        masks = torch.cat(
            [masks, torch.zeros(1, n, dtype=torch.double).index_fill(1, torch.tensor(chosen), 1)]
        )
    gaps = masks @ scores / k - (1 - masks) @ scores / (n - k)
    found = scores[is_latent].mean() - scores[~is_latent].mean()
    return (gaps >= found - 1e-9).double().mean()


@wrong("10.4", says="did you forget `return`")
def p_value_kept(scores, is_latent):
    found = scores[is_latent].mean() - scores[~is_latent].mean()
    print(found)


@wrong("10.4", says="TypeError")
def no_number(scores, is_latent):
    import itertools

    sums = [sum(c) for c in itertools.combinations(scores.tolist(), is_latent)]
    return len(sums)


# --- 10.8 mutual_matches ---


@right("10.8")
def row_by_row(similarity, least=0.7):
    pairs = []
    for i in range(len(similarity)):
        j = int(similarity[i].argmax())
        if int(similarity[:, j].argmax()) == i and similarity[i, j] > least:
            pairs.append((i, j))
    return torch.tensor([i for i, _ in pairs], dtype=torch.long), torch.tensor(
        [j for _, j in pairs], dtype=torch.long
    )


@right("10.8")
def where_both_largest(similarity, least=0.7):
    largest = (similarity == similarity.amax(1, keepdim=True)) & (similarity == similarity.amax(0))
    a, b = (largest & (similarity > least)).nonzero().T
    return a, b


@wrong("10.8", says="return both")
def rows_only(similarity, least=0.7):
    partner, back = similarity.argmax(1), similarity.argmax(0)
    return ((back[partner] == torch.arange(len(partner))) & (similarity.amax(1) > least)).nonzero()[:, 0]


@wrong("10.8", says="expected")
def masks_for_numbers(similarity, least=0.7):
    partner, back = similarity.argmax(1), similarity.argmax(0)
    mask = (back[partner] == torch.arange(len(partner))) & (similarity.amax(1) > least)
    return mask, partner
