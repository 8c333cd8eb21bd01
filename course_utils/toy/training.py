"""Training thousands of tiny models at once: models are the first dimension of every tensor.

`adam` is what the paper does, on any loss. `train` is made for this loss: Levenberg-Marquardt, a damped
Gauss-Newton method. A model has 4 parameters (n=2, m=1) or 9 (n=3, m=2), so solving for the whole step is
cheap, and it converges where Adam crawls: at low density p the loss is a sum of terms in p and terms in p².
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from math import cos, pi
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.toy.losses import by_feature, coefficients, expected_loss, moments, own_first


class Models(NamedTuple):
    """Trained models. Leading dimensions are free: "inst", or "cell start"."""

    W: Float[Tensor, "... m n"]
    b: Float[Tensor, "... n"]
    loss: Float[Tensor, "..."]
    """exact expected loss, float64"""


def random_starts(
    count: int, n: int, m: int, generator: torch.Generator
) -> tuple[Float[Tensor, "inst m n"], Float[Tensor, "inst n"]]:
    """The paper's start: W Xavier-normal (standard deviation √(2/(n+m))), b = 0. Nothing of the theory."""
    W = torch.randn(count, m, n, generator=generator, device=generator.device) * (2 / (n + m)) ** 0.5
    return W, W.new_zeros(count, n)


def adam(
    params: Sequence[Float[Tensor, "inst ..."]],
    loss: Callable[..., Float[Tensor, "inst"]],
    steps: int,
    lr: float = 0.03,
    decay: bool = False,
    warm_up: int = 0,
    progress: Callable[[Iterable], Iterable] = iter,
) -> list[Tensor]:
    """Adam on Σ over models of loss(*params): the models share no parameter, so each trains on its own.

    A `loss` that draws a new batch at each call makes it what the paper does. `decay`: the learning rate
    falls to 0 along half a cosine, which settles a model trained on samples. `warm_up`: it first rises in a
    line over so many steps. Adam's first steps have the length of the learning rate whatever the gradient,
    and where features are rare they would lead the wrong way. The starts stay as they are.
    """
    params = [param.clone().requires_grad_() for param in params]
    optimiser = torch.optim.Adam(params, lr=lr)
    for step in progress(range(steps)):
        fall = (1 + cos(pi * step / steps)) / 2 if decay else 1
        rise = min(1, (step + 1) / warm_up) if warm_up else 1
        optimiser.param_groups[0]["lr"] = lr * rise * fall
        optimiser.zero_grad()
        loss(*params).sum().backward()
        optimiser.step()
    return [param.detach() for param in params]


