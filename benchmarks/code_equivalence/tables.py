"""From one record a problem to the figures of the page: intervals, paired differences, abstention, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.common import gate, rate
from semuq.decisions.conformal import SelectiveAnswering
from semuq.metrics import auroc, average_precision, bootstrap, compare_scores, paired_difference, prr
from semuq.metrics.resample import Interval
from semuq.numerics import FloatArray

Row = dict[str, Any]

RESAMPLES = 2000
SPLITS = 100
ERROR = 0.05
MAIN, COUNT = "H, behaviour", "K, behaviour"
LEAK = "H, behaviour on the tests (leak)"
MUTUAL = "mutual information, behaviour"
HARMLESS = ("H, exact text", "H, embedding")
"""Arms that behaviour must beat for a reproduction."""
PILOT = 15


def figures(records: Sequence[Row]) -> Row:
    """Everything that is said of one model."""
    greedy = np.array([row["greedy_right"] for row in records])
    largest = np.array([row["largest_right"] for row in records])
    mixed = [_mixed(row) for row in records]
    found: Row = {
        "problems": len(records),
        "of": {name: sum(row["set"] == name for row in records) for name in ("mbpp", "humaneval")},
        "gate": {"pilot": gate(float(greedy[:PILOT].mean())), "all": gate(float(greedy.mean()))},
        "pass_at_1": {
            "greedy": rate(greedy),
            "sampled": round(float(np.mean([np.mean(row["right"]) for row in records])), 4),
            "of the largest cluster": rate(largest),
        },
        "clusters": {
            "K": [
                int(count) for count in np.bincount([len(set(row["clusters"])) for row in records], minlength=11)[1:]
            ],
            "invalid_answers": sum(row["invalid"] for row in records),
            "truncated_answers": sum(row["truncated"] for row in records),
            "undecided_pairs": sum(row["undecided"] for row in records),
            "of_several": sum(several for _, several in mixed),
            "mixing_right_and_wrong": sum(wrong for wrong, _ in mixed),
            "seconds_a_problem": round(float(np.median([row["seconds"] for row in records])), 1),
        },
        "greedy": label(records, greedy),
        "largest": label(records, largest),
        "announced": announced(records),
    }
    found["verdict"] = verdict(found)
    return found


def announced(records: Sequence[Row]) -> Row:
    """Functions that are announced and not written (`pass`), which agree with each other; and the arms on the rest."""
    share = float(np.mean([np.mean(row["announced"]) for row in records]))
    rest = [row for row in records if not row["greedy_announced"]]
    found: Row = {"greedy": len(records) - len(rest), "sampled": round(share, 4)}
    right = np.array([row["greedy_right"] for row in rest])
    if found["greedy"] and len(set(right)) == 2:
        found["rest"] = {"problems": len(rest), "wrong": int((~right).sum()), "arms": _arms(_columns(rest), right)}
    return found


def label(records: Sequence[Row], right: NDArray[np.bool_]) -> Row:
    """All arms against one label."""
    columns = _columns(records)
    found: Row = {"wrong": int((~right).sum()), "arms": _arms(columns, right)}
    for name in (LEAK, MUTUAL):
        inside = np.array([name in row["scores"] for row in records])
        if name in columns or not inside.any():
            continue
        part = [row for row, own in zip(records, inside, strict=True) if own]
        if len(set(right[inside])) == 2:
            own_columns = {own: np.array([row["scores"][own] for row in part]) for own in (MAIN, name)}
            found[name] = {"problems": len(part), "arms": _arms(own_columns, right[inside])}
    found["less_than_K"] = {
        name: _interval(paired_difference(auroc, columns[name], columns[COUNT], right, n_resamples=RESAMPLES))
        for name in HARMLESS
    }
    found["abstention"] = {name: abstention(columns[name], right) for name in columns}
    return found


def _columns(records: Sequence[Row]) -> dict[str, FloatArray]:
    """The scores that all records have."""
    everywhere = [name for name in records[0]["scores"] if all(name in row["scores"] for row in records)]
    return {name: np.array([row["scores"][name] for row in records]) for name in everywhere}


def _arms(columns: Mapping[str, FloatArray], right: NDArray[np.bool_]) -> Row:
    compared = compare_scores(columns, right, against=MAIN, n_resamples=RESAMPLES)
    return {
        row.name: {
            "auroc": _interval(row.value),
            "less": None if row.difference is None else _interval(row.difference),
            "p_holm": None if row.p_holm is None else round(row.p_holm, 4),
            "pr_auc": _interval(bootstrap(average_precision, columns[row.name], right, n_resamples=RESAMPLES)),
            "prr": _interval(bootstrap(prr, columns[row.name], right, n_resamples=RESAMPLES)),
            "ties": round(_ties(columns[row.name]), 4),
        }
        for row in compared
    }


def abstention(scores: FloatArray, right: NDArray[np.bool_]) -> Row:
    """Answered at 5% error: with the promise of `SelectiveAnswering`, and by the largest threshold that held before.

    A random half of the problems sets the threshold, the other half is answered or not; 100 times.
    """
    rng = np.random.default_rng(0)
    promised, plain = [], []
    for _ in range(SPLITS):
        order = rng.permutation(len(scores))
        fit, rest = order[: len(order) // 2], order[len(order) // 2 :]
        rule = SelectiveAnswering(alpha=ERROR).fit(scores[fit], right[fit])
        promised.append(_answered(rule.decide(scores[rest]), right[rest]))
        plain.append(_answered(scores[rest] <= _largest_that_held(scores[fit], right[fit]), right[rest]))
    whole = SelectiveAnswering(alpha=ERROR).fit(scores, right).thresholds[None]
    return {"promised": _share(promised), "plain": _share(plain), "coverage_of_all": round(whole.coverage, 4)}


def _largest_that_held(scores: FloatArray, right: NDArray[np.bool_]) -> float:
    """The largest score at or below which at most 5% are wrong; minus infinity where none is."""
    held = [value for value in np.unique(scores) if (~right[scores <= value]).mean() <= ERROR]
    return float(max(held, default=-np.inf))


def _answered(answer: NDArray[np.bool_], right: NDArray[np.bool_]) -> tuple[int, int, int]:
    return len(answer), int(answer.sum()), int((answer & ~right).sum())


def _share(splits: Sequence[tuple[int, int, int]]) -> Row:
    asked, answered, wrong = np.array(splits).sum(axis=0)
    return {
        "answered": round(float(answered / asked), 4),
        "error": None if answered == 0 else round(float(wrong / answered), 4),
    }


def verdict(found: Row) -> str:
    """The result against the design's criteria."""
    if not (found["gate"]["pilot"]["open"] and found["gate"]["all"]["open"]):
        return "the gate stays shut: no conclusion"
    arms = found["greedy"]["arms"]
    good = all(arms[name]["auroc"]["value"] > 0.6 and arms[name]["auroc"]["low"] > 0.5 for name in (MAIN, COUNT))
    clear = {
        "H": [name for name in HARMLESS if arms[name]["less"]["high"] < 0],
        "K": [name for name in HARMLESS if found["greedy"]["less_than_K"][name]["high"] < 0],
    }
    adds = arms["SE, behaviour"]["less"]
    nothing_added = adds["low"] <= 0 <= adds["high"]
    if good and nothing_added and all(len(own) == len(HARMLESS) for own in clear.values()):
        return "reproduced"
    ranks = "behaviour ranks" if good else "behaviour does not rank clearly"
    if not clear["H"] and not clear["K"]:
        return f"null: {ranks}, and is not clear of text or embedding clusters"
    said = "; ".join(
        f"{name} is clear of {' and '.join(f'`{own}`' for own in above) or 'neither text nor embedding clusters'}"
        for name, above in clear.items()
    )
    return f"in between: {ranks}; {said}; likelihoods {'add nothing' if nothing_added else 'change something'}"


def _interval(own: Interval) -> Row:
    return {"value": round(own.value, 4), "low": round(own.low, 4), "high": round(own.high, 4)}


def _ties(scores: FloatArray) -> float:
    """The share of pairs of problems that score the same."""
    counts = np.unique(scores, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / (len(scores) * (len(scores) - 1)))


def _mixed(row: Row) -> tuple[int, int]:
    """Clusters of several answers: how many hold right and wrong ones, and how many there are."""
    groups: dict[int, set[bool]] = {}
    for cluster, right in zip(row["clusters"], row["right"], strict=True):
        groups.setdefault(cluster, set()).add(right)
    several = [own for cluster, own in groups.items() if row["clusters"].count(cluster) > 1]
    return sum(len(own) == 2 for own in several), len(several)
