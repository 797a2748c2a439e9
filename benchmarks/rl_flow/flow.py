"""A flow model in the plane, its stochastic sampler, its reward with a loophole, and Flow-GRPO's loss on it."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from semuq_rl.ratios import gaussian_log_ratio, ratio_norm, step_weight

__all__ = ["ARMS", "Arm", "Rollout", "gold_reward", "pretrained", "proxy_reward", "rollout", "update"]

STEPS = 10
SHIFT = 3.0
"""Steps are short near the noise and long near the data, as in the models that the method is for."""

TIMES = [SHIFT * u / (1 + (SHIFT - 1) * u) for u in (1 - k / STEPS for k in range(STEPS + 1))]
NOISE = 0.7
MODES, RADIUS, WIDTH = 8, 2.0, 0.15
LOOPHOLE = 0.5
"""Slope of the proxy reward outside the ring, where there are no data."""

FLOOR = -30.0
"""Least log-density that counts, or one stray point would outweigh a batch."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Which ratio is clipped, and how steps are weighed.

    Args:
        ratio: (plain log-ratio, mean, old mean, scale, step length) -> the log-ratio that is clipped.
        weigh: whether a step's loss is divided by its length.
        kl: weight of the divergence from the pretrained flow, mean[(mean - its mean)^2] / (2 scale^2) a step.
    """

    about: str
    ratio: Callable[[Tensor, Tensor, Tensor, float, float], Tensor]
    weigh: bool = False
    kl: float = 0.0


def _centred(plain: Tensor, mean: Tensor, old: Tensor, scale: float, dt: float) -> Tensor:
    return plain + ((mean - old) ** 2).mean(-1) / (2 * scale**2)


def _guarded(plain: Tensor, mean: Tensor, old: Tensor, scale: float, dt: float) -> Tensor:
    return ratio_norm(plain, mean, old, scale)


def _evened(plain: Tensor, mean: Tensor, old: Tensor, scale: float, dt: float) -> Tensor:
    return ratio_norm(plain, mean, old, scale, step=(1 + NOISE**2 / 2) * dt)


ARMS = {
    "plain": Arm(about="Flow-GRPO", ratio=lambda plain, mean, old, scale, dt: plain),
    "kl": Arm(about="Flow-GRPO with its KL term", ratio=lambda plain, mean, old, scale, dt: plain, kl=0.04),
    "centred": Arm(about="only the mean taken out", ratio=_centred),
    "ratio-norm": Arm(about="RatioNorm", ratio=_guarded),
    "guard": Arm(about="RatioNorm and 1/|dt|: GRPO-Guard", ratio=_guarded, weigh=True),
    "evened": Arm(about="RatioNorm divided by the step: ours", ratio=_evened),
}


class Velocity(nn.Module):
    """v(x, t) of a rectified flow: noise at t = 1, data at t = 0."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))

    def forward(self, x: Tensor, t: float | Tensor) -> Tensor:
        time = torch.as_tensor(t, dtype=x.dtype).expand(len(x)).unsqueeze(-1)
        return self.net(torch.cat([x, time, time**2], dim=-1))  # type: ignore[no-any-return]


@dataclass
class Rollout:
    """What a batch of samples went through: per step the point before, after, the mean, and the scale."""

    before: list[Tensor]
    after: list[Tensor]
    means: list[Tensor]
    scales: list[float]
    steps: list[tuple[float, float]]  # time, length
    final: Tensor


def ring(n: int, generator: torch.Generator) -> Tensor:
    """(n, 2) data: eight Gaussians on a ring."""
    angle = 2 * math.pi * torch.randint(MODES, (n,), generator=generator) / MODES
    return RADIUS * torch.stack([angle.cos(), angle.sin()], -1) + WIDTH * torch.randn(n, 2, generator=generator)


