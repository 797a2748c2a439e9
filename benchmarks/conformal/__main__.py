"""How often is "error rate among the answered at most alpha, with probability 1 - delta" kept?

    python -m benchmarks.conformal [--splits 2000] [--answers 1000]

Scores s are drawn uniformly and an answer is wrong with a known probability r(s), so the error rate of a
threshold among all questions to come is an integral, not an estimate. Each split fits
`SelectiveAnswering` on fresh answers; the promise is kept if the true error rate of its threshold is at
most alpha (or it abstains). The kept rate must be at least 1 - delta: we report it with its exact 95%
binomial interval. As a warning, the same rules on shifted questions, whose wrong answers became more
frequent at every score: the promise does not cover them.

Power: at how many fitted answers is how much answered? For scores that differ, tie or are constant, 300 splits at
each number of answers, with the promise beside it.

Then on real answers, those of the leaderboard, scored by what the model's own tokens claim: all of them are taken
for the population, a split draws from it, and its error rates are counted. Shifted: fitted on all sets of questions
but one, and judged on that one. Writes benchmarks/results/conformal.json.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from benchmarks.leaderboard.pooled import Answers, real_answers
from benchmarks.machine import hardware
from semuq.decisions.conformal import SelectiveAnswering

RESULTS = Path(__file__).parents[1] / "results" / "conformal.json"
Sample = tuple[np.ndarray, np.ndarray]
"""(n,) scores and (n,) correctness."""
GRID = (np.arange(20_000) + 0.5) / 20_000
SHIFT = 0.1
POWER_DELTA = 0.05
RISKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "good score": lambda s: s**2,
    "steep score": lambda s: 1 / (1 + np.exp(-12 * (s - 0.6))),
    "useless score, error rate just above alpha": lambda s: np.full_like(s, 0.105),
    "useless score, error rate at alpha / 2": lambda s: np.full_like(s, 0.05),
    "reversed score": lambda s: (1 - s) ** 2,
}


def error_rate(risk: Callable[[np.ndarray], np.ndarray], threshold: float, extra: float = 0.0) -> float:
    """The true error rate among scores at or below the threshold."""
    below = GRID[threshold >= GRID]
    return float(np.minimum(risk(below) + extra, 1).mean()) if below.size else 0.0


def simulate(name: str, splits: int, answers: int, alpha: float, delta: float, seed: int) -> dict[str, object]:
    """Kept rates and coverage over many splits of one kind of score."""
    risk = RISKS[name]
    rng = np.random.default_rng(seed)
    kept = kept_shifted = abstained = 0
    coverage = []
    for split in range(splits):
        s = rng.random(answers)
        rule = SelectiveAnswering(alpha=alpha, delta=delta, seed=split).fit(s, rng.random(answers) >= risk(s))
        value = rule.thresholds[None].value
        coverage.append(0.0 if value is None else min(value, 1.0))
        abstained += value is None
        kept += value is None or error_rate(risk, value) <= alpha
        kept_shifted += value is None or error_rate(risk, value, SHIFT) <= alpha
    return {
        "kept": rate(kept, splits, 1 - delta),
        "kept_on_shifted_questions": rate(kept_shifted, splits, 1 - delta),
        "abstained_on_everything": round(abstained / splits, 4),
        "mean_coverage": round(float(np.mean(coverage)), 4),
    }


POWER_SIZES = (20, 29, 30, 40, 50, 60, 100, 200, 500, 1000, 2000)
POWER: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "always right": (lambda s: s, lambda s: np.zeros_like(s)),
    "always right, constant score": (lambda s: np.full_like(s, 0.5), lambda s: np.zeros_like(s)),
    "good score": (lambda s: s, lambda s: s**2),
    "good score of six values": (lambda s: np.round(5 * s) / 5, lambda s: s**2),
    "steep score": (lambda s: s, lambda s: 1 / (1 + np.exp(-12 * (s - 0.6)))),
    "useless score, error rate at alpha / 2": (lambda s: s, lambda s: np.full_like(s, 0.05)),
    "constant score, error rate at alpha / 2": (lambda s: np.full_like(s, 0.5), lambda s: np.full_like(s, 0.05)),
    "constant score, error rate just above alpha": (lambda s: np.full_like(s, 0.5), lambda s: np.full_like(s, 0.105)),
}
"""What a score makes of a uniform number, and how often an answer of that score is wrong."""


def power(splits: int, alpha: float, delta: float, seed: int) -> dict[str, dict[str, dict[str, object]]]:
    """For each kind of score and each number of fitted answers: promise kept, share answered, abstained on all."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for name, (score, risk) in POWER.items():
        grid = score(GRID)
        wrong = risk(grid)
        found[name] = {}
        for n in POWER_SIZES:
            kept = abstained = 0
            coverage = 0.0
            for split in range(splits):
                rng = np.random.default_rng([seed, n, split])
                s = score(rng.random(n))
                rule = SelectiveAnswering(alpha=alpha, delta=delta, seed=split).fit(s, rng.random(n) >= risk(s))
                given = rule.decide(grid)
                kept += not given.any() or wrong[given].mean() <= alpha
                abstained += not given.any()
                coverage += given.mean() / splits
            found[name][str(n)] = {
                "kept": rate(kept, splits, 1 - delta),
                "mean_coverage": round(float(coverage), 4),
                "abstained_on_everything": round(abstained / splits, 4),
            }
        print(f"power, {name}: {[own['mean_coverage'] for own in found[name].values()]}", flush=True)
    return found


