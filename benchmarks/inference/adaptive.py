"""As many answers as needed, replayed on the stored answers of the leaderboard: what is saved, and at what loss.

    python -m benchmarks.inference.adaptive [--name smollm2-135m]

No language model is run. The meanings of all ten answers to each question are found once and kept in `logs/`; then
every rule is replayed answer by answer. Design and criteria: `design.md`. Writes
benchmarks/results/inference_adaptive.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.common import GATE, RESAMPLES, Log, Row, ends, ranking, rate, write
from benchmarks.leaderboard.answers import answered, read_packed, sample_set
from benchmarks.leaderboard.judging import greedy_grades, relation_of
from benchmarks.leaderboard.questions import HERE as LEADERBOARD
from benchmarks.leaderboard.questions import DataSet, read_dataset
from semuq.estimators.bayesian import entropy_posterior, fitted_prior, meanings_prior
from semuq.estimators.coverage import coverage_adjusted_entropy
from semuq.evidence import Evidence
from semuq.inference import DecisionFixed, DecisionSettled, IntervalShorter, StoppingRule, entropy_range, stopping_point
from semuq.metrics import auroc, paired_difference
from semuq.numerics import entropy

FloatArray = NDArray[np.float64]
Prior = tuple[float, ...]

ANSWERS = 10
LEAST = 2
WIDTHS = (0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)
THRESHOLDS = (0.5, 0.8, 1.1, 1.4)
CONFIDENCES = (0.8, 0.9)
CHUNK = 20

MAKERS: dict[str, Callable[[Prior], StoppingRule]] = {
    **{f"interval < {w:g}": lambda prior, w=w: IntervalShorter(width=w, prior=prior) for w in WIDTHS},
    **{
        f"side of {t:g} settled at {c:g}": lambda prior, t=t, c=c: DecisionSettled(
            threshold=t, confidence=c, prior=prior
        )
        for t in THRESHOLDS
        for c in CONFIDENCES
    },
    **{f"side of {t:g} fixed": lambda prior, t=t: DecisionFixed(threshold=t, most=ANSWERS) for t in THRESHOLDS},
}


def meanings(data: DataSet, name: str, minutes: float | None) -> list[Row]:
    """For each question its meanings in order, and whether the greedy answer is right; found once."""
    pairs = answered(data.load(), read_packed(LEADERBOARD / "answers" / name / f"{data.name}.jsonl.xz"))
    relation = relation_of(data)
    by_id = {question.id: (question, record) for question, record in pairs}

    def find(part: Sequence[Row]) -> Iterator[Row]:
        own = [by_id[item["key"]] for item in part]
        samples = [sample_set(question, record) for question, record in own]
        clusters = Evidence(samples, relation).clusters("strict", "greedy")
        right = greedy_grades(data, own)
        for item, ids, correct in zip(part, clusters, right, strict=True):
            yield {"id": item["id"], "clusters": [int(label) for label in ids], "right": bool(correct)}

    items = [{"id": f"{data.name}/{question.id}", "key": question.id} for question, _ in pairs]
    return Log("adaptive", name).fill(items, find, chunk=CHUNK, minutes=minutes)


def priors(rows: Sequence[Row]) -> tuple[list[Prior], list[Prior]]:
    """For each question the default prior of the number of meanings, and one learned on the other half of questions."""
    numbers = np.array([len(set(row["clusters"])) for row in rows])
    half = np.random.default_rng(0).permutation(len(rows)) % 2
    learned = [tuple(fitted_prior(numbers[half != side]).tolist()) for side in (0, 1)]
    default = tuple(meanings_prior().tolist())
    return [default] * len(rows), [learned[side] for side in half]


def counts(row: Row, n: int) -> list[int]:
    """Answers per meaning among the first n."""
    return [int(own) for own in np.bincount(row["clusters"][:n]) if own]


def fixed(
    rows: Sequence[Row], right: FloatArray, learned: Sequence[Prior], numbers: Sequence[int] = range(LEAST, ANSWERS + 1)
) -> Row:
    """Three estimators at several numbers of answers."""
    found: Row = {}
    for n in numbers:
        own = [counts(row, n) for row in rows]
        scores = {
            "counts": [float(entropy(c)) for c in own],
            "coverage": [coverage_adjusted_entropy(c) for c in own],
            "bayesian": [entropy_posterior(c).mean for c in own],
            "bayesian, learned prior": [
                entropy_posterior(c, prior=prior).mean for c, prior in zip(own, learned, strict=True)
            ],
        }
        found[str(n)] = {name: ranking(values, right) for name, values in scores.items()}
    return found


def replay(
    rows: Sequence[Row], right: FloatArray, make: Callable[[Prior], StoppingRule], prior: Sequence[Prior]
) -> Row:
    """One rule over all questions."""
    rules = {own: make(own) for own in set(prior)}
    spent = np.array(
        [stopping_point(row["clusters"], rules[own], least=LEAST) for row, own in zip(rows, prior, strict=True)]
    )
    scores = np.array(
        [entropy_posterior(counts(row, int(n)), prior=own).mean for row, n, own in zip(rows, spent, prior, strict=True)]
    )
    plain = np.array([float(entropy(counts(row, ANSWERS))) for row in rows])
    gap = paired_difference(auroc, scores, plain, right, n_resamples=RESAMPLES)
    found: Row = {
        "answers": round(float(spent.mean()), 3),
        "auroc": ranking(scores, right),
        "less_counts_at_10": ends(gap),
        "within_claim": bool(spent.mean() <= 5.5 and gap.value >= -0.01 and gap.low > -0.02),
    }
    example = next(iter(rules.values()))
    if isinstance(example, DecisionFixed):
        found["same_decision"] = rate(
            [
                (entropy_range(counts(row, int(n)), ANSWERS)[0] > example.threshold) == (end > example.threshold)
                for row, n, end in zip(rows, spent, plain, strict=True)
            ]
        )
    if isinstance(example, DecisionSettled):
        found["same_decision"] = rate(
            [
                _above(row, int(n), own, example.threshold) == _above(row, ANSWERS, own, example.threshold)
                for row, n, own in zip(rows, spent, prior, strict=True)
            ]
        )
    return found


def _above(row: Row, n: int, prior: Prior, threshold: float) -> bool:
    """On which side the entropy is more probably, after n answers."""
    return entropy_posterior(counts(row, n), prior=prior).above(threshold) > 0.5


def study(rows: Sequence[Row]) -> Row:
    """Everything about some questions."""
    right = np.array([row["right"] for row in rows], dtype=np.float64)
    default, learned = priors(rows)
    found: Row = {"questions": len(rows), "right": rate(right), "fixed": fixed(rows, right, learned)}
    found["rules"] = {name: replay(rows, right, make, default) for name, make in MAKERS.items()}
    found["rules, learned prior"] = {
        name: replay(rows, right, make, learned) for name, make in MAKERS.items() if "fixed" not in name
    }
    return found


def verdict(found: Row) -> str:
    """Against the design, on the pooled sets."""
    points = {
        **found["rules"],
        **{f"{name}, learned prior": own for name, own in found["rules, learned prior"].items()},
    }
    claimed = {name: own for name, own in points.items() if own["within_claim"]}
    ten = found["fixed"][str(ANSWERS)]["counts"]
    if ten["low"] <= 0.5:
        return (
            f"no conclusion: ten answers do not rank these questions themselves (AUROC {ten['value']:.3f}, its "
            f"interval covers 0.5), so that there is nothing to keep; points within the claim: {len(claimed)}"
        )
    if not claimed:
        return "null: no rule with at most 5.5 answers keeps the AUROC of ten"
    name, own = min(claimed.items(), key=lambda pair: pair[1]["answers"])
    n = int(np.ceil(own["answers"]))
    rival = max(value["value"] for value in found["fixed"][str(max(n, LEAST))].values())
    beside = "no better than" if rival >= own["auroc"]["value"] else "better than"
    return (
        f"reproduced: '{name}' takes {own['answers']:.1f} answers for an AUROC of {own['auroc']['value']:.3f}; "
        f"{beside} the best estimator at {n} answers for all ({rival:.3f})"
    )


def main() -> None:
    """Cluster, replay, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference.adaptive")
    parser.add_argument("--name", default="smollm2-135m", help="whose answers")
    parser.add_argument("--only-tables", action="store_true", help="compare no answers, compute from the log")
    arguments = parser.parse_args()
    name = arguments.name
    sets: dict[str, list[Row]] = {}
    for path in sorted((LEADERBOARD / "datasets").glob("*.toml")):
        rows = meanings(read_dataset(path), name, 0 if arguments.only_tables else None)
        if rows:
            sets[path.stem] = rows
    accuracy = {key: float(np.mean([row["right"] for row in own])) for key, own in sets.items()}
    open_ = [key for key, value in accuracy.items() if GATE[0] <= value <= GATE[1]]
    if not open_:
        raise SystemExit(f"every set is outside the gate {GATE}: {accuracy}")
    pooled = study([row for key in open_ for row in sets[key]])
    entry = {
        "gate": {key: {"right": round(value, 4), "open": key in open_} for key, value in accuracy.items()},
        "pooled": {**pooled, "verdict": verdict(pooled)},
        "sets": {key: fixed_and_best(sets[key]) for key in open_},
    }
    write(
        "adaptive",
        {
            "question": "how many answers does it take to rank questions as well as ten answers do?",
            "command": "python -m benchmarks.inference.adaptive --name NAME",
            "design": "benchmarks/inference/design.md, 6",
            "models": {name: entry},
        },
    )


def fixed_and_best(rows: Sequence[Row]) -> Row:
    """Of one set: fixed numbers of answers, and one rule of each kind."""
    right = np.array([row["right"] for row in rows], dtype=np.float64)
    default, learned = priors(rows)
    shown = ("interval < 1", "side of 0.8 settled at 0.9", "side of 0.8 fixed")
    return {
        "questions": len(rows),
        "fixed": fixed(rows, right, learned, (3, 5, 10)),
        "rules": {name: replay(rows, right, MAKERS[name], default) for name in shown},
    }


if __name__ == "__main__":
    main()
