from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq import Need, PerQuestionEstimator
from semuq.testing import check_estimator


@dataclass(frozen=True, kw_only=True)
class MinorityShare(PerQuestionEstimator):
    """How many answers disagree with the most common meaning.

    What it says. High: no meaning prevails. Low: one meaning prevails.

    Formula. 1 - max_c |c| / n, for n answers in clusters c.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar = "probability"
    papers: ClassVar[tuple[str, ...]] = ("folklore",)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1 - 1/n)."""
        return (0.0, 1 - 1 / n)

    def _score_one(self, view) -> float:
        return 1 - np.bincount(view.clusters()).max() / view.n


check_estimator(MinorityShare())
