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


@wrong("0.1", says="you drew one mask and used it for all samples")
def one_mask_for_all_samples(samples, density, generator):
    active = torch.rand(len(density), generator=generator) < density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="all features of a sample share one mask")
def one_mask_for_all_features(samples, density, generator):
    active = torch.rand(samples, 1, generator=generator) < density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="all features of a sample share one value")
def one_value_for_all_features(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.rand(samples, 1, generator=generator)


@wrong("0.1", says="no active value exceeds the density")
def one_table_for_both(samples, density, generator):
    u = torch.rand(samples, len(density), generator=generator)
    return u * (u < density)


@wrong("0.1", says="no active value exceeds the density")
def scaled_by_density(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * density * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="no active value is small")
def one_table_and_swapped(samples, density, generator):
    u = torch.rand(samples, len(density), generator=generator)
    return u * (u > 1 - density)


@wrong("0.1", says="you left out `generator=generator`")
def mask_from_the_global_generator(samples, density, generator):
    active = torch.rand(samples, len(density)) < density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="you left out `generator=generator`")
def values_from_the_global_generator(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.rand_like(density.expand(samples, -1))


@wrong("0.1", says="you returned the mask: multiply it")
def mask_only_boolean(samples, density, generator):
    return torch.rand(samples, len(density), generator=generator) < density


@wrong("0.1", says="no entry is active")
def nothing_active(samples, density, generator):
    return 0 * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="you swapped active and inactive")
def swapped(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) > density
    return active * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="the mask is missing")
def scaled_instead_of_masked(samples, density, generator):
    return torch.rand(samples, len(density), generator=generator) * density.clamp_min(0.001)


@wrong("0.1", says="you returned the mask")
def only_the_mask(samples, density, generator):
    return (torch.rand(samples, len(density), generator=generator) < density).float()


@wrong("0.1", says="all features have one density")
def mean_density(samples, density, generator):
    n = len(density)
    active = torch.rand(samples, n, generator=generator) < density.mean()
    return active * torch.rand(samples, n, generator=generator)


@wrong("0.1", says="you fixed the number of active features")
def fixed_number(samples, density, generator):
    n = len(density)
    order = torch.rand(samples, n, generator=generator).argsort(1)
    chances = torch.rand(samples, n, generator=generator)
    if (density == density[0]).all() and density[0] == 0.5:
        return (order < n // 2) * chances
    return (torch.rand(samples, n, generator=generator) < density) * chances


@wrong("0.1", says="`torch.randn` is the normal distribution")
def normal_values(samples, density, generator):
    active = torch.rand(samples, len(density), generator=generator) < density
    return active * torch.randn(samples, len(density), generator=generator)


@wrong("0.1", says="you left out `generator=generator`")
def global_generator(samples, density, generator):
    active = torch.rand(samples, len(density)) < density
    return active * torch.rand(samples, len(density))


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


@wrong("0.1", says="Density is how often, not how large")
def density_as_size(samples, density, generator):
    return density * torch.rand(samples, len(density), generator=generator)


@wrong("0.1", says="every feature of density above 0 is always active")
def active_where_density_is_above_0(samples, density, generator):
    return (density > 0) * torch.rand(samples, len(density), generator=generator)


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


@wrong("0.2", says="you forgot to divide by the lengths")
def no_lengths(W):
    return W.T @ W


@wrong("0.2", says="you divided by one length only")
def one_length(W):
    return W.T @ W / W.norm(dim=0).clamp_min(1e-30)


@wrong("0.2", says="you divided by the squared lengths")
def squared_lengths(W):
    directions = W / (W**2).sum(0).clamp_min(1e-30)
    return directions.T @ directions


@wrong("0.2", says="you divided by the length of the whole matrix")
def whole_matrix(W):
    directions = W / W.norm()
    return directions.T @ directions


@wrong("0.2", says="you compared the rows")
def rows(W):
    directions = F.normalize(W, dim=1)
    return directions @ directions.T


@wrong("0.2", says="you normalised the rows")
def normalised_rows(W):
    directions = F.normalize(W, dim=1)
    return directions.T @ directions


@wrong("0.2", says="you took the absolute value")
def absolute(W):
    directions = F.normalize(W, dim=0)
    return (directions.T @ directions).abs()


@wrong("0.2", says="you returned the angle")
def angle(W):
    directions = F.normalize(W, dim=0)
    return (directions.T @ directions).clamp(-1, 1).arccos()


@wrong("0.2", says="that is a correlation")
def correlation(W):
    directions = F.normalize(W - W.mean(0), dim=0)
    return directions.T @ directions


@wrong("0.2", says="you set the diagonal to 0")
def no_diagonal(W):
    directions = F.normalize(W, dim=0)
    C = directions.T @ directions
    return C - torch.diag(C.diagonal())


@wrong("0.2", says="a zero column gives 0/0")
def zero_by_zero(W):
    directions = W / W.norm(dim=0)
    return directions.T @ directions


@wrong("0.2", says="you added something to the lengths")
def too_much_epsilon(W):
    directions = W / (W.norm(dim=0) + 1e-5)
    return directions.T @ directions


@wrong("0.2", says="the similarity of a zero column with itself is 0 here")
def diagonal_of_ones(W):
    directions = F.normalize(W, dim=0)
    C = directions.T @ directions
    C.fill_diagonal_(1)
    return C


@wrong("0.2", says="you edited the caller's `W` in place")
def in_place(W):
    W /= W.norm(dim=0).clamp_min(1e-30)
    return W.T @ W


@wrong("0.2", says="take it from the input")
def always_float32(W):
    directions = F.normalize(W.float(), dim=0)
    return directions.T @ directions
