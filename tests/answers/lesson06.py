"""What students write in lesson 06."""

import torch
import torch.nn.functional as F

from tests.answers import right, wrong

# --- 6.1 How well is each feature recovered? ---


@right("6.1")
def normalised(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).amax(dim=1)


@right("6.1")
def by_division(truth, dictionary):
    products = torch.einsum("nm,km->nk", truth, dictionary)
    return (products / truth.norm(dim=1)[:, None] / dictionary.norm(dim=1)).max(dim=1).values


@right("6.1")
def cosine_similarity(truth, dictionary):
    return F.cosine_similarity(truth[:, None], dictionary[None], dim=2).max(1)[0]


@wrong("6.1", says="dictionary's rows to norm 1")
def only_truth_normalised(truth, dictionary):
    return (F.normalize(truth, dim=1) @ dictionary.T).amax(dim=1)


@wrong("6.1", says="true directions to norm 1")
def only_dictionary_normalised(truth, dictionary):
    return (truth @ F.normalize(dictionary, dim=1).T).amax(dim=1)


@wrong("6.1", says="inner products")
def not_normalised(truth, dictionary):
    return (truth @ dictionary.T).amax(dim=1)


@wrong("6.1", says="points the other way")
def absolute(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).abs().amax(dim=1)


@wrong("6.1", says="best row for each feature")
def over_features(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).amax(dim=0)


@wrong("6.1", says="one number for each")
def averaged(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).amax(dim=1).mean()


@wrong("6.1", says="take the largest")
def mean_over_dictionary(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).mean(dim=1)


@wrong("6.1", says="in place")
def in_place(truth, dictionary):
    truth /= truth.norm(dim=1, keepdim=True)
    return (truth @ F.normalize(dictionary, dim=1).T).amax(dim=1)


@wrong("6.1", says="a direction is a row")
def columns_normalised(truth, dictionary):
    return (F.normalize(truth, dim=0) @ F.normalize(dictionary, dim=0).T).amax(dim=1)


@right("6.1")
def one_pair_at_a_time(truth, dictionary):
    return torch.tensor([max(float(w @ d / (w.norm() * d.norm())) for d in dictionary) for w in truth])


@wrong("6.1", says="take `.values`")
def with_places(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).max(dim=1)


@wrong("6.1", says="not `argmax`")
def places(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).argmax(dim=1)


@wrong("6.1", says="the squared norms")
def squared_norms(truth, dictionary):
    return (truth @ dictionary.T / (truth**2).sum(1)[:, None] / (dictionary**2).sum(1)).amax(dim=1)


@wrong("6.1", says="largest inner product")
def longest_match(truth, dictionary):
    return F.cosine_similarity(truth, dictionary[(truth @ dictionary.T).argmax(dim=1)])


@wrong("6.1", says="cut it at 0")
def never_negative(truth, dictionary):
    return (F.normalize(truth, dim=1) @ F.normalize(dictionary, dim=1).T).relu().amax(dim=1)


# --- 6.2 What the L1 penalty does to a size ---


@right("6.2")
def clamped(a, l1_coefficient):
    return (a - l1_coefficient / 2).clamp(min=0)


@right("6.2")
def cases(a, l1_coefficient):
    return torch.where(a > 0.5 * l1_coefficient, a - 0.5 * l1_coefficient, torch.zeros_like(a))


@wrong("6.2", says="λ/2, not λ")
def whole_lambda(a, l1_coefficient):
    return (a - l1_coefficient).clamp(min=0)


@wrong("6.2", says="may not be negative")
def unclamped(a, l1_coefficient):
    return a - l1_coefficient / 2


@wrong("6.2", says="forgot the penalty")
def no_penalty(a, l1_coefficient):
    return a.clamp(min=0)


@wrong("6.2", says="L1 subtracts")
def ridge(a, l1_coefficient):
    return (a / (1 + l1_coefficient)).clamp(min=0)


