"""Right and wrong answers to the exercises of lesson 10."""

import math

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
def mean_of_nothing(score, in_class):
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


# --- 10.5 masked_cosine ---


@right("10.5")
def three_products(narrow, wide):
    fires = (narrow > 0).to(narrow)
    lengths = (narrow.square().sum(0)[:, None] * (fires.T @ wide.square())).sqrt()
    return torch.where(lengths > 0, narrow.T @ wide / lengths.clamp_min(1e-9), 0.0)


@right("10.5")
def row_by_row(narrow, wide):
    out = []
    for i in range(narrow.shape[1]):
        on = narrow[:, i] > 0
        a, b = narrow[on, i], wide[on]
        out.append((a[:, None] * b).sum(0) / (a.norm() * b.norm(dim=0) + 1e-12))
    return torch.stack(out)


@right("10.5")
def broadcast(narrow, wide):
    kept = (narrow > 0)[:, :, None] * wide[:, None, :]
    return torch.nn.functional.cosine_similarity(narrow[:, :, None], kept, dim=0)


@wrong("10.5", says="the wide latent's length counts only where the narrow one fires")
def plain_cosine(narrow, wide):
    unit = torch.nn.functional.normalize
    return unit(narrow, dim=0).T @ unit(wide, dim=0)


@wrong("10.5", says="in place")
def masks_in_place(narrow, wide):
    wide *= (narrow > 0).any(1, keepdim=True)
    return torch.nn.functional.normalize(narrow, dim=0).T @ torch.nn.functional.normalize(wide, dim=0)


# --- 10.6 stitching_effect ---


@right("10.6")
def multiplied_out(residual, f, W_dec):
    along = residual @ W_dec.T
    return (f**2).mean(0) * (W_dec**2).sum(1) - 2 * (f * along).mean(0)


@right("10.6")
def one_newcomer_at_a_time(residual, f, W_dec):
    before = residual.square().sum(1).mean()
    after = [(residual - f[:, [i]] * W_dec[i]).square().sum(1).mean() for i in range(len(W_dec))]
    return torch.stack(after) - before


@right("10.6")
def in_one_sum(residual, f, W_dec):
    parts = f[..., None] * W_dec
    return (parts * (parts - 2 * residual[:, None])).sum(-1).mean(0)


@wrong("10.6", says="the mixed term comes twice")
def half_the_mixed_term(residual, f, W_dec):
    along = residual @ W_dec.T
    return (f**2).mean(0) * (W_dec**2).sum(1) - (f * along).mean(0)


@wrong("10.6", says="expected")
def one_number(residual, f, W_dec):
    return (residual - f @ W_dec).square().sum(1).mean()


# --- 10.7 hedged_angle ---


@right("10.7")
def largest_eigenvector(q):
    moments = torch.tensor([[1.0, q], [q, q]], dtype=torch.float64)
    u = torch.linalg.eigh(moments).eigenvectors[:, -1]
    return math.atan(u[1] / u[0])


@right("10.7")
def from_the_tangent(q):
    return math.pi / 4 if q == 1 else 0.5 * math.atan(2 * q / (1 - q))


@wrong("10.7", says="radians are asked for")
def in_degrees(q):
    return math.degrees(0.5 * math.atan2(2 * q, 1 - q))


@wrong("10.7", says="ZeroDivisionError")
def divides_by_nothing(q):
    return 0.5 * math.atan(2 * q / (1 - q))


# --- 10.8 absorbed_loss ---


@right("10.8")
def two_equations(angle, l1_coefficient):
    s, c = math.sin(angle), math.cos(angle)
    gram = torch.tensor([[1.0, s], [s, 1.0]], dtype=torch.float64)
    wanted = torch.tensor([1.0, s + c], dtype=torch.float64) - l1_coefficient / 2
    f = torch.linalg.solve(gram, wanted)
    if f[0] < 0:
        f = torch.tensor([0.0, wanted[1]], dtype=torch.float64)
    return (2 - 2 * f @ wanted + f @ gram @ f).item()


@right("10.8")
def better_of_two(angle, l1_coefficient):
    s, c, half = math.sin(angle), math.cos(angle), l1_coefficient / 2
    alone = 2 - (s + c - half) ** 2
    f_p, f_c = 1 - s / c - half / (1 + s), 1 / c - half / (1 + s)
    if f_p <= 0:
        return alone
    return (1 - f_p - f_c * s) ** 2 + (1 - f_c * c) ** 2 + l1_coefficient * (f_p + f_c)


@wrong("10.8", says="an activation can't be negative")
def no_cases(angle, l1_coefficient):
    s, c, half = math.sin(angle), math.cos(angle), l1_coefficient / 2
    return 2 - (1 - s / c - half / (1 + s)) * (1 - half) - (1 / c - half / (1 + s)) * (s + c - half)


@wrong("10.8", says="pulls each activation by λ/2")
def exact_reconstruction(angle, l1_coefficient):
    if angle > math.pi / 4:
        f = math.cos(angle) + math.sin(angle)
        return 2 - f * f + l1_coefficient * f
    return l1_coefficient * (1 - math.tan(angle) + 1 / math.cos(angle))


# --- 10.9 mutual_matches ---


@right("10.9")
def pair_after_pair(similarity, least=0.7):
    pairs = []
    for i in range(len(similarity)):
        j = int(similarity[i].argmax())
        if int(similarity[:, j].argmax()) == i and similarity[i, j] > least:
            pairs.append((i, j))
    return torch.tensor([i for i, _ in pairs], dtype=torch.long), torch.tensor(
        [j for _, j in pairs], dtype=torch.long
    )


@right("10.9")
def where_both_largest(similarity, least=0.7):
    largest = (similarity == similarity.amax(1, keepdim=True)) & (similarity == similarity.amax(0))
    a, b = (largest & (similarity > least)).nonzero().T
    return a, b


@wrong("10.9", says="return both")
def rows_only(similarity, least=0.7):
    partner, back = similarity.argmax(1), similarity.argmax(0)
    return ((back[partner] == torch.arange(len(partner))) & (similarity.amax(1) > least)).nonzero()[:, 0]


@wrong("10.9", says="expected")
def masks_for_numbers(similarity, least=0.7):
    partner, back = similarity.argmax(1), similarity.argmax(0)
    mask = (back[partner] == torch.arange(len(partner))) & (similarity.amax(1) > least)
    return mask, partner
