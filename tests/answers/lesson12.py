"""Right and wrong answers to the exercises of lesson 12."""

import torch

from tests.answers import right, wrong

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
