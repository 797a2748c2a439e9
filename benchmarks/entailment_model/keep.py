"""Does the default relation earn its keep? Discrete semantic entropy over it, against exact text, on sampled answers.

`python -m benchmarks.entailment_model.keep [--cache FILE]` writes `benchmarks/results/entailment_keep.json`: for every
model and set with stored answers, the AUROC with which the entropy of ten answers tells wrong greedy answers from right
ones, by exact text, by the default relation, and by the same model at other thresholds and without guard; the gap of
each to exact text with a paired interval; and how many pairs of different texts the default relation puts into one
meaning. The mean gaps are also given on each half of the questions, as a hash of their text parts them, so that a
relation that is chosen by one is seen on the other. Questions that the entailment model was trained on are left out.
Scores are kept in the cache, so that a killed run goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.leaderboard.answers import answered, greedy_set, read_packed, sample_set
from benchmarks.leaderboard.measures import draws
from benchmarks.leaderboard.questions import DataSet, read_datasets, trained_questions
from benchmarks.machine import hardware
from semuq import DiscreteSemanticEntropy, Entailment, ExactMatch, SampleSet
from semuq.grading import default_grader
from semuq.graphs import greedy
from semuq.metrics import weighted
from semuq.models.bundled import settings
from semuq.numerics import entropy
from semuq.relations.entailment import guard

from .example import digest

HERE = Path(__file__).parents[1]
ANSWERS = HERE / "leaderboard" / "answers"
RESULT = HERE / "results" / "entailment_keep.json"
SETS = ("triviaqa", "nq_open", "popqa", "squad")  # short answers, compared by meaning
MODELS = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b")  # those that know something
EXACT, DEFAULT = "exact text", "default relation"
VARIANTS: dict[str, tuple[bool, float | None]] = {
    DEFAULT: (True, float(settings()["entailment_threshold"])),
    "from 60%": (True, 0.6),
    "from 74%": (True, 0.74),
    "from 90%": (True, 0.9),
    "most probable label": (True, None),
    "default threshold, no guard": (False, float(settings()["entailment_threshold"])),
    "most probable label, no guard": (False, None),
}
"""Whether the guard is asked, and the threshold; None for the most probable label."""
HALVES = ("one half of the questions", "the other half")
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


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One model and set: entropies by relation, exact text first, and whether the greedy answers are wrong."""

    scores: dict[str, FloatArray]
    wrong: NDArray[np.bool_]
    half: NDArray[np.int64]
    merged: float
    gaps: dict[str, FloatArray] = field(default_factory=dict)
    """(resamples,) of each relation to exact text."""


def measured(batch: list[SampleSet], wrong: NDArray[np.bool_], guarded: Entailment, alone: Entailment) -> Measured:
    """The entropies of the answers to the questions of a set; each relation compares once, whatever the threshold."""
    scores = {EXACT: DiscreteSemanticEntropy().score(batch, relation=ExactMatch())}
    compared_by = {True: guarded.compare(batch), False: alone.compare(batch)}
    merged = 0.0
    for name, (with_guard, threshold) in VARIANTS.items():
        found = [replace(own, threshold=threshold) for own in compared_by[with_guard]]
        clusters = [greedy(own.equivalence()) for own in found]
        scores[name] = np.array([float(entropy(np.bincount(own))) for own in clusters])
        if name == DEFAULT:
            merged = merged_pairs(batch, clusters)
    half = np.array([hashlib.sha256(samples.prompt.encode()).digest()[0] % 2 for samples in batch])
    ties = {name: np.round(own, 9) for name, own in scores.items()}  # equal counts in another order are a tie
    return Measured(scores=ties, wrong=wrong, half=half, merged=merged)


def merged_pairs(batch: list[SampleSet], clusters: list[NDArray[np.int64]]) -> float:
    """The share of pairs of different texts of one question that are in one meaning."""
    found = []
    for samples, own in zip(batch, clusters, strict=True):
        meaning = dict(zip(samples.texts, own.tolist(), strict=True))
        found += [meaning[a] == meaning[b] for a, b in itertools.combinations(meaning, 2)]
    return float(np.mean(found))


