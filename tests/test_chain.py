"""The whole way at a fraction of its size, live: corpus → tokenizer → transformer → SAE → the Base64 latent.

Nothing shipped is loaded. The thresholds are below the lessons', because less training gives less. What must
hold is the order of things: the model beats counting, the SAE explains it, one latent found without labels
follows base64, and better than any neuron.
"""

from types import SimpleNamespace

import pytest
import torch

from course_utils.interp import effects, measures, proxies, text
from course_utils.lm import baselines, corpus, data, hooks, tokenizer, train
from course_utils.lm.model import Transformer
from course_utils.sae import evaluate, standard
from course_utils.sae import train as train_sae

FIRST = 4


def made_from_nothing() -> SimpleNamespace:
    """Everything made from nothing, and measured on held-out text. About a minute on two cores."""
    docs = corpus.documents(3_000_000)
    tok = tokenizer.train_tokenizer(doc.text for doc in docs[:5000])
    seqs = data.sequences(docs, tok)
    model = Transformer()
    train.train(model, seqs.tokens, train.TrainingConfig(training_tokens=2_000_000))
    model.requires_grad_(False)

    fed = hooks.activations(model, seqs.tokens)
    cfg = standard(fed.shape[1], 4 * fed.shape[1], 2_000_000, l1_coefficient=1.0, lr=5e-3, warm_up=0.75)
    sae = train_sae(fed, cfg).sae
    sae.requires_grad_(False)

    held = data.load("held_out", 500_000, tok)
    neurons = hooks.activations(model, held.tokens, FIRST)
    is_base64 = held.content_types[:, FIRST:].flatten() == corpus.CONTENT_TYPES.index("base64")
    return SimpleNamespace(
        tokenizer=tok,
        vocab=tokenizer.token_bytes(tok),
        train=seqs,
        model=model,
        sae=sae,
        held=held,
        neurons=neurons,
        latents=sae.encode(neurons),
        is_base64=is_base64,
    )


def base64_latent(chain: SimpleNamespace) -> int:
    """The latent that follows the likelihood ratio best: found without any label."""
    vocab = len(chain.vocab)
    made = proxies.base64_tokens(lambda s: chain.tokenizer.encode(s).ids, torch.Generator().manual_seed(0))
    counted = (baselines.unigram(tokens, vocab) for tokens in (made, chain.train.tokens))
    stories = [proxies.unigram_log_probs(p, chain.held.tokens) for p in counted]
    score = proxies.log_likelihood_ratio(*stories, 16)[:, FIRST:].flatten()
    return int(measures.correlation(chain.latents, (score > 0).float()).argmax())


def pinned_share(chain: SimpleNamespace, latent: int | None) -> float:
    """Share of a hundred samples with a run of base64; a latent, where given, is held at its maximum."""
    ids = [chain.tokenizer.token_to_id(tokenizer.SEPARATOR), *chain.tokenizer.encode("1,2,3,4,5,6,7,8").ids]
    prompt, generator, hook = torch.tensor(ids), torch.Generator().manual_seed(0), None
    if latent is not None:
        largest = chain.latents[:, latent].max().item()
        hook = lambda acts: effects.pin(acts, chain.sae, latent, largest)  # noqa: E731
    length = chain.model.cfg.n_ctx - len(prompt)
    drawn = hooks.sample(chain.model, prompt, 100, length, generator, hook).tolist()
    return sum(proxies.has_base64_run(chain.tokenizer.decode(row)) for row in drawn) / 100


@pytest.fixture(scope="module")
def chain():
    return made_from_nothing()


@pytest.fixture(scope="module")
def latent(chain):
    return base64_latent(chain)


def test_the_transformer_beats_counting(chain):
    loss = hooks.loss_with(chain.model, chain.held.tokens).mean().item()
    bigram = baselines.bigram(chain.train.tokens, len(chain.vocab))
    assert loss < baselines.bigram_loss(bigram, chain.held.tokens).mean().item() - 0.4


def test_the_sae_explains_the_neurons(chain):
    found = evaluate(chain.sae, chain.neurons)
    assert found.r2 > 0.8 and found.l0 < 40 and found.dead_fraction < 0.1


def test_one_latent_follows_base64_better_than_any_neuron(chain, latent):
    target = chain.is_base64.float()
    best_neuron = measures.correlation(chain.neurons, target).max().item()
    found = measures.correlation(chain.latents[:, [latent]], target).item()
    assert found > 0.6
    assert found > best_neuron + 0.1


def test_it_argues_for_base64(chain, latent):
    model = chain.model
    after = model.blocks[0]["mlp"]["W_out"], model.ln_final["w"], model.unembed["W_U"]
    top = effects.logit_weights(chain.sae.W_dec[[latent]], *after)[0].topk(20).indices
    assert text.tokens_in_alphabet(chain.vocab, proxies.BASE64_ALPHABET)[top].float().mean() >= 0.9


def test_without_it_the_model_loses_in_base64_only(chain, latent):
    tokens = chain.held.tokens[:1500]
    here = chain.is_base64.view(len(chain.held.tokens), -1)[:1500, :-1]
    change = hooks.loss_with(chain.model, tokens, lambda acts: effects.ablate(acts, chain.sae, [latent]))
    change = (change - hooks.loss_with(chain.model, tokens))[:, FIRST:]
    assert change[here].mean() > 5 * change[~here].abs().mean()


@pytest.mark.xfail(strict=True, reason="measured .14: after so short a training a pin is not enough yet")
def test_pinned_it_writes_base64(chain, latent):
    assert pinned_share(chain, None) < 0.1
    assert pinned_share(chain, latent) >= 0.3


def test_most_content_types_have_a_latent_that_beats_their_best_neuron(chain):
    content_types = chain.held.content_types[:, FIRST:].flatten()
    targets = torch.nn.functional.one_hot(content_types, len(corpus.CONTENT_TYPES)).float()
    half = len(targets) // 2
    parts = (slice(half), slice(half, None))
    best = [
        measures.best_matches([units[part] for part in parts], [targets[part] for part in parts]).correlation
        for units in (chain.latents, chain.neurons)
    ]
    assert (best[0] > best[1]).float().mean() >= 0.85
