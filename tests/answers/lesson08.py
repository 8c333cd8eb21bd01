"""What students write in lesson 08."""

import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 8.1 The forward pass ---


@right("8.1")
def plain(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec, f


@right("8.1")
def einsums(x, W_enc, b_enc, W_dec, b_dec):
    f = (torch.einsum("...i,ij->...j", x - b_dec, W_enc) + b_enc).clamp(min=0)
    return torch.einsum("...j,ji->...i", f, W_dec) + b_dec, f


@right("8.1")
def linears(x, W_enc, b_enc, W_dec, b_dec):
    f = F.linear(x, W_enc.T, b_enc - b_dec @ W_enc).relu()
    return [F.linear(f, W_dec.T, b_dec), f]


@wrong("8.1", says="return both")
def reconstruction_only(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec


@wrong("8.1", says="in place")
def in_place(x, W_enc, b_enc, W_dec, b_dec):
    x -= b_dec
    f = torch.relu(x @ W_enc + b_enc)
    return f @ W_dec + b_dec, f


# --- 8.2 The loss ---


@right("8.2")
def sums_then_mean(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()


@right("8.2")
def totals_over_batch(x, x_hat, f, l1_coefficient):
    return (F.mse_loss(x_hat, x, reduction="sum") + l1_coefficient * f.abs().sum()) / len(x)


@right("8.2")
def norms(x, x_hat, f, l1_coefficient):
    return (torch.linalg.vector_norm(x - x_hat, dim=1) ** 2 + l1_coefficient * f.norm(p=1, dim=1)).mean()


@wrong("8.2", says="detach")
def f_detached(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.detach().sum(dim=-1).mean()


@wrong("8.2", says="no tensor")
def item(x, x_hat, f, l1_coefficient):
    return (((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()).item()


# --- 8.3 One step of the paper's recipe ---


@right("8.3")
def step_by_step(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        rows = sae.W_dec / sae.W_dec.norm(dim=1, keepdim=True)
        sae.W_dec.grad -= (sae.W_dec.grad * rows).sum(dim=1, keepdim=True) * rows
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@right("8.3")
def with_data(sae, optimizer, x, l1_coefficient):
    out = sae(x)
    loss = (x - out.x_hat).square().sum(1).mean() + l1_coefficient * out.f.sum(1).mean()
    sae.zero_grad()
    loss.backward()
    d = F.normalize(sae.W_dec.data, dim=1)
    along = torch.einsum("ij,ij->i", sae.W_dec.grad, d)
    sae.W_dec.grad = sae.W_dec.grad - along[:, None] * d
    optimizer.step()
    sae.W_dec.data = F.normalize(sae.W_dec.data, dim=1)
    return loss.detach()


@wrong("8.3", says="the optimiser does not know")
def new_parameter(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    sae.W_dec = torch.nn.Parameter(F.normalize(sae.W_dec.data, dim=1))
    return loss.item()


@wrong("8.3", says="keeps its graph")
def loss_with_graph(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss


# --- 8.4 Density and L0 ---


@right("8.4")
def means_of_yes_and_no(f):
    on = (f > 0).float()
    return on.mean(dim=0), on.sum(dim=1).mean().item()


@right("8.4")
def from_counts(f):
    density = f.count_nonzero(dim=0) / f.shape[0]
    return density, density.sum()


# --- 8.5 R² ---


@right("8.5")
def ratio_of_sums(x, x_hat):
    return 1 - ((x - x_hat) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()


@right("8.5")
def ratio_of_means(x, x_hat):
    error = (x_hat - x).pow(2).sum(-1).mean()
    return (1 - error / x.var(dim=0, unbiased=False).sum()).item()


# --- 8.6 Resample dead latents ---


@right("8.6")
def masks(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@right("8.6")
def one_by_one(sae, optimizer, dead, x, generator=None):
    with torch.no_grad():
        x_hat = sae(x).x_hat
        weight = ((x - x_hat) ** 2).sum(-1).square()
        scale = 0.2 * sae.W_enc.norm(dim=0)[~dead].mean()
        for i in dead.nonzero().flatten().tolist():
            pick = torch.multinomial(weight / weight.sum(), 1, generator=generator).item()
            direction = F.normalize(x[pick], dim=0)
            sae.W_dec.data[i] = direction
            sae.W_enc.data[:, i] = scale * direction
            sae.b_enc.data[i] = 0
            for moment in ("exp_avg", "exp_avg_sq"):
                optimizer.state[sae.W_dec][moment][i].zero_()
                optimizer.state[sae.W_enc][moment][:, i].zero_()
                optimizer.state[sae.b_enc][moment][i] = 0


@wrong("8.6", says="old momentum")
def moments_kept(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0


@wrong("8.6", says="exp_avg_sq of W_enc was not reset")
def second_moments_kept(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        optimizer.state[sae.W_dec]["exp_avg"][dead] = 0
        optimizer.state[sae.W_enc]["exp_avg"][:, dead] = 0
        optimizer.state[sae.b_enc]["exp_avg"][dead] = 0


@wrong("8.6", says="live latents too")
def all_moments_reset(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        optimizer.state.clear()


@wrong("8.6", says="generator=generator")
def global_generator(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="n_sample")
def no_dead_latent_forgotten(sae, optimizer, dead, x, generator=None):
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


# --- 8.7 A penalty that the decoder cannot cheat ---


@right("8.7")
def norms_times_f(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.norm(dim=1)).sum(dim=-1).mean()


@right("8.7")
def matrix_vector(f, W_dec, l1_coefficient):
    return l1_coefficient / len(f) * (f @ W_dec.square().sum(1).sqrt()).sum()


# --- 8.8 Loss recovered ---


@right("8.8")
def three_losses(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill.expand_as(acts))
    return (ablated - loss(reconstruct)) / (ablated - loss(None))


@right("8.8")
def one_minus_the_rest(loss, reconstruct, fill):
    clean = loss(None)

    def ablate(acts):
        return torch.zeros_like(acts) + fill

    return 1 - (loss(reconstruct) - clean) / (loss(ablate) - clean)


@wrong("8.8", says="expand `fill`")
def not_expanded(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill)
    return (ablated - loss(reconstruct)) / (ablated - loss(None))


@wrong("8.8", says="takes a function of the activations")
def fill_itself(loss, reconstruct, fill):
    ablated = loss(fill)
    return (ablated - loss(reconstruct)) / (ablated - loss(None))
