"""UProp: what it is (identities on random runs), and whether it ranks simulated agents by failure.

    python -m benchmarks.inference.propagation

No language model is run here. Design and criteria: `design.md`, 4, part 1. Writes
benchmarks/results/inference_propagation.json.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.common import Row, ends, ranking, rate, write
from semuq.inference import Step, Trajectory, UProp, step_aggregate
from semuq.metrics import auroc, paired_difference

FloatArray = NDArray[np.float64]

RUNS, AGENTS, DECISIONS, MOST = 2000, 1500, 3, 6
AWAY = ("0", "0.3", "0.7", "1")
"""Decisions named by their distance to the executed one, "0"."""


def distance(one: str, other: str) -> float:
    return abs(float(one) - float(other))


def drawn(rng: np.random.Generator, doubts: FloatArray) -> Trajectory:
    """A run whose steps are in doubt to these degrees in [0, 1]: uncertain tokens, and decisions that lie apart."""
    steps = []
    for doubt in doubts:
        others = rng.choice(AWAY, size=DECISIONS - 1, p=_apart(float(doubt)))
        own = float(0.05 + 1.5 * doubt * rng.gamma(4.0, 0.25))
        steps.append(Step(texts=("0", *(str(text) for text in others)), uncertainty=own))
    return Trajectory(steps=steps)


def _apart(doubt: float) -> FloatArray:
    weights = np.array([1 - doubt, doubt / 3, doubt / 3, doubt / 3])
    return weights / weights.sum()


def identities() -> Row:
    """On random runs: the weighted mean, its bounds, and how often more disagreement lowers the score."""
    rng = np.random.default_rng(0)
    gaps, outside, lowered, lowered_centred, lowered_sum = [], 0, 0, 0, 0
    for _ in range(RUNS):
        run = drawn(rng, rng.random(int(rng.integers(2, MOST + 1))))
        score = UProp(distance=distance)
        iu, eu = np.array(score.steps(run)).T
        weights = 1 + eu / iu
        gaps.append(abs(score.score([run]) - float((weights * iu).sum() / weights.sum())))
        outside += not iu.min() - 1e-12 <= score.score([run]) <= iu.max() + 1e-12
        agreed, apart = (
            Trajectory(steps=(Step(texts=texts, uncertainty=run.steps[0].uncertainty), *run.steps[1:]))
            for texts in (("0",) * DECISIONS, ("0", *("1",) * (DECISIONS - 1)))
        )
        for centred, normalise in ((False, True), (True, True), (False, False)):
            own = UProp(distance=distance, centred=centred, normalise=normalise)
            lower = own.score([apart]) < own.score([agreed]) - 1e-12
            lowered += lower and not centred and normalise
            lowered_centred += lower and centred
            lowered_sum += lower and not normalise
    return {
        "runs": RUNS,
        "largest_gap_to_weighted_mean": float(f"{max(gaps):.2e}"),
        "outside_the_intrinsic_terms": int(outside),
        "lowered_by_disagreement_at_step_1": rate(_ones(lowered, RUNS)),
        "lowered, centred": rate(_ones(lowered_centred, RUNS)),
        "lowered, plain sum": rate(_ones(lowered_sum, RUNS)),
    }


def agents(inherited: bool) -> Row:
    """Simulated agents: do the scores rank their failures?

    Each step has a doubt. The run fails if its last step errs, with the last step's doubt for chance; or, `inherited`,
    if any step errs and no later one repairs it.
    """
    rng = np.random.default_rng(1)
    runs, right = [], []
    for _ in range(AGENTS):
        doubts = rng.beta(1.0, 2.0, size=int(rng.integers(1, MOST + 1)))
        errs = rng.random(len(doubts)) < doubts * (0.5 if inherited else 1.0)
        right.append(not errs.any() if inherited else not errs[-1])
        runs.append(drawn(rng, doubts))
    correct = np.array(right, dtype=float)
    scores = {
        "UProp": [UProp(distance=distance).score([run]) for run in runs],
        "UProp, centred": [UProp(distance=distance, centred=True).score([run]) for run in runs],
        "UProp, plain sum": [UProp(distance=distance, normalise=False).score([run]) for run in runs],
        "mean IU": [step_aggregate(run, "mean") for run in runs],
        "RMS IU": [step_aggregate(run, "rms") for run in runs],
        "max IU": [step_aggregate(run, "max") for run in runs],
        "last IU": [step_aggregate(run, "last") for run in runs],
        "number of steps": [float(len(run)) for run in runs],
    }
    found: Row = {"agents": AGENTS, "right": rate(correct), "auroc": {}, "auroc_at_4_steps": {}}
    four = np.array([len(run) == 4 for run in runs])
    for name, values in scores.items():
        found["auroc"][name] = ranking(np.array(values), correct)
        if name != "number of steps":
            found["auroc_at_4_steps"][name] = ranking(np.array(values)[four], correct[four])
    for rival in ("mean IU", "number of steps"):
        gap = paired_difference(auroc, scores["UProp"], scores[rival], correct, n_resamples=2000)
        found[f"UProp - {rival}"] = ends(gap)
    return found


def _ones(count: int, total: int) -> FloatArray:
    return np.repeat([1.0, 0.0], [count, total - count])


def main() -> None:
    """Compute and write."""
    studies = {"the last step decides": agents(False), "every step can spoil it": agents(True)}
    won = [
        name
        for name, own in studies.items()
        if own["UProp - mean IU"]["low"] > 0 and own["UProp - number of steps"]["low"] > 0
    ]
    lost = [name for name, own in studies.items() if own["UProp - mean IU"]["high"] < 0]
    write(
        "propagation",
        {
            "question": "what does UProp measure, and does it rank runs of agents by failure?",
            "command": "python -m benchmarks.inference.propagation",
            "design": "benchmarks/inference/design.md, 4, part 1 (simulated agents; no language model)",
            "simulated": True,
            "identities": identities(),
            "agents": studies,
            "verdict": (
                f"on simulated agents: ahead of the mean of IU and of the number of steps in {len(won)} of "
                f"{len(studies)} settings ({', '.join(won) or 'none'}), behind the mean of IU in {len(lost)} "
                f"({', '.join(lost) or 'none'})"
            ),
        },
    )


if __name__ == "__main__":
    main()
