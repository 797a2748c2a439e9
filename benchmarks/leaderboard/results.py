"""The report stage's first half: grades and scores of every set become the figures of the results file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.leaderboard.abstaining import abstaining
from benchmarks.leaderboard.contestants import BASELINES, SEMANTIC_ENTROPY
from benchmarks.leaderboard.holm import against, reference
from benchmarks.leaderboard.judging import Grades
from benchmarks.leaderboard.measures import MEASURES, Estimate, Measure, draws, estimate, mean
from benchmarks.leaderboard.scoring import Scores
from benchmarks.leaderboard.subset import Extra
from semuq.numerics import FloatArray

Estimates = dict[str, dict[str, dict[str, Estimate]]]
"""metric -> set of questions -> contestant -> estimate"""

SETTINGS = ("greedy", "answers")
CURVE_POINTS = 20
LEAST_ACCURACY = 0.1
"""Where fewer answers are right, or fewer wrong, a set says too little to count in the mean."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One set of questions, answered, graded and scored."""

    name: str
    title: str
    about: str
    grades: Grades
    scores: Scores
    truncated: float
    costs: Mapping[str, Mapping[str, float]]
    extra: Extra | None = None

    def part(self) -> Judged | None:
        """The questions with further evidence only, and everybody's scores of them; None where there are none."""
        if self.extra is None:
            return None
        at, extra = self.extra.places, self.extra
        scores = replace(
            self.scores,
            question={**{name: own[at] for name, own in self.scores.question.items()}, **extra.question},
            answer={**{name: own[at] for name, own in self.scores.answer.items()}, **extra.answer},
        )
        grades = Grades(greedy=self.grades.greedy[at], answers=self.grades.answers[at])
        return replace(self, grades=grades, scores=scores, extra=None)

    def pair(self, setting: str, name: str) -> tuple[FloatArray, FloatArray]:
        """(questions, n) scores and (questions, n) correctness; n = 1 for the greedy answer."""
        if setting == "greedy":
            return self.scores.question[name][:, None], self.grades.greedy[:, None]
        return self.scores.answer[name], self.grades.answers


def summarise(sets: list[Judged], *, n_resamples: int, seed: int = 0) -> dict[str, Any]:
    """All figures: for each set, for the mean over sets, and how baselines did against semantic entropy.

    "overall" is the mean over the sets on which the greedy answer is neither nearly always wrong nor nearly always
    right, "all_sets" that over all of them.
    """
    telling = [own.name for own in sets if _within(own)] or [own.name for own in sets]
    found: dict[str, Any] = {
        "sets": {own.name: _facts(own) for own in sets},
        "overall_sets": telling,
        "settings": {},
    }
    for setting in SETTINGS:
        estimates = _estimates(sets, setting, n_resamples, seed)
        names = _competing_everywhere(sets)
        overall = _means(estimates, names, telling)
        found["settings"][setting] = {
            "sets": {own.name: _table({m: by_set[own.name] for m, by_set in estimates.items()}) for own in sets},
            "overall": _table(overall),
            "all_sets": _table(_means(estimates, names, [own.name for own in sets])),
            "ranks": _ranks({name: estimates["auroc"][name] for name in telling}, names),
            "baselines_against_semantic_entropy": _against(estimates["auroc"], overall["auroc"]),
            "against_semantic_entropy": {"reference": reference(overall["auroc"]), "by": against(overall["auroc"])},
        }
    found["subset"] = _subset(sets, n_resamples, seed)
    found["abstention"] = abstaining([own for own in sets if own.name in telling], seed)
    found["curves"] = {own.name: _curves(own) for own in sets}
    found["cost"] = {own.name: own.costs for own in sets}
    found["could_not_run"] = {name: why for own in sets for name, why in own.scores.unable.items()}
    return found


def _within(own: Judged) -> bool:
    return bool(LEAST_ACCURACY <= own.grades.greedy.mean() <= 1 - LEAST_ACCURACY)


def _means(estimates: Estimates, names: list[str], sets: list[str]) -> dict[str, dict[str, Estimate]]:
    """metric -> contestant -> mean over those sets."""
    return {
        metric: {name: mean([by_set[own][name] for own in sets]) for name in names}
        for metric, by_set in estimates.items()
    }


def _subset(sets: list[Judged], n_resamples: int, seed: int) -> dict[str, Any] | None:
    """Tables of the questions with further evidence: of each set, and the mean over sets."""
    parts = [part for own in sets if (part := own.part()) is not None]
    if not parts:
        return None
    found: dict[str, Any] = {"questions": {own.name: len(own.grades.greedy) for own in parts}}
    for setting in SETTINGS:
        estimates = _estimates(parts, setting, n_resamples, seed)
        overall = _means(estimates, _competing_everywhere(parts), [own.name for own in parts])
        found[setting] = {
            "sets": {own.name: _table({m: by_set[own.name] for m, by_set in estimates.items()}) for own in parts},
            "overall": _table(overall),
        }
    main = {name for own in sets for name in own.scores.question}
    found["only_here"] = sorted({name for own in parts for name in own.scores.question} - main)
    return found


