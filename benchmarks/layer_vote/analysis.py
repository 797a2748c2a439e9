"""From the scores of all arms to pair accuracy, calibration and the best of eight, with intervals over questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.leaderboard.measures import draws
from semuq.metrics import auroc, ece
from semuq_rl.preferences import preference_confidence

__all__ = ["analyse_set", "headline", "pair_accuracy", "picked"]

FloatArray = NDArray[np.float64]
Question = Mapping[str, Any]
"""A line of the scores: id, right, tokens, meaning, scores by arm, and temperature where it was read."""

DRAWS, BINS = 2000, 10
WEIGHTED = "vote-weighted majority"


def pair_accuracy(scores: FloatArray, right: FloatArray) -> float:
    """The share of (right, wrong) pairs of one question that a score orders rightly, ties half.

    >>> pair_accuracy(np.array([2.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]))
    0.75
    """
    lead = scores[right == 1][:, None] - scores[right == 0][None, :]
    return float((lead > 0).mean() + 0.5 * (lead == 0).mean())


def picked(scores: FloatArray, right: FloatArray) -> float:
    """How right the answer with the best score is; equal ones share.

    >>> picked(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]))
    0.5
    """
    return float(right[scores >= scores.max() - 1e-12].mean())


def analyse_set(questions: Sequence[Question], seed: int = 0) -> dict[str, Any]:
    """Everything about one set; `draws` are kept for the headline."""
    mixed = [own for own in questions if own["read"]]
    arms = list(mixed[0]["scores"])
    counts = draws(len(mixed), DRAWS, (seed, 3))
    pairs = {arm: _per(mixed, arm, pair_accuracy) for arm in arms}
    gain = {arm: _per(mixed, arm, picked) for arm in (*arms, WEIGHTED)}
    # Where the answers are all right or all wrong every arm chooses alike, so that differences are those of mixed
    # questions times their share; questions that are mixed and were not read are taken to be like those that were.
    share = np.mean([0 < np.mean(own["right"]) < 1 for own in questions])
    sure = float(np.mean([np.min(own["right"]) == 1 for own in questions]))
    chance = np.array([np.mean(own["right"]) for own in mixed])
    best = {**gain, "chance": chance, "ceiling": np.ones(len(mixed))}
    found: dict[str, Any] = {
        "questions": len(questions),
        "mixed": round(float(share * len(questions))),
        "read": len(mixed),
        "sampled_right": round(float(np.mean([np.mean(own["right"]) for own in questions])), 4),
        "pair_accuracy": {arm: _of(values, counts) for arm, values in pairs.items()},
        "auroc": {arm: _auroc(mixed, arm, counts) for arm in arms},
        "best_of_8": {arm: _of(sure + share * values, counts) for arm, values in best.items()},
        "calibration_error": round(_calibration(mixed, seed), 4),
        "partial_correlation_length_fixed": _partial(mixed),
    }
    found["transfer"] = _of(_per(mixed, "layer vote, from the other set", pair_accuracy, "transfer"), counts)
    differences = {
        "best_of_8_less_majority": share * (gain["layer vote"] - gain["majority"]),
        "weighted_less_majority": share * (gain[WEIGHTED] - gain["majority"]),
        "vote_less_best_layer": pairs["layer vote"] - pairs["best layer"],
    }
    found["differences"] = {name: _of(values, counts) for name, values in differences.items()}
    found["draws"] = {name: counts @ values / len(mixed) for name, values in differences.items()}
    return found


def headline(sets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The differences on the mean of the sets, each with its verdict."""
    found = {}
    for name in next(iter(sets.values()))["differences"]:
        value = float(np.mean([own["differences"][name][0] for own in sets.values()]))
        low, high = np.quantile(np.mean([own["draws"][name] for own in sets.values()], axis=0), [0.025, 0.975])
        verdict = "reproduced" if low > 0 else "reversed" if high < 0 else "null"
        found[name] = {"value": [round(float(x), 4) for x in (value, low, high)], "verdict": verdict}
    return found


def _per(
    mixed: Sequence[Question], arm: str, of: Callable[[FloatArray, FloatArray], float], where: str = "scores"
) -> FloatArray:
    """(questions,) a measure of each."""
    return np.array([of(_scores(own, arm, where), np.array(own["right"])) for own in mixed])


def _scores(own: Question, arm: str, where: str) -> FloatArray:
    if arm == WEIGHTED:
        chance = 1 / (1 + np.exp(-own["temperature"] * np.array(own["scores"]["layer vote"])))
        meaning = np.array(own["meaning"])
        return np.asarray(((meaning[:, None] == meaning[None, :]) * chance[None, :]).sum(axis=1))
    return np.array(own[where] if where == "transfer" else own[where][arm])


def _of(values: FloatArray, counts: FloatArray) -> list[float]:
    """[mean, low, high] over resampled questions."""
    low, high = np.quantile(counts @ values / len(values), [0.025, 0.975])
    return [round(float(x), 4) for x in (values.mean(), low, high)]


def _auroc(mixed: Sequence[Question], arm: str, counts: FloatArray) -> list[float]:
    """Over all answers to mixed questions: is a right one scored above a wrong one, whatever the question?"""
    scores = [np.array(own["scores"][arm]) for own in mixed]
    right = [np.array(own["right"]) for own in mixed]

    def value(places: NDArray[np.int64]) -> float:
        # semuq's scores are of uncertainty, higher for what is wrong.
        return auroc(-np.concatenate([scores[p] for p in places]), np.concatenate([right[p] for p in places]))

    drawn = [value(np.repeat(np.arange(len(mixed)), row.astype(np.int64))) for row in counts[:500]]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [round(float(x), 4) for x in (value(np.arange(len(mixed))), low, high)]


def _calibration(mixed: Sequence[Question], seed: int) -> float:
    """Of the confidence that the first of a pair is the better one, each pair the way round that a coin says."""
    rng = np.random.default_rng((seed, 4))
    chance, true = [], []
    for own in mixed:
        scores, right = np.array(own["scores"]["layer vote"]), np.array(own["right"])
        for a in np.flatnonzero(right == 1):
            for b in np.flatnonzero(right == 0):
                turned = bool(rng.random() < 0.5)
                first, second = (scores[b], scores[a]) if turned else (scores[a], scores[b])
                given = preference_confidence(np.array([first]), np.array([second]), temperature=own["temperature"])
                chance.append(float(given[0]))
                true.append(float(not turned))
    return ece(np.array(chance), 1 - np.array(true), bins=BINS)


def _partial(mixed: Sequence[Question]) -> float:
    """Rank correlation of the vote with being right, length held fixed, over answers to mixed questions."""
    ranks = [
        stats.rankdata(np.concatenate([np.array(value(own), dtype=np.float64) for own in mixed]))
        for value in (lambda own: own["scores"]["layer vote"], lambda own: own["right"], lambda own: own["tokens"])
    ]
    (a, b), length = ranks[:2], ranks[2]
    left = [own - np.polyval(np.polyfit(length, own, 1), length) for own in (a, b)]
    return round(float(np.corrcoef(*left)[0, 1]), 4)
