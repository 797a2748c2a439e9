# %% A question and its answers, shown by meaning once they are compared
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq import (
    DiscreteSemanticEntropy,
    Entailment,
    Need,
    PerQuestionEstimator,
    SampleSet,
    Scorer,
    evaluate,
)
from semuq.testing import check_estimator

france = SampleSet(prompt="Capital of France?", texts=["Paris", "It is Paris.", "Paris!", "Lyon"])
faso = SampleSet(
    prompt="Capital of Burkina Faso?",
    texts=["Ouagadougou", "It is Ouagadougou.", "Bamako", "Accra"],
)
faso  # the last line of a cell is shown


# %% An estimator of your own, tried at once by the laws that the built-in ones keep
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


check_estimator(MinorityShare())

# %% Many questions, several estimators: a data frame where pandas is installed, else a table of semuq's
table = evaluate([MinorityShare(), DiscreteSemanticEntropy()], [france, faso], Entailment())
table

# %% One question as a card: meanings, their shares, the answers in them
(card,) = Scorer((MinorityShare(),), Entailment()).score(faso)
card
