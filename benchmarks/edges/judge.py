"""One case and what semuq says of it: the functions behind each kind of the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from semuq import Entailment, SampleSet
from semuq.grading import chosen_letter, default_grader
from semuq.relations.base import Relation
from semuq.relations.maths import MathEquivalence, extract_answer

__all__ = ["JUDGES", "SAME"]

SAME = {"equal", "same", 1}
"""The values that say of two texts that they are one."""

_FRACTION = re.compile(r"(-?)\\[dt]?frac\{?(\d+)\}?\{?(\d+)\}?|(-?)(\d+)/(\d+)")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")
_PREFIX = re.compile(r"^[a-z]\s*=\s*")
_NOUN = re.compile(r"(?<=[\d}]) (?:apples|cup|cups|clips|marbles|cards|dollars)$")
_OPTION = re.compile(r"^\(([A-J])\)\s.*|^([A-J])\)\s.*")


def maths(cases: Sequence[Any]) -> list[Any]:
    """Two final answers as the answers to one question."""
    return _related(MathEquivalence(), [("", *case) for case in cases], "equal", "different")


def short_answers(cases: Sequence[Any]) -> list[Any]:
    """Two answers in their question, by the default relation."""
    return _related(Entailment(), cases, "same", "different")


def extraction(cases: Sequence[Any]) -> list[Any]:
    """What stands in the place of the answer, written plainly."""
    return [plain(extract_answer(case)) for case in cases]


def letters(cases: Sequence[Any]) -> list[Any]:
    """The letter that an output names."""
    return [chosen_letter(case) for case in cases]


def graders(cases: Sequence[Any]) -> list[Any]:
    """An answer against its gold answer, or a list of them, by the default grader."""
    grader = default_grader()
    golden = [gold if isinstance(gold, list) else [gold] for _, gold in cases]
    return [int(grader.grade("", answer, own) >= 0.5) for (answer, _), own in zip(cases, golden, strict=True)]


JUDGES: dict[str, Callable[[Sequence[Any]], list[Any]]] = {
    "maths": maths,
    "short answers": short_answers,
    "scripts and symbols": short_answers,
    "extraction": extraction,
    "letters": letters,
    "graders": graders,
}


def plain(answer: str) -> str:
    r"""An extracted answer in one way of writing, by rules that share nothing with the package.

    >>> plain(r"\frac{1}{2}"), plain("$1,234.50"), plain("x = 3"), plain("(B) 5"), plain("7 p.m.")
    ('1/2', '2469/2', '3', 'B', '7 p.m.')
    """
    text = re.sub(r"\\text\{([^{}]*)\}", r"\1", answer).strip().strip("$ ")
    if re.search(r"\d (?:and|or) ", text):
        return ",".join(plain(part) for part in re.split(r" and | or |,", text))
    if option := _OPTION.match(text):
        return option[1] or option[2]
    text = _NOUN.sub("", _PREFIX.sub("", re.sub(r",(?=\d{3}\b)", "", text)))
    if found := _FRACTION.fullmatch(text):
        sign, top, bottom = (found[1], found[2], found[3]) if found[2] else (found[4], found[5], found[6])
        return str(Fraction(int(sign + top), int(bottom)))
    if _NUMBER.fullmatch(text):
        return str(Fraction(text))
    return re.sub(r"\s*,\s*", ",", text)


def _related(relation: Relation, cases: Sequence[Any], same: str, different: str) -> list[Any]:
    scores = relation.compare([SampleSet(prompt=prompt, texts=(a, b)) for prompt, a, b in cases])
    return [same if own.equivalence()[0, 1] else different for own in scores]
