"""Five small networks that predict where a decision leads, with the spread: a regime for `RegimeCusum`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.regimes.swing import SPEED, TORQUE, wrapped

__all__ = ["Ensemble", "Move"]

FloatArray = NDArray[np.float64]
Move = tuple[FloatArray, float, FloatArray]
"""(state, torque, next state)."""

NETWORKS, WIDTH = 5, 32
SCALE = np.array([0.5, 1.0])
"""Of what is predicted: the changes of angle and speed."""

BATCH, RATE = 64, 3e-3
LEAST, MOST = -8.0, 2.0
"""Of a log-variance, in units of SCALE."""


class Ensemble:
    """Gaussians by moment matching over networks of 32 x 2, trained on likelihood, each on draws of its own.

    Args:
        seed: of the weights and the draws.
    """

    def __init__(self, seed: int) -> None:
        self._random = torch.Generator().manual_seed(seed)
        sizes = ((4, WIDTH), (WIDTH, WIDTH), (WIDTH, 4))
        self._weights = [
            torch.randn(NETWORKS, a, b, generator=self._random) / a**0.5 * (0.1 if b == 4 else 1.0) for a, b in sizes
        ]
        self._offsets = [torch.zeros(NETWORKS, 1, b) for _, b in sizes]
        for own in self._parameters:
            own.requires_grad_()
        self._optimiser = torch.optim.Adam(self._parameters, lr=RATE)
        self._plain: list[tuple[Any, Any]] = []
        self.moves: list[Move] = []
        self._keep()

    @property
    def _parameters(self) -> list[torch.Tensor]:
        return [*self._weights, *self._offsets]

    def train(self, updates: int) -> None:
        """Updates on what has been seen, drawn with equal chance."""
        states, torques, after = (np.array(part) for part in zip(*self.moves, strict=True))
        inputs = torch.as_tensor(_inputs(states[:, 0], states[:, 1], torques), dtype=torch.float32)
        wanted = torch.as_tensor(_changes(states, after) / SCALE, dtype=torch.float32)
        for _ in range(updates):
            rows = torch.randint(len(inputs), (NETWORKS, BATCH), generator=self._random)
            mean, log_variance = _forward(inputs[rows], self._weights, self._offsets)
            loss = ((wanted[rows] - mean) ** 2 * torch.exp(-log_variance) + log_variance).mean()
            self._optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
        self._keep()

    def mean(self, angle: FloatArray, speed: FloatArray, torque: FloatArray) -> FloatArray:
        """(n, 2) the mean change of angle and speed over networks, for planning."""
        return np.asarray(self._predict(_inputs(angle, speed, torque))[..., :2].mean(axis=0) * SCALE)

    def log_prob(self, x: Move) -> float:
        """The log-density of where the decision led."""
        z, variance, _ = self._against(x)
        return float(-0.5 * (z @ z + np.log(2 * np.pi * variance).sum()))

    def novelty(self, x: Move, after: float) -> float:
        """(||z||^2 - d after^2) / 2."""
        z, _, _ = self._against(x)
        return float(0.5 * (z @ z - len(z) * after**2))

    def disagreement(self, x: Move) -> float:
        """How far the networks' means lie apart, in units of SCALE."""
        return self._against(x)[2]

    def _against(self, x: Move) -> tuple[FloatArray, FloatArray, float]:
        state, torque, after = x
        found = self._predict(_inputs(state[:1], state[1:], np.array([torque])))[:, 0]
        means, log_variances = found[:, :2], np.clip(found[:, 2:], LEAST, MOST)
        mean = means.mean(axis=0)
        variance = (means**2 + np.exp(log_variances)).mean(axis=0) - mean**2 + 1e-6
        change = _changes(state[None], after[None])[0] / SCALE
        return (change - mean) / np.sqrt(variance), variance, float(np.linalg.norm(means.std(axis=0)))

    def _predict(self, inputs: FloatArray) -> FloatArray:
        """(networks, n, 4)."""
        x: Any = inputs.astype(np.float32)
        for place, (weights, offsets) in enumerate(self._plain):
            x = x @ weights + offsets
            if place < len(self._plain) - 1:
                np.tanh(x, out=x)
        return np.asarray(x)

    def _keep(self) -> None:
        self._plain = [
            (weights.detach().numpy(), offsets.detach().numpy())
            for weights, offsets in zip(self._weights, self._offsets, strict=True)
        ]


def _forward(x: Any, weights: list[torch.Tensor], offsets: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    for place, (own, offset) in enumerate(zip(weights, offsets, strict=True)):
        x = torch.baddbmm(offset, x, own)
        x = torch.tanh(x) if place < len(weights) - 1 else x
    return x[..., :2], x[..., 2:].clamp(LEAST, MOST)


def _inputs(angle: FloatArray, speed: FloatArray, torque: FloatArray) -> FloatArray:
    return np.stack([np.cos(angle), np.sin(angle), speed / SPEED, torque / TORQUE], axis=-1)


def _changes(states: FloatArray, after: FloatArray) -> FloatArray:
    return np.stack([wrapped(after[:, 0] - states[:, 0]), after[:, 1] - states[:, 1]], axis=-1)
