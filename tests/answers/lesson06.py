"""Right and wrong answers to the exercises of lesson 06."""

import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 6.1 How well is each feature recovered? ---


@right("6.1")
def normalised(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).amax(dim=1)


@right("6.1")
def by_division(truth, dictionary):
    products = torch.einsum("nm,km->nk", truth, dictionary)
    return (products / truth.norm(dim=1)[:, None] / dictionary.norm(dim=1)).max(dim=1).values


@right("6.1")
def cosine_similarity(truth, dictionary):
    return F.cosine_similarity(truth[:, None], dictionary[None], dim=2).max(1)[0]


@wrong("6.1", says="in place")
def in_place(truth, dictionary):
    truth /= truth.norm(dim=1, keepdim=True)
    return (truth @ F.normalize(dictionary, dim=1).T).amax(dim=1)


@right("6.1")
def one_pair_at_a_time(truth, dictionary):
    return torch.tensor([max(float(w @ d / (w.norm() * d.norm())) for d in dictionary) for w in truth])


@wrong("6.1", says="take `.values`")
def with_places(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).max(dim=1)


# --- 6.2 Is what fires really there? ---


@right("6.2")
def mask_of_latents(truth, dictionary, f):
    near = (F.normalize(dictionary, dim=1) @ F.normalize(truth, dim=1).T).max(dim=1).values > 0.9
    return float((f[:, near] > 0).sum()) / float((f > 0).sum())


@right("6.2")
def by_counts(truth, dictionary, f):
    cosines = F.cosine_similarity(dictionary[:, None], truth[None], dim=2)
    counts = (f > 0).sum(dim=0).float()
    return counts @ (cosines > 0.9).any(dim=1).float() / counts.sum()


@right("6.2")
def mean_over_active(truth, dictionary, f):
    near = (F.normalize(dictionary, dim=1) @ F.normalize(truth, dim=1).T).amax(1) > 0.9
    return near.expand(len(f), -1)[f > 0].double().mean().item()


@wrong("6.2", says="you counted activations and forgot to divide")
def not_divided(truth, dictionary, f):
    near = (F.normalize(dictionary, dim=1) @ F.normalize(truth, dim=1).T).amax(1) > 0.9
    return (f[:, near] > 0).sum().item()


@wrong("6.2", says="you averaged each input's share")
def mean_share(truth, dictionary, f):
    near = (F.normalize(dictionary, dim=1) @ F.normalize(truth, dim=1).T).amax(1) > 0.9
    on = (f > 0).float()
    return ((on * near).sum(1) / on.sum(1)).mean().item()


@wrong("6.2", says="in place")
def cut_in_place(truth, dictionary, f):
    f[f > 0] = 1
    near = (F.normalize(dictionary, dim=1) @ F.normalize(truth, dim=1).T).amax(1) > 0.9
    return (f[:, near].sum() / f.sum()).item()


# --- 6.3 What the L1 penalty does to a size ---


@right("6.3")
def clamped(a, l1_coefficient):
    return (a - l1_coefficient / 2).clamp(min=0)


@right("6.3")
def cases(a, l1_coefficient):
    return torch.where(a > 0.5 * l1_coefficient, a - 0.5 * l1_coefficient, torch.zeros_like(a))


@wrong("6.3", says="a tensor made inside the function has its own dtype")
def always_float32(a, l1_coefficient):
    return (a - l1_coefficient / 2).clamp(min=0).float()


@wrong("6.3", says="you edited the caller's `a` in place")
def subtracts_in_place(a, l1_coefficient):
    a -= l1_coefficient / 2
    return a.clamp(min=0)


# --- 6.4 Undo it with one number ---