@cache
def _fitted(seed: int, steps: int, batch: int) -> Velocity:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Velocity()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(steps):
        data, noise = ring(batch, generator), torch.randn(batch, 2, generator=generator)
        t = torch.rand(batch, generator=generator)
        x = (1 - t[:, None]) * data + t[:, None] * noise
        loss = ((model(x, t) - (noise - data)) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model


def pretrained(seed: int, *, steps: int = 1500, batch: int = 256) -> Velocity:
    """A velocity field fitted to the ring by flow matching; made once per seed, and a copy each time."""
    return copy.deepcopy(_fitted(seed, steps, batch))


def step_mean(model: Velocity, x: Tensor, t: float, dt: float) -> tuple[Tensor, float]:
    """Mean and standard deviation of the step of length dt from t towards the data."""
    at = min(t, 1 - dt / 2)  # sigma has a pole at t = 1
    sigma = NOISE * math.sqrt(at / (1 - at))
    velocity = model(x, t)
    drift = velocity + sigma**2 / (2 * at) * (x + (1 - at) * velocity)
    return x - drift * dt, sigma * math.sqrt(dt)


@torch.no_grad()
def rollout(model: Velocity, n: int, generator: torch.Generator) -> Rollout:
    """n samples by the stochastic sampler; the last step adds no noise and has no ratio."""
    x = torch.randn(n, 2, generator=generator)
    path = Rollout([], [], [], [], [], x)
    for k in range(STEPS):
        t, dt = TIMES[k], TIMES[k] - TIMES[k + 1]
        mean, scale = step_mean(model, x, t, dt)
        after = mean if k == STEPS - 1 else mean + scale * torch.randn(n, 2, generator=generator)
        if k < STEPS - 1:
            path.before.append(x)
            path.after.append(after)
            path.means.append(mean)
            path.scales.append(scale)
            path.steps.append((t, dt))
        x = after
    path.final = x
    return path


def taste(x: Tensor) -> Tensor:
    """What is wanted: points to the right."""
    return x[:, 0] / x.norm(dim=-1).clamp_min(1e-6)


def proxy_reward(x: Tensor) -> Tensor:
    """What is paid: the same, and a loophole outside the ring."""
    return taste(x) + LOOPHOLE * (x.norm(dim=-1) - RADIUS).clamp_min(0.0)


def gold_reward(x: Tensor) -> Tensor:
    """What is meant: the taste, and points that could be data (a tenth of their log-density)."""
    angles = 2 * math.pi * torch.arange(MODES) / MODES
    modes = RADIUS * torch.stack([angles.cos(), angles.sin()], -1)
    square = ((x[:, None] - modes) ** 2).sum(-1) / (2 * WIDTH**2)
    density = torch.logsumexp(-square, dim=1) - math.log(MODES)
    return taste(x) + 0.1 * density.clamp_min(FLOOR)


def update(
    model: Velocity,
    reference: Velocity,
    optimiser: Any,
    path: Rollout,
    advantages: Tensor,
    arm: Arm,
    clip: float,
    *,
    measure: bool,
) -> tuple[list[Tensor], list[float]]:
    """One pass of PPO over all steps; gives the log-ratios and, if asked, the gradient's norm of each step."""
    ratios, norms = [], []
    optimiser.zero_grad()
    total = torch.zeros(())
    for x, after, old, scale, (t, dt) in zip(path.before, path.after, path.means, path.scales, path.steps, strict=True):
        mean, _ = step_mean(model, x, t, dt)
        log_ratio = arm.ratio(gaussian_log_ratio(after, mean, old, scale), mean, old, scale, dt)
        ratio = log_ratio.exp()
        loss = torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip)).mean()
        loss = loss * (step_weight(dt) if arm.weigh else 1.0)
        if arm.kl:
            with torch.no_grad():
                before, _ = step_mean(reference, x, t, dt)
            loss = loss + arm.kl * ((mean - before) ** 2).mean() / (2 * scale**2)
        ratios.append(log_ratio.detach())
        if measure:
            own = torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)
            norms.append(float(torch.cat([grad.reshape(-1) for grad in own]).norm()))
        total = total + loss
    total.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return ratios, norms
