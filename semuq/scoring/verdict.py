"""One plain sentence about one scored question, for people who do not read entropies.

The last station of the flow: the command line and the report print it under the numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from semuq.numerics import entropy
from semuq.relations.unanswered import unanswered
from semuq.text import shorten

__all__ = ["CONSISTENT_UP_TO", "SCATTERED_FROM", "is_consistent", "representative", "verdict"]

CONSISTENT_UP_TO = 0.15
"""Relative entropy up to which answers are called consistent: 9 of 10 alike is 0.14."""

SCATTERED_FROM = 0.5
"""Relative entropy above which answers without a majority are called scattered."""

_WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"]


def verdict(texts: Sequence[str], clusters: Sequence[int], *, truncated: int = 0) -> str:
    """Which meaning leads, with what share, and whether the model seems sure.

    `truncated` answers were longer than the relation reads; where there are any, a second sentence says so.

    The levels are conventions about h = H / log n, the entropy of the counts of answers per cluster
    relative to n answers that all differ. They are no probabilities of being right, and are
    calibrated on nothing; a model can be consistent and wrong.

        h <= 0.15                          consistent
        more than half in one meaning      leans towards it, but is not sure
        h <= 0.5                           split, not sure
        h > 0.5                            does not know

    Counts rather than likelihoods decide, since the sentence speaks of answers.

    Answers that are empty or refuse (`semuq.relations.unanswered`) are no meaning to be sure of: where more than half
    of them do, the sentence says that instead.

    Degenerate cases. One answer says nothing about how sure a model is, and the sentence says so.
    Few answers cannot show much: two that differ have h = 1.

    Example:
        >>> verdict(["Paris"] * 9 + ["Lyon"], [0] * 9 + [1])
        "9 of 10 answers mean 'Paris': the model is consistent."
        >>> verdict(["I don't know."] * 3, [0] * 3)
        'All 3 answers are empty or refuse: the model says that it does not know.'
    """
    said = _said(texts, clusters)
    if not truncated:
        return said
    read = f"{truncated:,} answers were" if truncated > 1 else "One answer was"
    return f"{said} {read} read only in part: what differs behind the cut was not seen."


def is_consistent(clusters: Sequence[int]) -> bool:
    """Whether the answers of these clusters are called consistent; one answer contradicts nothing.

    >>> is_consistent([0] * 9 + [1]), is_consistent([0] * 7 + [1] * 3)
    (True, False)
    """
    counts = np.bincount(clusters)
    return len(clusters) == 1 or float(entropy(counts)) <= CONSISTENT_UP_TO * float(np.log(len(clusters)))


def _said(texts: Sequence[str], clusters: Sequence[int]) -> str:
    n = len(texts)
    silent = sum(bool(unanswered(text)) for text in texts)
    if silent == n:
        whole = "The one answer" if n == 1 else f"All {n} answers"
        refuse = "are empty or refuse" if n > 1 else "is empty or refuses"
        return f"{whole} {refuse}: the model says that it does not know."
    if silent > n / 2:
        return f"{silent} of {n} answers are empty or refuse: the model mostly says that it does not know."
    counts = np.bincount(clusters)
    leader = int(counts.argmax())
    leading = int(counts[leader])
    name = _quoted(representative(texts, clusters, leader))
    if n == 1:
        return f"One answer, {name}: that says nothing about how sure the model is; sample more."
    if leading == n:
        return f"All {n} answers mean {name}: the model is consistent."
    relative = float(entropy(counts)) / float(np.log(n))
    if relative <= CONSISTENT_UP_TO:
        return f"{leading} of {n} answers mean {name}: the model is consistent."
    if leading > n / 2:
        return f"{leading} of {n} answers mean {name}: the model leans towards it, but is not sure."
    if relative <= SCATTERED_FROM:
        shown = ", ".join(
            f"{_quoted(representative(texts, clusters, int(label)))} ({counts[label]})"
            for label in np.argsort(-counts, kind="stable")[:3]
        )
        return f"The {n} answers split over {len(counts)} meanings, {shown}: the model is not sure."
    return f"{_word(n)} answers, {_word(len(counts)).lower()} meanings: the model does not know."


def representative(texts: Sequence[str], clusters: Sequence[int], label: int) -> str:
    """The most frequent wording in a cluster, the first of them if several are.

    >>> representative(["It is Paris", "Paris", "Lyon", "Paris"], [0, 0, 1, 0], 0)
    'Paris'
    """
    return Counter(text for text, own in zip(texts, clusters, strict=True) if own == label).most_common(1)[0][0]


def _quoted(text: str) -> str:
    line = shorten(text)
    return f"'{line}'" if line else "an empty answer"


def _word(number: int) -> str:
    return _WORDS[number] if number < len(_WORDS) else f"{number:,}"
