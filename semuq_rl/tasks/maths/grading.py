r"""Is an answer right? Rollouts against references, by mathematical equality.

After `templates` in the flow: what stands in the answer's place is compared with every reference by the
rules of `semuq.relations.maths`, and one equality is enough. All rollouts of a batch are decided
together, so the workers that do the algebra are started once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from semuq.errors import InvalidSamples
from semuq.relations.maths import decide_pairs
from semuq.relations.maths.structure import stated_unit
from semuq.relations.values.amounts import Missing
from semuq_rl.groups.answers import last_boxed

__all__ = ["Grade", "grade", "grade_groups"]


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What a grader found in one rollout.

    Args:
        right: the answer equals a reference.
        answer: what stands in the answer's place, None if nothing does.
        undecided: the answer could not be read, or comparing took too long; it counts as wrong.
    """

    right: bool
    answer: str | None
    undecided: bool = False


def grade(
    texts: Sequence[str],
    references: Sequence[str],
    *,
    extract: Callable[[str], str | None] = last_boxed,
    time_limit: float = 5.0,
    workers: int | None = None,
) -> list[Grade]:
    r"""Grades for the rollouts of one problem.

    Args:
        texts: rollouts.
        references: right answers, at least one.
        extract: a rollout -> its answer or None; `Template.answer` of the template that was used.
        time_limit: seconds for one comparison.
        workers: processes for algebra at most; None is one per core, at most 4.

    >>> [g.right for g in grade([r"so \boxed{0.5}", r"\boxed{2}", "0.5"], [r"\frac{1}{2}"])]
    [True, False, False]

    Raises:
        InvalidSamples: there is no reference.
        MissingExtra: math-verify is not installed.
    """
    return grade_groups([(texts, references)], extract=extract, time_limit=time_limit, workers=workers)[0]


def grade_groups(
    groups: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    extract: Callable[[str], str | None] = last_boxed,
    time_limit: float = 5.0,
    workers: int | None = None,
) -> list[list[Grade]]:
    """The same for many problems at once, given as (texts, references)."""
    for place, (_, references) in enumerate(groups):
        if isinstance(references, str) or not references:
            raise InvalidSamples(
                f"references[{place}]: expected at least one right answer in a list, got {references!r}"
            )
    answers = [[extract(text) for text in texts] for texts, _ in groups]
    pairs = [
        ((answer, reference), _missing(reference, references))
        for own, (_, references) in zip(answers, groups, strict=True)
        for answer in own
        if answer is not None
        for reference in references
    ]
    distinct = list(dict.fromkeys(pairs))
    decided = decide_pairs(
        [pair for pair, _ in distinct],
        missing_units=[rule for _, rule in distinct],
        time_limit=time_limit,
        workers=workers,
    )
    verdicts = dict(zip(distinct, decided, strict=True))

    def one(answer: str | None, references: Sequence[str]) -> Grade:
        if answer is None:
            return Grade(right=False, answer=None)
        found = [verdicts[(answer, reference), _missing(reference, references)] for reference in references]
        right = True in found
        return Grade(right=right, answer=answer, undecided=not right and None in found)

    return [[one(answer, references) for answer in own] for own, (_, references) in zip(answers, groups, strict=True)]


def _missing(reference: str, references: Sequence[str]) -> Missing:
    """A unit may be left out by either, unless this reference is bare and another says which unit it is."""
    known = bool(stated_unit(reference)) or not any(map(stated_unit, references))
    return "either" if known else "never"
