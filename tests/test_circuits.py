"""Circuits and interference weights: exact sums, tables by hand, closed forms against brute force."""

import copy
import functools
import math

import pytest
import torch

from course_utils.figures import circuits as figures
from course_utils.interp import automata, circuits, interference
from course_utils.lm import hooks
from course_utils.lm.model import Transformer, TransformerConfig
from course_utils.sae.model import SparseAutoencoder

SMALL = TransformerConfig(d_vocab=11, n_ctx=8, d_model=6, n_heads=2, d_head=3, d_mlp=10)


@pytest.fixture
def world():
    """A small transformer with biases everywhere, an SAE on it, and text, all in float64."""
    generator = torch.Generator().manual_seed(0)
    model = Transformer(SMALL, seed=1).double().requires_grad_(False)
    sae = SparseAutoencoder(10, 14, generator=generator).double().requires_grad_(False)
    for p in (*model.parameters(), *sae.parameters()):
        p.add_(0.3 * torch.randn(p.shape, generator=generator))
    return model, sae, torch.randint(0, 11, (5, 8), generator=generator)


def test_parts_and_constant_add_up_to_the_pre_activation(world):
    model, sae, tokens = world
    found = circuits.stream(model, tokens)
    neurons = found.neurons.flatten(0, 1)
    torch.testing.assert_close(neurons, hooks.activations(model, tokens))
    mlp, ln_w = model.blocks[0]["mlp"], model.blocks[0]["ln2"]["w"]
    for latent in (0, 9):
        reads = sae.W_enc[:, latent]
        each = circuits.contributions(found.parts.flatten(1, 2), ln_w, mlp["W_in"], neurons > 0, reads)
        whole = each.sum(0) + circuits.constant(model, sae, neurons > 0, latent)
        torch.testing.assert_close(whole, (neurons - sae.b_dec) @ reads + sae.b_enc[latent])
    assert found.parts[3, :, 0].abs().max() < 1e-12  # nothing comes before the first token


def test_sources_add_up_to_attention(world):
    model, _, tokens = world
    found = circuits.stream(model, tokens[:1])
    sources = circuits.by_source(model, tokens[0], 4)
    assert sources.shape == (5, 6)
    torch.testing.assert_close(sources[-1], found.parts[2, 0, 4])
    torch.testing.assert_close(sources[:-1].sum(0), found.parts[3, 0, 4])


def test_activity_is_what_the_model_does(world):
    model, _, tokens = world
    seen = circuits.activity(model, tokens, 2)
    cache = model.run_with_cache(tokens)[1]
    mid = cache["blocks.0.hook_resid_mid"]
    torch.testing.assert_close(seen.neurons, cache["blocks.0.mlp.hook_post"])
    torch.testing.assert_close(seen.scale.square(), mid.var(-1, correction=0) + 1e-5)
    own = [cache["blocks.0.attn.hook_pattern"][:, h, p, p].mean() for h in range(2) for p in range(2, 8)]
    torch.testing.assert_close(seen.own, torch.stack(own).view(2, 6).mean(1))


def test_virtual_weights_are_the_mean_contribution_of_the_embedding(world):
    """Of one token that stands everywhere: the mean over where the latent fires, when all else may vary."""
    model, sae, tokens = world
    tokens[:, 1:] = 7
    seen = circuits.activity(model, tokens, 0)
    fires = sae.encode(seen.neurons) > 0
    slopes = circuits.mean_slopes(fires.flatten(0, 1), seen.neurons.flatten(0, 1), seen.scale.flatten())
    block = model.blocks[0]
    V = circuits.virtual_weights(
        model.embed["W_E"], block["ln2"]["w"], block["mlp"]["W_in"], slopes, sae.W_enc
    )
    found = circuits.stream(model, tokens)
    at = fires[:, 1:].flatten(0, 1)
    latent = int(((fires[:, :1].sum((0, 1)) == 0) & at.any(0)).nonzero()[0])
    each = circuits.contributions(
        found.parts[:, :, 1:].flatten(1, 2),
        block["ln2"]["w"],
        block["mlp"]["W_in"],
        found.neurons[:, 1:].flatten(0, 1) > 0,
        sae.W_enc[:, latent],
    )
    torch.testing.assert_close(V[7, latent], each[0, at[:, latent]].mean())


