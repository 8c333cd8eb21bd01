"""While tests run, the science's annotations are held to be true."""

import random

import jaxtyping
import pytest
import torch

from course_utils import toy
from course_utils.interp.effects import ablate
from course_utils.sae.model import SparseAutoencoder
from course_utils.sae.variants import keep_k

pytest.importorskip("jaxtyping", "0.3", reason="see tests/conftest.py")


def test_a_wrong_shape_is_caught():
    W, b, x = torch.ones(3, 2, 5), torch.ones(3, 5), torch.ones(3, 7, 5)
    assert toy.forward(W, b, x).shape == x.shape
    with pytest.raises(jaxtyping.TypeCheckError, match="parameter 'b'"):
        toy.forward(W, b[:, :4], x)


def test_a_wrong_kind_is_caught():
    with pytest.raises(jaxtyping.TypeCheckError, match="parameter 'k'"):
        keep_k(torch.ones(2, 3), "2")


def test_checking_draws_from_no_generator_that_is_watched():
    state = random.getstate()
    for _ in range(3):
        ablate(torch.ones(2, 4), SparseAutoencoder(4, 8), [0, 1, 2])
    assert random.getstate() == state