def part(whole: Measured, half: int) -> Measured:
    """The questions of one half."""
    rows = whole.half == half
    scores = {name: own[rows] for name, own in whole.scores.items()}
    return Measured(scores=scores, wrong=whole.wrong[rows], half=whole.half[rows], merged=whole.merged)


def compared(own: Measured) -> dict[str, Any]:
    """AUROC of each with its 95% interval, and its gap to exact text, by one paired bootstrap over questions."""
    counts = draws(len(own.wrong), RESAMPLES, 0)
    right = 1.0 - own.wrong
    values = {name: weighted.auroc(scores, right) for name, scores in own.scores.items()}
    whole = {name: float(value(np.ones((1, len(right))))[0]) for name, value in values.items()}
    drawn = {name: value(counts) for name, value in values.items()}
    result: dict[str, Any] = {name: {"auroc": round(whole[name], 4), **interval(drawn[name])} for name in values}
    for name in VARIANTS:
        own.gaps[name] = drawn[name] - drawn[EXACT]
        result[name]["gap"] = {"value": round(whole[name] - whole[EXACT], 4), **interval(own.gaps[name])}
    return result


def mean_gaps(parts: list[Measured], found: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each relation: the mean gap to exact text over the sets, and that to the default relation."""
    result = {}
    for name in parts[0].gaps:
        gaps = np.mean([own.gaps[name] for own in parts], axis=0)
        values = [own[name]["gap"]["value"] for own in found]
        result[name] = {
            "value": round(float(np.mean(values)), 4),
            **interval(gaps),
            "sets below exact text": sum(value < 0 for value in values),
            "sets": len(values),
        }
        if name != DEFAULT:
            to_default = gaps - np.mean([own.gaps[DEFAULT] for own in parts], axis=0)
            value = np.mean(values) - np.mean([own[DEFAULT]["gap"]["value"] for own in found])
            result[name]["to the default relation"] = {"value": round(float(value), 4), **interval(to_default)}
    return result


def interval(values: FloatArray) -> dict[str, float]:
    """The middle 95% of the draws that have right and wrong answers."""
    low, high = np.nanpercentile(values, (2.5, 97.5))
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
    guarded, alone = Entailment(cache=keep), Entailment(cache=keep, guard="off")
    sets: dict[str, Any] = {}
    wholes: list[Measured] = []
    for folder in (options.answers / name for name in options.models):
        for data in read_datasets(options.sets):
            path = folder / f"{data.name}.jsonl.xz"
            if not path.is_file():
                continue
            batch, wrong = questions_of(data, path, options.questions)
            if not 5 <= wrong.sum() <= len(wrong) - 5:
                continue
            wholes.append(own := measured(batch, wrong, guarded, alone))
            sets[name := f"{folder.name}, {data.name}"] = {
                "questions": len(wrong),
                "right": round(float(1 - wrong.mean()), 4),
                "pairs of different texts in one meaning": round(own.merged, 4),
                **compared(own),
            }
            print(name, json.dumps(sets[name]), flush=True)
    halves = {
        label: [own for whole in wholes if 2 <= (own := part(whole, half)).wrong.sum() <= len(own.wrong) - 2]
        for half, label in enumerate(HALVES)
    }
    result = {
        "command": "python -m benchmarks.entailment_model.keep"
        + (f" --questions {options.questions}" if options.questions else "")
        + f" --sets {' '.join(options.sets)} --models {' '.join(options.models)}",
        "threshold": settings()["entailment_threshold"],
        "temperature": settings()["entailment_temperature"],
        "guard": guard.VERSION,
        "questions of a set": options.questions,
        "sets": sets,
        "mean gap to exact text": mean_gaps(wholes, list(sets.values())),
        **{label: mean_gaps(parts, [compared(own) for own in parts]) for label, parts in halves.items()},
        "resamples": RESAMPLES,
        "hardware": hardware(),
    }
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
