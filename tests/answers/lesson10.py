"""Answers to lesson 10."""

import math

import torch

from tests.answers import right, wrong

# --- 10.5 masked_cosine ---


@right("10.5")
def three_products(narrow, wide):
    fires = (narrow > 0).to(narrow)
    lengths = (narrow.square().sum(0)[:, None] * (fires.T @ wide.square())).sqrt()
    return torch.where(lengths > 0, narrow.T @ wide / lengths.clamp_min(1e-9), 0.0)


@right("10.5")
def row_by_row(narrow, wide):
    out = []
    for i in range(narrow.shape[1]):
        on = narrow[:, i] > 0
        a, b = narrow[on, i], wide[on]
        out.append((a[:, None] * b).sum(0) / (a.norm() * b.norm(dim=0) + 1e-12))
    return torch.stack(out)


@right("10.5")
def broadcast(narrow, wide):
    kept = (narrow > 0)[:, :, None] * wide[:, None, :]
    return torch.nn.functional.cosine_similarity(narrow[:, :, None], kept, dim=0)


@wrong("10.5", says="the wide latent's length counts only where the narrow one fires")
def plain_cosine(narrow, wide):
    unit = torch.nn.functional.normalize
    return unit(narrow, dim=0).T @ unit(wide, dim=0)


@wrong("10.5", says="in place")
def masks_in_place(narrow, wide):
    wide *= (narrow > 0).any(1, keepdim=True)
    return torch.nn.functional.normalize(narrow, dim=0).T @ torch.nn.functional.normalize(wide, dim=0)


# --- 10.6 stitching_effect ---


@right("10.6")
def multiplied_out(residual, f, W_dec):
    along = residual @ W_dec.T
    return (f**2).mean(0) * (W_dec**2).sum(1) - 2 * (f * along).mean(0)


@right("10.6")
def one_newcomer_at_a_time(residual, f, W_dec):
    before = residual.square().sum(1).mean()
    after = [(residual - f[:, [i]] * W_dec[i]).square().sum(1).mean() for i in range(len(W_dec))]
    return torch.stack(after) - before


@right("10.6")
def in_one_sum(residual, f, W_dec):
    parts = f[..., None] * W_dec
    return (parts * (parts - 2 * residual[:, None])).sum(-1).mean(0)


@wrong("10.6", says="the mixed term comes twice")
def half_the_mixed_term(residual, f, W_dec):
    along = residual @ W_dec.T
    return (f**2).mean(0) * (W_dec**2).sum(1) - (f * along).mean(0)


@wrong("10.6", says="expected")
def one_number(residual, f, W_dec):
    return (residual - f @ W_dec).square().sum(1).mean()


# --- 10.7 hedged_angle ---


@right("10.7")
def largest_eigenvector(q):
    moments = torch.tensor([[1.0, q], [q, q]], dtype=torch.float64)
    u = torch.linalg.eigh(moments).eigenvectors[:, -1]
    return math.atan(u[1] / u[0])


@right("10.7")
def from_the_tangent(q):
    return math.pi / 4 if q == 1 else 0.5 * math.atan(2 * q / (1 - q))


@wrong("10.7", says="radians are asked for")
def in_degrees(q):
    return math.degrees(0.5 * math.atan2(2 * q, 1 - q))


@wrong("10.7", says="ZeroDivisionError")
def divides_by_nothing(q):
    return 0.5 * math.atan(2 * q / (1 - q))


# --- 10.8 absorbed_loss ---


@right("10.8")
def two_equations(angle, l1_coefficient):
    s, c = math.sin(angle), math.cos(angle)
    gram = torch.tensor([[1.0, s], [s, 1.0]], dtype=torch.float64)
    wanted = torch.tensor([1.0, s + c], dtype=torch.float64) - l1_coefficient / 2
    f = torch.linalg.solve(gram, wanted)
    if f[0] < 0:
        f = torch.tensor([0.0, wanted[1]], dtype=torch.float64)
    return (2 - 2 * f @ wanted + f @ gram @ f).item()


@right("10.8")
def better_of_two(angle, l1_coefficient):
    s, c, half = math.sin(angle), math.cos(angle), l1_coefficient / 2
    alone = 2 - (s + c - half) ** 2
    f_p, f_c = 1 - s / c - half / (1 + s), 1 / c - half / (1 + s)
    if f_p <= 0:
        return alone
    return (1 - f_p - f_c * s) ** 2 + (1 - f_c * c) ** 2 + l1_coefficient * (f_p + f_c)


@wrong("10.8", says="an activation can't be negative")
def no_cases(angle, l1_coefficient):
    s, c, half = math.sin(angle), math.cos(angle), l1_coefficient / 2
    return 2 - (1 - s / c - half / (1 + s)) * (1 - half) - (1 / c - half / (1 + s)) * (s + c - half)


@wrong("10.8", says="pulls each activation by λ/2")
def exact_reconstruction(angle, l1_coefficient):
    if angle > math.pi / 4:
        f = math.cos(angle) + math.sin(angle)
        return 2 - f * f + l1_coefficient * f
    return l1_coefficient * (1 - math.tan(angle) + 1 / math.cos(angle))
