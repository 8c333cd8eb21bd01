"""Right and wrong answers to the exercises of lesson 04."""

import math

import torch
import torch.nn.functional as F

from course_utils import toy
from tests.answers import right, wrong

# --- 4.1 suddenness ---


@right("4.1")
def one_by_one(loss, window):
    def fall(t):
        return loss[t] - loss[t + window]

    places = range(window, len(loss) - 2 * window)
    return torch.stack([fall(t) - max(fall(t - window), fall(t + window)) for t in places])


@right("4.1")
def by_four_marks(loss, window):
    a, b, c, d = (loss[k * window : len(loss) - (3 - k) * window] for k in range(4))
    return torch.minimum((b - c) - (a - b), (b - c) - (c - d))


@wrong("4.1", says="changed `loss`")
def in_place(loss, window):
    loss -= float(loss[-1])
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - torch.maximum(fall[: -2 * window], fall[2 * window :])


@wrong("4.1", says="a window needs a whole window on either side")
def padded_with_zeros(loss, window):
    fall = torch.cat([torch.zeros(window), loss[:-window] - loss[window:], torch.zeros(window)])
    return fall[window:-window] - torch.maximum(fall[: -2 * window], fall[2 * window :])


# --- 4.2 peaks ---


@right("4.2")
def by_pooling(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    return ((curve == highest) & (curve >= least)).nonzero().flatten()


@right("4.2")
def by_windows(curve, apart, least):
    padded = torch.cat([torch.full((apart,), -math.inf), curve, torch.full((apart,), -math.inf)])
    return torch.where((padded.unfold(0, 2 * apart + 1, 1).amax(1) == curve) & (curve >= least))[0]


@wrong("4.2", says="make a tensor of it")
def a_list(curve, apart, least):
    c = curve.tolist()
    return [i for i, v in enumerate(c) if v >= least and v == max(c[max(0, i - apart) : i + apart + 1])]


@wrong("4.2", says="you edited the caller's `curve` in place")
def tops_taken_away(curve, apart, least):
    found = []
    while curve.max() >= least:
        found.append(int(curve.argmax()))
        curve[max(0, found[-1] - apart) : found[-1] + apart + 1] = -math.inf
    return torch.tensor(sorted(found), dtype=torch.long)


# --- 4.3 alignment ---


@right("4.3")
def nested(drops, jumps, within):
    hits = [any(abs(d - j) <= within for j in jumps.tolist()) for d in drops.tolist()]
    return sum(hits) / len(hits)


@right("4.3")
def by_any(drops, jumps, within):
    return ((drops.unsqueeze(1) - jumps.unsqueeze(0)).abs() <= within).any(1).float().mean()


@wrong("4.3", says="amin")
def empty_raises(drops, jumps, within):
    return ((drops[:, None] - jumps).abs().amin(1) <= within).double().mean().item()


# --- 4.4 shifted ---


@right("4.4")
def row_by_row(jumps, length, draws, generator):
    rows = []
    for _ in range(draws):
        moved = jumps + length * torch.rand(1, generator=generator)
        rows.append(torch.where(moved >= length, moved - length, moved))
    return torch.stack(rows)


@right("4.4")
def remainder(jumps, length, draws, generator):
    return torch.remainder(jumps[None] - length * torch.rand((draws, 1), generator=generator), length)


@wrong("4.4", says="generator=generator")
def global_generator(jumps, length, draws, generator):
    return (jumps + length * torch.rand(draws, 1)) % length


@wrong("4.4", says="uniform from 0")
def normal_shifts(jumps, length, draws, generator):
    return (jumps + 0.1 * length * torch.randn(draws, 1, generator=generator)) % length


@wrong("4.4", says="shape")
def transposed(jumps, length, draws, generator):
    return (jumps[:, None] + length * torch.rand(1, draws, generator=generator)) % length


@wrong("4.4", says="uniform from 0")
def half_the_run(jumps, length, draws, generator):
    return (jumps + length / 2 * torch.rand(draws, 1, generator=generator)) % length


@wrong("4.4", says="you seed a generator inside the function")
def seeded_for_all(jumps, length, draws, generator):
    torch.manual_seed(0)
    return (jumps + length * torch.rand(draws, 1)) % length


@wrong("4.4", says="each draw has a shift of its own")
def two_draws_share_a_shift(jumps, length, draws, generator):
    shift = length * torch.rand((draws + 1) // 2, 1, generator=generator)
    return (jumps + torch.cat([shift, shift])[:draws]) % length


# --- 4.5 attacks ---


@right("4.5")
def by_einsum(W):
    gram = torch.einsum("ami,amj->aij", W, W)
    return gram / gram.norm(dim=-1, keepdim=True).clamp_min(1e-12)


@right("4.5")
def model_by_model(W):
    rows = []
    for w in W:
        gram = w.T @ w
        length = gram.square().sum(1, keepdim=True).sqrt()
        rows.append(torch.where(length > 0, gram / length, torch.zeros_like(gram)))
    return torch.stack(rows)


@wrong("4.5", says="you added something to the length")
def too_much_epsilon(W):
    gram = W.mT @ W
    return gram / (gram.norm(dim=2, keepdim=True) + 1e-6)


@wrong("4.5", says="take it from the input")
def always_float32(W):
    return F.normalize(W.float().mT @ W.float(), dim=2)


@right("4.5")
def with_a_small_number(W):
    gram = W.mT @ W
    return gram / (gram.norm(dim=2, keepdim=True) + 1e-8)


# --- 4.6 vulnerability ---


@right("4.6")
def all_at_once(W, b, x, directions, size):
    steps = torch.cat([torch.zeros_like(directions[:, :1]), directions * size[:, None, None]], 1)
    attacked = x[:, None] + steps[:, :, None]  # "inst attack batch n"
    out = (torch.einsum("akbn,amn,ami->akbi", attacked, W, W) + b[:, None, None]).relu()
    loss = ((x[:, None] - out) ** 2).sum(-1)
    return (loss.amax(1) - loss[:, 0]).mean(1)


@right("4.6")
def rises_kept(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append(((x - toy.forward(W, b, z)) ** 2).sum(2) - clean)
    return torch.stack(rises).amax(0).clamp(min=0).mean(1)


@wrong("4.6", says="you edited the caller's `x` in place")
def attacked_in_place(W, b, x, directions, size):
    target = x.clone()
    clean = worst = ((target - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(1):
        x += size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((target - toy.forward(W, b, x)) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="did you forget `return`?")
def no_return(W, b, x, directions, size):
    clean = worst = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).sum(2))
    (worst - clean).mean(1)


# --- 4.7 equal_width ---


@right("4.7")
def by_share(loss, n, p):
    nothing_stored = n * (p / 3 - p.square() / 4)
    return n * (1 - loss / nothing_stored)


@right("4.7")
def by_kit(loss, n, p):
    return n - loss / toy.theory.drop_loss(1.0, p)


@wrong("4.7", says="you returned a numpy array")
def numpy_array(loss, n, p):
    return (n - loss / (p / 3 - p**2 / 4)).numpy()


@wrong("4.4", says="the distances between the jumps")
def turned_round(jumps, length, draws, generator):
    return (torch.rand(draws, 1, generator=generator) * length - jumps) % length


@wrong("4.5", says="or took a short one for 0")
def short_is_zero(W):
    gram = W.mT @ W
    length = gram.norm(dim=2, keepdim=True)
    return gram / torch.where(length > 0.01, length, 1)
