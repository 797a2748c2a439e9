"""GTPO of arXiv:2508.03772: drop unstable completions, and spare tokens that right and wrong share.

Not the GTPO of arXiv:2508.04349, which is `gtpo_entropy`. A completion whose entropy has risen above
log 2 is filtered out; entropy is penalised; where a right and a wrong completion have the same token
at the same place, only the right one trains it. Sources: the README's formulas and the released
trainer (winstonsmith1897/GTPO, `gtpo/gtpo_training.py`, commit 4a23520), which differ; each
difference is said where it is.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Modulator, modulator
from semuq_rl.modulators.edge import mean_entropy

__all__ = ["InitialEntropy", "Overlap", "conflict_runs", "gtpo_trajectory"]


Overlap = Literal["product", "once"]


class InitialEntropy(NamedTuple):
    """The mean token entropy at the start of training, None before the first step."""

    value: float | None = None


def gtpo_trajectory(
    *,
    gamma: float = 0.1,
    threshold: float = math.log(2),
    initial_entropy: float | None = None,
    overlap: Overlap = "product",
    strength: float = 1.0,
) -> Modulator:
    """Filter unstable completions, penalise entropy, protect tokens in conflict.

    Formula. With <H>_i the mean token entropy of completion i and <H>_0 that at the start,
        A'_{i,t} = delta_i (A_i - gamma <H>_i) lambda_{i,t}
        delta_i  = 0 if <H>_0 < threshold < <H>_i, else 1
        lambda   = at conflict tokens 2 where A_i > 0 and 0 where A_i < 0; 1 elsewhere
    A conflict token (`conflict_runs`) belongs to the run, from the start or from the end, of tokens
    that a completion shares with one of the opposite sign. At a strength below 1,
    A' = A + strength (the above - A), which is ours.

    Claims. Sign, mean and scale all change. Batch statistics at the first step.

    Args:
        gamma: weight of the entropy penalty, >= 0; 0.1 in the released code, which takes it from the
            advantage after the signs for lambda were read, as here.
        threshold: nats; log 2 in the paper, 0.7 in the released code.
        initial_entropy: <H>_0; None takes the mean over the completions of the first step, inferred.
            The released code has none and filters whenever <H>_i is above the threshold: pass 0.
        overlap: the weight of a token in both runs. "product" is the released code's, which
            multiplies the weights of the two runs, so 4; "once" counts it as one conflict, so 2.
        strength: in [0, 1].

    Degenerate cases. A_i = 0: no conflict, only the penalty. A completion without tokens: nothing.

    Variant. The division by |o_i|, and by the number of conflict tokens in the code, belong to the
    loss and are not here. No opposite completion in the group: lambda = 1.

    References: GTPO: Trajectory-based policy optimization, arXiv:2508.03772.
    """
    within("gtpo_trajectory", 0, gamma=gamma, threshold=threshold)
    within("gtpo_trajectory", 0, 1, strength=strength)
    one_of("gtpo_trajectory", get_args(Overlap), overlap=overlap)
    if initial_entropy is not None:
        within("gtpo_trajectory", 0, initial_entropy=initial_entropy)

    def update(
        advantages: FloatArray,
        state: InitialEntropy,
        *,
        present: BoolArray,
        entropies: Any = None,
        token_ids: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, InitialEntropy]:
        own = mean_entropy(entropies, present)
        counted = present.any(axis=2)
        initial = state.value if initial_entropy is None else initial_entropy
        if initial is None:
            initial = float(own[counted].mean()) if counted.any() else 0.0
        delta = ~((initial < threshold) & (own > threshold))
        signs = np.sign(np.where(present, advantages, 0.0).sum(axis=2))
        weights = np.ones(advantages.shape)
        for p in range(len(advantages)):
            runs = conflict_runs(token_ids[p], present[p], signs[p])
            times = runs.sum(axis=0) if overlap == "product" else runs.any(axis=0)
            weights[p] = np.where(signs[p] > 0, 2.0, 0.0)[:, None] ** times
        target = delta[..., None] * (advantages - gamma * own[..., None]) * weights
        changed = advantages + strength * (target - advantages)
        return np.where(present, changed, 0.0), InitialEntropy(initial)

    options = f"gamma={gamma!r}, threshold={threshold!r}, initial_entropy={initial_entropy!r}, "
    options += f"overlap={overlap!r}, strength={strength!r}"
    claims = Claims(
        level="token",
        keeps_sign=False,
        keeps_mean=False,
        scale=None,
        batch_statistics=initial_entropy is None,
        needs=frozenset({"entropies", "token_ids", "token_mask"}),
    )
    return modulator(update, name=f"gtpo_trajectory({options})", claims=claims, strength=strength, init=InitialEntropy)


def conflict_runs(token_ids: Any, present: Any, signs: Any) -> BoolArray:
    """(2, G, T): tokens in the leading, and in the trailing, run shared with a completion of opposite sign.

    Places are counted from the first token for the leading run, from the last for the trailing one.

    Args:
        token_ids: (G, T) int.
        present: (G, T) bool, where a token is.
        signs: (G,) sign of each completion's advantage.

    >>> ids = [[5, 6, 7, 9], [5, 6, 8, 9]]
    >>> leading, trailing = conflict_runs(ids, np.ones((2, 4), dtype=bool), [1, -1]).astype(int)
    >>> leading, trailing
    (array([[1, 1, 0, 0],
           [1, 1, 0, 0]]), array([[0, 0, 0, 1],
           [0, 0, 0, 1]]))
    """
    ids, here, sign = np.asarray(token_ids), np.asarray(present, dtype=bool), np.asarray(signs)
    order = np.argsort(~here, axis=1, kind="stable")
    lengths = here.sum(axis=1)
    forward = np.take_along_axis(ids, order, axis=1)
    places = np.arange(ids.shape[1])
    alive = places < lengths[:, None]
    # The same tokens from the last to the first.
    back = np.where(alive, lengths[:, None] - 1 - places, places)
    leading = _shared_run(forward, alive, sign)
    trailing = np.take_along_axis(_shared_run(np.take_along_axis(forward, back, axis=1), alive, sign), back, axis=1)
    result = np.zeros((2, *ids.shape), dtype=bool)
    for out, run in zip(result, (leading, trailing), strict=True):
        np.put_along_axis(out, order, run & alive, axis=1)
    return result


def _shared_run(ids: Any, alive: BoolArray, signs: Any) -> BoolArray:
    """(G, T): the unbroken run from place 0 of tokens that some opposite completion has at that place."""
    shared = np.zeros(ids.shape, dtype=bool)
    for one in (1, -1):
        mine, theirs = np.flatnonzero(signs == one), np.flatnonzero(signs == -one)
        for i in mine:
            same = (ids[theirs] == ids[i]) & alive[theirs] & alive[i]
            shared[i] = same.any(axis=0)
    return np.logical_and.accumulate(shared, axis=1)
