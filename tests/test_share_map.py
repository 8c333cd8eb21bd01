"""The map of share and importance: its loss, its scores and its table, on cases that one sees by hand."""

import pytest
import torch

from course_utils.interp import share_map
from course_utils.lm import train
from course_utils.lm.model import Transformer, TransformerConfig, loss_per_token

SMALL = TransformerConfig(d_vocab=12, n_ctx=8, d_model=8, n_heads=2, d_head=4, d_mlp=16)


def test_training_gives_the_loss_each_batchs_own_content_types():
    tokens = torch.randint(0, 12, (40, 8), generator=torch.Generator().manual_seed(0))
    seen = []

    def loss_fn(logits, batch, content_types):
        seen.append(torch.equal(content_types, batch * 3))
        return loss_per_token(logits, batch)

    cfg = train.TrainingConfig(training_tokens=640, batch_size=16)
    train.train(Transformer(SMALL), tokens, cfg, loss_fn=loss_fn, content_types=tokens * 3)
    assert seen == [True] * 5


def test_importance_moves_what_a_model_learns():
    """Two halves of a text that ask for opposite things: the heavier one wins."""
    tokens = torch.tensor([[1, 2] * 4, [1, 3] * 4]).repeat(20, 1)
    content_types = torch.tensor([[0] * 8, [1] * 8]).repeat(20, 1)
    cfg = train.TrainingConfig(training_tokens=6400, batch_size=20)
    losses = {}
    for importance in (1 / 16, 16.0):

        def loss_fn(logits, batch, types, importance=importance):
            return share_map.weighted_loss(loss_per_token(logits, batch), types, 1, importance)

        model = Transformer(SMALL)
        train.train(model, tokens, cfg, loss_fn=loss_fn, content_types=content_types)
        after_first = loss_per_token(model(tokens[:2]), tokens[:2])[:, 0]
        losses[importance] = (after_first[1] - after_first[0]).item()
    assert losses[16.0] < -1 and losses[1 / 16] > 1


def test_scores_choose_on_the_first_pile_and_measure_on_the_second():
    base64 = torch.tensor([1.0, 1, 0, 0, 0, 0])
    other = torch.tensor([0.0, 0, 1, 1, 0, 0])
    targets = torch.stack([base64, other], 1)
    first = torch.stack([base64, other, torch.ones(6)], 1)
    second = torch.stack([torch.tensor([2.0, 0, 0, 0, 2, 0]), other, base64], 1)
    found = share_map.scores((first, second), (targets, targets))
    # unit 0 is chosen: half of its activation is on base64. Units 0 (.25) and 2 (1): one above 0.3
    assert found[""] == pytest.approx(0.25) and found[".mass"] == 0.5
    assert found[".above"] == 1 and found[".other"] == pytest.approx(1)


def test_the_table_becomes_a_map():
    rows = [
        {"share": share, "importance": importance, "seed": seed, "x": share * importance + seed}
        for share in (0.5, 0.25)
        for importance in (4, 1)
        for seed in (0, 2)
    ]
    want = torch.tensor([[1.25, 1.5], [2.0, 3.0]])
    assert torch.allclose(share_map.over_map(rows, "x"), want)
