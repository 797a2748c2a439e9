"""Short-answer contrasts made by rule, without end: `stream(rng)` gives pairs of answers to one question.

Each module holds rules of one family and a table `RULES` of (rule, weight). A rule takes a random generator
and returns a `Contrast`; nothing is stored, so no two epochs see the same pairs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from ..example import Contrast, Example, pair
from . import aliases, dates, initials, ladders, lookalikes, numbers, order, people, phrases, places, roles, signs
from .surface import vary

FAMILIES = (
    (numbers, 0.8),
    (dates, 0.7),
    (people, 0.9),
    (places, 1.1),
    (aliases, 2.2),
    (phrases, 1.3),
    (roles, 0.8),
    (initials, 0.3),
    (lookalikes, 2.6),
    (order, 2.4),
    (signs, 0.9),
    (ladders, 2.6),
)
BARE = 0.15  # share of pairs given without their question


def stream(rng: random.Random) -> Iterator[Example]:
    """Endless training examples; surface variation on top of every rule, directions in random order."""
    rules = []
    weights = []
    for family, share in FAMILIES:
        total = sum(weight for _, weight in family.RULES)
        rules += [rule for rule, _ in family.RULES]
        weights += [share * weight / total for _, weight in family.RULES]
    while True:
        for rule in rng.choices(rules, weights, k=1000):
            made = example(rule(rng), rng)
            if made.premise != made.hypothesis or rng.random() < 0.05:
                yield made


def example(contrast: Contrast, rng: random.Random, *, plain: float = 0.5) -> Example:
    """One direction of a contrast, its sides varied on the surface, with or without the question.

    `plain` is the share of sides that are left as they are.
    """
    a, b, label = contrast.a, contrast.b, contrast.forward
    if rng.random() < 0.5:
        a, b, label = b, a, contrast.backward
    if rng.random() > plain:
        a = vary(a, rng)
    if rng.random() > plain:
        b = vary(b, rng)
    question = None if rng.random() < BARE else contrast.question
    if question is not None and rng.random() < 0.25:
        question = question.lower().rstrip("?")
    return pair(question, a, b, label, "contrast")