def test_a_latent_that_never_fires_has_no_slope_and_no_successor():
    fires = torch.tensor([[[1, 0], [1, 0], [0, 0]]]).bool()
    assert circuits.mean_slopes(fires[0], torch.ones(3, 4), torch.ones(3))[1].tolist() == [0] * 4
    share, lift = circuits.transitions(fires)
    assert share.tolist() == [[0.5, 0], [0, 0]] and lift.tolist() == [[1, 0], [0, 0]]


def test_predicted_lift_by_hand():
    p = torch.full((8,), 1 / 8)
    weights = torch.zeros(8, 2)
    weights[3, 0] = 1  # latent 0's only token; latent 1 has none
    said = torch.zeros(2, 8)
    said[1, 3] = math.log(9)  # 9 / 16 in place of 1 / 8
    torch.testing.assert_close(circuits.predicted_lift(said, p, weights), torch.tensor([[1, 1], [4.5, 1]]))


def test_direct_logits_are_the_logits_of_a_vector(world):
    model, _, _ = world
    vectors = torch.randn(4, 6, generator=torch.Generator().manual_seed(2)).double()
    scale = (vectors.var(-1, correction=0, keepdim=True) + 1e-5).sqrt()
    normed = model.layer_norm(vectors, model.ln_final["w"], 0 * model.ln_final["b"])
    torch.testing.assert_close(circuits.direct_logits(model, vectors) / scale, normed @ model.unembed["W_U"])


def test_spearman_sees_order_only():
    x = torch.tensor([[0.1, 3.0], [2.0, 100.0]])
    assert circuits.spearman(x, x.log()) == pytest.approx(1)
    assert circuits.spearman(x, -x) == pytest.approx(-1)


# Automata


def test_texts_end_where_they_should():
    tokens = torch.arange(24).view(3, 8)
    there = torch.zeros(3, 8, dtype=torch.bool)
    there[0, 2] = there[1, 3] = there[2, 7] = True
    texts = automata.texts_ending(tokens, there, 5, 4, torch.Generator().manual_seed(0))
    assert sorted(texts.tolist()) == [[8, 9, 10, 11], [20, 21, 22, 23]]  # 0, 2 has no four tokens up to it
    assert there.sum() == 3
    assert len(automata.texts_ending(tokens, there, 1, 4, torch.Generator().manual_seed(0))) == 1


def certain(model, token):
    """The model, sure to write `token` whatever stands there, unless a neuron says otherwise."""
    model.unembed["b_U"].zero_()[token] = 60.0
    return model


def test_next_fires_is_what_fires_on_the_token_written(world):
    model, sae, tokens = world
    model, texts = certain(model, 3), tokens[:, :6]
    found = automata.next_fires(model, sae, texts, torch.Generator().manual_seed(1))
    whole = torch.cat([texts, torch.full((5, 1), 3)], dim=1)
    want = (sae.encode(hooks.activations(model, whole, 6)) > 0).float().mean(0)
    torch.testing.assert_close(found, want)


def test_a_change_acts_on_the_last_token_alone(world):
    model, sae, tokens = world
    seen = []

    def change(acts):
        seen.append(acts.clone())
        return acts

    automata.next_fires(model, sae, tokens[:, :6], torch.Generator().manual_seed(1), change)
    last = hooks.activations(model, tokens[:, :6]).view(5, 6, -1)[:, -1]
    torch.testing.assert_close(seen, [last])
    seen.clear()
    given = model, sae, tokens[0, :3], 4, 2, [0, 5], torch.Generator().manual_seed(1)
    later = automata.fires_later(*given, change)
    assert later.shape == (2,) and len(seen) == 2
    at_end = hooks.activations(model, tokens[:1, :3])[-1].expand(4, -1)
    torch.testing.assert_close(seen, [at_end, at_end])


