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


@wrong("8.1", says="left out b_dec before the encoder")
def not_centred(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu(x @ W_enc + b_enc)
    return f @ W_dec + b_dec, f


@wrong("8.1", says="forgot b_enc")
def no_b_enc(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc)
    return f @ W_dec + b_dec, f


@wrong("8.1", says="forgot to add b_dec after the decoder")
def no_b_dec_after(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec, f


@wrong("8.1", says="you added it")
def b_dec_added_twice(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x + b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec, f


@wrong("8.1", says="forgot the ReLU")
def linear_latents(x, W_enc, b_enc, W_dec, b_dec):
    f = (x - b_dec) @ W_enc + b_enc
    return f @ W_dec + b_dec, f


@wrong("8.1", says="no ReLU of its own")
def relu_on_the_output(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return torch.relu(f @ W_dec + b_dec), f


@wrong("8.1", says="ReLU comes after b_enc")
def relu_before_bias(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc) + b_enc
    return f @ W_dec + b_dec, f


@wrong("8.1", says="return both")
def reconstruction_only(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f @ W_dec + b_dec


@wrong("8.1", says="return x_hat first")
def wrong_order(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc)
    return f, f @ W_dec + b_dec


@wrong("8.1", says="cut the graph")
def detached(x, W_enc, b_enc, W_dec, b_dec):
    f = torch.relu((x - b_dec) @ W_enc + b_enc).detach()
    return f @ W_dec + b_dec, f


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


@wrong("8.2", says="L1 penalty over the batch and averaged the squared error")
def l1_summed(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum()


@wrong("8.2", says="squared error over the d_in components")
def mse_of_pytorch(x, x_hat, f, l1_coefficient):
    return F.mse_loss(x_hat, x) + l1_coefficient * f.sum(dim=-1).mean()


@wrong("8.2", says="averaged f over the latents")
def l1_mean(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.mean()


@wrong("8.2", says="averaged over components and latents")
def means(x, x_hat, f, l1_coefficient):
    return F.mse_loss(x_hat, x) + l1_coefficient * f.mean()


@wrong("8.2", says="summed over the batch")
def sums(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum() + l1_coefficient * f.sum()


@wrong("8.2", says="the error is squared")
def norm_not_squared(x, x_hat, f, l1_coefficient):
    return (x - x_hat).norm(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()


@wrong("8.2", says="left out λ")
def no_coefficient(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + f.sum(dim=-1).mean()


@wrong("8.2", says="left out the penalty")
def no_penalty(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean()


@wrong("8.2", says="L0")
def counts(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * (f > 0).float().sum(dim=-1).mean()


@wrong("8.2", says="squared the activations")
def l2(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * (f**2).sum(dim=-1).mean()


@wrong("8.2", says="detach")
def f_detached(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.detach().sum(dim=-1).mean()


@wrong("8.2", says="no tensor")
def item(x, x_hat, f, l1_coefficient):
    return (((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()).item()


@wrong("8.2", says="no ½")
def half_the_error(x, x_hat, f, l1_coefficient):
    return 0.5 * ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()


@wrong("8.2", says="that is ‖f‖₂")
def norm_of_f(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.norm(dim=-1).mean()


@wrong("8.2", says="the other way round")
def sums_over_tokens(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=0).mean() + l1_coefficient * f.sum(dim=0).mean()


@wrong("8.2", says="one loss a token")
def no_mean(x, x_hat, f, l1_coefficient):
    return ((x - x_hat) ** 2).sum(dim=-1) + l1_coefficient * f.sum(dim=-1)


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


@wrong("8.3", says="not remove the gradient's part along the rows")
def not_projected(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="rows are not normalised after the step")
def normalised_before(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    return loss.item()


@wrong("8.3", says="call `optimizer.zero_grad()` first")
def no_zero_grad(sae, optimizer, x, l1_coefficient):
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="plain step")
def plain_step(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("8.3", says="normalised columns")
def columns(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=0, keepdim=True)
    return loss.item()


@wrong("8.3", says="Adam averaged over it")
def projected_after_the_step(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        old = sae.W_dec.clone()
    optimizer.step()
    with torch.no_grad():
        move = sae.W_dec - old
        sae.W_dec.copy_(old + move - (move * old).sum(dim=1, keepdim=True) * old)
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


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


@wrong("8.3", says="did you call `optimizer.step()`")
def no_step(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
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


@wrong("8.3", says="one number a row: multiply")
def no_dot_product(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= sae.W_dec.grad * sae.W_dec * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="not `dim=0`")
def dot_products_over_columns(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=0, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="`dim=1` for dot products and norms")
def columns_all_along(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=0, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=0, keepdim=True)
    return loss.item()


@wrong("8.3", says="subtract it")
def part_added(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad += (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="kept the part of the gradient along")
def only_the_part(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean() + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad = (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="missing from the loss")
def no_penalty_in_the_step(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, _ = sae(x)
    loss = ((x - x_hat) ** 2).sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


@wrong("8.3", says="as in 8.2")
def error_averaged(sae, optimizer, x, l1_coefficient):
    optimizer.zero_grad()
    x_hat, f = sae(x)
    loss = F.mse_loss(x_hat, x) + l1_coefficient * f.sum(dim=-1).mean()
    loss.backward()
    with torch.no_grad():
        sae.W_dec.grad -= (sae.W_dec.grad * sae.W_dec).sum(dim=1, keepdim=True) * sae.W_dec
    optimizer.step()
    with torch.no_grad():
        sae.W_dec /= sae.W_dec.norm(dim=1, keepdim=True)
    return loss.item()


# --- 8.4 Density and L0 ---


@right("8.4")
def means_of_yes_and_no(f):
    on = (f > 0).float()
    return on.mean(dim=0), on.sum(dim=1).mean().item()


@right("8.4")
def from_counts(f):
    density = f.count_nonzero(dim=0) / f.shape[0]
    return density, density.sum()


@wrong("8.4", says="mean activation")
def mean_activation(f):
    return f.mean(dim=0), (f > 0).float().sum(dim=1).mean()


@wrong("8.4", says="density is a mean over tokens")
def density_of_tokens(f):
    on = (f > 0).float()
    return on.mean(dim=1), on.sum(dim=1).mean()


@wrong("8.4", says="divide by their number")
def counts_of_tokens(f):
    on = (f > 0).float()
    return on.sum(dim=0), on.sum(dim=1).mean()


@wrong("8.4", says="that is a share")
def l0_as_share(f):
    on = (f > 0).float()
    return on.mean(dim=0), on.mean()


@wrong("8.4", says="that is the total")
def l0_in_all(f):
    on = (f > 0).float()
    return on.mean(dim=0), on.sum()


@wrong("8.4", says="L1 norm")
def l1_for_l0(f):
    return (f > 0).float().mean(dim=0), f.sum(dim=1).mean()


@wrong("8.4", says="anything above 0 is active")
def with_threshold(f):
    on = (f > 1e-2).float()
    return on.mean(dim=0), on.sum(dim=1).mean()


@wrong("8.4", says="one L0 a token")
def l0_of_each_token(f):
    on = (f > 0).float()
    return on.mean(dim=0), on.sum(dim=1)


@wrong("8.4", says="holds everywhere")
def at_least_zero(f):
    on = (f >= 0).float()
    return on.mean(dim=0), on.sum(dim=1).mean()


@wrong("8.4", says="don't round it")
def l0_rounded(f):
    on = (f > 0).float()
    return on.mean(dim=0), int(on.sum(dim=1).mean())


@wrong("8.4", says="the order")
def l0_first(f):
    on = (f > 0).float()
    return on.sum(dim=1).mean().item(), on.mean(dim=0)


@wrong("8.4", says="fire at all")
def live_latents(f):
    on = (f > 0).float()
    return on.mean(dim=0), (f > 0).any(dim=0).sum().item()


@wrong("8.4", says="you averaged over latents")
def counts_over_latents(f):
    on = (f > 0).float()
    return on.mean(dim=0), on.sum(dim=0).mean()


# --- 8.5 R² ---


@right("8.5")
def ratio_of_sums(x, x_hat):
    return 1 - ((x - x_hat) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()


@right("8.5")
def ratio_of_means(x, x_hat):
    error = (x_hat - x).pow(2).sum(-1).mean()
    return (1 - error / x.var(dim=0, unbiased=False).sum()).item()


@wrong("8.5", says="compared with zero")
def about_zero(x, x_hat):
    return 1 - ((x - x_hat) ** 2).sum() / (x**2).sum()


@wrong("8.5", says="not one number for the whole table")
def one_mean(x, x_hat):
    return 1 - ((x - x_hat) ** 2).sum() / ((x - x.mean()) ** 2).sum()


@wrong("8.5", says="not over components")
def mean_over_components(x, x_hat):
    return 1 - ((x - x_hat) ** 2).sum() / ((x - x.mean(dim=-1, keepdim=True)) ** 2).sum()


@wrong("8.5", says="one R² per component")
def mean_of_ratios(x, x_hat):
    return (1 - ((x - x_hat) ** 2).sum(0) / ((x - x.mean(dim=0)) ** 2).sum(0)).mean()


@wrong("8.5", says="left unexplained")
def unexplained(x, x_hat):
    return ((x - x_hat) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()


@wrong("8.5", says="norms are squared")
def of_norms(x, x_hat):
    return 1 - (x - x_hat).norm() / (x - x.mean(dim=0)).norm()


@wrong("8.5", says="n − 1")
def sample_variance(x, x_hat):
    return 1 - ((x - x_hat) ** 2).mean(dim=0).sum() / x.var(dim=0).sum()


@wrong("8.5", says="correlation squared")
def correlation(x, x_hat):
    return torch.corrcoef(torch.stack([x.flatten(), x_hat.flatten()]))[0, 1] ** 2


@wrong("8.5", says="one R² per token")
def mean_over_tokens(x, x_hat):
    return (1 - ((x - x_hat) ** 2).sum(1) / ((x - x.mean(dim=0)) ** 2).sum(1)).mean()


@wrong("8.5", says="a variance forgets the mean")
def variance_of_the_error(x, x_hat):
    return 1 - (x - x_hat).var(dim=0).sum() / x.var(dim=0).sum()


@wrong("8.5", says="distance from x̄")
def explained_over_total(x, x_hat):
    return ((x_hat - x.mean(dim=0)) ** 2).sum() / ((x - x.mean(dim=0)) ** 2).sum()


@wrong("8.5", says="each token's norm is squared")
def sums_of_norms(x, x_hat):
    return 1 - (x - x_hat).norm(dim=1).sum() / (x - x.mean(dim=0)).norm(dim=1).sum()


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


@wrong("8.6", says="not at norm 1")
def not_unit(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * F.normalize(rows, dim=1).T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="forgot the factor 0.2")
def no_factor(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="live columns only")
def norm_of_all(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc.norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


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


@wrong("8.6", says="proportion to the loss: square it")
def by_loss(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="drew all inputs alike")
def uniformly(sae, optimizer, dead, x, generator=None):
    with torch.no_grad():
        if not dead.any():
            return
        rows = x[torch.randint(len(x), (int(dead.sum()),), generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="no error x − x̂")
def errors_as_rows(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        error = x - sae(x).x_hat
        loss = (error**2).sum(dim=1)
        rows = error[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="b_enc was not set to 0")
def bias_kept(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        rows = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = rows / rows.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


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


@wrong("8.6", says="all got the same input")
def one_input_for_all(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        inputs = x[torch.multinomial(loss**2, 1, generator=generator).expand(int(dead.sum()))]
        rows = inputs / inputs.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="once too often")
def squared_twice(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        inputs = x[torch.multinomial(loss**4, int(dead.sum()), replacement=True, generator=generator)]
        rows = inputs / inputs.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="divide x by its norm first")
def encoder_from_the_input(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        inputs = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = inputs / inputs.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm(dim=0).mean() * inputs.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="mean norm is missing")
def norm_of_the_decoder(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        inputs = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = inputs / inputs.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_dec.norm(dim=1).mean() * rows.T
        sae.b_enc[dead] = 0
        for m in ("exp_avg", "exp_avg_sq"):
            optimizer.state[sae.W_dec][m][dead] = 0
            optimizer.state[sae.W_enc][m][:, dead] = 0
            optimizer.state[sae.b_enc][m][dead] = 0


@wrong("8.6", says="norm of the whole matrix")
def norm_of_all_columns(sae, optimizer, dead, x, generator=None):
    if not dead.any():
        return
    with torch.no_grad():
        loss = ((x - sae(x).x_hat) ** 2).sum(dim=1)
        inputs = x[torch.multinomial(loss**2, int(dead.sum()), replacement=True, generator=generator)]
        rows = inputs / inputs.norm(dim=1, keepdim=True)
        sae.W_dec[dead] = rows
        sae.W_enc[:, dead] = 0.2 * sae.W_enc[:, ~dead].norm() * rows.T
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


@wrong("8.7", says="left out the decoder norms")
def plain_l1(f, W_dec, l1_coefficient):
    return l1_coefficient * f.sum(dim=-1).mean()


@wrong("8.7", says="squared the norms")
def squared_norms(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.square().sum(dim=1)).sum(dim=-1).mean()


@wrong("8.7", says="detached the norms")
def norms_detached(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.detach().norm(dim=1)).sum(dim=-1).mean()


@wrong("8.7", says="columns")
def norms_of_columns(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.norm(dim=0)).sum(dim=-1).mean()


@wrong("8.7", says="averaged over latents")
def mean_over_latents(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.norm(dim=1)).mean()


@wrong("8.7", says="summed over the batch")
def sum_over_batch(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.norm(dim=1)).sum()


@wrong("8.7", says="one norm for all")
def mean_norm(f, W_dec, l1_coefficient):
    return l1_coefficient * f.sum(dim=-1).mean() * W_dec.norm(dim=1).mean()


@wrong("8.7", says="norm of the whole matrix")
def frobenius(f, W_dec, l1_coefficient):
    return l1_coefficient * (f * W_dec.norm()).sum(dim=-1).mean()


@wrong("8.7", says="norm of the sum of rows")
def norm_of_the_sum(f, W_dec, l1_coefficient):
    return l1_coefficient * (f @ W_dec).norm(dim=-1).mean()


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


@wrong("8.8", says="ablated to zero")
def always_zero(loss, reconstruct, fill):
    ablated = loss(torch.zeros_like)
    return (ablated - loss(reconstruct)) / (ablated - loss(None))


@wrong("8.8", says="share lost")
def share_lost(loss, reconstruct, fill):
    ablated, clean = loss(lambda acts: fill.expand_as(acts)), loss(None)
    return (loss(reconstruct) - clean) / (ablated - clean)


@wrong("8.8", says="in nats")
def in_nats(loss, reconstruct, fill):
    return loss(lambda acts: fill.expand_as(acts)) - loss(reconstruct)


@wrong("8.8", says="loss of 0")
def ratio_of_losses(loss, reconstruct, fill):
    return loss(None) / loss(reconstruct)


@wrong("8.8", says="clipped")
def clipped(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill.expand_as(acts))
    return min(1.0, max(0.0, (ablated - loss(reconstruct)) / (ablated - loss(None))))


@wrong("8.8", says="what ablation costs")
def over_ablated(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill.expand_as(acts))
    return (ablated - loss(reconstruct)) / ablated


@wrong("8.8", says="expand `fill`")
def not_expanded(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill)
    return (ablated - loss(reconstruct)) / (ablated - loss(None))


@wrong("8.8", says="the sign")
def negative(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill.expand_as(acts))
    return (loss(reconstruct) - ablated) / (ablated - loss(None))


@wrong("8.8", says="not per cent")
def per_cent(loss, reconstruct, fill):
    ablated = loss(lambda acts: fill.expand_as(acts))
    return 100 * (ablated - loss(reconstruct)) / (ablated - loss(None))


@wrong("8.8", says="the mean of `acts`")
def mean_of_acts(loss, reconstruct, fill):
    ablated = loss(lambda acts: acts.flatten(0, -2).mean(dim=0).expand_as(acts))
    return (ablated - loss(reconstruct)) / (ablated - loss(None))


@wrong("8.8", says="takes a function of the activations")
def fill_itself(loss, reconstruct, fill):
    ablated = loss(fill)
    return (ablated - loss(reconstruct)) / (ablated - loss(None))
