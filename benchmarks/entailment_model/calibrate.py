"""Fits the temperature and the threshold that the embedded model's config states.

`python -m benchmarks.entailment_model.calibrate --data DIR [--write]`. Fitted on what no benchmark measures and no
training saw: the dev parts of the NLI sets, the dev questions of EVOUNA (which every leaderboard leaves out, with the
trained ones) and the hand-written dev contrasts. Without `--write` it prints what it would write.

Temperature: the one number by which the logits are divided that makes the three labels of sentences most likely.
Threshold: two answers to one question are put into one meaning if the smaller of their two entailments reaches it. It
is the one, from a half on, that decides most pairs as people did (the lowest within one standard error), where wrong
mergers and missed ones weigh the same. How frequent pairs are that differ is not assumed, since that depends on the
questions (`keep` says how much). The smaller of two entailments is no probability of sameness, so no calibration of it
is claimed; what is measured is the calibration of the three labels, also on parts of test sets, and how often pairs
that people judged are merged.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
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
SAMPLED = 1_000  # pairs of each test set
STORED = float(settings()["entailment_temperature"])  # of the model as it is; its logits are stored undivided
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


def likelihood(temperature: float, logs: FloatArray, labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the labels of sentences."""
    return float(-np.log(softmax(logs / temperature)[np.arange(len(labels)), labels] + 1e-12).mean())


def calibration_error(confidence: FloatArray, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over `BINS` bins of equal width."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    total = 0.0
    for own in np.unique(place):
        inside = place == own
        total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return total


def decided_right(merged: FloatArray, same: NDArray[np.bool_], threshold: float) -> float:
    """Mean of the share of like pairs that are merged and that of unlike ones that are not."""
    return float(((merged[same] >= threshold).mean() + (merged[~same] < threshold).mean()) / 2)


def best_threshold(merged: FloatArray, same: NDArray[np.bool_]) -> float:
    """The lowest threshold, in hundredths, within one standard error of the best: what is not told apart, merges."""
    steps = np.round(np.arange(0.5, 0.99, 0.01), 2)
    right = np.array([decided_right(merged, same, threshold) for threshold in steps])
    best = steps[int(right.argmax())]
    rates = np.array([(merged[same] >= best).mean(), (merged[~same] >= best).mean()])
    error = float(np.sqrt((rates * (1 - rates) / np.array([same.sum(), (~same).sum()])).sum()) / 2)
    return float(steps[np.flatnonzero(right >= right.max() - error)[0]])


def parts_of(relation: Entailment, parts: dict[str, list[Example]], scale: float) -> dict[str, dict[str, Any]]:
    """Accuracy and calibration error of three-way sets, by the logits as they are stored and divided by `scale`."""
    result: dict[str, dict[str, Any]] = {}
    for name, rows in parts.items():
        logs, labels = logs_of(relation, rows) * STORED, np.array([COLUMN[e.label] for e in rows])
        right = logs.argmax(axis=1) == labels
        result[name] = {
            "pairs": len(rows),
            "accuracy": round(float(right.mean()), 4),
            "calibration error, temperature 1": round(calibration_error(softmax(logs).max(axis=1), right), 4),
            "calibration error": round(calibration_error(softmax(logs / scale).max(axis=1), right), 4),
        }
    return result


def fit(relation: Entailment, directory: Path) -> dict[str, Any]:
    """What is fitted, what it does to the parts it was fitted on, and to parts of test sets."""
    dev = nli.dev_sets(directory)
    together = [e for rows in dev.values() for e in rows]
    logs, labels = logs_of(relation, together) * STORED, np.array([COLUMN[e.label] for e in together])
    temperature = round(float(minimize_scalar(likelihood, (0.5, 2.0), args=(logs, labels), tol=1e-3).x), 3)
    answers = answers_of(relation, [*judged(directory), *written()])
    merged = Answers(logs=answers.logs * STORED, same=answers.same).both_ways(temperature)
    threshold = best_threshold(merged, answers.same)
    test = {name: random.Random(0).sample(rows, SAMPLED) for name, rows in nli.test_sets(directory).items()}
    return {
        "command": "python -m benchmarks.entailment_model.calibrate --data DIR --write",
        "temperature": temperature,
        "threshold": threshold,
        "fitted on": {
            **parts_of(relation, {**dev, "together": together}, temperature),
            "pairs of answers": {"the same": int(answers.same.sum()), "different": int((~answers.same).sum())},
        },
        "not seen": parts_of(relation, test, temperature),
        "mergers": {
            f"from {t:g}": {
                "of pairs that people call the same": round(float((merged >= t)[answers.same].mean()), 4),
                "of pairs that people call different": round(float((merged >= t)[~answers.same].mean()), 4),
                "decided right, both kinds alike": round(decided_right(merged, answers.same, t), 4),
            }
            for t in sorted({0.5, 0.6, 0.7, 0.8, 0.9, threshold})
        },
        "environment": {
            "hardware": f"{os.cpu_count()}-core {platform.machine()} CPU, {torch.backends.cpu.get_cpu_capability()}",
            "precision": relation.computed_in,
            **{name: version(name) for name in ("torch", "transformers", "numpy")},
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
