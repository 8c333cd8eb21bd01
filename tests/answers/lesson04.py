"""Right and wrong answers to the exercises of lesson 04."""

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


# --- 4.2 activity ---


@right("4.2")
def window_by_window(D, window):
    return torch.stack([(D[t + window] - D[t]).abs().sum() for t in range(len(D) - window)])


@right("4.2")
def by_unfold(D, window):
    both = D.unfold(0, window + 1, 1)[..., [0, -1]]  # "t feature 2"
    return both.diff(dim=2).norm(p=1, dim=(1, 2))


@wrong("4.2", says="changed `D`")
def subtracted_in_place(D, window):
    D[:-window] -= D[window:].clone()
    return D[:-window].abs().sum(1)


@wrong("4.2", says="shape")
def keeps_a_dimension(D, window):
    return (D[window:] - D[:-window]).abs().sum(1, keepdim=True)


@wrong("4.2", says="make a tensor of it")
def list_of_sums(D, window):
    return (D[window:] - D[:-window]).abs().sum(1).tolist()


# --- 4.3 percentiles ---


@right("4.3")
def by_signs(values):
    sign = torch.sign(values[:, None] - values)
    return (sign.sum(1) / (len(values) - 1) + 1) / 2


@right("4.3")
def by_searching(values):
    order = values.sort().values
    lower, upper = torch.searchsorted(order, values), torch.searchsorted(order, values, right=True)
    return (lower + upper - 1) / 2 / (len(values) - 1)


@wrong("4.3", says="make a tensor of it")
def list_of_shares(values):
    v = values.tolist()
    return [sum((o < a) + (o == a) / 2 for o in v) / (len(v) - 1) - 0.5 / (len(v) - 1) for a in v]


@wrong("4.3", says="shape")
def one_share(values):
    return ((values[None] < values[:, None]).sum(1) / (len(values) - 1)).mean()


# --- 4.4 shuffled ---


@right("4.4")
def one_after_the_other(table, draws, generator):
    means = []
    for _ in range(draws):
        order = torch.randperm(len(table), generator=generator)
        means.append(table[:, order].diagonal().mean())
    return torch.stack(means)


@right("4.4")
def all_at_once_by_rows(table, draws, generator):
    rows = torch.rand(draws, len(table), generator=generator).argsort(1)
    return table.mT.gather(1, rows.mT).mean(0)


@wrong("4.4", says="generator=generator")
def from_the_global_generator(table, draws, generator):
    columns = torch.rand(draws, len(table)).argsort(1)
    return table[torch.arange(len(table)), columns].mean(1)


@wrong("4.4", says="you seed a generator inside the function")
def seeded_for_all(table, draws, generator):
    torch.manual_seed(0)
    columns = torch.rand(draws, len(table)).argsort(1)
    return table[torch.arange(len(table)), columns].mean(1)


@wrong("4.4", says="shape")
def one_number(table, draws, generator):
    columns = torch.rand(draws, len(table), generator=generator).argsort(1)
    return table[torch.arange(len(table)), columns].mean()


