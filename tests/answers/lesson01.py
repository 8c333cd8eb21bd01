"""Right and wrong answers to lesson 01."""

import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 1.1 forward ---


@right("1.1")
def einsum_model(W, b, x):
    h = torch.einsum("amn,akn->akm", W, x)
    return F.relu(torch.einsum("amn,akm->akn", W, h) + b.unsqueeze(1))


@right("1.1")
def gram_model(W, b, x):
    return (x @ (W.mT @ W) + b[:, None]).clamp(min=0)


@right("1.1")
def one_by_one(W, b, x):
    return torch.stack([torch.relu(x[a] @ W[a].T @ W[a] + b[a]) for a in range(len(W))])


@wrong("1.1", says="your function changed `x`")
def in_place(W, b, x):
    out = x @ W.transpose(1, 2) @ W + b[:, None]
    x[out < 0] = 0
    return out.relu()


@wrong("1.1", says="no gradient")
def cut_off(W, b, x):
    return torch.relu(x @ W.transpose(1, 2) @ W + b[:, None]).detach()


@wrong("1.1", says="is float64, its digits are float32's")
def rounded_to_float32(W, b, x):
    W, b, x = W.float(), b.float(), x.float()
    return torch.relu(x @ W.transpose(1, 2) @ W + b[:, None]).double()


# --- 1.2 weighted_loss ---


@right("1.2")
def einsum_loss(x, out, importance):
    return torch.einsum("akn,an->a", (x - out) ** 2, importance) / x.shape[1]


@right("1.2")
def mean_first(x, out, importance):
    return ((x - out).square().mean(1) * importance).sum(1)


@right("1.2")
def scaled_errors(x, out, importance):
    return ((out - x) * importance.sqrt()[:, None]).norm(dim=2).pow(2).mean(1)


@wrong("1.2", says="one loss a model")
def one_number(x, out, importance):
    return ((x - out) ** 2 * importance[:, None]).sum(2).mean()


@wrong("1.2", says="you left a dimension in")
def nothing_summed(x, out, importance):
    return (x - out) ** 2 * importance[:, None]


@wrong("1.2", says="did you forget `return`?")
def no_return(x, out, importance):
    ((x - out) ** 2 * importance[:, None]).sum(2).mean(1)


# --- 1.3 stored ---


@right("1.3")
def by_squares(W):
    return ((W**2).sum(1) > 0.25).sum(1)


@right("1.3")
def by_gram(W):
    square = (W.transpose(1, 2) @ W).diagonal(dim1=1, dim2=2)
    return torch.count_nonzero(square.sqrt() > 1 / 2, dim=-1)


@right("1.3")
def by_loop(W):
    return torch.tensor([sum(int(w[:, i].norm() > 0.5) for i in range(w.shape[1])) for w in W])


@wrong("1.3", says="one count a model")
def over_all_models(W):
    return (W.norm(dim=1) > 0.5).sum()


@wrong("1.3", says="expected")
def other_limit(W):
    return (W.norm(dim=1) > 0.6).sum(1)


@right("1.3")
def counted_in_floats(W):
    return (W.norm(dim=1) > 0.5).float().sum(1)


@wrong("1.3", says="you returned a numpy array")
def numpy_counts(W):
    return (W.norm(dim=1) > 0.5).sum(1).numpy()


# --- 1.4 interference ---


@right("1.4")
def by_gram_matrix(W):
    gram = W.transpose(1, 2) @ W
    square = gram.diagonal(dim1=1, dim2=2)
    total = (gram**2).sum(2) - square**2
    return torch.where(square > 0, total / square.clamp_min(1e-30), 0.0)


@right("1.4")
def by_mask(W):
    directions = F.normalize(W, dim=1)
    overlap = torch.einsum("ami,amj->aij", directions, W).square()
    return overlap.masked_fill(torch.eye(W.shape[2], dtype=torch.bool), 0).sum(-1)