def test_fires_later_counts_any_of_the_members(world):
    model, sae, tokens = world
    model = certain(model, 3)
    prompt = tokens[0, :3]
    given = model, sae, prompt, 2, 2
    generator = torch.Generator().manual_seed(1)
    whole = torch.cat([prompt, torch.tensor([3, 3])])
    fires = sae.encode(hooks.activations(model, whole[None], 3)) > 0
    each = [automata.fires_later(*given, [i], generator) for i in range(14)]
    torch.testing.assert_close(torch.stack(each, 1), fires.float())
    torch.testing.assert_close(automata.fires_later(*given, range(14), generator), fires.any(1).float())


def test_pins_hold_latents_at_their_value():
    sae = SparseAutoencoder(4, 4).requires_grad_(False)
    sae.W_enc.copy_(torch.eye(4))
    sae.W_dec.copy_(torch.eye(4))
    acts = torch.rand(30, 4, generator=torch.Generator().manual_seed(0))
    changes = automata.pins(sae, 2, 5.0, 30, torch.Generator().manual_seed(0))
    assert list(changes) == ["pinned", "no pin", "another latent", "random direction"]
    pinned, other = (sae.encode(changes[name](acts)) for name in ("pinned", "another latent"))
    assert (pinned[:, 2] == 5).all() and torch.equal(pinned[:, :2], acts[:, :2])
    at = (other - 5).abs() < 1e-5
    assert (at.sum(1) == 1).all() and at.any(0).all()
    torch.testing.assert_close(other[~at], acts[~at])
    torch.testing.assert_close((changes["random direction"](acts) - acts).norm(dim=1), torch.full((30,), 5.0))


# Interference weights


def weights_case(scale):
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(40, 7, generator=generator, dtype=torch.float64)
    acts = torch.randn(40, 3, generator=generator, dtype=torch.float64).relu()
    weights = scale * torch.randn(3, 7, generator=generator, dtype=torch.float64)
    return logits, acts, weights, torch.randint(0, 7, (40,), generator=generator)


def test_effectiveness_and_helpfulness_are_what_taking_a_weight_away_does():
    logits, acts, weights, following = weights_case(0.02)
    p = logits.softmax(-1)
    effect = interference.effectiveness(weights, acts, p)
    helps = interference.helpfulness(weights, acts, p, following)
    nll = lambda x: torch.nn.functional.cross_entropy(x, following)  # noqa: E731
    for u, v in ((0, 0), (1, 4), (2, 6)):
        without = logits.clone()
        without[:, v] -= acts[:, u] * weights[u, v]
        kl = (p * (p.log() - without.log_softmax(-1))).sum(-1).mean()
        assert effect[u, v].item() == pytest.approx(kl.item(), rel=0.05)
        assert helps[u, v].item() == pytest.approx((nll(without) - nll(logits)).item(), abs=0.02 * kl.item())
        exact = interference.kl_without(weights[u, v].item(), acts[:, u], p[:, v])
        assert exact == pytest.approx(kl.item(), rel=1e-6)


def test_all_weights_gone_is_the_model_without_them():
    logits, acts, weights, following = weights_case(1.0)
    reading = interference.Reading(logits, following, following, {"kind": acts})
    without = torch.nn.functional.cross_entropy(logits - acts @ weights, following).item()
    assert interference.loss_without(reading, "kind", weights) == pytest.approx(without)
    loss = functools.partial(interference.loss_without, reading, "kind")
    found = interference.rises(weights, weights.square(), loss, [0.5, 1.0], torch.Generator().manual_seed(0))
    whole = torch.nn.functional.cross_entropy(logits, following).item()
    assert [values[1] for values in found.values()] == pytest.approx([without - whole] * 3)
    assert found["least effective first"] == pytest.approx(found["smallest first"])


def test_pruned_takes_the_first_of_an_order():
    weights = torch.tensor([[1.0, -2], [3, -4]])
    order = torch.tensor([3, 0, 1, 2])
    assert interference.pruned(weights, order, 0.5).tolist() == [[1, 0], [0, -4]]
    assert interference.most_effective(weights, 0.25).tolist() == [[False, False], [True, False]]