def _facts(own: Judged) -> dict[str, Any]:
    accuracy = float(own.grades.greedy.mean())
    return {
        "title": own.title,
        "about": own.about,
        "questions": len(own.grades.greedy),
        "answers_per_question": int(own.grades.answers.shape[1]),
        "accuracy_greedy": _round(accuracy),
        "accuracy_sampled": _round(float(own.grades.answers.mean())),
        "within_10_to_90_percent": _within(own),
        "cut_at_max_new_tokens": _round(own.truncated),
        "relation": own.scores.relation,
    }


def _estimates(sets: list[Judged], setting: str, n_resamples: int, seed: int) -> Estimates:
    found: Estimates = {metric: {} for metric in MEASURES}
    for place, own in enumerate(sets):
        counts = draws(len(own.grades.greedy), n_resamples, seed + place)
        for metric, measure in MEASURES.items():
            found[metric][own.name] = {
                name: estimate(measure, *own.pair(setting, name), counts) for name in own.scores.question
            }
    return found


def _competing_everywhere(sets: list[Judged]) -> list[str]:
    return [name for name in sets[0].scores.question if all(name in own.scores.question for own in sets)]


def _table(estimates: Mapping[str, Mapping[str, Estimate]]) -> dict[str, dict[str, Any]]:
    """name -> metric -> [value, low, high], and "<metric>_to_best" -> [difference, low, high].

    RCE and ECE are without the bias of noise; "<metric>_uncorrected" is the plain value.
    """
    table: dict[str, dict[str, Any]] = {}
    for metric, by_name in estimates.items():
        measure = MEASURES[metric]
        best = _best(by_name, measure)
        for name, own in by_name.items():
            row = table.setdefault(name, {})
            row[metric] = _interval(own, measure.method)
            if measure.method == "basic":
                row[f"{metric}_uncorrected"] = None if math.isnan(own.value) else _round(own.value)
            row[f"{metric}_to_best"] = _interval(own - by_name[best], measure.method) if best else None
    return table


def _best(by_name: Mapping[str, Estimate], measure: Measure) -> str | None:
    values = {name: own.point(measure.method) for name, own in by_name.items() if not math.isnan(own.value)}
    if not values:
        return None
    return (max if measure.higher else min)(values, key=lambda name: values[name])


def _ranks(by_set: Mapping[str, Mapping[str, Estimate]], names: list[str]) -> dict[str, list[float] | None]:
    """Mean rank by AUROC over sets, 1 = best, equal values share their mean rank; the interval is of the draws."""
    from scipy.stats import rankdata

    usable = [own for own in by_set.values() if not any(math.isnan(own[name].value) for name in names)]
    if not usable:
        return dict.fromkeys(names)
    value = np.mean([rankdata([-own[name].value for name in names]) for own in usable], axis=0)
    drawn = np.mean(
        [rankdata(-np.stack([np.nan_to_num(own[name].draws, nan=0.5) for name in names]), axis=0) for own in usable],
        axis=0,
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
    return {name: [_round(float(x)) for x in (value[i], low[i], high[i])] for i, name in enumerate(names)}


def _against(
    by_set: Mapping[str, Mapping[str, Estimate]], overall: Mapping[str, Estimate]
) -> dict[str, dict[str, list[float] | None]]:
    """set -> baseline -> AUROC of the baseline minus that of semantic entropy, with its paired interval."""
    return {
        where: {
            baseline.name: _interval(own[baseline.name] - own[SEMANTIC_ENTROPY], "percentile")
            for baseline in BASELINES
            if baseline.name in own and SEMANTIC_ENTROPY in own
        }
        for where, own in {**by_set, "overall": overall}.items()
    }


def _curves(own: Judged) -> dict[str, list[float]]:
    """name -> accuracy of the greedy answers kept, at 5%, 10%, ..., 100% kept; equal scores in expectation."""
    curves = {name: _curve(*own.pair("greedy", name)) for name in own.scores.question}
    oracle = -own.grades.greedy[:, None]
    return {**curves, "(oracle)": _curve(oracle, own.grades.greedy[:, None])}


def _curve(scores: FloatArray, correct: FloatArray) -> list[float]:
    u, right = scores.ravel(), correct.ravel()
    means = {value: right[u == value].mean() for value in np.unique(u)}
    expected = np.array([means[value] for value in np.sort(u)])
    kept = np.cumsum(expected) / np.arange(1, len(u) + 1)
    places = np.maximum(np.ceil(np.arange(1, CURVE_POINTS + 1) / CURVE_POINTS * len(u)).astype(int), 1) - 1
    return [_round(float(value)) for value in kept[places]]


def _interval(own: Estimate, method: str) -> list[float] | None:
    if math.isnan(own.value):
        return None
    low, high = own.interval(method)
    return None if math.isnan(low) else [_round(own.point(method)), _round(low), _round(high)]


def _round(value: float) -> float:
    return round(value, 4) + 0.0