@right("1.4")
def clamped_length(W):
    directions = W / W.norm(dim=1, keepdim=True).clamp(min=1e-9)
    overlap = (directions.mT @ W) ** 2
    return (overlap * (1 - torch.eye(W.shape[2]))).sum(2)


@wrong("1.4", says="shape")
def rows_of_W(W):
    return ((F.normalize(W, dim=2) @ W.transpose(1, 2)) ** 2 * (1 - torch.eye(W.shape[1]))).sum(2)


@wrong("1.4", says="expected")
def softened(W):
    directions = W / (W.norm(dim=1, keepdim=True) + 0.02)
    return ((directions.transpose(1, 2) @ W) ** 2 * (1 - torch.eye(W.shape[2]))).sum(2)


@wrong("1.4", says="you edited the caller's `W` in place")
def in_place_directions(W):
    lengths = W.norm(dim=1, keepdim=True).clamp(min=1e-9)
    overlap = (W / lengths).mT @ W
    W *= 0
    return (overlap**2 * (1 - torch.eye(W.shape[2]))).sum(2)


# --- 1.5 linear_terms ---


@right("1.5")
def whole_and_part(W, importance, p):
    V = (p / 3 - p**2 / 4)[:, None]
    error = torch.eye(W.shape[2], dtype=W.dtype) - W.transpose(1, 2) @ W
    everything = (V * importance * (error**2).sum(2)).sum(1)
    lost = (V * importance * error.diagonal(dim1=1, dim2=2) ** 2).sum(1)
    return lost, everything - lost


@right("1.5")
def with_einsum(W, importance, p):
    V = p * (4 - 3 * p) / 12
    gram = torch.einsum("ami,amj->aij", W, W)
    own = torch.einsum("aii->ai", gram)
    off = gram - torch.diag_embed(own)
    return V * torch.einsum("ai,ai->a", importance, (1 - own) ** 2), V * torch.einsum(
        "ai,aij->a", importance, off**2
    )


@right("1.5")
def by_other_index(W, importance, p):
    """(Wᵢ·Wⱼ)² is the same for i, j and j, i, so it may be weighed by either importance."""
    V, gram = p / 3 - p**2 / 4, W.transpose(1, 2) @ W
    own = (W**2).sum(1)
    off = (gram**2).sum(1) - own**2
    return V * (importance * (own - 1) ** 2).sum(1), V * (importance * off).sum(1)


@wrong("1.5", says="return both: lost, interference")
def lost_only(W, importance, p):
    return (p / 3 - p**2 / 4) * (importance * (1 - (W**2).sum(1)) ** 2).sum(1)


@wrong("1.5", says="you cut the graph")
def interference_detached(W, importance, p):
    V, own = p / 3 - p**2 / 4, (W**2).sum(1)
    gram = W.detach().mT @ W.detach()
    off = (gram**2).sum(2) - own.detach() ** 2
    return V * (importance * (1 - own) ** 2).sum(1), V * (importance * off).sum(1)


# --- 1.6 pca_loss ---


