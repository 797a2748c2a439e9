"""The grade stage, and the two things a TOML file names under [judge]: its grader and its relation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.leaderboard.answers import Record
from benchmarks.leaderboard.questions import DataSet, Question
from semuq import Entailment, ExactMatch
from semuq.errors import InvalidParameter
from semuq.grading import EntailmentGrader, Grader, MultipleChoiceLetter, TokenF1, default_grader
from semuq.relations.base import Relation
from semuq.relations.choice import ChoiceMatch
from semuq.relations.maths import MathEquivalence
from semuq.sampling.claims import Splitter
from semuq.text import sentences

FloatArray = NDArray[np.float64]
LETTERS = "ABCD"


@dataclass(frozen=True, kw_only=True)
class Grades:
    """How right the answers of one set are, each 0 or 1.

    Args:
        greedy: (questions,); answers: (questions, n).
    """

    greedy: FloatArray
    answers: FloatArray


GRADERS: dict[str, Callable[[], Grader]] = {
    "default": default_grader,
    "maths": lambda: EntailmentGrader(relation=MathEquivalence()),
    "choice": lambda: MultipleChoiceLetter(letters=LETTERS),
    "closest": TokenF1,
}
"""By the names of [judge]. "closest" asks whether an answer is nearer to a right reference than to any wrong one."""

RELATIONS: dict[str, Callable[[], Relation]] = {
    "entailment": Entailment,
    "maths": MathEquivalence,
    "exact": ExactMatch,
    "choice": lambda: ChoiceMatch(letters=LETTERS),
}
"""By the names of [judge]."""


def relation_of(data: DataSet) -> Relation:
    """How answers to a set are compared by estimators."""
    return _named("relation", RELATIONS, data)()


def claims_of(data: DataSet) -> Splitter:
    """What of an answer is a claim: each sentence where meanings are compared, all of it where results are."""
    return sentences if data.judge["relation"] == "entailment" else _all_of_it


def grade(data: DataSet, pairs: Sequence[tuple[Question, Record]]) -> Grades:
    """The grades of the greedy and of the sampled answers.

    Raises:
        InvalidParameter: the set names no known grader, or "closest" without wrong references.
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
    judge = _closest if data.judge["grader"] == "closest" else _right
    return judge(_named("grader", GRADERS, data)(), [question for question, _ in pairs], texts)


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
            raise InvalidParameter("judge.grader: 'closest' needs references known to be wrong; name them in [read]")
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


def _named(field: str, known: dict[str, Callable[[], object]], data: DataSet) -> Callable[[], object]:
    name = data.judge[field]
    if name not in known:
        raise InvalidParameter(f"{data.name}: judge.{field}: expected one of {sorted(known)}, got {name!r}")
    return known[name]
