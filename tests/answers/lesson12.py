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
def through_a_mask(losses, content_types, kind, importance):
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
def mean_of_both(search, search_target, test, test_target):
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
