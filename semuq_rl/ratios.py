"""Ratios of Gaussian policies that PPO can clip on both sides: GRPO-Guard (arXiv:2510.22319).

In diffusion and flow models each denoising step is a Gaussian policy, and the log of its probability ratio has a
negative mean: ratios above 1 + c hardly occur and clipping acts on one side only. Everything here takes NumPy arrays
or torch tensors, and keeps gradients of the latter. Paper and code differ by a factor: sums over elements there, means
in the released code (a fork of Flow-GRPO, zhtmike/flow_grpo 9745241) and here.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from semuq.checks import one_of
from semuq.errors import InvalidParameter, InvalidSamples

__all__ = ["Schedule", "gaussian_log_ratio", "ratio_norm", "step_weight"]

Schedule = Literal["flow", "dance"]


def gaussian_log_ratio(sample: Any, mean: Any, old_mean: Any, scale: Any) -> Any:
    """(B,) mean over elements of log N(x; mu, s^2) - log N(x; mu_old, s^2).

    Formula. With eps = (x - mu_old) / s and d = mu - mu_old: mean[eps d] / s - mean[d^2] / (2 s^2), whose mean over
    samples of the old policy is -mean[d^2] / (2 s^2).

    Args:
        sample, mean, old_mean: (B, ...).
        scale: s > 0, a number or (B,): the standard deviation of the step, sigma_t sqrt(|dt|).

    Raises:
        InvalidSamples: shapes differ, or a scale is not above 0: a step without noise has no ratio and is left out.

    >>> import numpy as np
    >>> gaussian_log_ratio(np.array([[1.0]]), np.array([[1.0]]), np.array([[0.0]]), 1.0)
    array([0.5])
    """
    spread = _checked(sample, mean, old_mean, scale)
    noise, shift = (sample - old_mean) / spread, mean - old_mean
    return _mean(noise * shift / spread - shift * shift / (2 * spread * spread))


def ratio_norm(log_ratio: Any, mean: Any, old_mean: Any, scale: Any, *, step: Any = None) -> Any:
    """(B,) the log-ratio with its mean taken out and its spread evened: RatioNorm, Eq. 8.

    Formula. s (log w + mean[d^2] / (2 s^2)), which is mean[eps d] exactly: its mean under the old policy is 0.

    Args:
        log_ratio: (B,), from `gaussian_log_ratio`.
        mean, old_mean, scale: as there.
        step: (1 + a^2 / 2) |dt| for the schedule at hand, a number or (B,): divided by, so that the clipped share is
            the same at every step. Ours; the paper's form leaves a spread proportional to |dt|. None is the paper's.

    >>> import numpy as np
    >>> x, new, old = np.array([[1.0]]), np.array([[1.0]]), np.array([[0.0]])
    >>> ratio_norm(gaussian_log_ratio(x, new, old, 1.0), new, old, 1.0)
    array([1.])
    """
    spread = _checked(mean, mean, old_mean, scale)
    shift = mean - old_mean
    flat = spread.reshape(-1) if getattr(spread, "ndim", 0) else spread
    guarded = flat * log_ratio + _mean(shift * shift / (2 * spread))
    return guarded if step is None else guarded / step


def step_weight(dt: Any, *, schedule: Schedule = "flow", eta: float = 0.0, t: Any = None) -> Any:
    """The weight of a denoising step's loss that gives every step a gradient of the same size.

    Formula. "flow" (Flow-GRPO, sigma_t = a sqrt(t / (1 - t))): 1 / |dt|, since the velocity enters the mean with
    (1 + a^2 / 2) dt at every step. "dance" (DanceGRPO, constant sigma = eta): 1 / (b_t |dt|) with
    b_t = 1 + eta^2 (1 - t) / (2 t), by our derivation; readers of the paper quote b_t / |dt|.

    Args:
        dt: step length, not 0.
        schedule: which of the two.
        eta, t: the noise and the time, for "dance"; t in (0, 1].

    >>> step_weight(-0.1), round(step_weight(-0.1, schedule="dance", eta=1.0, t=0.5), 3)
    (10.0, 6.667)
    """
    one_of("step_weight", get_args(Schedule), schedule=schedule)
    if schedule == "flow":
        return 1 / abs(dt)
    if t is None:
        raise InvalidParameter("step_weight.t: expected the time of the step with schedule='dance', got None")
    return 1 / (abs(dt) * (1 + eta**2 * (1 - t) / (2 * t)))


def _checked(sample: Any, mean: Any, old_mean: Any, scale: Any) -> Any:
    """The scale in a shape that goes with the means."""
    if not sample.shape == mean.shape == old_mean.shape:
        raise InvalidSamples(
            f"means: expected one shape for sample, mean and old_mean, got {tuple(sample.shape)}, {tuple(mean.shape)} "
            f"and {tuple(old_mean.shape)}"
        )
    if not bool((scale > 0).all() if hasattr(scale, "all") else scale > 0):
        raise InvalidSamples("scale: expected numbers > 0; a step without noise has no ratio, leave it out")
    if getattr(scale, "ndim", 0):
        return scale.reshape(-1, *[1] * (mean.ndim - 1))
    return scale


def _mean(values: Any) -> Any:
    return values.reshape(len(values), -1).mean(-1)
