"""Right and wrong answers to the exercises of lesson 09."""

import torch

from tests.answers import right, wrong

# --- 9.1 log_likelihood_ratio ---


@right("9.1")
def running_sums(log_p_class, log_p_corpus, window):
    total = (log_p_class - log_p_corpus).cumsum(-1)
    before = torch.zeros_like(total)
    before[:, window:] = total[:, :-window]
    return total - before


@right("9.1")
def one_position_at_a_time(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    out = torch.empty_like(ratio)
    for i in range(ratio.shape[1]):
        out[:, i] = ratio[:, max(0, i - window + 1) : i + 1].sum(dim=1)
    return out


@right("9.1")
def sliding_windows(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    padded = torch.nn.functional.pad(ratio, (window - 1, 0))
    return padded.unfold(-1, window, 1).sum(-1)


@wrong("9.1", says="a tensor made inside the function has its own dtype")
def always_float32(log_p_class, log_p_corpus, window):
    total = (log_p_class - log_p_corpus).cumsum(-1).float()
    return total - torch.nn.functional.pad(total, (window, 0))[:, : total.shape[1]]


@wrong("9.1", says="you edited the caller's `log_p_class` in place")
def subtracts_in_place(log_p_class, log_p_corpus, window):
    log_p_class -= log_p_corpus
    return torch.nn.functional.pad(log_p_class, (window - 1, 0)).unfold(-1, window, 1).sum(-1)


# --- 9.2 correlation ---


@right("9.2")
def products_and_sums(acts, target):
    c, t = acts - acts.mean(0), target - target.mean()
    length = (c.square().sum(0) * t.square().sum()).sqrt()
    return torch.where(length > 0, (c * t[:, None]).sum(0) / length, 0.0)


@right("9.2")
def centred_and_divided(acts, target):
    a = acts - acts.mean(dim=0)
    t = target - target.mean()
    lengths = a.norm(dim=0) * t.norm()
    return torch.where(lengths > 1e-8, (a * t[:, None]).sum(0) / lengths.clamp_min(1e-8), 0.0)


@right("9.2")
def standard_scores(acts, target):
    def scores(x):
        spread = x.std(0, correction=0)
        return (x - x.mean(0)) / torch.where(spread < 1e-6, 1.0, spread)

    return scores(acts).T @ scores(target[:, None])[:, 0] / len(target)


@right("9.2")
def torch_corrcoef(acts, target):
    both = torch.cat([acts, target[:, None]], dim=1).T
    return torch.corrcoef(both)[-1, :-1].nan_to_num(0.0)


@wrong("9.2", says="in place")
def centres_in_place(acts, target):
    acts -= acts.mean(0)
    t = target - target.mean()
    return acts.T @ t / (acts.norm(dim=0) * t.norm()).clamp_min(1e-9)


@wrong("9.2", says="expected: shape (3,)")
def over_units_instead_of_tokens(acts, target):
    a = acts - acts.mean(1, keepdim=True)
    return a.sum(1) * target / (a.norm(dim=1) * target.norm()).clamp_min(1e-9)


# --- 9.3 sensitivity_specificity ---


@right("9.3")
def counts(acts, in_class, threshold):
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / max(in_class.sum().item(), 1), hits / max(fires.sum().item(), 1)


@right("9.3")
def means_of_masks(acts, in_class, threshold):
    fires = acts > threshold
    sensitivity = fires[in_class].float().mean()
    specificity = in_class[fires].float().mean() if fires.any() else torch.tensor(0.0)
    return sensitivity, specificity


@right("9.3")
def one_tensor(acts, in_class, threshold):
    fires = acts > threshold
    return (fires & in_class).sum() / torch.stack([in_class.sum(), fires.sum().clamp_min(1)])


@wrong("9.3", says="return both")
def only_one(acts, in_class, threshold):
    return (acts > threshold)[in_class].float().mean().item()


@wrong("9.3", says="ZeroDivisionError")
def nothing_fires_raises(acts, in_class, threshold):
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / in_class.sum().item(), hits / fires.sum().item()


# --- 9.4 logit_weights ---


@right("9.4")
def in_order(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(dim=-1, keepdim=True).values


@right("9.4")
def fold_first(directions, W_out, ln_w, W_U):
    weights = torch.einsum("um,md,d,dv->uv", directions, W_out, ln_w, W_U)
    return weights - weights.quantile(0.5, dim=1)[:, None]


@wrong("9.4", says="mat1 and mat2 shapes cannot be multiplied")
def transposed_unembedding(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U.T
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="AttributeError")
def median_is_a_pair(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).value


# --- 9.5 ablate ---


@right("9.5")
def take_off_the_part(acts, sae, latents):
    f = sae.encode(acts)
    return acts - f[..., latents] @ sae.W_dec[latents]


@right("9.5")
def reconstruct_and_keep_the_error(acts, sae, latents):
    f = sae.encode(acts)
    error = acts - sae.decode(f)
    off = f.clone()
    off[..., latents] = 0
    return sae.decode(off) + error


@wrong("9.5", says="did you forget `return`")
def returns_none(acts, sae, latents):
    acts = acts - sae.encode(acts)[..., latents] @ sae.W_dec[latents]


@wrong("9.5", says="in place")
def in_place(acts, sae, latents):
    acts -= sae.encode(acts)[..., latents] @ sae.W_dec[latents]
    return acts


@wrong("9.5", says="now sae.W_dec")
def edits_the_sae(acts, sae, latents):
    before = sae.decode(sae.encode(acts))
    sae.W_dec[latents] = 0
    return acts - before + sae.decode(sae.encode(acts))


# --- 9.6 odd_part ---


@right("9.6")
def half_the_difference(loss, part):
    off = loss(lambda acts: acts - part(acts))
    twice = loss(lambda acts: acts + part(acts))
    return 0.5 * off - 0.5 * twice


@right("9.6")
def with_named_hooks(loss, part):
    def moved(sign):
        def hook(acts):
            return acts + sign * part(acts)

        return loss(hook)

    return torch.tensor([moved(-1), moved(1)]).diff()[0] / -2


@wrong("9.6", says="a function that is given the activations")
def passes_activations(loss, part):
    acts = torch.zeros(2, 2)
    return (loss(acts - part(acts)) - loss(acts + part(acts))) / 2


@wrong("9.6", says="did you forget `return`")
def keeps_it(loss, part):
    odd = (loss(lambda acts: acts - part(acts)) - loss(lambda acts: acts + part(acts))) / 2  # noqa: F841


@wrong("9.6", says="TypeError")
def subtracts_functions(loss, part):
    return (loss(lambda acts: acts - part) - loss(lambda acts: acts + part)) / 2


# --- 9.7 pin ---


@right("9.7")
def move_by_the_difference(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent]
    return acts + (value - f).unsqueeze(-1) * sae.W_dec[latent]


@right("9.7")
def swap_in_the_reconstruction(acts, sae, latent, value):
    f = sae.encode(acts)
    pinned = f.clone()
    pinned[..., latent] = value
    return acts - sae.decode(f) + sae.decode(pinned)


@wrong("9.7", says="did you forget `return`")
def forgets_return(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent]
    acts = acts + (value - f)[..., None] * sae.W_dec[latent]


@wrong("9.7", says="in place")
def edits_in_place(acts, sae, latent, value):
    acts += (value - sae.encode(acts)[..., latent])[..., None] * sae.W_dec[latent]
    return acts


@wrong("9.7", says="now sae.b_dec")
def moves_the_bias(acts, sae, latent, value):
    change = (value - sae.encode(acts)[..., latent, None]) * sae.W_dec[latent]
    sae.b_dec += change.flatten(0, -2).mean(0)
    return acts + change


# --- 9.8 has_base64_run ---


@right("9.8")
def with_a_regex(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@right("9.8")
def character_by_character(text, least=24):
    letters = "abcdefghijklmnopqrstuvwxyz"
    alphabet = letters + letters.upper() + "0123456789+/"
    runs = "".join(c if c in alphabet else " " for c in text).split()
    long = [run for run in runs if len(run) >= least]
    return any(run != run.lower() and run != run.upper() and set(run) & set("0123456789") for run in long)


@wrong("9.8", says="return True or False")
def list_of_runs(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return [r for r in runs if r != r.lower() and r != r.upper() and re.search("[0-9]", r)]


@wrong("9.8", says="None is what")
def no_else(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    if any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs):
        return True


@wrong("9.8", says="a run may begin with + or /")
def edges_and_a_range(text, least=24):
    import re

    runs = re.findall(rf"\b[A-z0-9+/]{{{least},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.8", says="look inside the run")
def lookaheads(text, least=24):
    import re

    ahead = r"(?=\S*[A-Z])(?=\S*[a-z])(?=\S*[0-9])"
    return re.search(rf"(?<![A-Za-z0-9+/]){ahead}[A-Za-z0-9+/]{{{least},}}", text) is not None


@wrong("9.8", says="you found no run here")
def always_false(text, least=24):
    import re

    for run in re.findall(r"[A-Za-z0-9+/]+", text):
        if len(run) > 10**6:
            return True
    return False
