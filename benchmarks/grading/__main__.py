"""Which grader that needs no language model agrees best with people?

    python -m benchmarks.grading --data evouna.jsonl.gz [--entailment [MODEL]] [--only NAMES] [--limit N]

Grades every answer of EVOUNA, chooses each grader's threshold on four fifths of the questions and measures on
the other fifth: balanced accuracy (the mean of the rates at which right and wrong answers are told), accuracy and
F1 of "right" at that threshold, AUROC of the grade itself; 95% bootstrap intervals over questions (all answers to a
question are drawn together). Thresholds, and the best grader, go by balanced accuracy: four of five answers here are
right, and a model to be graded may be wrong as often. Three subsets: all answers, answers of at most ten words,
longer ones. Writes benchmarks/results/grading.json.

An entailment model is graded on the held-out fifth only (one trained with this repository's
`benchmarks.entailment_model` has seen the other questions) with its thresholds fixed at 0.5.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.grading.data import Judged, read, verdicts
from benchmarks.machine import hardware
from semuq.grading import (
    ContainsAlias,
    EntailmentGrader,
    ExactMatchGrader,
    Grader,
    RougeL,
    TokenF1,
    TokenRecall,
    default_grader,
)
from semuq.metrics import auroc, bootstrap

RESULTS = Path(__file__).parents[1] / "results" / "grading.json"
SUBSETS: dict[str, Callable[[Judged], bool]] = {
    "all": lambda row: True,
    "short": lambda row: row.short,
    "long": lambda row: not row.short,
}
INSIDE = "the model inside the package"
THRESHOLDS = np.round(np.arange(0.05, 1.0001, 0.05), 2)


def lexical_graders() -> dict[str, Grader]:
    """The graders that need no model, by the name they have in the results."""
    return {
        "exact_match": ExactMatchGrader(),
        "contains_alias": ContainsAlias(),
        "token_recall": TokenRecall(),
        "default": default_grader(),
        "most_of_the_words": TokenRecall(threshold=0.8),
        "a_third_of_the_words": TokenRecall(threshold=0.3),
        "token_f1": TokenF1(),
        "rouge_l": RougeL(),
        "rouge_l_normalised": RougeL(words="normalised"),
    }


def accuracy(grades: np.ndarray, right: np.ndarray) -> float:
    """Share of answers judged as people did; grades are 0 or 1 here."""
    return float((grades == right).mean())


def balanced(grades: np.ndarray, right: np.ndarray) -> float:
    """Mean of the shares of right and of wrong answers judged as people did; NaN where there is one kind only."""
    if right.min() == right.max():
        return float("nan")
    return float((grades[right == 1].mean() + 1 - grades[right == 0].mean()) / 2)


def f1(grades: np.ndarray, right: np.ndarray) -> float:
    """F1 of the class "right"; 0 if nothing is right on both sides."""
    both = float((grades * right).sum())
    return 2 * both / (grades.sum() + right.sum()) if both else 0.0


def auroc_of_grade(grades: np.ndarray, right: np.ndarray) -> float:
    """How often a right answer is graded above a wrong one."""
    return auroc(-grades, right)


def best_threshold(grades: np.ndarray, right: np.ndarray) -> float:
    """The threshold of the highest balanced accuracy; the highest such threshold of a tie."""
    accuracies = [balanced(grades >= t, right) for t in THRESHOLDS]
    return float(THRESHOLDS[len(accuracies) - 1 - int(np.argmax(accuracies[::-1]))])


def measure(rows: list[Judged], grades: np.ndarray, threshold: float, resamples: int) -> dict[str, object]:
    """Accuracy, F1 and AUROC with intervals."""
    right = verdicts(rows)
    questions = [row.question for row in rows]
    decided = (grades >= threshold).astype(float)
    result: dict[str, object] = {
        "answers": len(rows),
        "threshold": threshold,
        "right_taken_for_right": round(float(decided[right == 1].mean()), 4),
        "wrong_taken_for_right": round(float(decided[right == 0].mean()), 4),
    }
    for name, metric, values in (
        ("balanced", balanced, decided),
        ("accuracy", accuracy, decided),
        ("f1", f1, decided),
        ("auroc", auroc_of_grade, grades),
    ):
        if metric is auroc_of_grade:
            interval = bootstrap(auroc, -values, right, groups=questions, n_resamples=resamples)
        else:
            interval = bootstrap(metric, values, right, groups=questions, n_resamples=resamples)
        result[name] = {
            "value": round(interval.value, 4),
            "low": round(interval.low, 4),
            "high": round(interval.high, 4),
        }
    return result


def grade(grader: Grader, rows: list[Judged]) -> np.ndarray:
    """(n,) grades of the rows."""
    return grader.grade_batch([r.question for r in rows], [r.answer for r in rows], [r.golden for r in rows])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="EVOUNA as gzipped JSON lines")
    parser.add_argument(
        "--entailment",
        nargs="?",
        const=INSIDE,
        help="measure the entailment model inside too, or one by name or folder",
    )
    parser.add_argument("--limit", type=int, help="use only so many rows (for a quick look)")
    parser.add_argument("--only", help="measure only these, comma-separated; keep what the file says of others")
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    rows = read(options.data)[: options.limit]
    chosen_on = [row for row in rows if not row.held_out]
    held_out = [row for row in rows if row.held_out]
    results: dict[str, dict[str, object]] = {}
    if options.only:
        results |= json.loads(options.out.read_text(encoding="utf-8"))["graders"]
    for name, grader in lexical_graders().items():
        if options.only and name not in options.only.split(","):
            continue
        start = time.perf_counter()
        grades = grade(grader, rows)
        seconds = time.perf_counter() - start
        by_row = dict(zip(map(id, rows), grades, strict=True))
        results[name] = {"grader": repr(grader), "microseconds_per_answer": round(1e6 * seconds / len(rows))}
        for subset, member in SUBSETS.items():
            train, test = [r for r in chosen_on if member(r)], [r for r in held_out if member(r)]
            threshold = best_threshold(np.array([by_row[id(r)] for r in train]), verdicts(train))
            test_grades = np.array([by_row[id(r)] for r in test])
            results[name][subset] = measure(test, test_grades, threshold, options.resamples)
        print(name, results[name]["short"], flush=True)
    if options.entailment:
        results |= entailment(options.entailment, held_out, options.resamples)

    short = {name: result["short"] for name, result in results.items() if not name.startswith("entailment")}
    best = max(short, key=lambda name: short[name]["balanced"]["value"])  # type: ignore[index]
    report = {
        "question": "agreement of graders with people on EVOUNA; thresholds chosen on other questions",
        "best_without_llm_on_short_answers": best,
        "rows": len(rows),
        "held_out_rows": len(held_out),
        "right_share": round(float(verdicts(rows).mean()), 4),
        "intervals": f"95% percentile bootstrap over questions, {options.resamples} resamples, seed 0",
        "graders": results,
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("numpy", "scipy", "rouge-score")}
        | {"python": platform.python_version()},
    }
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print("best on short answers:", best)


def entailment(model: str, rows: list[Judged], resamples: int) -> dict[str, dict[str, object]]:
    """The entailment grader in both directions, soft grades, on held-out rows."""
    from semuq import Entailment

    results: dict[str, dict[str, object]] = {}
    relation = Entailment() if model == INSIDE else Entailment(model)
    for direction in ("mutual", "answer"):
        grades = grade(EntailmentGrader(relation=relation, direction=direction, soft=True), rows)  # type: ignore[arg-type]
        by_row = dict(zip(map(id, rows), grades, strict=True))
        name = f"entailment_{direction}"
        results[name] = {"grader": f"EntailmentGrader(direction={direction!r}, soft=True)"}
        for subset, member in SUBSETS.items():
            test = [row for row in rows if member(row)]
            results[name][subset] = measure(test, np.array([by_row[id(r)] for r in test]), 0.5, resamples)
        print(name, results[name]["short"], flush=True)
    return results


if __name__ == "__main__":
    main()