@right("1.6")
def by_svd(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return (torch.linalg.svdvals(z)[m:] ** 2).sum() / len(x)


@right("1.6")
def by_reconstruction(x, importance, m):
    root = importance.sqrt()
    z = (x - x.mean(0)) * root
    _, axes = torch.linalg.eigh(z.T @ z)
    kept = axes[:, x.shape[1] - m :]
    return ((z - z @ kept @ kept.T) ** 2).sum(1).mean()


@right("1.6")
def by_cov(x, importance, m):
    C = torch.cov((x * importance.sqrt()).T, correction=0)
    return C.trace() - torch.linalg.eigvalsh(C).flip(0)[:m].sum()


@wrong("1.6", says="one number")
def all_variances(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(x))


# --- 1.8 l1_loss ---


@right("1.8")
def all_in_one(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    each = ((x - out) ** 2 * importance[:, None]).sum(2) + strength[:, None] * h.abs().sum(2)
    return each.mean(1)


@right("1.8")
def by_einsum(W, b, importance, x, strength):
    h = torch.einsum("amn,akn->akm", W, x)
    out = F.relu(torch.einsum("amn,akm->akn", W, h) + b.unsqueeze(1))
    loss = torch.einsum("akn,an->a", (x - out) ** 2, importance) / x.shape[1]
    return loss + strength * h.norm(p=1, dim=2).mean(1)


@wrong("1.8", says="one loss a model")
def all_models(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return (((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.abs().sum(2).mean(1)).sum()


@wrong("1.8", says="you left a dimension in: one loss a model")
def for_each_input(W, b, importance, x, strength):
    h = x @ W.transpose(1, 2)
    out = (h @ W + b[:, None]).relu()
    return ((x - out) ** 2 * importance[:, None]).sum(2) + strength[:, None] * h.abs().sum(2)


@wrong("1.8", says="you cut the graph")
def without_graph(W, b, importance, x, strength):
    with torch.no_grad():
        h = x @ W.transpose(1, 2)
        out = (h @ W + b[:, None]).relu()
        return ((x - out) ** 2 * importance[:, None]).sum(2).mean(1) + strength * h.abs().sum(2).mean(1)


@wrong("1.2", says="dropped (`.squeeze()`)")
def squeezed_loss(x, out, importance):
    return ((x - out) ** 2 * importance[:, None, :]).sum(-1).mean(-1).squeeze()


@wrong("1.3", says="did `.squeeze()` drop the models' dimension?")
def squeezed_count(W):
    return (W.norm(dim=1) > 0.5).sum(dim=1).squeeze()


@wrong("1.3", says="expected")
def mean_square(W):
    return (W.square().mean(dim=1).sqrt() > 0.5).sum(dim=1)


@wrong("1.6", says="did you call `.item()`")
def a_number(x, importance, m):
    z = (x - x.mean(0)) * importance.sqrt()
    return torch.linalg.eigvalsh(z.T @ z / len(z))[: x.shape[1] - m].sum().item()


# --- 1.7 leak(slope, bias) ---


@right("1.7")
def from_the_zero_on(slope, bias):
    """The ReLU is above 0 from u = −b/s upwards (s > 0) or downwards (s < 0)."""
    s = torch.where(slope == 0, torch.ones_like(slope), slope)
    zero = (-bias / s).clamp(0, 1)
    low, high = torch.where(slope > 0, zero, 0), torch.where(slope > 0, 1, zero)
    return torch.where(
        slope == 0, bias.clamp(min=0) ** 2, ((s * high + bias) ** 3 - (s * low + bias) ** 3) / (3 * s)
    )


@right("1.7")
def ends_of_a_line(slope, bias):
    """(A³ − B³)/(3(a − b)) for the two ends of the line, by hand where they are equal."""
    first, last = F.relu(bias), F.relu(slope + bias)
    safe = slope.masked_fill(slope == 0, 1.0)
    return ((last**3 - first**3) / safe / 3).where(slope != 0, first**2)


@wrong("1.7", says="a division by zero")
def no_care_for_zero(slope, bias):
    return (F.relu(slope + bias) ** 3 - F.relu(bias) ** 3) / (3 * slope)


@wrong("1.7", says="expected")
def few_values_of_u(slope, bias):
    u = torch.linspace(0, 1, 5)
    return (F.relu(slope[..., None] * u + bias[..., None]) ** 2).mean(-1)


@wrong("1.7", says="did you forget `return`?")
def no_leak(slope, bias):
    (F.relu(slope + bias) ** 3 - F.relu(bias) ** 3) / (3 * slope)


@wrong("1.7", says="shape")
def leak_in_all(slope, bias):
    safe = torch.where(slope == 0, 1, slope)
    return (((slope + bias).relu() ** 3 - bias.relu() ** 3) / (3 * safe)).sum()
