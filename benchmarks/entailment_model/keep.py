"""Does the default relation earn its keep? Discrete semantic entropy over it, against exact text, on sampled answers.

`python -m benchmarks.entailment_model.keep [--cache FILE]` writes `benchmarks/results/entailment_keep.json`: for every
model and set with stored answers, the AUROC with which the entropy of ten answers tells wrong greedy answers from right
ones, by exact text, by the default relation, and by the same model without guard at its most probable label; and the
gap of the last two to exact text with a paired interval. Questions that the entailment model was trained on are left
out. Scores are kept in the cache, so that a killed run goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.leaderboard.answers import answered, greedy_set, read_packed, sample_set
from benchmarks.leaderboard.questions import DataSet, read_datasets, trained_questions
from benchmarks.machine import hardware
from semuq import DiscreteSemanticEntropy, Entailment, ExactMatch, SampleSet
from semuq.grading import default_grader
from semuq.models.bundled import settings
from semuq.numerics import entropy

from .example import digest

HERE = Path(__file__).parents[1]
ANSWERS = HERE / "leaderboard" / "answers"
RESULT = HERE / "results" / "entailment_keep.json"
SETS = ("triviaqa", "nq_open", "popqa", "squad")  # short answers, compared by meaning
MODELS = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m")
RESAMPLES = 2_000

FloatArray = NDArray[np.float64]


def questions_of(data: DataSet, path: Path, limit: int | None) -> tuple[list[SampleSet], NDArray[np.bool_]]:
    """The sampled answers to the questions of a set, and whether the greedy answer is wrong."""
    trained = trained_questions()
    pairs = [own for own in answered(data.load(limit), read_packed(path)) if digest(own[0].text) not in trained]
    greedy = [greedy_set(question, record).texts[0] for question, record in pairs]
    right = default_grader().grade_batch(
        [question.text for question, _ in pairs], greedy, [question.references for question, _ in pairs]
    )
    return [sample_set(question, record) for question, record in pairs], np.asarray(right) < 0.5


def entropies(relation: Entailment, batch: list[SampleSet]) -> FloatArray:
    """(questions,) of the counts of answers per meaning."""
    return np.array([float(entropy(np.bincount(clusters))) for clusters in relation.cluster(batch)])


def compared(scores: dict[str, FloatArray], wrong: NDArray[np.bool_]) -> dict[str, Any]:
    """AUROC of each with its 95% interval, and its gap to the first, by one paired bootstrap over questions."""
    rng = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {name: [] for name in scores}
    while len(drawn[next(iter(scores))]) < RESAMPLES:
        rows = rng.integers(0, len(wrong), len(wrong))
        if 0 < wrong[rows].sum() < len(rows):
            for name, own in scores.items():
                drawn[name].append(float(roc_auc_score(wrong[rows], own[rows])))
    first = next(iter(scores))
    result: dict[str, Any] = {}
    for name, own in scores.items():
        result[name] = {"auroc": round(float(roc_auc_score(wrong, own)), 4), **interval(np.array(drawn[name]))}
        if name != first:
            gaps = np.array(drawn[name]) - np.array(drawn[first])
            gap = float(roc_auc_score(wrong, own) - roc_auc_score(wrong, scores[first]))
            result[name]["gap"] = {"value": round(gap, 4), **interval(gaps)}
    result["_drawn"] = {name: np.array(values) for name, values in drawn.items()}
    return result


def interval(values: FloatArray) -> dict[str, float]:
    """The middle 95%."""
    low, high = np.percentile(values, (2.5, 97.5))
    return {"low": round(float(low), 4), "high": round(float(high), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--questions", type=int, default=None, help="of each set, the first of its order")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--models", nargs="+", default=MODELS, help="whose answers")
    parser.add_argument("--answers", type=Path, default=ANSWERS, help="folder with a folder for each model")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    keep = options.cache or False
    relations = {
        "default relation": Entailment(cache=keep),
        "most probable label, no guard": Entailment(cache=keep, guard="off", threshold="label"),
    }
    sets: dict[str, Any] = {}
    gaps: dict[str, list[FloatArray]] = {}
    for folder in (options.answers / name for name in options.models):
        for data in read_datasets(options.sets):
            path = folder / f"{data.name}.jsonl.xz"
            if not path.is_file():
                continue
            batch, wrong = questions_of(data, path, options.questions)
            if not 5 <= wrong.sum() <= len(wrong) - 5:
                continue
            scores = {"exact text": DiscreteSemanticEntropy().score(batch, relation=ExactMatch())}
            scores |= {name: entropies(relation, batch) for name, relation in relations.items()}
            found = compared(scores, wrong)
            drawn = found.pop("_drawn")
            for name in relations:
                gaps.setdefault(name, []).append(drawn[name] - drawn["exact text"])
            sets[f"{folder.name}, {data.name}"] = {
                "questions": len(wrong),
                "right": round(float(1 - wrong.mean()), 4),
                **found,
            }
            print(f"{folder.name}, {data.name}", json.dumps(sets[f"{folder.name}, {data.name}"]), flush=True)
    result = {
        "command": "python -m benchmarks.entailment_model.keep"
        + (f" --questions {options.questions}" if options.questions else "")
        + f" --sets {' '.join(options.sets)} --models {' '.join(options.models)}",
        "threshold": settings()["entailment_threshold"],
        "temperature": settings()["entailment_temperature"],
        "questions of a set": options.questions,
        "sets": sets,
        "mean gap to exact text": {
            name: {
                "value": round(float(np.mean([own[name]["gap"]["value"] for own in sets.values()])), 4),
                **interval(np.mean(own, axis=0)),
                "sets below exact text": sum(own[name]["gap"]["value"] < 0 for own in sets.values()),
                "sets": len(sets),
            }
            for name, own in gaps.items()
        },
        "resamples": RESAMPLES,
        "hardware": hardware(),
    }
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
