"""How a peer's value is held against ours: the same but for rounding, or different in a way that is explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.estimators.case import Case
from semuq import (
    SampleSet,
)
from semuq.estimators.base import AnswerEstimator, Estimator
from semuq.relations.base import Relation

__all__ = ["NAN", "Comparison", "Difference", "Value", "always", "compare", "empty", "raw", "single", "underflow"]

Value = float | str
Compute = Callable[[Case], Value]
Right = Literal["ours", "a matter of definition"]
NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One reason to differ: where it applies, what the other package then gives, and who is right."""

    applies: Callable[[Case], bool]
    theirs: Compute
    right: Right
    why: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A method of another package beside ours.

    `convert` turns its number into ours, and `conversion` says how in words.
    """

    package: str
    method: str
    ours: str
    value: Callable[[Case], float]
    convert: Callable[[float, Case], float] = lambda value, case: value
    conversion: str = ""
    tolerance: float = 1e-8
    differences: tuple[Difference, ...] = ()


def compare(
    package: str,
    method: str,
    estimator: Estimator,
    *differences: Difference,
    relation: Callable[[Case], Relation] = lambda case: case.relation,
    samples: Callable[[Case], SampleSet] = lambda case: case.samples,
    answer: int | None = None,
    convert: Callable[[float, Case], float] = lambda value, case: value,
    conversion: str = "",
    over: str = "",
    tolerance: float = 1e-8,
) -> Comparison:
    """A comparison with an estimator's score of the question, or of one answer."""

    def value(case: Case) -> float:
        if answer is None:
            return estimator.score(samples(case), relation(case))
        assert isinstance(estimator, AnswerEstimator)
        return float(estimator.score_answers(samples(case), relation(case))[answer])

    which = {None: "", 0: ", first answer", -1: ", last answer"}[answer]
    return Comparison(
        package=package,
        method=method,
        ours=_short(estimator) + which + (f", {over}" if over else ""),
        value=value,
        convert=convert,
        conversion=conversion,
        tolerance=tolerance,
        differences=differences,
    )


def _short(estimator: Estimator) -> str:
    """The repr without what is default."""
    kind = type(estimator)
    plain = kind()
    changed = [
        f"{name}={getattr(estimator, name)!r}"
        for name in estimator.__dataclass_fields__
        if getattr(estimator, name) != getattr(plain, name)
    ]
    return f"{kind.__name__}({', '.join(changed)})"


def raw(theirs: Compute) -> Difference:
    return Difference(
        applies=lambda case: case.unsure_of_itself,
        theirs=theirs,
        right="ours",
        why="It asks the model whether a text entails itself, and whether equal texts entail each other, and believes "
        "the answer. That a text agrees with itself is no question: identical answers then score above 0.",
    )


def single(theirs: Value, why: str, ours: int = 0) -> Difference:
    return Difference(
        applies=lambda case: case.n == 1,
        theirs=lambda case: theirs,
        right="ours",
        why=f"One answer. {why} Ours: {ours}.",
    )


def underflow(theirs: Compute) -> Difference:
    return Difference(
        applies=lambda case: bool((case.loglik() < -700).any()),
        theirs=theirs,
        right="ours",
        why="Probabilities by plain exponentials: a long or unlikely answer has probability 0, whose logarithm or "
        "share is no number. Ours stays in logarithms.",
    )


def empty(theirs: Compute, why: str = "") -> Difference:
    return Difference(
        applies=lambda case: case.has_empty_answer,
        theirs=theirs,
        right="ours",
        why=why or "An answer without tokens: it divides by their number, 0. Ours: the empty sum, log-probability 0.",
    )


def always(theirs: Compute, right: Right, why: str) -> Difference:
    return Difference(applies=lambda case: True, theirs=theirs, right=right, why=why)
