"""Holes of a latent, in a table where one was dug."""

import torch

from course_utils.interp import absorption


def world() -> tuple[torch.Tensor, ...]:
    """Of 600 tokens 300 are of type 1, on neuron 0; its latent, unit 2, is silent on token 5."""
    types = (torch.arange(600) < 300).long()
    tokens = torch.arange(600) % 10
    neurons = torch.zeros(600, 4)
    neurons[:, 0], neurons[:, 1] = 3.0 * types, tokens / 10
    code = torch.zeros(600, 3)
    code[:, 2] = types * (tokens != 5)
    return code, neurons, tokens, types


def test_the_hole_is_found_and_nothing_else_is_one():
    code, neurons, tokens, types = world()
    found = absorption.find_holes(code, neurons, tokens, types)
    ours = [hole for hole in found if hole.content_type == 1]
    assert ours[0].token == 5 and len(ours) == 10
    assert ours[0].heard == 0.0 and all(hole.heard == 1.0 and hole.unit == 2 for hole in ours[1:])
    torch.testing.assert_close(ours[0].direction, torch.tensor([1.0, 0, 0, 0]))


def test_a_type_that_the_neurons_do_not_hold_on_a_token_has_no_hole_there():
    code, neurons, tokens, types = world()
    neurons[tokens == 5] = 0.0
    assert 5 not in [hole.token for hole in absorption.find_holes(code, neurons, tokens, types)]


def test_rare_tokens_and_poor_units_are_left_out():
    code, neurons, tokens, types = world()
    assert absorption.find_holes(code, neurons, tokens, types, least=31) == []
    assert absorption.find_holes(code[:, :2], neurons, tokens, types) == []


def test_presence_is_one_inside_and_zero_outside():
    _, neurons, _, types = world()
    found = absorption.presence(neurons, types == 1, torch.tensor([1.0, 0, 0, 0]))
    assert found[types == 1].mean() == 1 and found[types == 0].mean() == 0
