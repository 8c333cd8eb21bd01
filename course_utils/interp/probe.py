"""A linear probe: the direction that tells a class apart best, for who has labels. Every latent's baseline.

It is a logistic regression on the activations. M compares features with single neurons only; a probe is the
fairer rival, because it may use all neurons at once.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor


class Probe(NamedTuple):
    """p(class | x) = 1 / (1 + exp(−(x · direction + bias)))."""

    direction: Float[Tensor, "d_in"]
    bias: Float[Tensor, ""]

    def says(self, acts: Float[Tensor, "token d_in"]) -> Float[Tensor, "token"]:
        """The probability of the class, for every token."""
        return (acts @ self.direction + self.bias).sigmoid()


def fit_probe(
    acts: Float[Tensor, "token d_in"],
    in_class: Bool[Tensor, "token"],
    penalty: float = 1e-4,
    steps: int = 20,
) -> Probe:
    """The logistic regression of a label on activations, by Newton's method.

    It minimises the mean of −log p(label) + ½ penalty ‖w‖², w being the weights on activations that are
    scaled to variance 1: the penalty keeps neurons that move together from getting huge opposite weights.
    It stops before `steps` where no weight moves by 0.01 any more.
    """
    mean, spread = acts.mean(0), acts.std(0).clamp_min(1e-6)
    x = torch.cat([(acts - mean) / spread, acts.new_ones(len(acts), 1)], dim=1)  # the last weight is the bias
    ridge = penalty * torch.ones_like(x[0])
    ridge[-1] = 0
    w = torch.zeros_like(x[0])
    for _ in range(steps):
        p = (x @ w).sigmoid()
        slope = x.T @ (p - in_class.float()) / len(x) + ridge * w
        curvature = (x * (p * (1 - p))[:, None]).T @ x / len(x) + ridge.diag()
        step = torch.linalg.solve(curvature + 1e-9 * torch.eye(len(w)), slope)
        w = w - step
        if step.abs().max() < 0.01:
            break
    direction = w[:-1] / spread
    return Probe(direction, w[-1] - direction @ mean)
