"""The transformer, its baselines and its training."""

import dataclasses
import math

import pytest
import torch

from course_utils.lm import (
    baselines,
    train,
)
from course_utils.lm.model import (
    HOOK_NAMES,
    Transformer,
    TransformerConfig,
    attention_pattern,
    loss_per_token,
)
from course_utils.lm.muon import Muon, orthogonal

SMALL = TransformerConfig(d_vocab=300, n_ctx=16, d_model=8, n_heads=2, d_head=4, d_mlp=12)


# --- model ---


def random_model(cfg=SMALL):
    model = Transformer(cfg)
    with torch.no_grad():  # biases and norms away from their start values, so that a forgotten one shows
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    return model


def test_the_future_does_not_reach_the_past():
    model, tokens = random_model(), torch.randint(300, (2, 10))
    changed = tokens.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % 300
    before, after = model(tokens), model(changed)
    assert torch.allclose(before[:, :6], after[:, :6], atol=1e-6)
    assert not torch.allclose(before[:, 6:], after[:, 6:], atol=1e-2)


def test_attention_agrees_with_torchs_own():
    q, k, v = torch.randn(3, 2, 7, 3, 5).unbind(0)
    mine = torch.einsum("bhqk,bkhd->bqhd", attention_pattern(q, k), v)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *(x.transpose(1, 2) for x in (q, k, v)), is_causal=True
    ).transpose(1, 2)
    assert torch.allclose(mine, theirs, atol=1e-5)


def test_loss_per_token_is_the_cost_of_the_next_token():
    logits, tokens = torch.randn(3, 5, 11), torch.randint(11, (3, 5))
    loss = loss_per_token(logits, tokens)
    assert loss.shape == (3, 4)
    assert loss[1, 2] == pytest.approx(-logits[1, 2].log_softmax(-1)[tokens[1, 3]].item(), rel=1e-5)


def test_every_hook_point_is_cached_and_can_replace_its_activations():
    model, tokens = random_model(), torch.randint(300, (2, 10))
    logits, cache = model.run_with_cache(tokens)
    assert set(cache) == set(HOOK_NAMES)
    assert torch.equal(logits, model(tokens))
    assert cache["blocks.0.mlp.hook_post"].shape == (2, 10, 12)
    assert cache["blocks.0.mlp.hook_post"].min() == 0
    for name in HOOK_NAMES:
        assert torch.equal(model(tokens, {name: lambda a: a}), logits)
        assert not torch.equal(model(tokens, {name: torch.zeros_like}), logits), name


# --- baselines ---


def test_baselines_are_distributions_and_count_inside_sequences_only():
    tokens = torch.tensor([[0, 1, 1], [2, 0, 1]])
    p = baselines.unigram(tokens, 4)
    assert torch.allclose(p, torch.tensor([3, 4, 2, 1]).double() / 10)
    table = baselines.bigram(tokens, 4, prior=2.0)
    assert torch.allclose(table.sum(1), torch.ones(4).double())
    assert table[0, 1] == pytest.approx((2 + 2 * 0.4) / (2 + 2))  # 0 → 1 twice of two times
    assert table[1, 2] == pytest.approx(2 * 0.2 / (1 + 2))  # 1 | 2 is a border, no pair
    assert torch.allclose(table[3], p)  # never seen: the unigram
    assert baselines.bigram_loss(table, tokens)[0, 0] == pytest.approx(-math.log(table[0, 1]))
    assert baselines.unigram_loss(p, tokens).shape == (2, 2)


# --- Muon ---


@pytest.mark.parametrize("shape", [(5, 5), (12, 5), (5, 12), (3, 7, 4)])
def test_orthogonal_keeps_the_singular_vectors_and_levels_the_singular_values(shape):
    G = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    U, S, Vh = torch.linalg.svd(G, full_matrices=False)
    assert S.max() > 2 * S.min()
    inside = U.mT @ orthogonal(1e-3 * G) @ Vh.mT  # diagonal, if U and V are still the singular vectors
    values = inside.diagonal(dim1=-2, dim2=-1)
    assert torch.allclose(inside, torch.diag_embed(values), atol=1e-4)
    assert (values > 0.6).all() and (values < 1.25).all()
    assert torch.allclose(orthogonal(1e-3 * G), U @ torch.diag_embed(values) @ Vh, atol=1e-4)  # and no more