@right("6.4")
def projection(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return ((u * v).sum() / (v * v).sum()).item()


@right("6.4")
def least_squares(x, x_hat, b_dec):
    v = (x_hat - b_dec).reshape(-1, 1)
    return torch.linalg.lstsq(v, (x - b_dec).reshape(-1, 1)).solution.squeeze()


@right("6.4")
def means(x, x_hat, b_dec):
    return ((x - b_dec) * (x_hat - b_dec)).mean() / (x_hat - b_dec).pow(2).mean()


@wrong("6.4", says="end with `.item()`")
def number_in_numpy(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return ((u * v).sum() / (v * v).sum()).numpy()


@wrong("6.4", says="you edited the caller's `x` in place")
def bias_off_in_place(x, x_hat, b_dec):
    x -= b_dec
    return ((x * (x_hat - b_dec)).sum() / (x_hat - b_dec).square().sum()).item()


# --- 6.5 Solve it ---


@right("6.5")
def loop(h, W_dec, l1_coefficient, steps):
    eta = 1 / torch.linalg.svdvals(W_dec)[0] ** 2
    f = torch.zeros(h.shape[0], W_dec.shape[0], dtype=h.dtype)
    for _ in range(steps):
        f = torch.relu(f + eta * ((h - f @ W_dec) @ W_dec.T - l1_coefficient / 2))
    return f


@right("6.5")
def by_gram(h, W_dec, l1_coefficient, steps):
    gram, reads = W_dec @ W_dec.T, h @ W_dec.T
    eta = 1 / torch.linalg.eigvalsh(gram).max()
    f = torch.zeros_like(reads)
    for _ in range(steps):
        f = (f - eta * (f @ gram - reads) - eta * l1_coefficient / 2).clamp(min=0)
    return f


@wrong("6.5", says="one step too few")
def first_step_is_none(h, W_dec, l1_coefficient, steps):
    eta = 1 / torch.linalg.svdvals(W_dec)[0] ** 2
    f = torch.zeros(h.shape[0], W_dec.shape[0], dtype=h.dtype)
    for _ in range(1, steps):
        f = torch.relu(f + eta * ((h - f @ W_dec) @ W_dec.T - l1_coefficient / 2))
    return f


@wrong("6.5", says="the pull is part of the step")
def whole_pull(h, W_dec, l1_coefficient, steps):
    eta = 1 / torch.linalg.svdvals(W_dec)[0] ** 2
    f = torch.zeros(h.shape[0], W_dec.shape[0], dtype=h.dtype)
    for _ in range(steps):
        f = torch.relu(f + eta * ((h - f @ W_dec) @ W_dec.T) - l1_coefficient / 2)
    return f


@wrong("6.5", says="a tensor made inside the function has its own dtype")
def float32_zeros(h, W_dec, l1_coefficient, steps):
    eta = 1 / torch.linalg.svdvals(W_dec)[0].item() ** 2
    f = torch.zeros(h.shape[0], W_dec.shape[0])
    for _ in range(steps):
        f = torch.relu(f + eta * ((h.float() - f @ W_dec.float()) @ W_dec.float().T - l1_coefficient / 2))
    return f


# --- 6.6 TopK ---


@right("6.6")
def scattered(z, k):
    values, places = z.relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


@right("6.6")
def thresholded(z, k):
    smallest = z.sort(dim=1, descending=True).values[:, k - 1 : k]
    return z.relu() * (z >= smallest)


@right("6.6")
def relu_last(z, k):
    mask = torch.zeros_like(z)
    mask.scatter_(1, z.topk(k, dim=1).indices, 1.0)
    return torch.relu(z * mask)


@wrong("6.6", says="cut the graph")
def detached(z, k):
    values, places = z.detach().relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


@wrong("6.6", says="in place")
def edits_input(z, k):
    z[z < z.topk(k, dim=-1).values[:, -1:]] = 0
    return z.relu()


@right("6.6")
def by_rank(z, k):
    return z.relu() * (z.argsort(dim=1, descending=True).argsort(dim=1) < k)


# --- 6.7 BatchTopK ---


@right("6.7")
def flat(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)


@right("6.7")
def by_threshold(z, k):
    smallest = z.reshape(-1).sort(descending=True).values[k * z.shape[0] - 1]
    return torch.where(z >= smallest, z, 0.0).clamp(min=0)


@wrong("6.7", says="you cut the graph")
def cut(z, k):
    smallest = z.flatten().topk(k * len(z)).values[-1]
    return (z.detach() * (z >= smallest)).relu()


@wrong("6.7", says="you edited the caller's `z` in place")
def zeros_in_place(z, k):
    z[z < z.flatten().topk(k * len(z)).values[-1]] = 0
    return z.relu()


# --- 6.8 JumpReLU ---


@right("6.8")
def added_zero(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return z * on + threshold.detach() * slope, on + slope


@right("6.8")
def own_function(z, threshold, bandwidth):
    class Step(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, threshold):
            ctx.save_for_backward(z, threshold)
            return (z > threshold).to(z.dtype)

        @staticmethod
        def backward(ctx, grad):
            z, threshold = ctx.saved_tensors
            near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
            return None, -(grad * near).sum(0) / bandwidth

    class Jump(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, threshold):
            ctx.save_for_backward(z, threshold)
            return z * (z > threshold)

        @staticmethod
        def backward(ctx, grad):
            z, threshold = ctx.saved_tensors
            near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
            return grad * (z > threshold), -(grad * near * threshold).sum(0) / bandwidth

    return Jump.apply(z, threshold), Step.apply(z, threshold)


@wrong("6.8", says="return both")
def only_f(z, threshold, bandwidth):
    return z * (z > threshold)


@right("6.8")
def slope_by_relu(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return (z - threshold).relu() + threshold * (on + slope), on + slope


@wrong("6.8", says="the gradient of Σ w · f in the threshold")
def slope_of_half_height(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return z * on + threshold.detach() / 2 * slope, on + slope


# --- 6.9 Matryoshka ---


@right("6.9")
def summed(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


@right("6.9")
def masked(x, f, W_dec, b_dec, prefixes):
    total = x.new_zeros(())
    for m in prefixes:
        keep = (torch.arange(f.shape[1]) < m).to(f.dtype)
        total = total + F.mse_loss((f * keep) @ W_dec + b_dec, x, reduction="sum") / len(x)
    return total


@wrong("6.9", says="cut the graph")
def as_number(x, f, W_dec, b_dec, prefixes):
    return torch.tensor(
        sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean().item() for m in prefixes)
    )


@right("6.9")
def running_sums(x, f, W_dec, b_dec, prefixes):
    parts = (f[:, :, None] * W_dec).cumsum(dim=1)
    return sum((x - b_dec - parts[:, m - 1]).pow(2).sum(dim=1).mean() for m in prefixes)


@wrong("6.9", says="you cut W_dec off")
def fixed_decoder(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m].detach() - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)