@wrong("6.2", says="shrink as well")
def hard_threshold(a, l1_coefficient):
    return torch.where(a > l1_coefficient / 2, a, 0.0)


@wrong("6.2", says="no second, negative branch")
def two_sided(a, l1_coefficient):
    return a.sign() * (a.abs() - l1_coefficient / 2).clamp(min=0)


@wrong("6.2", says="smaller, not larger")
def grown(a, l1_coefficient):
    return (a + l1_coefficient / 2).clamp(min=0)


@wrong("6.2", says="that is the least loss")
def the_loss(a, l1_coefficient):
    f = (a - l1_coefficient / 2).clamp(min=0)
    return (a - f) ** 2 + l1_coefficient * f


@wrong("6.2", says="factor 2")
def slope_without_two(a, l1_coefficient):
    return (2 * a - l1_coefficient).relu()


@wrong("6.2", says="not below λ")
def cut_at_lambda(a, l1_coefficient):
    return torch.where(a > l1_coefficient, a - l1_coefficient / 2, 0.0)


@wrong("6.2", says="doesn't scale a")
def scaled(a, l1_coefficient):
    return (a * (1 - l1_coefficient / 2)).relu()


# --- 6.3 Undo it with one number ---


@right("6.3")
def projection(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return ((u * v).sum() / (v * v).sum()).item()


@right("6.3")
def least_squares(x, x_hat, b_dec):
    v = (x_hat - b_dec).reshape(-1, 1)
    return torch.linalg.lstsq(v, (x - b_dec).reshape(-1, 1)).solution.squeeze()


@right("6.3")
def means(x, x_hat, b_dec):
    return ((x - b_dec) * (x_hat - b_dec)).mean() / (x_hat - b_dec).pow(2).mean()


@wrong("6.3", says="forgot to subtract b_dec")
def with_bias(x, x_hat, b_dec):
    return ((x * x_hat).sum() / (x_hat**2).sum()).item()


@wrong("6.3", says="upside down")
def upside_down(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return ((v * v).sum() / (u * v).sum()).item()


@wrong("6.3", says="from x to x̂")
def other_way(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return ((u * v).sum() / (u * u).sum()).item()


@wrong("6.3", says="ratio of the norms")
def norm_ratio(x, x_hat, b_dec):
    return ((x - b_dec).norm() / (x_hat - b_dec).norm()).item()


@wrong("6.3", says="one for all")
def by_token(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return ((u * v).sum(1) / (v * v).sum(1)).mean().item()


@wrong("6.3", says="one for all, from sums")
def a_factor_each(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return (u * v).sum(1) / (v * v).sum(1)


@wrong("6.3", says="entry by entry")
def ratios(x, x_hat, b_dec):
    return ((x - b_dec) / (x_hat - b_dec)).mean().item()


@wrong("6.3", says="each dimension")
def by_dimension(x, x_hat, b_dec):
    u, v = x - b_dec, x_hat - b_dec
    return (u * v).sum(0) / (v * v).sum(0)


@wrong("6.3", says="subtract b_dec")
def centred_by_means(x, x_hat, b_dec):
    u, v = x - x.mean(0), x_hat - x_hat.mean(0)
    return ((u * v).sum() / (v * v).sum()).item()


@wrong("6.3", says="ratio of the mean norms")
def mean_norms(x, x_hat, b_dec):
    return ((x - b_dec).norm(dim=1).mean() / (x_hat - b_dec).norm(dim=1).mean()).item()


@wrong("6.3", says="forgot to divide")
def undivided(x, x_hat, b_dec):
    return ((x - b_dec) * (x_hat - b_dec)).sum().item()


# --- 6.4 TopK ---


@right("6.4")
def scattered(z, k):
    values, places = z.relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


@right("6.4")
def thresholded(z, k):
    smallest = z.sort(dim=1, descending=True).values[:, k - 1 : k]
    return z.relu() * (z >= smallest)


@right("6.4")
def relu_last(z, k):
    mask = torch.zeros_like(z)
    mask.scatter_(1, z.topk(k, dim=1).indices, 1.0)
    return torch.relu(z * mask)


@wrong("6.4", says="forgot the ReLU")
def no_relu(z, k):
    values, places = z.topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


@wrong("6.4", says="absolute value")
def by_size(z, k):
    places = z.abs().topk(k, dim=-1).indices
    return torch.zeros_like(z).scatter(-1, places, z.gather(-1, places))


@wrong("6.4", says="put them back among zeros")
def values_only(z, k):
    return z.relu().topk(k, dim=-1).values


@wrong("6.4", says="each input keeps")
def whole_batch(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)


@wrong("6.4", says="you returned 1")
def mask_only(z, k):
    places = z.topk(k, dim=-1).indices
    return torch.zeros_like(z).scatter(-1, places, 1.0) * (z > 0)


@wrong("6.4", says="only the k largest stay")
def plain_relu(z, k):
    return z.relu()


@wrong("6.4", says="they keep their value")
def shifted(z, k):
    return (z - z.topk(min(k + 1, z.shape[-1]), dim=-1).values[..., -1:]).relu()


@wrong("6.4", says="cut the graph")
def detached(z, k):
    values, places = z.detach().relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


@wrong("6.4", says="in place")
def edits_input(z, k):
    z[z < z.topk(k, dim=-1).values[:, -1:]] = 0
    return z.relu()


@right("6.4")
def by_rank(z, k):
    return z.relu() * (z.argsort(dim=1, descending=True).argsort(dim=1) < k)


@wrong("6.4", says="`>` in place of `>=`")
def above_the_kth(z, k):
    return z.relu() * (z > z.topk(k, dim=-1).values[:, -1:])


@wrong("6.4", says="multiply your mask")
def mask_of_places(z, k):
    return torch.zeros_like(z).scatter(-1, z.topk(k, dim=-1).indices, 1.0)


# --- 6.5 BatchTopK ---


@right("6.5")
def flat(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)


@right("6.5")
def by_threshold(z, k):
    smallest = z.reshape(-1).sort(descending=True).values[k * z.shape[0] - 1]
    return torch.where(z >= smallest, z, 0.0).clamp(min=0)


@wrong("6.5", says="that is TopK")
def each_input(z, k):
    values, places = z.relu().topk(k, dim=-1)
    return torch.zeros_like(z).scatter(-1, places, values)


@wrong("6.5", says="forgot the ReLU")
def signed(z, k):
    values, places = z.flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)


@wrong("6.5", says="k·batch in all")
def k_in_all(z, k):
    values, places = z.relu().flatten().topk(k)
    return torch.zeros_like(z).flatten().scatter(0, places, values).view_as(z)


@wrong("6.5", says="all positive ones")
def everything(z, k):
    return z.relu()


@wrong("6.5", says="still flat")
def left_flat(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values)


@wrong("6.5", says="you returned 1")
def ones(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, (values > 0).float()).view_as(z)


@wrong("6.5", says="ranked each latent")
def along_the_batch(z, k):
    k = min(k, len(z))
    values, places = z.relu().topk(k, dim=0)
    return torch.zeros_like(z).scatter(0, places, values)


@wrong("6.5", says="`>` in place of `>=`")
def above_the_last(z, k):
    return z.relu() * (z > z.flatten().topk(k * len(z)).values[-1])


@wrong("6.5", says="absolute value")
def by_absolute_value(z, k):
    flat = z.flatten()
    places = flat.abs().topk(k * len(z)).indices
    return torch.zeros_like(flat).scatter(0, places, flat[places]).relu().view_as(z)


@wrong("6.5", says="mixed up on the way back")
def turned(z, k):
    values, places = z.relu().flatten().topk(k * len(z))
    return torch.zeros_like(z).flatten().scatter(0, places, values).view(z.shape[1], z.shape[0]).T


# --- 6.6 Matryoshka ---


@right("6.6")
def summed(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


@right("6.6")
def masked(x, f, W_dec, b_dec, prefixes):
    total = x.new_zeros(())
    for m in prefixes:
        keep = (torch.arange(f.shape[1]) < m).to(f.dtype)
        total = total + F.mse_loss((f * keep) @ W_dec + b_dec, x, reduction="sum") / len(x)
    return total


@wrong("6.6", says="averaged over the prefixes")
def mean_of_prefixes(x, f, W_dec, b_dec, prefixes):
    each = [((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes]
    return sum(each) / len(each)


@wrong("6.6", says="left out b_dec")
def no_bias(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m]) ** 2).sum(dim=-1).mean() for m in prefixes)


@wrong("6.6", says="last prefix only")
def last_only(x, f, W_dec, b_dec, prefixes):
    m = prefixes[-1]
    return ((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean()


@wrong("6.6", says="blocks that do not overlap")
def blocks(x, f, W_dec, b_dec, prefixes):
    total, first = 0, 0
    for m in prefixes:
        total = total + ((x - f[:, first:m] @ W_dec[first:m] - b_dec) ** 2).sum(dim=-1).mean()
        first = m
    return total


@wrong("6.6", says="you used all latents")
def all_each_time(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f @ W_dec - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


@wrong("6.6", says="average over it")
def batch_summed(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum() for m in prefixes)


@wrong("6.6", says="over the components")
def components_averaged(x, f, W_dec, b_dec, prefixes):
    return sum(F.mse_loss(f[:, :m] @ W_dec[:m] + b_dec, x) for m in prefixes)


@wrong("6.6", says="added up the reconstructions")
def one_reconstruction(x, f, W_dec, b_dec, prefixes):
    x_hat = sum(f[:, :m] @ W_dec[:m] for m in prefixes) + b_dec
    return ((x - x_hat) ** 2).sum(dim=-1).mean()


@wrong("6.6", says="cut the graph")
def as_number(x, f, W_dec, b_dec, prefixes):
    return torch.tensor(
        sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean().item() for m in prefixes)
    )


@wrong("6.6", says="must not be detached")
def early_detached(x, f, W_dec, b_dec, prefixes):
    total = 0
    for m in prefixes:
        used = f[:, :m] if m == prefixes[-1] else f[:, :m].detach()
        total = total + ((x - used @ W_dec[:m] - b_dec) ** 2).sum(dim=-1).mean()
    return total


@right("6.6")
def running_sums(x, f, W_dec, b_dec, prefixes):
    parts = (f[:, :, None] * W_dec).cumsum(dim=1)
    return sum((x - b_dec - parts[:, m - 1]).pow(2).sum(dim=1).mean() for m in prefixes)


@wrong("6.6", says="one latent too many")
def off_by_one(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, : m + 1] @ W_dec[: m + 1] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


@wrong("6.6", says="one latent too few")
def one_short(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, : m - 1] @ W_dec[: m - 1] - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


@wrong("6.6", says="you added them up")
def widths(x, f, W_dec, b_dec, prefixes):
    total, end = 0, 0
    for m in prefixes:
        end += m
        total = total + ((x - f[:, :end] @ W_dec[:end] - b_dec) ** 2).sum(dim=-1).mean()
    return total


@wrong("6.6", says="b_dec twice")
def bias_twice(x, f, W_dec, b_dec, prefixes):
    return sum((((x - b_dec) - (f[:, :m] @ W_dec[:m] + b_dec)) ** 2).sum(dim=-1).mean() for m in prefixes)


@wrong("6.6", says="cut the batch")
def rows_cut(x, f, W_dec, b_dec, prefixes):
    return sum(((x[:m] - f[:m] @ W_dec - b_dec) ** 2).sum(dim=-1).mean() for m in prefixes)


@wrong("6.6", says="one loss for each input")
def loss_by_input(x, f, W_dec, b_dec, prefixes):
    return sum(((x - f[:, :m] @ W_dec[:m] - b_dec) ** 2).sum(dim=-1) for m in prefixes)


# --- 6.7 JumpReLU ---


@right("6.7")
def added_zero(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return z * on + threshold.detach() * slope, on + slope


@right("6.7")
def own_function(z, threshold, bandwidth):
    class Step(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, threshold):
            ctx.save_for_backward(z, threshold)
            return (z > threshold).to(z.dtype)

        @staticmethod
        def backward(ctx, grad):
            z, threshold = ctx.saved_tensors
            near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
            return None, -(grad * near).sum(0) / bandwidth

    class Jump(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, threshold):
            ctx.save_for_backward(z, threshold)
            return z * (z > threshold)

        @staticmethod
        def backward(ctx, grad):
            z, threshold = ctx.saved_tensors
            near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
            return grad * (z > threshold), -(grad * near * threshold).sum(0) / bandwidth

    return Jump.apply(z, threshold), Step.apply(z, threshold)


@wrong("6.7", says="no gradient reaches the threshold through f")
def no_slope_in_f(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    return z * on, on + near / bandwidth * (threshold.detach() - threshold)


@wrong("6.7", says="a comparison has no gradient")
def values_without_slopes(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    return z * on, on


@wrong("6.7", says="keeps its full size")
def subtracted(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    return (z - threshold).relu(), on


@wrong("6.7", says="smoothed the step")
def sigmoid(z, threshold, bandwidth):
    on = torch.sigmoid((z - threshold) / bandwidth)
    return z * on, on


@wrong("6.7", says="smoothed the step")
def ramp(z, threshold, bandwidth):
    on = ((z - threshold) / bandwidth + 0.5).clamp(0, 1)
    return z * on, on


@wrong("6.7", says="half a bandwidth to each side")
def wide_window(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return z * on + threshold.detach() * slope, on + slope


@wrong("6.7", says="divide by the bandwidth")
def no_bandwidth(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near * (threshold.detach() - threshold)
    return z * on + threshold.detach() * slope, on + slope


@wrong("6.7", says="the sign")
def wrong_sign(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold - threshold.detach())
    return z * on + threshold.detach() * slope, on + slope


@wrong("6.7", says="forgot the factor θ")
def no_theta(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return z * on + slope, on + slope


@wrong("6.7", says="you used z where the formula has θ")
def z_times_soft_step(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    soft = on + near / bandwidth * (threshold.detach() - threshold)
    return z * soft, soft


@wrong("6.7", says="in z as well")
def slope_in_z(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    distance = z - threshold
    slope = near / bandwidth * (distance - distance.detach())
    return z * on + threshold.detach() * slope, on + slope


@wrong("6.7", says="return both")
def only_f(z, threshold, bandwidth):
    return z * (z > threshold)


@wrong("6.7", says="return f first")
def swapped(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return on + slope, z * on + threshold.detach() * slope


@right("6.7")
def slope_by_relu(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return (z - threshold).relu() + threshold * (on + slope), on + slope


@wrong("6.7", says="added the slope to the value")
def slope_as_value(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    return z * on - threshold / bandwidth * near, on - near / bandwidth


@wrong("6.7", says="one slope too many")
def slope_of_the_difference(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    near = ((z - threshold).abs() < bandwidth / 2).to(z.dtype)
    slope = near / bandwidth * (threshold.detach() - threshold)
    return (z - threshold).relu() + threshold.detach() * (on + slope), on + slope


@wrong("6.7", says="each input's L0")
def l0_of_each_input(z, threshold, bandwidth):
    on = (z > threshold).to(z.dtype)
    return z * on, on.sum(dim=1)
