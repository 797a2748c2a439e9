"""One training pair and the template of its sides. Every source of data below ends in this shape.

Labels are 0 contradiction, 1 entailment, 2 neutral, and 3 for pairs of which only "does not entail" is
known (the loss then takes the sum of the probabilities of contradiction and neutral).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import NamedTuple

CONTRADICTION, ENTAILMENT, NEUTRAL, NOT_ENTAILMENT = 0, 1, 2, 3
LABELS = ("contradiction", "entailment", "neutral")


class Example(NamedTuple):
    """Premise, hypothesis, label (0-3) and the name of the source, as the model reads them."""

    premise: str
    hypothesis: str
    label: int
    source: str


class Contrast(NamedTuple):
    """Two answers to one question, with the label of each direction; `kind` names the rule that made it."""

    question: str
    a: str
    b: str
    forward: int
    backward: int
    kind: str


def side(question: str | None, answer: str) -> str:
    """What the model reads for one answer: `Q: {question} A: {answer}`, or the bare answer."""
    return answer if question is None else f"Q: {question} A: {answer}"


def pair(question: str | None, a: str, b: str, label: int, source: str) -> Example:
    """An `Example` from two answers to a question (None for bare answers)."""
    return Example(side(question, a), side(question, b), label, source)


def normalise(text: str) -> str:
    """Lower case, letters and digits only, single spaces: the key by which texts are compared across sets."""
    text = unicodedata.normalize("NFKC", text).lower()
    return " ".join(re.findall(r"\w+", text))


def digest(text: str) -> str:
    """Eight hex digits of BLAKE2b of the normalised text; how trained questions are listed."""
    return hashlib.blake2b(normalise(text).encode(), digest_size=4).hexdigest()