def test_a_reading_holds_what_the_virtual_weights_add(world):
    """Activation times virtual weight is what one latent's part adds to the logits, the scale frozen."""
    model, sae, tokens = (copy.deepcopy(part).float() if hasattr(part, "float") else part for part in world)
    tokens = tokens.long()
    reading = interference.read(model, sae, tokens)
    assert reading.logits.shape == (5 * 3, 11)
    torch.testing.assert_close(reading.following, tokens[:, 5:].flatten())
    f = sae.encode(hooks.activations(model, tokens, 4)).view(5, 4, -1)[:, :-1].flatten(0, 1)
    post = model.run_with_cache(tokens)[1]["blocks.0.hook_resid_post"][:, 4:-1].flatten(0, 1)
    scale = (post.var(-1, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(reading.acts["latent → logit"], f / scale[:, None])
    added = (f[:, [2]] * sae.W_dec[2]) @ model.blocks[0]["mlp"]["W_out"]
    added = (added - added.mean(-1, keepdim=True)) / scale[:, None] * model.ln_final["w"]
    want = added @ model.unembed["W_U"]
    got = reading.acts["latent → logit"][:, [2]] * interference.to_logits(model, sae)["latent → logit"][2]
    torch.testing.assert_close(got, want - want.mean(-1, keepdim=True), atol=1e-4, rtol=1e-4)


def test_a_reading_weight_gone_is_a_latent_that_fires_less(world):
    model, sae, tokens = world
    reading = interference.read(model, sae, tokens)
    reading = reading._replace(acts={kind: acts.double() for kind, acts in reading.acts.items()})
    writes = interference.to_logits(model, sae)["latent → logit"]
    f, per_scale = reading.acts["latent → logit"], reading.acts["token → logit"].amax(1, keepdim=True)
    at = int(f.amax(1).argmax())
    token, latent = int(reading.current[at]), int(f[at].argmax())
    weights = torch.zeros(11, 14, dtype=torch.float64)
    weights[token, latent] = 1e-3
    here = ((reading.current == token) & (f[:, latent] > 0)).double()
    logits = reading.logits - here[:, None] * 1e-3 * per_scale * writes[latent]
    p = reading.logits.softmax(-1)
    kl = (p * (p.log() - logits.log_softmax(-1))).sum(-1).mean().item()
    nll = [torch.nn.functional.cross_entropy(x, reading.following).item() for x in (logits, reading.logits)]
    effective, helps = interference.reading_effects(weights, reading, writes)
    assert effective[token, latent].item() == pytest.approx(kl, rel=0.02)
    assert helps[token, latent].item() == pytest.approx(nll[0] - nll[1], abs=0.02 * kl)
    assert interference.loss_without_reading(reading, weights, writes) == pytest.approx(nll[0])
    silent = f.clone()
    silent[:, latent] = 0
    gone = interference.loss_without_reading(reading, weights * 1e9, writes)  # no latent goes below 0
    off = here[:, None] * (f - silent) @ writes
    want = torch.nn.functional.cross_entropy(reading.logits - off, reading.following).item()
    assert gone == pytest.approx(want)


# Figures


def test_figures_escape_tokens_and_draw_every_edge():
    labels = {0: "<b>x</b>", 1: "b", 2: "c"}
    edges = [(0, 1, 0.9), (1, 1, 0.6)]
    fig = figures.automata(edges, labels, {"a & b": [0, 1]})
    arrows = [a for a in fig.layout.annotations if a.arrowhead]
    assert len(arrows) == 1 and "&amp;" in fig.to_json() and "<b>x" not in fig.to_json()
    assert list(fig.data[0].marker.line.width) == [0, 4]
    walk = figures.neighbours(0, torch.tensor([[0.1, 0.9, 0.2], [0.3, 0, 0], [0, 0, 0]]), labels, count=2)
    assert any("90% next" in t for t in walk.data[0].text)
    assert len(walk.layout.annotations) == 4
