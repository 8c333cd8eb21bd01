"""Right and wrong answers to the exercises of lesson 12."""

import math

import torch

from tests.answers import right, wrong

# --- 12.1 arrangement_losses ---


@right("12.1")
def by_expectations(r, q, p):
    r, q, p = torch.broadcast_tensors(torch.as_tensor(r), torch.as_tensor(q), torch.as_tensor(p))
    out = torch.zeros(3, *r.shape, dtype=r.dtype)
    out[0] = r * (q / 3 - (q / 2) ** 2)
    out[1] = q * p * (1 / 6) + r * q * p * (1 / 6)
    out[2] = p / 3 - (p / 2) ** 2
    return out


@right("12.1")
def with_zeros(r, q, p):
    zero = 0 * (r + q + p)
    prices = r * q * (1 / 3 - q / 4), (1 + r) * q * p / 6, p * (1 / 3 - p / 4)
    return torch.stack([price + zero for price in prices])


@wrong("12.1", says="expected")
def without_broadcast(r, q, p):
    return torch.stack([torch.as_tensor(x).sum() for x in (r * q / 3, p * q, p)])


@wrong("12.1", says="did you forget `return`")
def prices_kept(r, q, p):
    torch.stack([r * q / 3, (1 + r) * p * q / 6, p / 3])


@wrong("12.1", says="expected")
def mean_of_both(r, q, p):
    zero = 0 * (r + q + p)
    prices = r * q * (1 / 3 - q / 4), (1 + r) * ((p + q) / 2) ** 2 / 6, p * (1 / 3 - p / 4)
    return torch.stack([price + zero for price in prices])


# --- 12.2 weighted_loss ---


@right("12.2")
def a_factor_by_mask(losses, content_types, kind, importance):
    mine = (content_types == kind)[:, 1:].to(losses)
    return losses * (1 + (importance - 1) * mine)


@right("12.2")
def two_parts(losses, content_types, kind, importance):
    mine = content_types[:, 1:] == kind
    return losses * ~mine + importance * losses * mine


@wrong("12.2", says="RuntimeError")
def all_positions(losses, content_types, kind, importance):
    return torch.where(content_types == kind, importance, 1.0) * losses


@wrong("12.2", says="changed")
def in_place(losses, content_types, kind, importance):
    losses[content_types[:, 1:] == kind] *= importance
    return losses


@wrong("12.2", says="shape")
def meaned(losses, content_types, kind, importance):
    return (torch.where(content_types[:, 1:] == kind, importance, 1.0) * losses).mean()


# --- 12.3 best_unit ---


@right("12.3")
def by_best_matches(search, search_target, test, test_target):
    from course_utils.interp import measures

    found = measures.best_matches((search, test), (search_target[:, None], test_target[:, None]))
    return found.correlation.item()


@right("12.3")
def one_unit_measured(search, search_target, test, test_target):
    from course_utils.interp import measures

    best = int(measures.correlation(search, search_target).argmax())
    return measures.correlation(test[:, [best]], test_target)[0]


@wrong("12.3", says="expected: 0.57735")
def larger_of_both(search, search_target, test, test_target):
    from course_utils.interp import measures

    return max(
        measures.correlation(search, search_target).max().item(),
        measures.correlation(test, test_target).max().item(),
    )


@wrong("12.3", says="one number")
def every_unit(search, search_target, test, test_target):
    from course_utils.interp import measures

    return measures.correlation(test, test_target)


@wrong("12.3", says="expected: 0.57735")
def mean_over_piles(search, search_target, test, test_target):
    from course_utils.interp import measures

    both = [measures.correlation(search, search_target), measures.correlation(test, test_target)]
    return ((both[0] + both[1]) / 2).max().item()


# --- 12.4 gap_at_equal ---


@right("12.4")
def in_pairs(coordinate, value, factor):
    i, j = torch.triu_indices(len(value), len(value), 1)
    ratio = (coordinate[i] / coordinate[j]).log().abs()
    near = ratio <= math.log(factor) + 1e-6
    return (value[i] - value[j]).abs()[near].mean()


@right("12.4")
def both_ways(coordinate, value, factor):
    ratio = coordinate[:, None] / coordinate
    near = torch.maximum(ratio, 1 / ratio) <= factor * (1 + 1e-6)
    near.fill_diagonal_(False)
    return (value[:, None] - value).abs()[near].mean().item()


@wrong("12.4", says="expected")
def neighbours_only(coordinate, value, factor):
    order = coordinate.argsort()
    near = (coordinate[order].log().diff() <= math.log(factor) + 1e-6).float()
    return ((value[order].diff().abs() * near).sum() / near.sum().clamp_min(1)).item()


