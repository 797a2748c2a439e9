"""Fits the temperature and the threshold that the embedded model's config states.

`python -m benchmarks.entailment_model.calibrate --data DIR [--write]`. Fitted on what no benchmark measures and no
training saw: the dev parts of the NLI sets, the dev questions of EVOUNA (which every leaderboard leaves out, with the
trained ones) and the hand-written dev contrasts. Without `--write` it prints what it would write.

Temperature: the one number by which the logits are divided that makes the labels most likely, sentences and answers
weighing alike. Threshold: of the answers to one question, two are put into one meaning if the smaller of their two
entailments reaches it; a wrong merger hides a doubt, so the threshold is the lowest from which on at most one merger
in `1 / WRONG` is wrong.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from semuq import Entailment
from semuq.models import EMBEDDED
from semuq.models.bundled import settings
from semuq.relations.entailment import guard
from semuq.relations.entailment.plan import Side

from . import evouna, nli
from .dev import HAND_WRITTEN
from .example import CONTRADICTION, ENTAILMENT, NEUTRAL, Example, pair

RESULT = Path(__file__).parents[1] / "results" / "entailment_calibration.json"
COLUMN = {ENTAILMENT: 0, NEUTRAL: 1, CONTRADICTION: 2}  # of semuq's probabilities
GOLDEN = 3  # golden answers of a question that are compared
WRONG = 0.05  # share of mergers that may be wrong
BINS = 15

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Pairs of answers to one question: (pairs, 2, 3) logarithms of probabilities, and whether they mean the same."""

    logs: FloatArray
    same: NDArray[np.bool_]

    def both_ways(self, temperature: float) -> FloatArray:
        """(pairs,) the smaller of the two directions' entailment."""
        return np.asarray(softmax(self.logs / temperature)[..., 0].min(axis=1))


def softmax(logs: FloatArray) -> FloatArray:
    """Probabilities over the last axis."""
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def logs_of(relation: Entailment, examples: Sequence[Example]) -> FloatArray:
    """(examples, 3) logarithms of the probabilities of entailment, neutral and contradiction."""
    texts = {text: i for i, text in enumerate(dict.fromkeys(t for e in examples for t in (e.premise, e.hypothesis)))}
    sides = [Side(text, 0) for text in texts]
    pairs = np.array([(texts[e.premise], texts[e.hypothesis]) for e in examples], dtype=np.int64)
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)
    return np.log(np.clip(relation.ask(sides, distinct)[0][place], 1e-9, 1))


def answers_of(relation: Entailment, rows: Sequence[tuple[str, str, str, bool]]) -> Answers:
    """(question, answer, answer, same) rows that the guard leaves to the model."""
    rows = [row for row in rows if guard.verdict(row[1], row[2]) == 0]
    both = [pair(q, *two, 1, "") for q, a, b, _ in rows for two in ((a, b), (b, a))]
    return Answers(logs=logs_of(relation, both).reshape(-1, 2, 3), same=np.array([same for *_, same in rows]))


def judged(directory: Path) -> list[tuple[str, str, str, bool]]:
    """Right answers with golden ones, and right with wrong, of EVOUNA's dev questions."""
    rows = []
    for question in evouna.split(directory)["dev"]:
        short = [(evouna.shorten(text, 40), right) for text, right in question.answers]
        rows += [(question.text, text, golden, right) for text, right in short for golden in question.golden[:GOLDEN]]
        rows += [(question.text, a, b, True) for (a, x), (b, y) in itertools.combinations(short, 2) if x and y]
        rows += [(question.text, a, b, False) for (a, x), (b, y) in itertools.combinations(short, 2) if x != y]
    return rows


def written() -> list[tuple[str, str, str, bool]]:
    """The hand-written dev contrasts."""
    rows = [json.loads(line) for line in HAND_WRITTEN.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(row["question"], row["a"], row["b"], bool(row["same"])) for row in rows]