def simulate_real(
    sets: list[Answers], splits: int, answers: int, alpha: float, delta: float, seed: int
) -> dict[str, object]:
    """Kept rates where the answers of a split are drawn from real ones."""
    pool = concatenated(sets)
    results: dict[str, object] = {"questions": len(pool[0]), "error_rate": round(1 - float(pool[1].mean()), 4)}
    kept, coverage, abstained = kept_on(pool, pool, splits, answers, alpha, delta, seed)
    results["kept"] = rate(kept, splits, 1 - delta)
    results["mean_coverage"], results["abstained_on_everything"] = coverage, abstained
    shifted = {}
    for own in sets:
        others = concatenated([other for other in sets if other is not own])
        kept, coverage, abstained = kept_on(others, (own.claimed, own.right), splits, answers, alpha, delta, seed)
        shifted[own.name] = {
            "title": own.title,
            "error_rate": round(1 - float(own.right.mean()), 4),
            "kept": rate(kept, splits, 1 - delta),
            "mean_coverage": coverage,
        }
    return {**results, "fitted_on_the_other_sets": shifted}


def kept_on(
    drawn_from: Sample, judged_on: Sample, splits: int, answers: int, alpha: float, delta: float, seed: int
) -> tuple[int, float, float]:
    """How often the promise was kept, mean coverage, and the share of splits that abstained on everything."""
    rng = np.random.default_rng(seed)
    (scores, right), (new, truth) = drawn_from, judged_on
    kept = abstained = 0
    coverage = 0.0
    for split in range(splits):
        index = rng.integers(len(scores), size=answers)
        rule = SelectiveAnswering(alpha=alpha, delta=delta, seed=split).fit(scores[index], right[index])
        given = rule.decide(new)
        abstained += rule.thresholds[None].value is None
        coverage += given.mean() / splits
        kept += not given.any() or 1 - truth[given].mean() <= alpha
    return kept, round(float(coverage), 4), round(abstained / splits, 4)


def concatenated(sets: list[Answers]) -> Sample:
    """Scores and correctness of several sets in a row."""
    return np.concatenate([own.claimed for own in sets]), np.concatenate([own.right for own in sets])


def rate(count: int, n: int, promised: float) -> dict[str, object]:
    """A rate with its exact interval, and whether it is compatible with what was promised."""
    interval = binomtest(count, n).proportion_ci(0.95)
    return {
        "value": round(int(count) / n, 4),
        "low": round(float(interval.low), 4),
        "high": round(float(interval.high), 4),
        "compatible_with_promise": bool(interval.high >= promised),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=2000)
    parser.add_argument("--answers", type=int, default=1000)
    parser.add_argument("--alpha", type=float, default=0.1)
    parser.add_argument("--delta", type=float, default=0.1)
    parser.add_argument("--real-alpha", type=float, default=0.6, help="alpha on real answers, which are mostly wrong")
    parser.add_argument("--power-splits", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    results = {}
    for name in RISKS:
        results[name] = simulate(name, options.splits, options.answers, options.alpha, options.delta, options.seed)
        print(f"{name}: {results[name]}", flush=True)
    real = simulate_real(
        real_answers(), options.splits, options.answers, options.real_alpha, options.delta, options.seed
    )
    print(f"real answers: {real}", flush=True)
    report = {
        "question": "rate at which P(error rate among the answered <= alpha) >= 1 - delta was kept",
        "promised": 1 - options.delta,
        "alpha": options.alpha,
        "delta": options.delta,
        "splits": options.splits,
        "answers_per_split": options.answers,
        "shift": f"probability of being wrong + {SHIFT} at every score",
        "seed": options.seed,
        "results": results,
        "power": {
            "splits": options.power_splits,
            "alpha": options.alpha,
            "delta": POWER_DELTA,
            "results": power(options.power_splits, options.alpha, POWER_DELTA, options.seed),
        },
        "real_alpha": options.real_alpha,
        "real": real,
        "hardware": hardware(),
        "versions": {n: version(n) for n in ("numpy", "scipy")} | {"python": platform.python_version()},
    }
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
