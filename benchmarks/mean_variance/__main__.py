"""Does the published iteration find the best policy, and what does a price on variance buy?

    python -m benchmarks.mean_variance           results/mean_variance.json, in about a minute of one core

(1) Random chains: the gap between the iteration (from its first policy, and the best of ten random ones) and the exact
optimum, which is checked against going through all policies where there are few. (2) Wind with a battery: the frontier
of mean and standard deviation, exact against iterated.
"""

from __future__ import annotations

import argparse
import itertools
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mean_variance.storage import storage
from semuq_rl.control import mean_variance_frontier, mean_variance_optimum, mean_variance_policy_iteration

RESULTS = Path(__file__).parents[1] / "results" / "mean_variance.json"
BETAS = (0.1, 0.5, 1.0, 2.0, 5.0)
SIZES = (3, 4, 5, 6, 7, 8)
ACTIONS = 3
STARTS = 10
BRUTE_FORCE_UP_TO = 5
"""States; 3^5 = 243 policies."""

STORAGE_BETAS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
WORSE = 1e-7
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=1000, help="random chains in all")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    report = {
        "question": "How often does mean-variance policy iteration stop below the best policy, and by how much?",
        "seed": SEED,
        "chains": chains(options.chains),
        "storage": wind(),
        "versions": {name: version(name) for name in ("semuq", "numpy", "scipy")},
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n")


def chains(count: int) -> dict[str, Any]:
    """Shares and gaps by beta, over `count` random chains of 3 to 8 states in turn."""
    gaps: dict[float, list[tuple[float, float]]] = {beta: [] for beta in BETAS}
    lines, brute = [], []
    for index in range(count):
        rng = np.random.default_rng((SEED, index))
        states, beta = SIZES[index % len(SIZES)], BETAS[index // len(SIZES) % len(BETAS)]
        P, r = rng.dirichlet(np.ones(states), size=(states, ACTIONS)), rng.normal(size=(states, ACTIONS))
        best = mean_variance_optimum(P, r, beta)
        lines.append(len(best.history))
        first = mean_variance_policy_iteration(P, r, beta).objective
        starts = rng.integers(0, ACTIONS, size=(STARTS, states))
        several = max(first, *(mean_variance_policy_iteration(P, r, beta, start=own).objective for own in starts))
        gaps[beta].append((best.objective - first, best.objective - several))
        if states <= BRUTE_FORCE_UP_TO:
            brute.append(abs(best.objective - _brute_force(P, r, beta)))
    return {
        "count": count,
        "by_beta": {str(beta): _summary(own) for beta, own in gaps.items()},
        "all": _summary([gap for own in gaps.values() for gap in own]),
        "lines_mean": round(float(np.mean(lines)), 2),
        "lines_max": int(np.max(lines)),
        "compared_with_all_policies": len(brute),
        "largest_difference_from_all_policies": float(f"{max(brute):.1e}"),
    }


def wind() -> list[dict[str, Any]]:
    """The frontier of the battery, exact and iterated."""
    P, r = storage()
    points = []
    for exact in mean_variance_frontier(P, r, betas=STORAGE_BETAS):
        local = mean_variance_policy_iteration(P, r, exact.beta)
        points.append(
            {
                "beta": exact.beta,
                "mean": round(exact.mean, 4),
                "deviation": round(exact.variance**0.5, 4),
                "objective": round(exact.objective, 5),
                "iterated_mean": round(local.mean, 4),
                "iterated_deviation": round(local.variance**0.5, 4),
                "iterated_objective": round(local.objective, 5),
            }
        )
    return points


def _summary(gaps: list[tuple[float, float]]) -> dict[str, Any]:
    first, several = np.array(gaps).T
    below = first[first > WORSE]
    return {
        "chains": len(first),
        "first_start_below": int((first > WORSE).sum()),
        "median_gap_where_below": round(float(np.median(below)), 4) if len(below) else 0.0,
        "largest_gap": round(float(first.max()), 4),
        "eleven_starts_below": int((several > WORSE).sum()),
    }


def _brute_force(P: Any, r: Any, beta: float) -> float:
    """The best objective over all policies, by another way to the stationary distribution."""
    states = np.arange(len(r))
    best = -np.inf
    for own in itertools.product(range(ACTIONS), repeat=len(r)):
        weights = np.linalg.matrix_power(P[states, own], 2048)[0]
        mean = weights @ r[states, own]
        best = max(best, float(mean - beta * (weights @ r[states, own] ** 2 - mean**2)))
    return best


if __name__ == "__main__":
    main()
