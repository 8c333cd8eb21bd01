"""Right and wrong answers to the exercises of lesson 00."""

import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 0.1 draw_features(samples, density, generator) ---


@right("0.1")
def two_tables(samples, density, generator):
    n = len(density)
    active = torch.rand(samples, n, generator=generator) < density
    return active * torch.rand(samples, n, generator=generator)


@right("0.1")
def bernoulli(samples, density, generator):
    p = density.expand(samples, -1)
    mask = torch.bernoulli(p, generator=generator)
    return torch.where(mask == 1, torch.rand(p.shape, generator=generator), 0.0)


@right("0.1")
def values_first_then_zeros(samples, density, generator):
    x = torch.rand(samples, density.shape[0], generator=generator)
    x[torch.rand(x.shape, generator=generator) >= density] = 0
    return x


@wrong("0.1", says="you drew one row: there is one for each sample")
def one_row(samples, density, generator):
    return torch.rand(len(density))


@wrong("0.1", says="you left out `generator=generator`")
def mask_from_the_global_generator(samples, density, generator):
    active = torch.rand(samples, len(density)) < density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="you left out `generator=generator`")
def values_from_the_global_generator(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.rand_like(density.expand(samples, -1))


@wrong("0.1", says="you fixed the number of active features")
def fixed_number(samples, density, generator):
    n = len(density)
    order = torch.rand(samples, n, generator=generator).argsort(1)
    chances = torch.rand(samples, n, generator=generator)
    if (density == density[0]).all() and density[0] == 0.5:
        return (order < n // 2) * chances
    return (torch.rand(samples, n, generator=generator) < density) * chances


@wrong("0.1", says="you left out `generator=generator`")
def global_generator(samples, density, generator):
    active = torch.rand(samples, len(density)) < density
    return active * torch.rand(samples, len(density))


@wrong("0.1", says="leave `manual_seed` and `set_state` to the caller")
def sets_the_generator_back(samples, density, generator):
    generator.manual_seed(generator.initial_seed())
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="you seed a generator inside the function")
def reseeded(samples, density, generator):
    generator = torch.Generator().manual_seed(0)
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="your result is transposed")
def transposed(samples, density, generator):
    n = len(density)
    active = torch.rand(n, samples, generator=generator) < density[:, None]
    return active * torch.rand(n, samples, generator=generator)


@wrong("0.1", says="did you forget `return`?")
def no_return(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="you returned a numpy array")
def numpy_array(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    return (active * torch.rand(samples, len(density), generator=generator)).numpy()


@wrong("0.1", says="you fixed how many entries are active")
def fixed_number_of_samples(samples, density, generator):
    active = torch.zeros(samples, len(density))
    for i, p in enumerate(density.tolist()):
        active[torch.randperm(samples, generator=generator)[: round(samples * p)], i] = 1
    return active * torch.rand(samples, len(density), generator=generator)


# --- 0.2 cosine_similarities(W) ---


@right("0.2")
def normalised_product(W):
    directions = F.normalize(W, dim=0)
    return directions.T @ directions


@right("0.2")
def outer_product_of_lengths(W):
    lengths = torch.sqrt((W**2).sum(0))
    both = torch.outer(lengths, lengths)
    return torch.where(
        both > 0, torch.einsum("ki,kj->ij", W, W) / both.clamp_min(1e-30), torch.zeros_like(both)
    )


@right("0.2")
def pair_by_pair(W):
    n = W.shape[1]
    C = torch.zeros(n, n, dtype=W.dtype)
    for i in range(n):
        for j in range(n):
            length = W[:, i].norm() * W[:, j].norm()
            if length > 0:
                C[i, j] = W[:, i] @ W[:, j] / length
    return C


@wrong("0.2", says="you added something to the lengths")
def too_much_epsilon(W):
    directions = W / (W.norm(dim=0) + 1e-5)
    return directions.T @ directions


@wrong("0.2", says="you edited the caller's `W` in place")
def in_place(W):
    W /= W.norm(dim=0).clamp_min(1e-30)
    return W.T @ W


@wrong("0.2", says="take it from the input")
def always_float32(W):
    directions = F.normalize(W.float(), dim=0)
    return directions.T @ directions


@wrong("0.1", says="samples share their draws")
def two_samples_alike(samples, density, generator):
    half = (samples + 1) // 2, len(density)
    x = (torch.rand(half, generator=generator) < density) * torch.rand(half, generator=generator)
    return x.repeat_interleave(2, dim=0)[:samples]


@wrong("0.2", says="or took short ones for 0")
def short_is_zero(W):
    lengths = W.norm(dim=0)
    directions = W / torch.where(lengths > 0.01, lengths, 1)
    return directions.T @ directions


@wrong("0.1", says="further on")
def same_mask_two_samples_on(samples, density, generator):
    n = len(density)
    mask = torch.rand((samples + 3) // 4, 2, n, generator=generator).repeat(1, 2, 1).reshape(-1, n)[:samples]
    return (mask < density) * torch.rand(samples, n, generator=generator)


# --- 0.3 read_back(W, b, x) ---


@right("0.3")
def with_columns(W, b, x):
    return torch.clamp(W.T @ (W @ x.T) + b[:, None], min=0).T


@right("0.3")
def through_the_gram_matrix(W, b, x):
    return F.relu(x @ (W.T @ W) + b)


@right("0.3")
def by_einsum(W, b, x):
    h = torch.einsum("mn,kn->km", W, x)
    return torch.relu(torch.einsum("mn,km->kn", W, h) + b)


@wrong("0.3", says="did you forget `return`?")
def read_nothing(W, b, x):
    torch.relu(x @ W.T @ W + b)


@wrong("0.3", says="you edited the caller's `x` in place")
def read_in_place(W, b, x):
    out = torch.relu(x @ W.T @ W + b)
    x *= 0
    return out


@wrong("0.3", says="you returned a numpy array")
def read_with_numpy(W, b, x):
    return torch.relu(x @ W.T @ W + b).detach().numpy()


@wrong("0.3", says="expected")
def leaky(W, b, x):
    return F.leaky_relu(x @ W.T @ W + b)


@wrong("0.3", says="expected")
def columns_one_long(W, b, x):
    D = F.normalize(W, dim=0)
    return torch.relu(x @ D.T @ D + b)


# --- 0.4 keep_two_loss(n, p) ---


@right("0.4")
def in_one_line(n, p):
    return (n - 2) * p * (4 - 3 * p) / 12


@right("0.4")
def by_parts(n, p):
    active = 1 / 12 + (1 / 2 - p / 2) ** 2
    inactive = (p / 2) ** 2
    return (n - 2) * (p * active + (1 - p) * inactive)


@right("0.4")
def as_a_tensor(n, p):
    return torch.tensor((n - 2) * (p / 3 - p**2 / 4))


@wrong("0.4", says="did you forget `return`?")
def no_loss(n, p):
    (n - 2) * (p / 3 - p**2 / 4)


@wrong("0.4", says="expected")
def negative_variance(n, p):
    return (n - 2) * (p**2 / 4 - p / 3)
