"""The grader that asks a relation whether answer and gold answer mean the same, in the question's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from semuq.errors import InvalidParameter
from semuq.grading.base import Grader
from semuq.numerics import FloatArray
from semuq.relations.base import Equivalence, Relation
from semuq.samples import SampleSet
from semuq.text import normalise_answer

__all__ = ["EntailmentGrader"]

Direction = Literal["mutual", "answer"]


@dataclass(frozen=True, kw_only=True)
class EntailmentGrader(Grader):
    """Right if the answer means what a gold answer means, by any `Relation`.

    Each (answer, gold answer) is a question with two answers, so the whole batch runs in one packed pass
    of the relation. With a maths relation this grades maths, with a judge relation it asks the judge.

    Args:
        relation: compares the two texts, e.g. `Entailment()`.
        direction: "mutual" wants the same meaning both ways; "answer" only that the answer entails the
            gold answer, so longer answers that say more may pass.
        soft: give the probability (of the weaker direction, if mutual) in place of 1 or 0.
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`; for hard mutual grades.

    Returns (`grade`): in [0, 1]; the best gold answer counts.

    Cost. Two ordered pairs per distinct gold answer; an answer that is a gold answer after
    normalisation gets 1 without any.

    Example:
        >>> from semuq import ExactMatch
        >>> EntailmentGrader(relation=ExactMatch()).grade("Capital of France?", "paris", ["Lutetia", "Paris"])
        1.0

    References: Bulian et al., Tomayto, tomahto: beyond token-level answer equivalence, EMNLP 2022.
    """

    relation: Relation
    direction: Direction = "mutual"
    soft: bool = False
    equivalence: Equivalence = "strict"

    def __post_init__(self) -> None:
        if not isinstance(self.relation, Relation):
            raise InvalidParameter(
                f"EntailmentGrader.relation: expected a relation such as Entailment(), got {self.relation!r:.60}"
            )
        for name, allowed in (("direction", Direction), ("equivalence", Equivalence)):
            if getattr(self, name) not in get_args(allowed):
                raise InvalidParameter(
                    f"EntailmentGrader.{name}: expected one of {get_args(allowed)}, got {getattr(self, name)!r}"
                )

    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> FloatArray:
        grades = np.zeros(len(cases))
        pairs: list[SampleSet] = []
        owner: list[int] = []
        for index, (prompt, answer, golden) in enumerate(cases):
            distinct = {normalise_answer(gold): gold for gold in golden}
            if normalise_answer(answer) in distinct:
                grades[index] = 1.0
                continue
            pairs += [SampleSet(prompt=prompt, texts=(answer, gold)) for gold in distinct.values()]
            owner += [index] * len(distinct)
        for index, scores in zip(owner, self.relation.compare(pairs) if pairs else [], strict=True):
            forward, backward = float(scores.entailment[0, 1]), float(scores.entailment[1, 0])
            if self.soft:
                grade = forward if self.direction == "answer" else min(forward, backward)
            elif self.direction == "mutual":
                grade = float(scores.equivalence(self.equivalence)[0, 1])
            else:
                grade = float(scores.labels()[0, 1] == 0)
            grades[index] = max(grades[index], grade)
        return grades
