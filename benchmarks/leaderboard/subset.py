"""The second table: everybody on the questions that have the further evidence some estimators need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.leaderboard.answers import Record, answered, greedy_set, read_packed, sample_set
from benchmarks.leaderboard.evidence import beside as evidence_of
from benchmarks.leaderboard.evidence import evidenced
from benchmarks.leaderboard.judging import claims_of
from benchmarks.leaderboard.questions import DataSet, Question
from benchmarks.leaderboard.sampling import Store
from benchmarks.leaderboard.scoring import Scores, score_kept
from semuq.estimators import ESTIMATORS
from semuq.estimators.explanation import StableExplanations, StableExplanationsEntropy
from semuq.evidence import Embedder
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet

EXPLAINED = (StableExplanations, StableExplanationsEntropy)
LEAST = 20
"""Questions of a set below which a table of it would say nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Extra:
    """Scores of the estimators that need more than sampled answers.

    Args:
        places: (k,) the questions with that evidence, by their place in the set.
        question: name -> (k,); answer: name -> (k, n).
    """

    places: NDArray[np.int64]
    question: Mapping[str, FloatArray]
    answer: Mapping[str, FloatArray]


def score_extra(
    data: DataSet,
    store: Store,
    pairs: Sequence[tuple[Question, Record]],
    relation: Relation,
    embedder: Embedder | None,
    main: Scores,
    beside: Sequence[str] = (),
) -> Extra | None:
    """The scores of whoever is missing from the main table, where there is evidence for enough questions.

    Args:
        beside: models whose answers to the same questions are those of "other models".
    """
    split = claims_of(data)
    samples, greedy = [sample_set(*pair, split) for pair in pairs], [greedy_set(*pair) for pair in pairs]
    places, batch, explanations = evidenced(pairs, samples, evidence_of(store, data).read())
    if len(places) < LEAST:
        return None
    batch = _with_others(batch, [pairs[place][0] for place in places], data, store, beside)
    own = [greedy[place] for place in places]
    others = [kind for kind in ESTIMATORS if kind.__name__ not in main.question and kind not in EXPLAINED]
    found = [_score(store.work / f"{data.name}.evidence.json", batch, own, relation, embedder, others)]
    if len(explanations) == len(places):
        kept = store.work / f"{data.name}.explained.json"
        found.append(_score(kept, explanations, own, relation, embedder, EXPLAINED))
    n = len(batch[0])
    question = {name: value for scores in found for name, value in scores.question.items() if name not in main.question}
    answer = {
        name: value if value.shape[1] == n else np.repeat(value[:, :1], n, axis=1)
        for scores in found
        for name, value in scores.answer.items()
        if name in question
    }
    return Extra(places=np.array(places), question=question, answer=answer)


def _with_others(
    batch: Sequence[SampleSet], questions: Sequence[Question], data: DataSet, store: Store, beside: Sequence[str]
) -> list[SampleSet]:
    """The same answers with those of other models, where each of them was asked all of the questions."""
    found = [answered(questions, read_packed(store.kept.with_name(name) / f"{data.name}.jsonl.xz")) for name in beside]
    others = [[sample_set(*pair) for pair in own] for own in found if len(own) == len(questions)]
    if not others:
        return list(batch)
    return [replace(own, other_models=[each[place] for each in others]) for place, own in enumerate(batch)]


def _score(path: Path, batch: Any, greedy: Any, relation: Relation, embedder: Embedder | None, kinds: Any) -> Scores:
    return score_kept(path, batch, greedy, relation, embedder, kinds=kinds)[0]