def likelihood(temperature: float, logs: FloatArray, labels: NDArray[np.int64], answers: Sequence[Answers]) -> float:
    """Mean negative log-likelihood of the labels of sentences, and of "the same" of answers, weighing alike."""
    sentences = -np.log(softmax(logs / temperature)[np.arange(len(labels)), labels] + 1e-12).mean()
    same = np.concatenate([own.same for own in answers])
    merged = np.concatenate([own.both_ways(temperature) for own in answers])
    return float(sentences - np.log(np.where(same, merged, 1 - merged) + 1e-12).mean())


def calibration_error(confidence: FloatArray, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over `BINS` bins of equal width."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    total = 0.0
    for own in np.unique(place):
        inside = place == own
        total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return total


def lowest_threshold(merged: FloatArray, same: NDArray[np.bool_]) -> float:
    """The lowest threshold, in hundredths from 0.5, from which on at most `WRONG` of the mergers are wrong."""
    steps = np.round(np.arange(0.5, 0.99, 0.01), 2)
    wrong = np.array([1 - same[merged >= t].mean() if (merged >= t).any() else 0.0 for t in steps])
    fine = np.flatnonzero(np.cumsum((wrong > WRONG)[::-1])[::-1] == 0)
    return float(steps[fine[0]]) if len(fine) else float(steps[-1])


def fit(relation: Entailment, directory: Path) -> dict[str, Any]:
    """What is fitted, and what it does to the parts it was fitted on."""
    stated = float(settings()["entailment_temperature"])
    examples = [e for rows in nli.dev_sets(directory).values() for e in rows]
    logs = logs_of(relation, examples) * stated  # of the logits as they are stored
    labels = np.array([COLUMN[e.label] for e in examples])
    parts = {"EVOUNA, dev": judged(directory), "contrasts, dev": written()}
    answers = {name: answers_of(relation, rows) for name, rows in parts.items()}
    answers = {name: Answers(logs=own.logs * stated, same=own.same) for name, own in answers.items()}
    found = minimize_scalar(likelihood, (0.5, 2.0), args=(logs, labels, list(answers.values())), tol=1e-3)
    temperature = round(float(found.x), 3)
    same = np.concatenate([own.same for own in answers.values()])
    merged = np.concatenate([own.both_ways(temperature) for own in answers.values()])
    threshold = lowest_threshold(merged, same)

    def error(scale: float) -> dict[str, float]:
        sentences = softmax(logs / scale)
        errors = {"sentences": calibration_error(sentences.max(axis=1), sentences.argmax(axis=1) == labels)}
        errors |= {name: calibration_error(own.both_ways(scale), own.same) for name, own in answers.items()}
        return {name: round(value, 4) for name, value in errors.items()}

    return {
        "temperature": temperature,
        "threshold": threshold,
        "calibration error": {"at temperature 1": error(1.0), "at the temperature": error(temperature)},
        "pairs": {"sentences": len(labels), **{name: len(own.same) for name, own in answers.items()}},
        "mergers": {
            f"from {t:g}": {
                "share of the same that is merged": round(float((merged >= t)[same].mean()), 4),
                "share of mergers that is wrong": round(float(1 - same[merged >= t].mean()), 4),
            }
            for t in sorted({0.5, 0.6, 0.7, 0.8, 0.9, threshold})
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None, help="file that keeps the scores of a run that is killed")
    parser.add_argument("--write", action="store_true", help="state what was fitted in the model's config")
    options = parser.parse_args()
    relation = Entailment(guard="off", threshold="label", precision="bf16", cache=options.cache or False)
    result = fit(relation, options.data)
    print(json.dumps(result, indent=1))
    if options.write:
        from .ship import state

        state(entailment_temperature=result["temperature"], entailment_threshold=result["threshold"])
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"stated in {EMBEDDED / 'config.json'}")


if __name__ == "__main__":
    main()