@wrong("12.4", says="one number")
def not_averaged(coordinate, value, factor):
    near = (coordinate[:, None] / coordinate).log().abs() <= math.log(factor) + 1e-6
    return (value[:, None] - value).abs()[near.triu(1)]


@wrong("12.4", says="expected")
def of_the_logarithms(coordinate, value, factor):
    near = (coordinate.log()[:, None] - coordinate.log()).abs() <= math.log(factor) + 1e-6
    return (value.log()[:, None] - value.log()).abs()[near.triu(1)].mean().item()


# --- 12.5 class_gap ---


@right("12.5")
def by_weights(acts, in_class, spread):
    inside = in_class.to(acts) / in_class.sum() - (~in_class).to(acts) / (~in_class).sum()
    return torch.nan_to_num(inside @ acts / spread.masked_fill(spread == 0, torch.inf))


@right("12.5")
def unit_by_unit(acts, in_class, spread):
    out = torch.zeros_like(spread)
    for i in range(len(spread)):
        if spread[i] > 0:
            out[i] = (acts[in_class, i].mean() - acts[~in_class, i].mean()) / spread[i]
    return out


@wrong("12.5", says="did you forget `return`")
def gap_kept(acts, in_class, spread):
    (acts[in_class].mean(0) - acts[~in_class].mean(0)) / spread


@wrong("12.5", says="NaN")
def divided_by_nothing(acts, in_class, spread):
    return (acts[in_class].mean(0) - acts[~in_class].mean(0)) / spread * (spread > 0)


# --- 12.6 sparse_probe ---


@right("12.6")
def through_sorting(acts, in_class, gap, k):
    from course_utils.interp import probe

    columns = gap.argsort(descending=True)[:k]
    found = probe.fit_probe(acts[:, columns], in_class, penalty=0.01)
    return torch.zeros(len(gap)).scatter(0, columns, found.direction)


@right("12.6")
def through_a_mask(acts, in_class, gap, k):
    from course_utils.interp import probe

    mask = gap >= gap.topk(k).values[-1]
    out = gap * 0
    out[mask] = probe.fit_probe(acts[:, mask], in_class, 1e-2).direction
    return out


@wrong("12.6", says="shape")
def only_the_chosen(acts, in_class, gap, k):
    from course_utils.interp import probe

    return probe.fit_probe(acts[:, gap.topk(k).indices], in_class, 1e-2).direction


@wrong("12.6", says="tensor")
def the_whole_probe(acts, in_class, gap, k):
    from course_utils.interp import probe

    return probe.fit_probe(acts, in_class, 1e-2)


# --- 12.7 caught ---


@right("12.7")
def by_counting(target, text, false_alarms):
    allowed = int(false_alarms * len(text) + 1e-9)
    beaten_by = (text[None] >= target[:, None]).sum(1)
    return (beaten_by <= allowed).double().mean()


@right("12.7")
def from_the_top(target, text, false_alarms):
    ranked = sorted(text.tolist(), reverse=True)
    threshold = ranked[int(false_alarms * len(ranked) + 1e-9)]
    return sum(t > threshold for t in target.tolist()) / len(target)


@wrong("12.7", says="out of bounds")
def one_too_far(target, text, false_alarms):
    threshold = text.sort().values[len(text) - int(false_alarms * len(text))]
    return (target > threshold).float().mean().item()


@wrong("12.7", says="did you forget `return`")
def share_kept(target, text, false_alarms):
    (target > text.quantile(1 - false_alarms)).float().mean()


# --- 12.8 error_part ---


@right("12.8")
def whole_less_explained(direction, ours, others, sae):
    def mean_along(x):
        return (x @ direction).mean()

    whole = mean_along(ours) - mean_along(others)
    explained = mean_along(sae.decode(sae.encode(ours))) - mean_along(sae.decode(sae.encode(others)))
    return (whole - explained) / whole


@right("12.8")
def through_the_output(direction, ours, others, sae):
    left = [((x - sae(x).x_hat) @ direction).mean() for x in (ours, others)]
    whole = [(x @ direction).mean() for x in (ours, others)]
    return float(left[0] - left[1]) / float(whole[0] - whole[1])


@wrong("12.8", says="has no attribute")
def called_as_a_function(direction, ours, others, sae):
    return ((ours - sae.reconstruct(ours)).mean(0) @ direction).item()


@wrong("12.8", says="did you forget `return`")
def part_kept(direction, ours, others, sae):
    sae.decode(sae.encode(ours)).mean(0) @ direction