def test_muon_takes_all_heads_as_one_matrix_and_transposes_what_reads():
    generator = torch.Generator().manual_seed(0)
    reads, writes = torch.zeros(2, 6, 3), torch.zeros(2, 3, 6)  # heads of 3 units, a stream of 6
    muon, sums = Muon([reads], [writes], lr=0.5, momentum=0.9), torch.zeros(6, 6)
    by_hand = torch.zeros(6, 6)
    for _ in range(3):
        g = torch.randn(6, 6, generator=generator)  # a row for each unit
        reads.grad, writes.grad = g.view(2, 3, 6).mT.contiguous(), g.view(2, 3, 6)
        muon.step()
        sums = 0.9 * sums + g
        by_hand -= 0.5 * orthogonal(g + 0.9 * sums)
    assert torch.allclose(writes.flatten(0, 1), by_hand, atol=1e-5)
    assert torch.allclose(reads.mT.flatten(0, 1), by_hand, atol=1e-5)


# --- training ---

CFG = train.TrainingConfig(training_tokens=16 * 8 * 12, batch_size=8, warm_up_steps=2, checkpoint_every=4)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_training_learns_and_the_seed_decides_it():
    tokens = (torch.arange(50 * 16) % 7).view(50, 16)
    first, second = Transformer(SMALL), Transformer(SMALL)
    losses = train.train(first, tokens, CFG)
    assert torch.equal(losses, train.train(second, tokens, CFG))
    assert torch.equal(weights(first), weights(second))
    assert losses[-1] < 0.8 * losses[0]


def test_a_stopped_run_ends_at_the_same_weights(tmp_path):
    tokens, path = torch.randint(300, (50, 16)), tmp_path / "part.safetensors"
    whole, stopped = Transformer(SMALL), Transformer(SMALL)
    losses = train.train(whole, tokens, CFG)

    def stop_at_7(steps):
        for step in steps:
            if step == 7:
                raise KeyboardInterrupt
            yield step

    with pytest.raises(KeyboardInterrupt):
        train.train(stopped, tokens, CFG, checkpoint=path, progress=stop_at_7)
    resumed = Transformer(SMALL, seed=5)  # its own start weights must not matter
    steps_done = []
    again = train.train(
        resumed,
        tokens,
        CFG,
        checkpoint=path,
        progress=lambda steps: (steps_done.append(s) or s for s in steps),
    )
    assert steps_done == [4, 5, 6, 7, 8, 9, 10, 11]
    assert torch.equal(weights(resumed), weights(whole))
    assert torch.equal(again, losses)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    tokens, path = torch.randint(300, (50, 16)), tmp_path / "part.safetensors"
    train.train(Transformer(SMALL), tokens, CFG, checkpoint=path)
    other = train.TrainingConfig(training_tokens=16 * 8 * 20, batch_size=8)
    with pytest.raises(ValueError, match="another training"):
        train.train(Transformer(SMALL), tokens, other, checkpoint=path)
    with pytest.raises(ValueError, match="another training"):
        train.train(
            Transformer(dataclasses.replace(SMALL, d_mlp=SMALL.d_mlp + 8)), tokens, CFG, checkpoint=path
        )


@pytest.mark.parametrize(
    "change, says",
    [
        ({"training_tokens": 100}, "less than one batch"),
        ({"batch_size": 64, "training_tokens": 10_000}, "fewer than a batch of 64"),
    ],
)
def test_what_would_train_nothing_is_refused(change, says):
    cfg = dataclasses.replace(CFG, **change)
    with pytest.raises(ValueError, match=says):
        train.train(Transformer(SMALL), torch.randint(300, (50, 16)), cfg)


def test_a_checkpoint_without_a_folder_is_refused_before_the_training(tmp_path):
    def never(steps):
        raise AssertionError("it began to train")

    with pytest.raises(ValueError, match="no folder"):
        path = tmp_path / "absent" / "part"
        train.train(Transformer(SMALL), torch.randint(300, (50, 16)), CFG, checkpoint=path, progress=never)


def test_each_weight_has_one_optimizer_and_the_matrices_have_muon():
    model = Transformer(SMALL)
    names = {parameter: name.split(".")[-1] for name, parameter in model.named_parameters()}
    muon, adam = (
        [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
        for optimizer in train.optimizers_for(model, CFG)
    )
    assert sorted(muon) == ["W_K", "W_O", "W_Q", "W_V", "W_in", "W_out"]
    assert len(muon) + len(adam) == len(names)
