"""`LayerVote`: a reward from a model's own hidden states, each layer with a vote and a say in whose vote counts.

Representation-based reward modelling (RBRM, arXiv:2503.10093), fitted on pairs of a better and a worse answer; trained
with torch, read with NumPy. The released code trains neither the probes nor with one pooling (see Variant).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import positive, whole
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["LayerVote"]


_ARRAYS = ("mean", "deviation", "probes", "offsets", "gate")


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerVote:
    r"""A score of an answer, higher = better; made by `fit` or `load`.

    Formula. With z_l the state of layer l, standardised by coordinate,
        s_l = w_l . z_l + b_l,    R = sum_l sigmoid((V s)_l) s_l,
    probes w (L, d), offsets b (L,) and gate V (L, L), trained on pairs by -log sigmoid(R_better - R_worse - margin).

    Args:
        mean, deviation: (L, d) of the training states.
        probes: (L, d); offsets: (L,); gate: (L, L).
        temperature: c in sigmoid(c (R_a - R_b)), the chance that a is better, by calibration on held-out pairs.

    Degenerate cases. A constant coordinate has deviation 1, so that it says nothing. One layer: R = sigmoid(v s) s,
    which falls again for s far below 0; compare with a single probe.

    Variant. In the released code (Fioraz1001/RBRM b5e3172) the probes lie in a plain list that no optimiser sees, and
    states are pooled in three ways, one of them over padding. Here all is trained, and the states that come in are
    those of the answer's tokens, whichever way they were pooled.

    References: arXiv:2503.10093.
    """

    mean: FloatArray
    deviation: FloatArray
    probes: FloatArray
    offsets: FloatArray
    gate: FloatArray
    temperature: float = 1.0

    @classmethod
    def fit(
        cls,
        better: ArrayLike,
        worse: ArrayLike,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        epochs: int = 200,
        learning_rate: float = 1e-2,
        weight_decay: float = 1e-2,
        margin: float = 1.0,
        seed: int = 0,
    ) -> LayerVote:
        """Learn from pairs.

        Args:
            better, worse: (n, L, d) states of the better and the worse answer of each pair.
            validation: the same of other questions; the epoch with the most pairs right is kept, and the
                temperature fitted. None keeps the last, with temperature 1.
            epochs: passes over all pairs at once, by Adam.
            learning_rate, weight_decay: of Adam.
            margin: by how much the better answer is to lead.
            seed: of the first weights.

        Raises:
            InvalidParameter: shapes differ, or there are fewer than two pairs.
        """
        import torch

        whole("LayerVote.fit", 1, epochs=epochs)
        positive("LayerVote.fit", learning_rate=learning_rate)
        good, bad = _pairs("better, worse", better, worse)
        both = np.concatenate([good, bad])
        mean, deviation = both.mean(axis=0), both.std(axis=0)
        deviation[deviation < 1e-8] = 1.0
        held = None if validation is None else _pairs("validation", *validation, like=good)
        torch_good, torch_bad = (torch.as_tensor((own - mean) / deviation) for own in (good, bad))
        layers, width = good.shape[1:]
        generator = torch.Generator().manual_seed(seed)
        probes = (torch.randn(layers, width, generator=generator, dtype=torch.float64) / width**0.5).requires_grad_()
        offsets = torch.zeros(layers, dtype=torch.float64, requires_grad=True)
        gate = (0.1 * torch.randn(layers, layers, generator=generator, dtype=torch.float64)).requires_grad_()
        optimiser = torch.optim.AdamW([probes, offsets, gate], lr=learning_rate, weight_decay=weight_decay)

        def reward(z: Any) -> Any:
            votes = (z * probes).sum(-1) + offsets
            return (torch.sigmoid(votes @ gate.T) * votes).sum(-1)

        def now(temperature: float = 1.0) -> LayerVote:
            arrays = [own.detach().numpy().copy() for own in (probes, offsets, gate)]
            return cls(
                mean=mean,
                deviation=deviation,
                probes=arrays[0],
                offsets=arrays[1],
                gate=arrays[2],
                temperature=temperature,
            )

        best: tuple[float, LayerVote] | None = None
        for _ in range(epochs):
            loss = -torch.nn.functional.logsigmoid(reward(torch_good) - reward(torch_bad) - margin).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if held is not None:
                vote = now()
                right = float((vote.score(held[0]) > vote.score(held[1])).mean())
                if best is None or right > best[0]:
                    best = (right, vote)
        if held is None or best is None:
            return now()
        return best[1].calibrated(*held)

    def score(self, states: ArrayLike) -> FloatArray:
        """(n,) rewards of (n, L, d) states, higher = better."""
        votes = self.votes(states)
        gates = 1 / (1 + np.exp(-np.clip(votes @ self.gate.T, -500, 500)))
        return np.asarray((gates * votes).sum(axis=1), dtype=np.float64)

    def votes(self, states: ArrayLike) -> FloatArray:
        """(n, L) the score of each layer, before the gate."""
        values = np.asarray(states, dtype=np.float64)
        if values.shape[1:] != self.mean.shape or not np.isfinite(values).all():
            raise InvalidParameter(
                f"states: expected finite numbers of shape (n, {self.mean.shape[0]}, {self.mean.shape[1]}), got "
                f"{values.shape}"
            )
        return np.asarray(((values - self.mean) / self.deviation * self.probes).sum(axis=2) + self.offsets, np.float64)

    def calibrated(self, better: ArrayLike, worse: ArrayLike) -> LayerVote:
        """The same with the temperature under which held-out pairs are most likely, between 0.01 and 100."""
        from dataclasses import replace

        from scipy.optimize import minimize_scalar

        lead = self.score(better) - self.score(worse)
        found = minimize_scalar(
            lambda power: float(np.logaddexp(0.0, -np.exp(power) * lead).mean()),
            bounds=(np.log(0.01), np.log(100.0)),
            method="bounded",
        )
        return replace(self, temperature=float(np.exp(found.x)))

    def save(self, path: Path | str) -> None:
        """Write to a .npz file."""
        np.savez(path, temperature=self.temperature, **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, path: Path | str) -> LayerVote:
        """Read what `save` wrote."""
        with np.load(path) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            return cls(**arrays, temperature=float(file["temperature"]))


def _pairs(
    name: str, better: ArrayLike, worse: ArrayLike, like: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    good, bad = np.asarray(better, dtype=np.float64), np.asarray(worse, dtype=np.float64)
    shape = good.shape[1:] if like is None else like.shape[1:]
    if good.shape != bad.shape or good.ndim != 3 or good.shape[1:] != shape or len(good) < 2:
        raise InvalidParameter(
            f"{name}: expected at least two pairs of states (n, L, d) of one shape, got {good.shape} and {bad.shape}"
        )
    if not (np.isfinite(good).all() and np.isfinite(bad).all()):
        raise InvalidParameter(f"{name}: expected finite states, got NaN or infinity; leave such answers out")
    return good, bad
