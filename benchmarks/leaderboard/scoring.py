"""The score stage: a number per question from every contestant, per answer where it has one.

The relation runs once over a set, for all estimators. Finished sets are kept and not scored again until the
answers, the relation or the estimators change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.leaderboard.contestants import BASELINES, contestants
from benchmarks.leaderboard.learning import learned_ensemble
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import AnswerEstimator, Estimator
from semuq.estimators.combined import LearnedEnsemble
from semuq.evidence import Embedder, Evidence
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The scores of one set of questions.

    Args:
        question: name -> (questions,), to be held against the greedy answer.
        answer: name -> (questions, n), against each sampled answer; an estimator without scores of single
            answers has the question's score n times.
        unable: name -> what evidence was missing.
        relation: identity of the relation.
    """

    question: dict[str, FloatArray]
    answer: dict[str, FloatArray]
    unable: dict[str, str]
    relation: str

    def to_dict(self) -> dict[str, Any]:
        """Plain lists."""
        return {
            "question": {name: own.tolist() for name, own in self.question.items()},
            "answer": {name: own.tolist() for name, own in self.answer.items()},
            "unable": self.unable,
            "relation": self.relation,
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Scores:
        """The inverse of `to_dict`."""
        arrays = {
            field: {name: np.array(own, dtype=np.float64) for name, own in record[field].items()}
            for field in ("question", "answer")
        }
        return cls(**{**record, **arrays})


def score(
    batch: Sequence[SampleSet],
    greedy: Sequence[SampleSet],
    relation: Relation,
    embedder: Embedder | None,
    correct: FloatArray | None = None,
    kinds: Sequence[type[Estimator]] = ESTIMATORS,
) -> Scores:
    """Scores of every contestant, from one pass of the relation.

    Args:
        correct: (questions,) of the greedy answers; with it, estimators that are fitted compete, cross-fitted.
    """
    able, unable = contestants(batch, relation, embedder, kinds)
    evidence = Evidence(batch, relation, embedder)
    for estimator in able:
        evidence.require(estimator.needs, estimator.min_samples, type(estimator).__name__)
    question: dict[str, FloatArray] = {}
    answer: dict[str, FloatArray] = {}
    for estimator in able:
        name = type(estimator).__name__
        question[name] = estimator.score_evidence(evidence)
        if isinstance(estimator, AnswerEstimator):
            answer[name] = np.stack(estimator.score_answers_evidence(evidence))
        else:
            answer[name] = np.repeat(question[name][:, None], len(batch[0]), axis=1)
    if correct is not None and any(kind is LearnedEnsemble for kind in kinds):
        name = LearnedEnsemble.__name__
        learned = learned_ensemble(evidence, correct)
        if isinstance(learned, str):
            unable[name] = learned
        else:
            del unable[name]
            question[name], answer[name] = learned, np.repeat(learned[:, None], len(batch[0]), axis=1)
    for baseline in BASELINES:
        if batch[0].token_logprobs is None and "LogProb" in baseline.name:
            unable[baseline.name] = "needs token_logprobs, got None"
            continue
        judged = batch if baseline.pooled else greedy
        question[baseline.name] = np.array([baseline.one(samples)[0] for samples in judged])
        answer[baseline.name] = np.stack([baseline.one(samples) for samples in batch])
    return Scores(question=question, answer=answer, unable=unable, relation=relation.identity)


def score_kept(
    path: Path,
    batch: Sequence[SampleSet],
    greedy: Sequence[SampleSet],
    relation: Relation,
    embedder: Embedder | None,
    correct: FloatArray | None = None,
    kinds: Sequence[type[Estimator]] = ESTIMATORS,
) -> tuple[Scores, bool]:
    """`score`, or what an earlier run kept at `path` for the same input; and whether it is that."""
    able, unable = contestants(batch, relation, embedder, kinds)
    named = [relation.identity, [repr(one) for one in able], sorted(unable), [one.name for one in BASELINES]]
    content = [[samples.to_dict() for samples in own] for own in (batch, greedy)]
    graded = None if correct is None else correct.tolist()
    key = hashlib.sha256(json.dumps([named, content, graded], sort_keys=True).encode()).hexdigest()
    if path.is_file() and (kept := json.loads(path.read_text()))["key"] == key:
        return Scores.from_dict(kept["scores"]), True
    scores = score(batch, greedy, relation, embedder, correct, kinds)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"key": key, "scores": scores.to_dict()}))
    return scores, False
