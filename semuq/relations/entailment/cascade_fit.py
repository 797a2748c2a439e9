"""The threshold of a cascade: the lowest at which it provably decides as the large model alone would."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from semuq.binomial import clopper_pearson_upper
from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["Asked", "Guarantee", "Per", "fit_threshold", "questions_needed"]

Per = Literal["pair", "question"]


@dataclass(frozen=True)
class Asked:
    """What both models said of one question.

    Args:
        margins: (pairs,) of the small model, of all its pairs that go to a model.
        worst: the largest margin among the tested pairs on whose label the two models differ, -1 if they
            differ on none: the cascade is right on this question from this threshold on.
    """

    margins: FloatArray
    worst: float


@dataclass(frozen=True, kw_only=True)
class Guarantee:
    """What was proved of a threshold.

    Args:
        threshold: a pair goes to the large model where the small one's margin is at most this.
        agreement, confidence, per: as asked for.
        observed: share of the questions on which the cascade decided as the large model alone.
        bound: lower Clopper-Pearson bound on that share at this threshold by itself. What is promised of the
            chosen threshold is `agreement`, which it reaches.
        questions: how many it was proved on, one test each.
        share: of all pairs of these questions, how many go to the large model.
    """

    threshold: float
    agreement: float
    confidence: float
    per: Per
    observed: float
    bound: float
    questions: int
    share: float

    def describe(self) -> str:
        """In words."""
        unit = "a pair of answers drawn from a question" if self.per == "pair" else "all pairs of a question"
        return (
            f"Decides {unit} as the large model alone in at least {self.agreement:.2%} of questions, with confidence "
            f"{self.confidence:.0%}, if questions stay like the {self.questions:,} it was fitted on "
            f"({self.observed:.2%} there, bound {self.bound:.2%}); {self.share:.1%} of their pairs went to the "
            "large model."
        )


def fit_threshold(asked: Sequence[Asked], *, agreement: float, confidence: float, per: Per) -> Guarantee:
    r"""The lowest threshold that passes an exact test, and every higher one with it.

    Formula (learn then test). Let delta = 1 - confidence, n the questions that have a pair, and e(t) those
    among them on which a cascade with threshold t differs from the large model: worst_i > t. Candidates are
    fixed beforehand, from t = 1, where everything goes to the large model, downwards;
        p(t) = P( Binomial(n, 1 - agreement) <= e(t) )      exact test of "agreement below that asked for"
    and the last t of the unbroken run of p(t) <= delta is taken. A fixed order that stops at the first
    failure needs no correction for the number of candidates. p(t) <= delta is the same as a one-sided
    Clopper-Pearson bound on the disagreement of at most 1 - agreement.

    The unit is the question, since the pairs of one question are not independent: with per="pair" one pair
    is drawn from each. The promise is then about such a pair; questions count alike, however many answers
    they have.

    Raises:
        InvalidParameter: a parameter is out of range, or n is too small for even a clean record to pass.

    References: Angelopoulos, Bates, Candes, Jordan, Lei, Learn then test, 2021, arXiv:2110.01052; Clopper
    and Pearson, Biometrika 1934.
    """
    within(None, 0, 1, open_low=True, open_high=True, agreement=agreement, confidence=confidence)
    n, needed = len(asked), questions_needed(agreement, confidence)
    if n < needed:
        raise InvalidParameter(
            f"batch: expected at least {needed:,} questions with a pair of answers that the models have to decide, "
            f"to prove an agreement of {agreement:g} with confidence {confidence:g}, got {n:,}; collect more, or ask "
            "for less"
        )
    worst = np.array([own.worst for own in asked])
    allowed = 1 - agreement
    threshold = 1.0
    for candidate in _candidates():
        if clopper_pearson_upper(int((worst > candidate).sum()), n, 1 - confidence) > allowed:
            break
        threshold = float(candidate)
    errors = int((worst > threshold).sum())
    return Guarantee(
        threshold=threshold,
        agreement=agreement,
        confidence=confidence,
        per=per,
        observed=1 - errors / n,
        bound=1 - clopper_pearson_upper(errors, n, 1 - confidence),
        questions=n,
        share=float(np.mean(np.concatenate([own.margins for own in asked]) <= threshold)),
    )


def questions_needed(agreement: float, confidence: float) -> int:
    """How many questions prove an agreement if not one of them disagrees: log(1 - confidence) / log(agreement).

    >>> questions_needed(0.99, 0.95), questions_needed(0.9, 0.95)
    (299, 29)
    """
    needed = max(1, math.ceil(math.log(1 - confidence) / math.log(agreement)))
    # Rounding of the logarithms may miss by one where the quotient is whole.
    while clopper_pearson_upper(0, needed, 1 - confidence) > 1 - agreement:
        needed += 1
    return needed


def _candidates() -> FloatArray:
    """Thresholds from 1 to 0: by thousandths, as many models never leave a narrow range, and finer next to 1."""
    return np.unique([1.0, *(1 - np.logspace(-6, -3, 91)), *np.linspace(0, 1, 1001)])[::-1]
