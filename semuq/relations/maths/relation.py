r"""`MathEquivalence`: two answers are the same if their final results are mathematically equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import combinations
from typing import ClassVar, get_args

import numpy as np

from semuq.checks import one_of, positive, whole
from semuq.relations.apart import compare_answers
from semuq.relations.base import Kind, RelationScores
from semuq.relations.maths.decide import decide_pairs, require_math_verify
from semuq.relations.maths.extraction import Extract, located
from semuq.relations.maths.structure import stated_unit
from semuq.relations.values.amounts import Missing
from semuq.samples import SampleSet

__all__ = ["MathEquivalence"]

RULES = "5"
"""Part of the identity: raised whenever a rule for reading or comparing changes."""


@dataclass(frozen=True, kw_only=True)
class MathEquivalence:
    r"""Equal final results: fractions, decimals, surds, units, intervals, sets, matrices, equations, choices.

    Args:
        extract: where the final answer stands, see `extract_answer`: "auto", "boxed", "answer", "last-number".
        time_limit: wall-clock seconds, > 0, for reading one answer and for comparing one pair.
        workers: processes at most; None is one per core, at most 4. Changes no score.
        shared_unit: where all answers of a question that state a unit state the same one, read the others in it too (25
            beside 25 cm^2, 50 beside 50%). False, or where two units are stated: a number with a unit is never a bare
            one.

    Rules: those of `decide_pairs`. Plain numbers with units, lists, names, choices and words are compared in this
    process; expressions, read by math-verify, are compared in worker processes by their values at several points,
    small and capital letters being two. In doubt two answers are not equal. Symmetric by construction; where a unit is
    shared not always transitive (50% is 0.5 and, read as a percentage, 50).

    Undecided. An answer that cannot be read as mathematics equals only its own text; a tower of powers or
    any other pair over the time limit counts as not equal. `RelationScores.undecided` counts such
    pairs of distinct answers. A pair that takes about as long as the limit may change with the machine.

    Raises:
        InvalidParameter: an option is unknown or out of range.
        MissingExtra: math-verify is not installed (on first use).

    Degenerate cases. One answer, or n identical ones: no process is started. Empty answers equal each other.

    Cost. u (u - 1) / 2 pairs for u distinct final answers, distinct over the whole batch. Where
    algebra is needed, some 5 to 50 ms each, and seconds once to start a worker.

    Example:
        >>> texts = (r"so it is \boxed{\frac{1}{2}}", "The answer is 0.5.", "1/3")
        >>> MathEquivalence().compare(SampleSet(prompt="P(heads)?", texts=texts))[0].equivalence()
        array([[ True,  True, False],
               [ True,  True, False],
               [False, False,  True]])

    References: Kydlíček, Math-Verify, 2025 (the grader); Hendrycks et al., MATH, NeurIPS 2021,
    arXiv:2103.03874 (answers in \boxed{}).
    """

    extract: Extract = "auto"
    time_limit: float = 5.0
    workers: int | None = None
    shared_unit: bool = True

    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Extract), extract=self.extract)
        positive(self, time_limit=self.time_limit)
        if self.workers is not None:
            whole(self, 1, workers=self.workers)

    @property
    def identity(self) -> str:
        """What can change a score: the extraction, the limit, our rules and math-verify's version."""
        require_math_verify()
        return (
            f"maths/rules={RULES}/math-verify={_version()}/extract={self.extract}/time_limit={float(self.time_limit):g}"
            f"/shared_unit={self.shared_unit}"
        )

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question; the pairs of all questions are decided together."""
        require_math_verify()
        return compare_answers(self._compare, batch, self.kind)

    def _compare(self, questions: Sequence[SampleSet]) -> list[RelationScores]:
        answers = [[located(text, self.extract)[0] for text in samples.texts] for samples in questions]
        plans = [sorted(set(own)) for own in answers]
        rules: list[Missing] = ["either" if self.shared_unit and _one_unit(own) else "never" for own in plans]
        wanted = list(
            dict.fromkeys((pair, rule) for own, rule in zip(plans, rules, strict=True) for pair in combinations(own, 2))
        )
        verdicts = decide_pairs(
            [pair for pair, _ in wanted],
            missing_units=[rule for _, rule in wanted],
            time_limit=self.time_limit,
            workers=self.workers,
        )
        decided = dict(zip(wanted, verdicts, strict=True))
        return [_scores(own, plan, rule, decided) for own, plan, rule in zip(answers, plans, rules, strict=True)]


def _one_unit(answers: list[str]) -> bool:
    """Whether at most one unit, counted thing or percent sign stands in the answers to a question."""
    return len({unit for unit in map(stated_unit, answers) if unit}) <= 1


def _scores(
    answers: list[str],
    distinct: list[str],
    rule: Missing,
    decided: dict[tuple[tuple[str, str], Missing], bool | None],
) -> RelationScores:
    rows = {answer: row for row, answer in enumerate(distinct)}
    equal = np.eye(len(distinct), dtype=bool)
    undecided = 0
    for first, second in combinations(distinct, 2):
        verdict = decided[(first, second), rule]
        undecided += verdict is None
        equal[rows[first], rows[second]] = equal[rows[second], rows[first]] = bool(verdict)
    index = [rows[answer] for answer in answers]
    return RelationScores.from_equivalence(equal[np.ix_(index, index)], undecided=undecided)


@cache
def _version() -> str:
    return version("math-verify")
