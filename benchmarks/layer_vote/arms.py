"""What scores an answer: the vote of all layers and its rivals, each fitted on other questions than those it scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.layer_vote.data import Asked, States
from semuq.fitted.layer_vote import LayerVote

__all__ = ["FOLDS", "UNFITTED", "Scores", "fitted", "folds", "unfitted"]

FloatArray = NDArray[np.float64]
Scorer = Callable[[FloatArray], FloatArray]
"""(n, L, d) states -> (n,) scores."""

FOLDS = 5
VALIDATION = 0.25
PAIRS = 8
"""Of a question, for fitting."""

STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""C of the single probes."""

Scores = dict[str, dict[str, list[float]]]
"""By arm, by question: a score of each answer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """(n, L, d) states of the right and of the wrong answer of each pair."""

    better: FloatArray
    worse: FloatArray


def folds(asked: Sequence[Asked], seed: int = 0) -> list[list[str]]:
    """The ids of the questions of each fold."""
    order = np.random.default_rng((seed, 1)).permutation(len(asked))
    return [[asked[place].id for place in order[fold::FOLDS]] for fold in range(FOLDS)]


def fitted(known: States, ids: Sequence[str], seed: int = 0) -> tuple[dict[str, Scorer], float]:
    """(the fitted arms, the vote's temperature), from these questions, a quarter of them for validation."""
    rng = np.random.default_rng((seed, 2))
    order = [ids[place] for place in rng.permutation(len(ids))]
    held = max(1, round(VALIDATION * len(order)))
    inside, outside = (_pairs(known, own, rng) for own in (order[held:], order[:held]))
    vote = LayerVote.fit(inside.better, inside.worse, validation=(outside.better, outside.worse), seed=seed)
    layers = inside.better.shape[1]
    probes = {layer: _probe(inside, outside, lambda x, layer=layer: x[:, layer]) for layer in range(layers)}
    best = max(probes, key=lambda layer: probes[layer][0])
    arms: dict[str, Scorer] = {
        "layer vote": vote.score,
        "best layer": probes[best][1],
        "last layer": probes[layers - 1][1],
        "mean of layers": _probe(inside, outside, lambda x: x.mean(axis=1))[1],
    }
    return arms, vote.temperature


UNFITTED: dict[str, Callable[[Asked], FloatArray]] = {
    "mean log-prob": lambda own: own.logprob,
    "length": lambda own: -own.tokens,
    "majority": lambda own: (own.meaning[:, None] == own.meaning[None, :]).mean(axis=1),
}


def unfitted(known: States) -> Scores:
    """The arms that learn nothing, of every question."""
    return {name: {own.id: score(own).tolist() for own in known.asked} for name, score in UNFITTED.items()}


def _pairs(known: States, ids: Sequence[str], rng: np.random.Generator) -> Pairs:
    right = {own.id: own.right for own in known.read}
    better, worse = [], []
    for key in ids:
        good, bad = np.flatnonzero(right[key] == 1), np.flatnonzero(right[key] == 0)
        every = np.array([(a, b) for a in good for b in bad])
        chosen = every[rng.permutation(len(every))[:PAIRS]]
        better.append(known.of[key][chosen[:, 0]])
        worse.append(known.of[key][chosen[:, 1]])
    return Pairs(better=np.concatenate(better), worse=np.concatenate(worse))


def _probe(inside: Pairs, outside: Pairs, view: Callable[[FloatArray], FloatArray]) -> tuple[float, Scorer]:
    """(share of validation pairs that are right, the probe) of the best strength."""
    good, bad = view(inside.better), view(inside.worse)
    both = np.concatenate([good, bad])
    deviation = both.std(axis=0)
    deviation[deviation < 1e-8] = 1.0
    # Without an offset a pair says the same either way round: every other one is turned, for two classes.
    labels = np.arange(len(good)) % 2
    gap = (good - bad) / deviation * np.where(labels, 1.0, -1.0)[:, None]
    found: list[tuple[float, FloatArray]] = []
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, fit_intercept=False, max_iter=1000)
        weights = model.fit(gap, labels).coef_[0] / deviation
        lead = (view(outside.better) - view(outside.worse)) @ weights
        found.append((float((lead > 0).mean() + 0.5 * (lead == 0).mean()), weights))
    share, weights = max(found, key=lambda own: own[0])
    return share, lambda x: np.asarray(view(x) @ weights)
