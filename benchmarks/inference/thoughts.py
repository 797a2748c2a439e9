"""When a thought is stopped: a scripted reasoner whose answer settles at a known place, under noise.

    python -m benchmarks.inference.thoughts

No model is run: no reasoning model small enough for the machine could be had. Each question has a number of pieces
after which the reasoner would answer right with high probability, drawn anew; before that it guesses. The entropy
behind the end tag follows what it would answer, with noise. Design and criteria: `design.md`, 7. Writes
benchmarks/results/inference_thoughts.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.common import Row, mean_difference, rate, write
from semuq.inference import EntropySettled, think_until_settled

FloatArray = NDArray[np.float64]

QUESTIONS, BUDGET = 400, 60
DECAYS, TOLERANCES = (0.1, 0.2, 0.4), (0.003, 0.01, 0.03, 0.1)
BELOW = (np.inf, 0.5)
"""The published rule has no limit. 0.5 was added after a first run had shown what a steady doubt does to it."""
NOISES = (0.05, 0.2, 0.5)
NULL = "the published rule stops on a steady doubt as on a settled answer"
NEVER = 0.15
"""Share of questions that are never solved: their entropy stays high, and settles there or not."""


@dataclass(frozen=True)
class Reasoner:
    """One question: where it settles, the entropies on the way, and whether an answer after n pieces would be right."""

    entropies: FloatArray  # (BUDGET,)
    right: NDArray[np.bool_]  # (BUDGET,)

    @classmethod
    def draw(cls, rng: np.random.Generator, noise: float) -> Reasoner:
        solved = rng.random() > NEVER
        settles = int(rng.gamma(3.0, 5.0)) if solved else BUDGET
        level = np.where(np.arange(BUDGET) < settles, 1.5, 0.1)
        walk = np.abs(level + noise * rng.standard_normal(BUDGET) * np.where(np.arange(BUDGET) < settles, 1.0, 0.3))
        chance = np.where(np.arange(BUDGET) < settles, 0.25, 0.95)
        return cls(entropies=walk, right=rng.random() < chance)

    def think(self, rule: EntropySettled) -> int:
        """Pieces until the rule stops it."""
        found = think_until_settled(
            lambda thought: "." if len(thought) < BUDGET else "",
            lambda thought: float(self.entropies[len(thought) - 1]),
            rule=rule,
            most=BUDGET,
        )
        return len(found.text)


def study(noise: float) -> Row:
    """All rules at one level of noise, beside the full budget and beside shorter budgets for all."""
    rng = np.random.default_rng(0)
    questions = [Reasoner.draw(rng, noise) for _ in range(QUESTIONS)]
    full = np.array([own.right[-1] for own in questions], dtype=float)
    found: Row = {"full budget": {"pieces": BUDGET, "accuracy": rate(full)}, "rules": {}, "fixed": {}}
    for n in (5, 10, 15, 20, 25, 30, 40, 50):
        right = np.array([own.right[n - 1] for own in questions], dtype=float)
        found["fixed"][str(n)] = {"accuracy": rate(right), "less_full": mean_difference(right, full)}
    for below, decay, tolerance in product(BELOW, DECAYS, TOLERANCES):
        rule = EntropySettled(decay=decay, tolerance=tolerance, below=below)
        pieces = np.array([own.think(rule) for own in questions])
        right = np.array([own.right[n - 1] for own, n in zip(questions, pieces, strict=True)], dtype=float)
        gap = mean_difference(right, full)
        same = fixed_at(questions, float(pieces.mean()))
        name = f"decay {decay:g}, tolerance {tolerance:g}" + (f", below {below:g}" if np.isfinite(below) else "")
        found["rules"][name] = {
            "pieces": mean_difference(pieces, np.zeros(QUESTIONS)),
            "accuracy": rate(right),
            "less_full": gap,
            "less_fixed_of_as_many": mean_difference(right, same),
            "reproduced": bool(gap["low"] <= 0 <= gap["high"] and pieces.mean() < BUDGET),
        }
    return found


def fixed_at(questions: list[Reasoner], pieces: float) -> FloatArray:
    """Right or not if all questions got as many pieces on average: a mixture of the two whole numbers around."""
    low = int(np.floor(pieces))
    share = pieces - low
    one = np.array([own.right[max(low, 1) - 1] for own in questions], dtype=float)
    other = np.array([own.right[min(low + 1, BUDGET) - 1] for own in questions], dtype=float)
    return np.asarray((1 - share) * one + share * other)


def main() -> None:
    """Think and write."""
    studies = {f"{noise:g}": study(noise) for noise in NOISES}
    reproduced = {
        noise: [name for name, own in found["rules"].items() if own["reproduced"] and "below" not in name]
        for noise, found in studies.items()
    }
    best = {
        noise: min(names, key=lambda name: studies[noise]["rules"][name]["pieces"]["value"])
        for noise, names in reproduced.items()
        if names
    }
    parts = [
        f"noise {noise}: '{name}' takes {studies[noise]['rules'][name]['pieces']['value']:.1f} of {BUDGET} pieces"
        for noise, name in best.items()
    ]
    said = "; ".join(parts)
    write(
        "thoughts",
        {
            "question": "how much of a thought is needed, if it is stopped when the entropy of the answer has settled?",
            "command": "python -m benchmarks.inference.thoughts",
            "design": "benchmarks/inference/design.md, 7",
            "scripted": True,
            "questions": QUESTIONS,
            "studies": studies,
            "verdict": f"the published rule, on the script, with {said}" if parts else f"null: {NULL}",
        },
    )


if __name__ == "__main__":
    main()