@wrong("4.4", says="each draw has an order of its own")
def two_draws_share_an_order(table, draws, generator):
    columns = torch.rand((draws + 1) // 2, len(table), generator=generator).argsort(1)
    columns = torch.cat([columns, columns])[:draws]
    return table[torch.arange(len(table)), columns].mean(1)


# --- 4.5 late_share ---


@right("4.5")
def by_a_loop(train, test):
    goal = train[0] - 0.9 * (train[0] - train[-1])
    first = next(i for i, loss in enumerate(train.tolist()) if loss <= goal)
    if test.min() >= test[0]:
        return 0.0
    return ((test[first] - test[first:].min()) / (test[0] - test.min())).item()


@right("4.5")
def as_a_tensor(train, test):
    progress = (train[0] - train) / (train[0] - train[-1])
    first = (progress >= 0.9).nonzero()[0, 0]
    lowest = test.flip(0).cummin(0).values.flip(0)
    whole = (test[0] - test.min()).clamp_min(1e-12)
    return torch.where(test.min() < test[0], (test[first] - lowest[first]) / whole, 0.0)


@wrong("4.5", says="did you forget `return`?")
def forgot(train, test):
    first = int((train <= train[0] - 0.9 * (train[0] - train[-1])).int().argmax())
    (test[first] - test[first:].min()) / (test[0] - test.min())


# --- 4.8 seen ---


@right("4.8")
def by_svd(W, directions):
    rows = torch.linalg.svd(W, full_matrices=False).Vh
    return (directions @ rows.mT).square().sum(-1).sqrt()


@right("4.8")
def by_pseudoinverse(W, directions):
    return torch.linalg.norm(directions @ torch.linalg.pinv(W) @ W, dim=-1)


@wrong("4.8", says="dtype torch.float32")
def always_single(W, directions):
    return (directions.float() @ torch.linalg.qr(W.float().mT).Q).norm(dim=2)


@wrong("4.8", says="did you forget `return`?")
def no_length(W, directions):
    (directions @ torch.linalg.qr(W.mT).Q).norm(dim=2)


# --- 4.6 attacks ---


@right("4.6")
def by_einsum(W):
    gram = torch.einsum("ami,amj->aij", W, W)
    return gram / gram.norm(dim=-1, keepdim=True).clamp_min(1e-12)


@right("4.6")
def model_by_model(W):
    rows = []
    for w in W:
        gram = w.T @ w
        length = gram.square().sum(1, keepdim=True).sqrt()
        rows.append(torch.where(length > 0, gram / length, torch.zeros_like(gram)))
    return torch.stack(rows)


@wrong("4.6", says="you added something to the length")
def too_much_epsilon(W):
    gram = W.mT @ W
    return gram / (gram.norm(dim=2, keepdim=True) + 1e-6)


@wrong("4.6", says="take it from the input")
def always_float32(W):
    return F.normalize(W.float().mT @ W.float(), dim=2)


@right("4.6")
def with_a_small_number(W):
    gram = W.mT @ W
    return gram / (gram.norm(dim=2, keepdim=True) + 1e-8)


# --- 4.7 vulnerability ---


@right("4.7")
def all_at_once(W, b, x, directions, size):
    steps = torch.cat([torch.zeros_like(directions[:, :1]), directions * size[:, None, None]], 1)
    attacked = x[:, None] + steps[:, :, None]  # "inst attack batch n"
    out = (torch.einsum("akbn,amn,ami->akbi", attacked, W, W) + b[:, None, None]).relu()
    loss = ((x[:, None] - out) ** 2).sum(-1)
    return (loss.amax(1) - loss[:, 0]).mean(1)


@right("4.7")
def rises_kept(W, b, x, directions, size):
    clean = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    rises = []
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        rises.append(((x - toy.forward(W, b, z)) ** 2).sum(2) - clean)
    return torch.stack(rises).amax(0).clamp(min=0).mean(1)


@wrong("4.7", says="you edited the caller's `x` in place")
def attacked_in_place(W, b, x, directions, size):
    target = x.clone()
    clean = worst = ((target - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(1):
        x += size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((target - toy.forward(W, b, x)) ** 2).sum(2))
    return (worst - clean).mean(1)


@wrong("4.7", says="did you forget `return`?")
def no_return(W, b, x, directions, size):
    clean = worst = ((x - toy.forward(W, b, x)) ** 2).sum(2)
    for a in directions.unbind(1):
        z = x + size[:, None, None] * a[:, None]
        worst = torch.maximum(worst, ((x - toy.forward(W, b, z)) ** 2).sum(2))
    (worst - clean).mean(1)


# --- 4.9 equal_width ---


@right("4.9")
def by_share(loss, n, p):
    nothing_stored = n * (p / 3 - p.square() / 4)
    return n * (1 - loss / nothing_stored)


@right("4.9")
def by_kit(loss, n, p):
    return n - loss / toy.theory.drop_loss(1.0, p)


@wrong("4.9", says="you returned a numpy array")
def numpy_array(loss, n, p):
    return (n - loss / (p / 3 - p**2 / 4)).numpy()


@wrong("4.6", says="or took a short one for 0")
def short_is_zero(W):
    gram = W.mT @ W
    length = gram.norm(dim=2, keepdim=True)
    return gram / torch.where(length > 0.01, length, 1)
