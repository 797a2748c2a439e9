# %% An estimator of your own, tried at once
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq import Entailment, Need, PerQuestionEstimator, SampleSet, Scorer
from semuq.testing import check_estimator


@dataclass(frozen=True, kw_only=True)
class MinorityShare(PerQuestionEstimator):
    """How many answers disagree with the most common meaning.

    What it says. High: no meaning prevails. Low: one meaning prevails.

    Formula. U = 1 - max_c |c| / n, for n answers in clusters c.
    """

    needs: ClassVar = frozenset({Need.RELATION})
    units: ClassVar = "probability"
    papers: ClassVar = ("folklore",)

    def bounds(self, n):
        """From all alike to all different."""
        return (0.0, 1 - 1 / n)

    def _score_one(self, view):
        return 1 - np.bincount(view.clusters()).max() / view.n


check_estimator(MinorityShare())  # the laws that the built-in ones keep

# %% A question as a card: meanings, their shares, the answers in them
samples = SampleSet(prompt="Capital of Burkina Faso?", texts=["Ouagadougou", "It is Ouagadougou.", "Bamako", "Accra"])
(card,) = Scorer((MinorityShare(),), Entailment()).score(samples)
card  # the last line of a cell is shown
