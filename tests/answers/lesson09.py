"""Right and wrong answers to the exercises of lesson 09."""

import torch

from tests.answers import right, wrong

# 9.1 log_likelihood_ratio


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


@wrong("9.1", says="upside down")
def corpus_over_class(log_p_class, log_p_corpus, window):
    ratio = log_p_corpus - log_p_class
    return torch.nn.functional.pad(ratio, (window - 1, 0)).unfold(-1, window, 1).sum(-1)


@wrong("9.1", says="left out the window")
def from_the_start(log_p_class, log_p_corpus, window):
    return (log_p_class - log_p_corpus).cumsum(-1)


@wrong("9.1", says="looks ahead")
def window_ahead(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    return torch.nn.functional.pad(ratio, (0, window - 1)).unfold(-1, window, 1).sum(-1)


@wrong("9.1", says="one token too many")
def one_too_many(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    return torch.nn.functional.pad(ratio, (window, 0)).unfold(-1, window + 1, 1).sum(-1)


@wrong("9.1", says="averaged over the window")
def mean_over_window(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    return torch.nn.functional.pad(ratio, (window - 1, 0)).unfold(-1, window, 1).mean(-1)


@wrong("9.1", says="from one sequence into the next")
def flattened(log_p_class, log_p_corpus, window):
    ratio = (log_p_class - log_p_corpus).flatten()
    return (
        torch.nn.functional.pad(ratio, (window - 1, 0)).unfold(-1, window, 1).sum(-1).view(log_p_class.shape)
    )


@wrong("9.1", says="divided two log probabilities")
def ratio_of_logs(log_p_class, log_p_corpus, window):
    ratio = log_p_class / log_p_corpus
    return torch.nn.functional.pad(ratio, (window - 1, 0)).unfold(-1, window, 1).sum(-1)


@wrong("9.1", says="with no sum")
def no_sum(log_p_class, log_p_corpus, window):
    return log_p_class - log_p_corpus


@wrong("9.1", says="one token too many")
def nothing_at_the_start(log_p_class, log_p_corpus, window):
    total = (log_p_class - log_p_corpus).cumsum(-1)
    before = torch.zeros_like(total)
    before[:, window + 1 :] = total[:, : -window - 1]
    return total - before


@wrong("9.1", says="ends one token early")
def window_before_the_token(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    return torch.nn.functional.pad(ratio, (window, 0)).unfold(-1, window, 1).sum(-1)[:, :-1]


@wrong("9.1", says="along the positions")
def window_over_sequences(log_p_class, log_p_corpus, window):
    total = (log_p_class - log_p_corpus).cumsum(0)
    before = torch.zeros_like(total)
    before[window:] = total[:-window]
    return total - before


@wrong("9.1", says="both inputs are logs already")
def takes_them_for_probabilities(log_p_class, log_p_corpus, window):
    ratio = log_p_class.exp() - log_p_corpus.exp()
    return torch.nn.functional.pad(ratio, (window - 1, 0)).unfold(-1, window, 1).sum(-1)


@wrong("9.1", says="counts a start below 0")
def negative_start(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    rows = [ratio[:, i - window + 1 : i + 1].sum(1) for i in range(ratio.shape[1])]
    return torch.stack(rows, dim=1)


@wrong("9.1", says="instead of leaving 0")
def zeros_at_the_start(log_p_class, log_p_corpus, window):
    ratio = log_p_class - log_p_corpus
    out = torch.zeros_like(ratio)
    for i in range(window - 1, ratio.shape[1]):
        out[:, i] = ratio[:, i - window + 1 : i + 1].sum(1)
    return out


# 9.2 correlation


@right("9.2")
def products_and_sums(acts, target):
    c, t = acts - acts.mean(0), target - target.mean()
    length = (c.square().sum(0) * t.square().sum()).sqrt()
    return torch.where(length > 0, (c * t[:, None]).sum(0) / length, 0.0)


@wrong("9.2", says="target's mean only")
def units_not_centred(acts, target):
    t = target - target.mean()
    return acts.T @ t / (acts.norm(dim=0) * t.norm()).clamp_min(1e-9)


@wrong("9.2", says="units' means only")
def target_not_centred(acts, target):
    a = acts - acts.mean(0)
    return a.T @ target / (a.norm(dim=0) * target.norm()).clamp_min(1e-9)


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


@wrong("9.2", says="didn't take off the means")
def cosine(acts, target):
    return acts.T @ target / (acts.norm(dim=0) * target.norm()).clamp_min(1e-9)


@wrong("9.2", says="stopped at the covariance")
def covariance(acts, target):
    return (acts - acts.mean(0)).T @ (target - target.mean()) / len(target)


@wrong("9.2", says="a unit that never changes must get 0")
def dead_units_give_nan(acts, target):
    a, t = acts - acts.mean(0), target - target.mean()
    return a.T @ t / (a.norm(dim=0) * t.norm())


@wrong("9.2", says="divides by n and the standard deviations by n − 1")
def n_and_n_minus_one(acts, target):
    a, t = acts - acts.mean(0), target - target.mean()
    return (a.T @ t / len(t)) / (acts.std(0) * target.std()).clamp_min(1e-9)


@wrong("9.2", says="absolute value")
def absolute(acts, target):
    a, t = acts - acts.mean(0), target - target.mean()
    return (a.T @ t / (a.norm(dim=0) * t.norm()).clamp_min(1e-9)).abs()


@wrong("9.2", says="each column has its own")
def one_mean_for_all(acts, target):
    a, t = acts - acts.mean(), target - target.mean()
    return a.T @ t / (a.norm(dim=0) * t.norm()).clamp_min(1e-9)


@wrong("9.2", says="changed `acts`")
def centres_in_place(acts, target):
    acts -= acts.mean(0)
    t = target - target.mean()
    return acts.T @ t / (acts.norm(dim=0) * t.norm()).clamp_min(1e-9)


@wrong("9.2", says="shape")
def over_units_instead_of_tokens(acts, target):
    a = acts - acts.mean(1, keepdim=True)
    return a.sum(1) * target / (a.norm(dim=1) * target.norm()).clamp_min(1e-9)


@wrong("9.2", says="divided by the variances")
def over_variances(acts, target):
    a, t = acts - acts.mean(0), target - target.mean()
    return (a * t[:, None]).mean(0) / (acts.var(0, correction=0) * target.var(correction=0)).clamp_min(1e-9)


@wrong("9.2", says="divide by their roots")
def over_squared_lengths(acts, target):
    a, t = acts - acts.mean(0), target - target.mean()
    return a.T @ t / (a.square().sum(0) * t.square().sum()).clamp_min(1e-9)


# 9.3 sensitivity_specificity


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


@wrong("9.3", says="swapped")
def swapped(acts, in_class, threshold):
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / max(fires.sum().item(), 1), hits / in_class.sum().item()


@wrong("9.3", says="statistics books")
def true_negative_rate(acts, in_class, threshold):
    fires = acts > threshold
    return fires[in_class].float().mean().item(), (~fires)[~in_class].float().mean().item()


@wrong("9.3", says="divided by all tokens")
def precision_over_all_tokens(acts, in_class, threshold):
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / in_class.sum().item(), hits / len(acts)


@wrong("9.3", says="divided both by all tokens")
def both_over_all_tokens(acts, in_class, threshold):
    hits = ((acts > threshold) & in_class).float().mean().item()
    return hits, hits


@wrong("9.3", says="use >, not >=")
def at_least_the_threshold(acts, in_class, threshold):
    fires = acts >= threshold
    hits = (fires & in_class).sum().item()
    return hits / in_class.sum().item(), hits / max(fires.sum().item(), 1)


@wrong("9.3", says="divided by 0")
def nothing_fires_is_nan(acts, in_class, threshold):
    fires = acts > threshold
    return fires[in_class].float().mean().item(), in_class[fires].float().mean().item()


@wrong("9.3", says="both shares")
def only_one(acts, in_class, threshold):
    return (acts > threshold)[in_class].float().mean().item()


@wrong("9.3", says="agrees with the label")
def accuracy(acts, in_class, threshold):
    fires = acts > threshold
    return fires[in_class].float().mean().item(), (fires == in_class).float().mean().item()


@wrong("9.3", says="ZeroDivisionError")
def nothing_fires_raises(acts, in_class, threshold):
    fires = acts > threshold
    hits = (fires & in_class).sum().item()
    return hits / in_class.sum().item(), hits / fires.sum().item()


@wrong("9.3", says="specificity is 0 here, not 1")
def one_where_nothing_fires(acts, in_class, threshold):
    fires = acts > threshold
    specificity = in_class[fires].float().mean().item() if fires.any() else 1.0
    return fires[in_class].float().mean().item(), specificity


@wrong("9.3", says="not per cent")
def per_cent(acts, in_class, threshold):
    fires = acts > threshold
    hits = 100 * (fires & in_class).sum().item()
    return hits / max(in_class.sum().item(), 1), hits / max(fires.sum().item(), 1)


@wrong("9.3", says="count those that do both")
def either_of_the_two(acts, in_class, threshold):
    fires = acts > threshold
    hits = (fires | in_class).sum().item()
    return hits / max(in_class.sum().item(), 1), hits / max(fires.sum().item(), 1)


# 9.4 logit_weights


@right("9.4")
def in_order(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(dim=-1, keepdim=True).values


@right("9.4")
def fold_first(directions, W_out, ln_w, W_U):
    weights = torch.einsum("um,md,d,dv->uv", directions, W_out, ln_w, W_U)
    return weights - weights.quantile(0.5, dim=1)[:, None]


@wrong("9.4", says="didn't take off the median")
def uncentred(directions, W_out, ln_w, W_U):
    return (directions @ W_out * ln_w) @ W_U


@wrong("9.4", says="took off the mean")
def mean_centred(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.mean(-1, keepdim=True)


@wrong("9.4", says="median over latents")
def median_over_latents(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(0).values


@wrong("9.4", says="one median for all latents")
def one_median(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median()


@wrong("9.4", says="ln_w is missing")
def no_layer_norm(directions, W_out, ln_w, W_U):
    weights = directions @ W_out @ W_U
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="mat1 and mat2 shapes cannot be multiplied")
def transposed_unembedding(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U.T
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="W_U is transposed")
def transposes_when_it_fits(directions, W_out, ln_w, W_U):
    d = directions @ W_out * ln_w
    weights = d @ (W_U.T if W_U.shape[1] == d.shape[1] else W_U)
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="AttributeError")
def median_is_a_pair(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).value


@wrong("9.4", says="the formula here leaves the mean in")
def as_the_layer_norm_does(directions, W_out, ln_w, W_U):
    written = directions @ W_out
    weights = ((written - written.mean(-1, keepdim=True)) * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="expected")
def sizes_of_the_directions(directions, W_out, ln_w, W_U):
    weights = (directions.abs() @ W_out * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="expected")
def drops_negative_directions(directions, W_out, ln_w, W_U):
    weights = (directions.relu() @ W_out * ln_w) @ W_U
    return weights - weights.median(-1, keepdim=True).values


@wrong("9.4", says="expected")
def size_of_the_layer_norm(directions, W_out, ln_w, W_U):
    weights = (directions @ W_out * ln_w.abs()) @ W_U
    return weights - weights.median(-1, keepdim=True).values


# 9.5 ablate


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


@wrong("9.5", says="lost what the SAE doesn't explain")
def loses_the_error(acts, sae, latents):
    f = sae.encode(acts)
    off = f.clone()
    off[..., latents] = 0
    return sae.decode(off)


@wrong("9.5", says="forgot b_dec before encoding")
def no_b_dec(acts, sae, latents):
    f = torch.relu(acts @ sae.W_enc + sae.b_enc)
    return acts - f[..., latents] @ sae.W_dec[latents]


@wrong("9.5", says="did you forget `return`")
def returns_none(acts, sae, latents):
    acts = acts - sae.encode(acts)[..., latents] @ sae.W_dec[latents]


@wrong("9.5", says="changed `acts`")
def in_place(acts, sae, latents):
    acts -= sae.encode(acts)[..., latents] @ sae.W_dec[latents]
    return acts


@wrong("9.5", says="whole reconstruction")
def takes_off_everything(acts, sae, latents):
    return acts - sae.decode(sae.encode(acts))


@wrong("9.5", says="added the latent's part")
def adds(acts, sae, latents):
    return acts + sae.encode(acts)[..., latents] @ sae.W_dec[latents]


@wrong("9.5", says="b_dec went as well")
def takes_off_the_bias(acts, sae, latents):
    only = torch.zeros_like(sae.encode(acts))
    only[..., latents] = sae.encode(acts)[..., latents]
    return acts - sae.decode(only)


@wrong("9.5", says="took off the projection")
def projects(acts, sae, latents):
    for row in sae.W_dec[latents]:
        direction = row / row.norm()
        acts = acts - (acts @ direction)[..., None] * direction
    return acts


@wrong("9.5", says="row of W_dec")
def encoder_direction(acts, sae, latents):
    return acts - sae.encode(acts)[..., latents] @ sae.W_enc.T[latents]


@wrong("9.5", says="just the first latent")
def first_only(acts, sae, latents):
    i = latents[0]
    return acts - sae.encode(acts)[..., i, None] * sae.W_dec[i]


@wrong("9.5", says="a latent is a direction, not a neuron")
def zeroes_a_neuron(acts, sae, latents):
    out = acts.clone()
    for i in latents:
        if i < out.shape[-1]:
            out[..., i] = 0
    return out


@wrong("9.5", says="f_i is missing")
def takes_off_the_row(acts, sae, latents):
    return acts - sae.W_dec[latents].sum(0)


@wrong("9.5", says="just the last latent")
def last_only(acts, sae, latents):
    f = sae.encode(acts)
    for i in latents:
        out = acts - f[..., i, None] * sae.W_dec[i]
    return out


# 9.6 pin


@right("9.6")
def move_by_the_difference(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent]
    return acts + (value - f).unsqueeze(-1) * sae.W_dec[latent]


@right("9.6")
def swap_in_the_reconstruction(acts, sae, latent, value):
    f = sae.encode(acts)
    pinned = f.clone()
    pinned[..., latent] = value
    return acts - sae.decode(f) + sae.decode(pinned)


@wrong("9.6", says="lost what the SAE doesn't explain")
def pinned_reconstruction(acts, sae, latent, value):
    f = sae.encode(acts).clone()
    f[..., latent] = value
    return sae.decode(f)


@wrong("9.6", says="added the whole reconstruction")
def adds_the_reconstruction(acts, sae, latent, value):
    f = sae.encode(acts).clone()
    f[..., latent] = value
    return acts + sae.decode(f)


@wrong("9.6", says="take f_i off")
def adds_on_top(acts, sae, latent, value):
    return acts + value * sae.W_dec[latent]


@wrong("9.6", says="hold it everywhere")
def only_where_it_fires(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent, None]
    return torch.where(f > 0, acts + (value - f) * sae.W_dec[latent], acts)


@wrong("9.6", says="must become value")
def scales(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent, None]
    return acts + (value * f - f) * sae.W_dec[latent]


@wrong("9.6", says="did you forget `return`")
def forgets_return(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent]
    acts = acts + (value - f)[..., None] * sae.W_dec[latent]


@wrong("9.6", says="changed `acts`")
def edits_in_place(acts, sae, latent, value):
    acts += (value - sae.encode(acts)[..., latent])[..., None] * sae.W_dec[latent]
    return acts


@wrong("9.6", says="sign is turned round")
def wrong_sign(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent, None]
    return acts + (f - value) * sae.W_dec[latent]


@wrong("9.6", says="forgot b_dec before encoding")
def encodes_without_b_dec(acts, sae, latent, value):
    f = torch.relu(acts @ sae.W_enc + sae.b_enc)[..., latent, None]
    return acts + (value - f) * sae.W_dec[latent]


@wrong("9.6", says="a latent is a direction, not a neuron")
def sets_a_neuron(acts, sae, latent, value):
    out = acts.clone()
    if latent < out.shape[-1]:
        out[..., latent] = value
    return out


@wrong("9.6", says="the last token only")
def last_token_only(acts, sae, latent, value):
    out = acts.clone()
    f = sae.encode(acts)[..., -1, latent]
    out[..., -1, :] += (value - f)[..., None] * sae.W_dec[latent]
    return out


@wrong("9.6", says="only raised it")
def raises_only(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent, None]
    return acts + (f.clamp(min=value) - f) * sae.W_dec[latent]


@wrong("9.6", says="added f_i instead")
def adds_what_is_there(acts, sae, latent, value):
    f = sae.encode(acts)[..., latent, None]
    return acts + (value + f) * sae.W_dec[latent]


@wrong("9.6", says="at its own length")
def unit_row(acts, sae, latent, value):
    f, row = sae.encode(acts)[..., latent, None], sae.W_dec[latent]
    return acts + (value - f) * row / row.norm()


# 9.7 has_base64_run


@right("9.7")
def with_a_regex(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@right("9.7")
def character_by_character(text, least=24):
    letters = "abcdefghijklmnopqrstuvwxyz"
    alphabet = letters + letters.upper() + "0123456789+/"
    runs = "".join(c if c in alphabet else " " for c in text).split()
    long = [run for run in runs if len(run) >= least]
    return any(run != run.lower() and run != run.upper() and set(run) & set("0123456789") for run in long)


@wrong("9.7", says="a run one character short")
def any_length(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least - 1},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="exactly `least` characters")
def longer_than(text, least=24):
    import re

    runs = [r for r in re.findall(r"[A-Za-z0-9+/]+", text) if len(r) > least]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="hex has no capitals")
def no_mixture(text, least=24):
    import re

    return re.search(rf"[A-Za-z0-9+/]{{{least},}}", text) is not None


@wrong("9.7", says="counted characters of the whole text")
def counts_all_characters(text, least=24):
    import re

    kept = "".join(re.findall(r"[A-Za-z0-9+/]", text))
    mixed = re.search("[A-Z]", kept) and re.search("[a-z]", kept) and re.search("[0-9]", kept)
    return len(kept) >= least and bool(mixed)


@wrong("9.7", says="anywhere in the text")
def whole_text_only(text, least=24):
    import re

    mixed = re.search("[A-Z]", text) and re.search("[a-z]", text) and re.search("[0-9]", text)
    return re.fullmatch(rf"[A-Za-z0-9+/]{{{least},}}", text) is not None and bool(mixed)


@wrong("9.7", says="letters of other scripts")
def unicode_letters(text, least=24):
    runs = "".join(c if c.isalnum() or c in "+/" else " " for c in text).split()
    mixed = [r for r in runs if r != r.lower() and r != r.upper() and any(c.isdigit() for c in r)]
    return any(len(run) >= least for run in mixed)


@wrong("9.7", says="look inside the run")
def mixture_of_the_text(text, least=24):
    import re

    long = re.search(rf"[A-Za-z0-9+/]{{{least},}}", text)
    mixed = re.search("[A-Z]", text) and re.search("[a-z]", text) and re.search("[0-9]", text)
    return bool(long and mixed)


@wrong("9.7", says="+ and / belong")
def letters_and_digits_only(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9]{{{least},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="not only at the first ones")
def first_run(text, least=24):
    import re

    runs = re.findall(r"[A-Za-z0-9+/]{4,}", text)[:2]
    long = [r for r in runs if len(r) >= least]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in long)


@wrong("9.7", says="cut a long run into pieces")
def cuts_pieces(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least}}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="`=` is not in the alphabet")
def padding_in_the_class(text, least=24):
    import re

    runs = [r for r in re.findall(r"[A-Za-z0-9+/=]+", text) if len(r) >= least]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="`=` is not in the alphabet")
def padding_at_the_end(text, least=24):
    import re

    runs = [r for r in re.findall(r"[A-Za-z0-9+/]+={0,2}", text) if len(r) >= least]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="the first long run need not be the mixed one")
def first_long_run(text, least=24):
    import re

    m = re.search(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return bool(m and re.search("[A-Z]", m[0]) and re.search("[a-z]", m[0]) and re.search("[0-9]", m[0]))


@wrong("9.7", says="return True or False")
def list_of_runs(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return [r for r in runs if r != r.lower() and r != r.upper() and re.search("[0-9]", r)]


@wrong("9.7", says="None is what")
def no_else(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    if any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs):
        return True


@wrong("9.7", says="you wrote 24")
def always_24(text, least=24):
    import re

    runs = re.findall(r"[A-Za-z0-9+/]{24,}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="write A-Z and a-z")
def range_from_capital_a_to_small_z(text, least=24):
    import re

    runs = re.findall(rf"[A-z0-9+/]{{{least},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="`_` is not in the alphabet")
def word_characters(text, least=24):
    import re

    runs = re.findall(rf"[\w+/]{{{least},}}", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="a run may begin with + or /")
def edges_of_words(text, least=24):
    import re

    runs = re.findall(rf"\b[A-Za-z0-9+/]{{{least},}}\b", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="a run may end with + or /")
def trailing_edge_of_a_word(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}\b", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="ends with the text")
def needs_a_character_after(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}[^A-Za-z0-9+/]", text)
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="mixed is a run as a whole")
def any_window(text, least=24):
    import re

    windows = [text[i : i + least] for i in range(len(text) - least + 1)]
    runs = [w for w in windows if re.fullmatch("[A-Za-z0-9+/]*", w)]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="capitals after the run")
def lookaheads(text, least=24):
    import re

    ahead = r"(?=\S*[A-Z])(?=\S*[a-z])(?=\S*[0-9])"
    return re.search(rf"(?<![A-Za-z0-9+/]){ahead}[A-Za-z0-9+/]{{{least},}}", text) is not None


@wrong("9.7", says="a line break ends a run")
def joins_lines(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text.replace("\n", ""))
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="on any line")
def first_line(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text.split("\n")[0])
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="ends with the text")
def forgets_the_last_run(text, least=24):
    run = ""
    for c in text:
        if c.isascii() and (c.isalnum() or c in "+/"):
            run += c
            continue
        if len(run) >= least and run != run.lower() and run != run.upper() and set(run) & set("0123456789"):
            return True
        run = ""
    return False


@wrong("9.7", says="< and > end a run")
def words_between_spaces(text, least=24):
    words = [w for w in text.split() if len(w) >= least and w != w.lower() and w != w.upper()]
    return any(set(w) & set("0123456789") for w in words)


@wrong("9.7", says="need not stand between spaces")
def words_of_the_alphabet(text, least=24):
    import re

    runs = [w for w in text.split() if re.fullmatch(rf"[A-Za-z0-9+/]{{{least},}}", w)]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="the first one is no base64")
def at_the_start(text, least=24):
    import re

    m = re.match(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return bool(m and re.search("[A-Z]", m[0]) and re.search("[a-z]", m[0]) and re.search("[0-9]", m[0]))


@wrong("9.7", says="the first one is no base64")
def returns_in_the_loop(text, least=24):
    import re

    for r in re.findall("[A-Za-z0-9+/]+", text):
        mixed = re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r)
        return bool(len(r) >= least and mixed)
    return False


@wrong("9.7", says="a longer run after")
def longest_run(text, least=24):
    import re

    r = max(re.findall("[A-Za-z0-9+/]+", text), key=len, default="")
    mixed = re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r)
    return bool(len(r) >= least and mixed)


@wrong("9.7", says="False and False")
def turned_round(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text)
    return not any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="False and False")
def multiples_of_four(text, least=24):
    import re

    runs = [r for r in re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text) if len(r) % 4 == 0]
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)


@wrong("9.7", says="False and False")
def lowers_first(text, least=24):
    import re

    runs = re.findall(rf"[A-Za-z0-9+/]{{{least},}}", text.lower())
    return any(re.search("[A-Z]", r) and re.search("[a-z]", r) and re.search("[0-9]", r) for r in runs)