@contextmanager
def one_thread():
    """Tensors this small go no faster on two threads, and far slower when the other core is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def coefficients_jacobian(W: Float[Tensor, "inst m n"]) -> Float[Tensor, "inst n n+1 params"]:
    """∂coefficients/∂(W, b), parameters in the order W.flatten(), b.

    ∂(WᵀW)ᵢⱼ/∂Wₖₗ = δᵢₗWₖⱼ + δⱼₗWₖᵢ and ∂bᵢ/∂bₗ = δᵢₗ.
    """
    count, m, n = W.shape
    eye = torch.eye(n, dtype=W.dtype, device=W.device)
    half = torch.einsum("il,ckj->cijkl", eye, W)
    gram = (half + half.transpose(1, 2)).flatten(3)
    jacobian = W.new_zeros(count, n, n + 1, m * n + n)
    jacobian[:, :, :n, : m * n] = gram.gather(2, own_first(n, W.device)[None, :, :, None].expand(gram.shape))
    jacobian[:, :, n, m * n :] = eye
    return jacobian


@lru_cache
def affine_jacobian(
    m: int, n: int, dtype: torch.dtype, device: torch.device
) -> tuple[Float[Tensor, "entries"], Float[Tensor, "mn entries"]]:
    """`coefficients_jacobian` is affine in W: its value at 0, and what each entry of W adds, flattened."""
    at_zero = coefficients_jacobian(torch.zeros(1, m, n, dtype=dtype, device=device))
    units = torch.eye(m * n, dtype=dtype, device=device).view(-1, m, n)
    return at_zero.flatten(), (coefficients_jacobian(units) - at_zero).flatten(1)


def derivatives(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    p: Float[Tensor, "inst"] | Float[Tensor, "inst n"],
    nodes: int,
) -> tuple[Float[Tensor, "inst"], Float[Tensor, "inst params"], Float[Tensor, "inst params params"]]:
    """The loss, its gradient and the Gauss-Newton curvature, from the same moments (see `expected_loss`)."""
    u = coefficients(W, b)
    M = moments(u, p, nodes)
    residual = (M @ u[..., None])[..., 0] - M[:, :, 0, :]
    loss = (importance * ((u * (residual - M[:, :, 0, :])).sum(-1) + by_feature(p) / 3)).sum(-1)
    at_zero, slopes = affine_jacobian(*W.shape[1:], W.dtype, W.device)
    J = torch.addmm(at_zero, W.flatten(1), slopes).unflatten(1, (u.shape[1] * u.shape[2], -1))
    gradient = 2 * ((importance[..., None] * residual).flatten(1)[:, None, :] @ J)[:, 0]
    weighted_M_J = (importance[..., None, None] * M) @ J.unflatten(1, u.shape[1:])
    return loss, gradient, 2 * J.transpose(1, 2) @ weighted_M_J.flatten(1, 2)


def train(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    p: Float[Tensor, "inst"] | Float[Tensor, "inst n"],
    steps: int = 40,
    nodes: int = 5,
    chunk: int = 4200,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Models:
    """Levenberg-Marquardt from the given starts, at most `steps` steps. No model's loss ever rises, and none
    sees another. In chunks that fit the processor's cache; each core takes chunks of its own.
    """
    parts = zip(*(x.split(chunk) for x in (W, b, importance, p)), strict=True)
    cores = torch.get_num_threads()
    with one_thread(), ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        running = [pool.submit(levenberg_marquardt, *part, steps, nodes) for part in parts]
        done = [part.result() for part in progress(running)]
    return Models(*(torch.cat(x) for x in zip(*done, strict=True)))


def levenberg_marquardt(
    W: Float[Tensor, "inst m n"],
    b: Float[Tensor, "inst n"],
    importance: Float[Tensor, "inst n"],
    p: Float[Tensor, "inst"] | Float[Tensor, "inst n"],
    steps: int,
    nodes: int,
) -> Models:
    """One chunk of `train`. Each step solves (H + λ·mean(diag H)·1) step = −gradient. A step that lowers the
    loss is kept and its λ shrinks, else λ grows: between Newton's step and a short one downhill.

    H is never negative, so no step can lower the loss's quadratic approximation by more than −gradient·step.
    A model for which that is less than a millionth of its loss retires.
    """
    m, n = W.shape[1:]
    identity = torch.eye(m * n + n, dtype=W.dtype, device=W.device)
    trained, world = (W.clone(), b.clone()), (importance, p)
    live = torch.arange(len(W), device=W.device)  # the models that haven't retired: the rest is theirs
    damping = W.new_ones(len(W))
    now = derivatives(W, b, importance, p, nodes)
    for taken in range(1, steps + 1):
        loss, gradient, H = now
        scale = damping * H.diagonal(dim1=1, dim2=2).mean(1)
        factor, failed = torch.linalg.cholesky_ex(H + scale[:, None, None] * identity)
        step = -torch.cholesky_solve(gradient[..., None], factor)[..., 0]
        W_new, b_new = W + step[:, : m * n].view_as(W), b + step[:, m * n :]
        new = derivatives(W_new, b_new, importance, p, nodes)
        better = (new[0] < loss) & (failed == 0)  # H may be singular: turning the hidden space costs nothing
        damping = torch.where(better, damping / 3, damping * 4).clamp(1e-7, 1e7)
        W, b, *now = (
            torch.where(better.view(-1, *[1] * (x.ndim - 1)), x, y)
            for x, y in zip((W_new, b_new, *new), (W, b, *now), strict=True)
        )
        if taken % 3 == 0 or taken == steps:
            trained[0][live], trained[1][live] = W, b
            going = ~(-(gradient * step).sum(1) < 1e-6 * loss)
            state = (W, b, importance, p, damping, live, *now)
            W, b, importance, p, damping, live, *now = (x[going] for x in state)
    exact = expected_loss(*(x.double() for x in (*trained, *world)), nodes=2 * nodes)
    return Models(*trained, exact)
