"""Right and wrong answers to lesson 04."""

# ruff: noqa: F401

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

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


@wrong("4.1", says="that is the fall alone")
def only_the_fall(loss, window):
    return (loss[:-window] - loss[window:])[window:-window]


@wrong("4.1", says="not the smaller")
def smaller_neighbour(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - torch.minimum(fall[: -2 * window], fall[2 * window :])


@wrong("4.1", says="not their mean")
def mean_of_neighbours(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - (fall[: -2 * window] + fall[2 * window :]) / 2


@wrong("4.1", says="not their sum")
def sum_of_neighbours(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - fall[: -2 * window] - fall[2 * window :]


@wrong("4.1", says="the window before only")
def only_before(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - fall[: -2 * window]


@wrong("4.1", says="the window after only")
def only_after(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - fall[2 * window :]


@wrong("4.1", says="loss at the start minus loss at the end")
def rises(loss, window):
    rise = loss[window:] - loss[:-window]
    return rise[window:-window] - torch.maximum(rise[: -2 * window], rise[2 * window :])


@wrong("4.1", says="don't clamp it at 0")
def no_rises(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - torch.maximum(fall[: -2 * window], fall[2 * window :]).clamp(min=0)


@wrong("4.1", says="you compared rises, not falls")
def sizes(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[window:-window] - torch.maximum(fall[: -2 * window].abs(), fall[2 * window :].abs())


@wrong("4.1", says="a whole window on either side")
def neighbours_one_record_away(loss, window):
    fall = loss[:-window] - loss[window:]
    return fall[1:-1] - torch.maximum(fall[:-2], fall[2:])


@wrong("4.1", says="changed `loss`")
def in_place(loss, window):
    loss -= float(loss[-1])
    fall = loss[:-window] - loss[window:]
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


@wrong("4.2", says="the places are asked for")
def heights(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    return curve[(curve == highest) & (curve >= least)]


@wrong("4.2", says="at least `least` high")
def any_height(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    return (curve == highest).nonzero().flatten()


@wrong("4.2", says="not only its two neighbours")
def two_neighbours(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 3, stride=1, padding=1)[0, 0]
    return ((curve == highest) & (curve >= least)).nonzero().flatten()


@wrong("4.2", says="every place above `least`")
def all_above(curve, apart, least):
    return (curve >= least).nonzero().flatten()


@wrong("4.2", says="the ends count too")
def inner_only(curve, apart, least):
    inner = range(apart, len(curve) - apart)
    found = [i for i in inner if curve[i] >= least and curve[i] == curve[i - apart : i + apart + 1].max()]
    return torch.tensor(found, dtype=torch.long)


@wrong("4.2", says="in order of place")
def by_height(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    places = ((curve == highest) & (curve >= least)).nonzero().flatten()
    return places[curve[places].argsort(descending=True)]


@wrong("4.2", says="the highest peak only")
def the_highest(curve, apart, least):
    return torch.tensor([int(curve.argmax())]) if curve.max() >= least else torch.zeros(0).long()


@wrong("4.2", says="take `[:, 0]`")
def a_column(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    return ((curve == highest) & (curve >= least)).nonzero()


@wrong("4.2", says="of that mask")
def a_mask(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    return (curve == highest) & (curve >= least)


@wrong("4.2", says="start it at")
def wraps_around(curve, apart, least):
    """A slice that starts below 0 starts from the end."""
    found = []
    for i in range(len(curve)):
        part = curve[i - apart : i + apart + 1]
        if len(part) and curve[i] >= least and curve[i] == part.max():
            found.append(i)
    return torch.tensor(found, dtype=torch.long)


@wrong("4.2", says="start it at `max(0, i - apart)`")
def wraps_around_quietly(curve, apart, least):
    found = []
    for i, v in enumerate(curve.tolist()):
        part = curve.tolist()[i - apart : i + apart + 1]
        if part and v >= least and v == max(part):
            found.append(i)
    return torch.tensor(found, dtype=torch.long)


@wrong("4.2", says="exactly `least` counts")
def strictly_higher(curve, apart, least):
    highest = F.max_pool1d(curve[None, None], 2 * apart + 1, stride=1, padding=apart)[0, 0]
    return ((curve == highest) & (curve > least)).nonzero().flatten()


@wrong("4.2", says="dtype=torch.long")
def a_list(curve, apart, least):
    c = curve.tolist()
    near = [c[max(0, i - apart) : i + apart + 1] for i in range(len(c))]
    return torch.tensor([i for i in range(len(c)) if c[i] >= least and c[i] == max(near[i])])


# --- 4.3 alignment ---


@right("4.3")
def nested(drops, jumps, within):
    hits = [any(abs(d - j) <= within for j in jumps.tolist()) for d in drops.tolist()]
    return sum(hits) / len(hits)


@right("4.3")
def by_any(drops, jumps, within):
    return ((drops.unsqueeze(1) - jumps.unsqueeze(0)).abs() <= within).any(1).float().mean()


@wrong("4.3", says="the other way round")
def share_of_jumps(drops, jumps, within):
    if len(jumps) == 0:
        return 0.0
    return ((drops[:, None] - jumps).abs() <= within).any(0).double().mean().item()


@wrong("4.3", says="you counted pairs")
def pairs(drops, jumps, within):
    if len(jumps) == 0:
        return 0.0
    return ((drops[:, None] - jumps).abs() <= within).double().mean().item()


@wrong("4.3", says="a drop counts once")
def pairs_per_drop(drops, jumps, within):
    return ((drops[:, None] - jumps).abs() <= within).sum().item() / len(drops)


@wrong("4.3", says="not their share")
def number(drops, jumps, within):
    return ((drops[:, None] - jumps).abs() <= within).any(1).double().sum().item()


@wrong("4.3", says="before the drop counts as well")
def only_later(drops, jumps, within):
    gap = jumps - drops[:, None]
    return ((gap >= 0) & (gap <= within)).any(1).double().mean().item()


@wrong("4.3", says="after the drop counts as well")
def only_earlier(drops, jumps, within):
    gap = drops[:, None] - jumps
    return ((gap >= 0) & (gap <= within)).any(1).double().mean().item()


@wrong("4.3", says="no jump near")
def missed(drops, jumps, within):
    if len(jumps) == 0:
        return 1.0
    return ((drops[:, None] - jumps).abs() > within).all(1).double().mean().item()


@wrong("4.3", says="amin")
def empty_raises(drops, jumps, within):
    return ((drops[:, None] - jumps).abs().amin(1) <= within).double().mean().item()


@wrong("4.3", says="at most `within`")
def strictly(drops, jumps, within):
    return ((drops[:, None] - jumps).abs() < within).any(1).double().mean().item()


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


@wrong("4.4", says="at the end comes back")
def runs_off(jumps, length, draws, generator):
    return jumps + length * torch.rand(draws, 1, generator=generator)


@wrong("4.4", says="shared by all its jumps")
def each_its_own(jumps, length, draws, generator):
    return (jumps + length * torch.rand(draws, len(jumps), generator=generator)) % length


@wrong("4.4", says="for each draw")
def one_shift(jumps, length, draws, generator):
    return ((jumps + length * torch.rand(1, generator=generator)) % length).expand(draws, -1)


@wrong("4.4", says="generator=generator")
def global_generator(jumps, length, draws, generator):
    return (jumps + length * torch.rand(draws, 1)) % length


@wrong("4.4", says="uniform from 0")
def small_shifts(jumps, length, draws, generator):
    return (jumps + torch.rand(draws, 1, generator=generator)) % length


@wrong("4.4", says="uniform from 0")
def normal_shifts(jumps, length, draws, generator):
    return (jumps + 0.1 * length * torch.randn(draws, 1, generator=generator)) % length


@wrong("4.4", says="don't stop it there")
def stops_at_the_end(jumps, length, draws, generator):
    return (jumps + length * torch.rand(draws, 1, generator=generator)).clamp(max=length)


@wrong("4.4", says="column j belongs to jump j")
def in_order(jumps, length, draws, generator):
    return ((jumps + length * torch.rand(draws, 1, generator=generator)) % length).sort(1).values


@wrong("4.4", says="shape")
def transposed(jumps, length, draws, generator):
    return (jumps[:, None] + length * torch.rand(1, draws, generator=generator)) % length


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


@wrong("4.5", says="left out the division")
def not_normalised(W):
    return W.transpose(1, 2) @ W


@wrong("4.5", says="not by its square")
def squared_length(W):
    gram = W.transpose(1, 2) @ W
    return gram / gram.square().sum(2, keepdim=True).clamp_min(1e-12)


@wrong("4.5", says="the root of the sum of squares")
def sum_of_sizes(W):
    return F.normalize(W.transpose(1, 2) @ W, p=1, dim=2)


@wrong("4.5", says="not by that of the whole matrix")
def whole_matrix(W):
    gram = W.transpose(1, 2) @ W
    return gram / gram.flatten(1).norm(dim=1)[:, None, None]


@wrong("4.5", says="not for each column")
def columns(W):
    return F.normalize(W.transpose(1, 2) @ W, dim=1)


@wrong("4.5", says="lowers the output")
def downhill(W):
    return -F.normalize(W.transpose(1, 2) @ W, dim=2)


@wrong("4.5", says="ignores what the other features do")
def single_features(W):
    return torch.eye(W.shape[2]).expand(len(W), -1, -1)


@wrong("4.5", says="those are cosines")
def cosines(W):
    columns = F.normalize(W, dim=1)
    return columns.transpose(1, 2) @ columns


@wrong("4.5", says="lengths count")
def rows_of_cosines(W):
    columns = F.normalize(W, dim=1)
    return F.normalize(columns.transpose(1, 2) @ columns, dim=2)


@wrong("4.5", says="keep the diagonal")
def others_only(W):
    gram = W.transpose(1, 2) @ W
    return F.normalize(gram * (1 - torch.eye(W.shape[2]).to(W)), dim=2)


@wrong("4.5", says="NaN")
def zero_over_zero(W):
    gram = W.transpose(1, 2) @ W
    return gram / gram.norm(dim=2, keepdim=True)


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


@wrong("4.6", says="each input has its own worst one")
def one_for_all_inputs(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append((((x - toy.forward(W, b, z)) ** 2).sum(2) - clean).mean(1))
    return torch.stack(rises).amax(0).clamp(min=0)


@wrong("4.6", says="no attack is an option too")
def must_attack(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append(((x - toy.forward(W, b, z)) ** 2).sum(2) - clean)
    return torch.stack(rises).amax(0).mean(1)


@wrong("4.6", says="before the mean")
def at_least_0_on_average(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append(((x - toy.forward(W, b, z)) ** 2).sum(2) - clean)
    return torch.stack(rises).amax(0).mean(1).clamp(min=0)


@wrong("4.6", says="takes the worst")
def mean_of_attacks(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append(((x - toy.forward(W, b, z)) ** 2).sum(2) - clean)
    return torch.stack(rises).mean(0).clamp(min=0).mean(1)


@wrong("4.6", says="not a column")
def columns_as_directions(W, b, x, directions, size):
    clean = worst = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(2):
        if a.shape[1] != x.shape[2]:
            break
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="average over the batch only")
def one_number(W, b, x, directions, size):
    clean = worst = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).sum(2))
    return (worst - clean).mean()


@wrong("4.6", says="subtract the clean one")
def attacked_loss(W, b, x, directions, size):
    worst = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).sum(2))
    return worst.mean(1)


@wrong("4.6", says="you averaged over the attacks")
def mean_attack(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append(((x - toy.forward(W, b, z)) ** 2).sum(2) - clean)
    return torch.stack(rises).mean(0).mean(1)


@wrong("4.6", says="the target stays the clean x")
def target_moves(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    worst = clean
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((z - toy.forward(W, b, z)) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="forgot `size`")
def unit_steps(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    worst = clean
    for a in directions.unbind(1):
        worst = torch.maximum(worst, ((x - toy.forward(W, b, x + a[:, None])) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="the first model's size")
def first_size(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    worst = clean
    for a in directions.unbind(1):
        worst = torch.maximum(worst, ((x - toy.forward(W, b, x + size[0] * a[:, None])) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="that is the worst input")
def worst_input(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    worst = clean
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).sum(2))
    return (worst - clean).amax(1)


@wrong("4.6", says="the sum over them")
def mean_over_features(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).mean(2)
    worst = clean
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).mean(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="forgot the bias")
def no_bias(W, b, x, directions, size):
    clean = ((x - toy.forward(W, 0 * b, x)) ** 2).sum(2)
    worst = clean
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, 0 * b, z)) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.6", says="forgot the ReLU")
def no_relu(W, b, x, directions, size):
    def loss(z):
        return ((x - (z @ W.transpose(1, 2) @ W + b[:, None])) ** 2).sum(2)

    clean = worst = loss(x)
    for a in directions.unbind(1):
        worst = torch.maximum(worst, loss(x + size[:, None, None] * a[:, None]))
    return (worst - clean).mean(1)


# --- 4.7 equal_width ---


@right("4.7")
def by_share(loss, n, p):
    nothing_stored = n * (p / 3 - p.square() / 4)
    return n * (1 - loss / nothing_stored)


@right("4.7")
def by_kit(loss, n, p):
    return n - loss / toy.theory.drop_loss(1.0, p)


@wrong("4.7", says="not stored: n − k")
def dropped(loss, n, p):
    return loss / (p / 3 - p**2 / 4)


@wrong("4.7", says="guessed at its mean")
def guessed_zero(loss, n, p):
    return n - loss / (p / 3)


@wrong("4.7", says="always on")
def always_on(loss, n, p):
    return n - loss * 12


@wrong("4.7", says="the share of the features")
def share_of_features(loss, n, p):
    return 1 - loss / (p / 3 - p**2 / 4) / n


@wrong("4.7", says="left out the division")
def plain_difference(loss, n, p):
    return n - loss


@wrong("4.7", says="you multiplied where you should divide")
def multiplied(loss, n, p):
    return n - loss * (p / 3 - p**2 / 4)


@wrong("4.7", says="you rounded")
def whole(loss, n, p):
    return (n - loss / (p / 3 - p**2 / 4)).round()


@wrong("4.7", says="you rounded up")
def rounded_up(loss, n, p):
    return (n - loss / (p / 3 - p**2 / 4)).ceil()
