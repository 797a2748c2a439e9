"""The grade stage, and the two things a TOML file names under [judge]: its grader and its relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.leaderboard.answers import Record
from benchmarks.leaderboard.questions import DataSet, Question
from semuq import Entailment
from semuq.errors import InvalidParameter
from semuq.grading import GRADERS, Grader
from semuq.numerics import FloatArray
from semuq.registry import Registry
from semuq.relations import RELATIONS
from semuq.relations.base import Relation
from semuq.sampling.claims import Splitter
from semuq.text import sentences


@dataclass(frozen=True, kw_only=True)
class Grades:
    """How right the answers of one set are, each 0 or 1.

    Args:
        greedy: (questions,); answers: (questions, n).
    """

    greedy: FloatArray
    answers: FloatArray


def relation_of(data: DataSet) -> Relation:
    """How answers to a set are compared by estimators.

    Raises:
        InvalidParameter: `judge.relation` names none of `semuq.relations.RELATIONS`.
    """
    return _read("relation", RELATIONS, data)


def grader_of(data: DataSet) -> Grader:
    """What says which answers to a set are right.

    Raises:
        InvalidParameter: `judge.grader` names none of `semuq.grading.GRADERS`.
    """
    return _read("grader", GRADERS, data)


def by_meaning(data: DataSet) -> bool:
    """Whether meanings are compared, by the entailment model, and not results."""
    return isinstance(relation_of(data), Entailment)


def claims_of(data: DataSet) -> Splitter:
    """What of an answer is a claim: each sentence where meanings are compared, all of it where results are."""
    return sentences if by_meaning(data) else _all_of_it


def grade(data: DataSet, pairs: Sequence[tuple[Question, Record]]) -> Grades:
    """The grades of the greedy and of the sampled answers.

    Raises:
        InvalidParameter: the set names no known grader, or `closest` without wrong references.
    """
    sampled = [record["texts"] for _, record in pairs]
    return Grades(greedy=greedy_grades(data, pairs), answers=_graded(data, pairs, sampled))


def greedy_grades(data: DataSet, pairs: Sequence[tuple[Question, Record]]) -> FloatArray:
    """(questions,) of 0 and 1: the grades of the greedy answers alone.

    Raises:
        InvalidParameter: as `grade`.
    """
    return _graded(data, pairs, [record["metadata"]["greedy"]["texts"] for _, record in pairs])[:, 0]


def _graded(data: DataSet, pairs: Sequence[tuple[Question, Record]], texts: Sequence[Sequence[str]]) -> FloatArray:
    judge = _closest if data.judge.get("closest") else _right
    return judge(grader_of(data), [question for question, _ in pairs], texts)


def _all_of_it(text: str) -> tuple[str, ...]:
    return (text,) if text.strip() else ()


def _right(grader: Grader, questions: Sequence[Question], texts: Sequence[Sequence[str]]) -> FloatArray:
    """(questions, n) of 0 and 1."""
    flat = [(question, text) for question, own in zip(questions, texts, strict=True) for text in own]
    found = grader.grade_batch(
        [question.text for question, _ in flat],
        [text for _, text in flat],
        [question.references for question, _ in flat],
    )
    return (found >= 0.5).astype(np.float64).reshape(len(texts), -1)


def _closest(grader: Grader, questions: Sequence[Question], texts: Sequence[Sequence[str]]) -> FloatArray:
    """1 where the best right reference is nearer than the best wrong one; a draw is wrong."""
    grades = []
    for question, own in zip(questions, texts, strict=True):
        if not question.wrong:
            raise InvalidParameter("judge.closest: needs references known to be wrong; name them in [read]")
        grades.append(
            [
                float(
                    grader.grade(question.text, text, question.references)
                    > grader.grade(question.text, text, question.wrong)
                )
                for text in own
            ]
        )
    return np.array(grades)


def _read(field: str, registry: Registry[Any], data: DataSet) -> Any:
    try:
        return registry.read(data.judge[field])
    except InvalidParameter as error:
        raise InvalidParameter(f"{data.name}: judge.{field}: {error}") from error
