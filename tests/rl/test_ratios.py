"""Ratios of Gaussian policies: SciPy's densities, the identity of RatioNorm, and its means."""

import numpy as np
import pytest
from scipy.stats import norm

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.ratios import gaussian_log_ratio, ratio_norm, step_weight


def step(seed, shape=(5, 3, 2), scaled_rows=True):
    rng = np.random.default_rng(seed)
    old = rng.normal(size=shape)
    scale = rng.uniform(0.2, 2.0, shape[0]) if scaled_rows else 0.7
    wide = np.reshape(scale, (-1, *[1] * (len(shape) - 1)))
    return old + wide * rng.normal(size=shape), old + 0.3 * rng.normal(size=shape), old, scale


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scaled_rows", [True, False])
def test_the_ratio_is_that_of_the_densities(seed, scaled_rows):
    x, mean, old, scale = step(seed, scaled_rows=scaled_rows)
    wide = np.reshape(scale, (-1, 1, 1)) if scaled_rows else scale
    expected = (norm.logpdf(x, mean, wide) - norm.logpdf(x, old, wide)).mean(axis=(1, 2))
    np.testing.assert_allclose(gaussian_log_ratio(x, mean, old, scale), expected)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", [(4, 7), (3, 2, 5), (2, 1)])
def test_the_guarded_ratio_is_the_mean_of_noise_times_shift(seed, shape):
    x, mean, old, scale = step(seed, shape)
    wide = scale.reshape(-1, *[1] * (len(shape) - 1))
    expected = ((x - old) / wide * (mean - old)).reshape(shape[0], -1).mean(axis=1)
    guarded = ratio_norm(gaussian_log_ratio(x, mean, old, scale), mean, old, scale)
    np.testing.assert_allclose(guarded, expected, atol=1e-10)
    assert (np.sign(guarded) == np.sign(expected)).all()


def test_means_under_the_old_policy():
    rng = np.random.default_rng(0)
    old, shift, scale = np.zeros((200_000, 2)), np.array([0.3, -0.2]), 0.5
    x, mean = scale * rng.normal(size=old.shape), old + shift
    plain = gaussian_log_ratio(x, mean, old, scale)
    assert plain.mean() == pytest.approx(-(shift**2).mean() / (2 * scale**2), abs=3e-3)
    assert ratio_norm(plain, mean, old, scale).mean() == pytest.approx(0, abs=3e-3)


def test_where_the_policy_has_not_moved_the_ratio_is_one_and_its_gradient_that_of_the_noise():
    torch = pytest.importorskip("torch")
    x, _, old, scale = (torch.as_tensor(value) for value in step(1))
    mean = old.clone().requires_grad_()
    guarded = ratio_norm(gaussian_log_ratio(x, mean, old, scale), mean, old, scale)
    assert torch.equal(guarded.exp(), torch.ones(5, dtype=guarded.dtype))
    guarded.exp().sum().backward()
    noise = (x - old) / scale.reshape(-1, 1, 1)
    torch.testing.assert_close(mean.grad, noise / 6)


def test_the_velocity_enters_every_step_with_the_same_weight():
    """The mean of Flow-GRPO's step is x + v dt + s^2 / (2 t) (x + (1 - t) v) dt with s^2 = a^2 t / (1 - t)."""
    a = 0.7
    for t in (0.9, 0.5, 0.1):
        per_dt = 1 + a**2 * t / (1 - t) / (2 * t) * (1 - t)
        assert per_dt == pytest.approx(1 + a**2 / 2)
    assert step_weight(-0.05) == step_weight(0.05) == 20
    # DanceGRPO: constant eta, so 1 + eta^2 (1 - t) / (2 t), and its inverse evens the steps.
    weights = [
        step_weight(-0.1, schedule="dance", eta=0.3, t=t) * 0.1 * (1 + 0.09 * (1 - t) / (2 * t)) for t in (0.2, 0.9)
    ]
    np.testing.assert_allclose(weights, 1.0)


def test_evened_ratios_have_one_spread_at_all_steps():
    rng = np.random.default_rng(3)
    spreads = []
    for dt in (0.02, 0.1, 0.3):
        velocity, scale = 0.5, 0.7 * dt**0.5
        old = np.zeros((50_000, 1))
        mean, x = old + velocity * dt, scale * rng.normal(size=old.shape)
        spreads.append(ratio_norm(gaussian_log_ratio(x, mean, old, scale), mean, old, scale, step=dt).std())
    np.testing.assert_allclose(spreads, velocity, rtol=0.02)


def test_bad_input_is_refused():
    x, mean, old, _ = step(0)
    with pytest.raises(InvalidSamples, match="scale: expected numbers > 0"):
        gaussian_log_ratio(x, mean, old, 0.0)
    with pytest.raises(InvalidSamples, match="means: expected one shape"):
        gaussian_log_ratio(x, mean[:2], old, 1.0)
    with pytest.raises(InvalidParameter, match=r"step_weight.t: expected the time"):
        step_weight(0.1, schedule="dance", eta=1.0)
    with pytest.raises(InvalidParameter, match=r"step_weight.schedule"):
        step_weight(0.1, schedule="cosine")
