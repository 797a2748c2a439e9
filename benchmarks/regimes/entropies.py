"""Where semuq's users are: a stream of questions goes over from one data set to another, seen by entropies alone.

What is watched is the log of a question's predictive entropy, the mean over its sampled answers of their surprise in
nats. Regimes are normals fitted to one half of each set's questions; streams are drawn from the other half.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.leaderboard.answers import read_packed
from benchmarks.regimes.detection import FloatArray, delay_of, level_of, new_regime, page_hinkley, recursive, window

__all__ = ["SETS", "compare_entropies"]

ANSWERS = Path(__file__).parents[1] / "leaderboard" / "answers"
MODEL = "smollm2-135m"
SETS = ("nq_open", "popqa", "triviaqa", "squad", "truthfulqa", "svamp", "gsm8k_easy")
STREAMS, HORIZON, CALM, AFTER = 200, 3000, 100, 300


def log_entropies(name: str) -> FloatArray:
    """One number per question of a set, in the order of ids."""
    found = []
    for _, record in sorted(read_packed(ANSWERS / MODEL / f"{name}.jsonl.xz").items()):
        surprises = [-sum(own) for own in record["token_logprobs"] if own]
        if surprises and np.mean(surprises) > 0:
            found.append(np.log(np.mean(surprises)))
    return np.array(found)


def compare_entropies(seed: int = 0) -> dict[str, Any]:
    """Over all ordered pairs of sets: delays at one false alarm in 500 questions, and who is named."""
    values = {name: log_entropies(name) for name in SETS}
    fits = {name: (own[::2].mean(), own[::2].std(ddof=1)) for name, own in values.items()}
    delays: dict[str, list[float | None]] = {name: [] for name in ("known regime", "new regime", "CUSUM", "window")}
    gaps, named = [], []
    for place, left in enumerate(SETS):
        for other, right in enumerate(SETS):
            if left == right:
                continue
            rng = np.random.default_rng((seed, place, other))
            calm = rng.choice(values[left][1::2], size=(STREAMS, HORIZON))
            stream = np.concatenate([calm[:, :CALM], rng.choice(values[right][1::2], size=(STREAMS, AFTER))], axis=1)
            gaps.append(abs(fits[right][0] - fits[left][0]) / fits[left][1])
            for name, statistic in _detectors(fits[left], fits[right]).items():
                delays[name].append(delay_of(statistic(stream), level_of(statistic(calm))))
            named.append(_named(stream, fits, left, right))
    far = np.array(gaps) >= 1.0
    return {
        "model": MODEL,
        "questions": {name: len(own) for name, own in values.items()},
        "mean_log_entropy": {name: round(float(fit[0]), 2) for name, fit in fits.items()},
        "pairs": len(gaps),
        "pairs_a_deviation_apart": int(far.sum()),
        "detectors": {
            name: {
                "found": sum(own is not None for own in found),
                "median_delay_of_far_pairs": _median([own for own, is_far in zip(found, far, strict=True) if is_far]),
            }
            for name, found in delays.items()
        },
        "named_rightly_of_far_pairs": round(float(np.mean(np.array(named)[far])), 3),
        "named_rightly": round(float(np.mean(named)), 3),
        "by_chance": round(1 / (len(SETS) - 1), 3),
    }


def _detectors(calm: tuple[float, float], after: tuple[float, float]) -> dict[str, Any]:
    def z(x: FloatArray) -> FloatArray:
        """(streams, steps, 1) in deviations from the calm regime, as the detectors of Gaussian streams take them."""
        return ((x - calm[0]) / calm[1])[:, :, None]

    return {
        "known regime": lambda x: recursive(_log_normal(x, after) - _log_normal(x, calm)),
        "new regime": lambda x: new_regime(z(x)),
        "CUSUM": lambda x: np.maximum(page_hinkley(z(x)), page_hinkley(-z(x))),
        "window": lambda x: window(z(x)),
    }


def _log_normal(x: FloatArray, fit: tuple[float, float]) -> FloatArray:
    return np.asarray(-0.5 * ((x - fit[0]) / fit[1]) ** 2 - np.log(fit[1]))


def _named(
    stream: FloatArray, fits: dict[str, tuple[float, float]], left: str, right: str, level: float = 5.0
) -> float:
    """The share of streams whose first alarm after the change, of all known regimes, is for the right one."""
    others = [name for name in fits if name != left]
    base = _log_normal(stream, fits[left])
    every = np.stack([recursive((_log_normal(stream, fits[name]) - base)[:, CALM:]) for name in others])
    first = np.where((every > level).any(axis=0).any(axis=1), (every > level).any(axis=0).argmax(axis=1), -1)
    best = [others[int(every[:, row, step].argmax())] if step >= 0 else "" for row, step in enumerate(first)]
    return float(np.mean([name == right for name in best]))


def _median(delays: list[float | None]) -> float | None:
    """Of the delays; a change that was not found counts as later than all; None if most were not."""
    ordered = sorted(np.inf if own is None else own for own in delays)
    middle = float(np.median(ordered)) if ordered else np.inf
    return round(middle, 1) if np.isfinite(middle) else None
