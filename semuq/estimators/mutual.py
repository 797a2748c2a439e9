"""Mutual information of answers and second answers: is the model swayed by what it is shown?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from semuq.checks import one_of
from semuq.errors import MissingEvidence
from semuq.estimators.base import PerQuestionEstimator, Units
from semuq.evidence import EvidenceView, Need
from semuq.graphs import Clustering, cluster
from semuq.numerics import FloatArray, entropy
from semuq.relations.base import Equivalence

__all__ = ["PromptMutualInformation", "mutual_information"]


@dataclass(frozen=True, kw_only=True)
class PromptMutualInformation(PerQuestionEstimator):
    """How much a second answer depends on the first, when the first is shown in the prompt.

    What it says. High: the model repeats or follows whatever answer it is shown; it does not know. Low: it answers
    as before, be that one thing or several that are all right.

    Intuition. A model that knows that a coin shows heads half of the time says so whatever it is shown: much entropy,
    no mutual information. A model that does not know follows the answer in its prompt.

    Formula. Over the clusters of all first and second answers, with m first answers i that have second ones:
        p(k, l) = (1/m) sum_{i in k} share of the second answers behind i that are in l
        p(k)    = sum_l p(k, l),  q(l) = sum_k p(k, l)                   the marginals of this pseudo-joint
        I       = sum_kl p(k, l) log[p(k, l) / (p(k) q(l))]

    Args:
        equivalence, clustering: as in `DiscreteSemanticEntropy`.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: no `second_answers`, or none for any answer, or no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One first answer, or all alike: 0. Second answers that copy the first: the entropy of the first.
    Counts of few answers overstate it: with r second answers each, independent draws of K clusters give about
    (K - 1)^2 / (2 m r) instead of 0, so questions with different numbers do not compare. First answers without second
    ones do not count.

    Cost. For u distinct answers u (u - 1) ordered pairs; second answers to every first one.

    Variant. The plug-in estimate from counts. Abbasi-Yadkori et al. weigh distinct answers by likelihood, add constants
    for what was not seen and use the value as a lower bound; Sharma and David take the marginals of the pseudo-joint,
    as here [inferred from their abstract].

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> swayed = SampleSet(prompt="?", texts=("a", "b"), second_answers=[["a", "a"], ["b", "b"]])
        >>> firm = SampleSet(prompt="?", texts=("a", "b"), second_answers=[["a", "b"], ["b", "a"]])
        >>> PromptMutualInformation().score([swayed, firm], ExactMatch()).round(4)  # log 2 and 0
        array([0.6931, 0.    ])

    See also: DiscreteSemanticEntropy (the first answers alone), PerturbationEntropy (other wordings).

    References: Abbasi-Yadkori, Kuzborskij, György, Szepesvári, To Believe or Not to Believe Your LLM, NeurIPS 2024,
        arXiv:2406.02543; Sharma, David, arXiv:2502.11620 (over programs, see `CodeEquivalence`).
    """

    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.SECOND_ANSWERS, Need.SECOND_RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Abbasi-Yadkori, Kuzborskij, György, Szepesvári, To Believe or Not to Believe Your LLM, NeurIPS 2024, "
        "arXiv:2406.02543",
        "Sharma, David, Assessing Correctness in LLM-Based Code Generation via Uncertainty Estimation, "
        "arXiv:2502.11620",
    )
    blind_to: ClassVar[str] = "errors that the model makes whatever it is shown"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_one(self, view: EvidenceView) -> float:
        sizes = np.array([len(own) for own in view.samples.second_answers or ()])
        if not sizes.any():
            raise MissingEvidence(
                f"second_answers: {type(self).__name__} needs some behind an answer, got none for {view.samples!r}; "
                "see semuq.sampling.iterated"
            )
        same = view.relation_over(Need.SECOND_RELATION).equivalence(self.equivalence)
        ids = cluster(same, self.clustering)
        first, second = ids[: view.n], ids[view.n :]
        joint = np.zeros((ids.max() + 1, ids.max() + 1))
        weights = np.repeat(1 / (np.count_nonzero(sizes) * np.maximum(sizes, 1)), sizes)
        np.add.at(joint, (np.repeat(first, sizes), second), weights)
        return mutual_information(joint)

    @classmethod
    def examples(cls) -> tuple[PromptMutualInformation, ...]:
        """The default, and the other rules for clusters."""
        return (cls(), cls(equivalence="relaxed", clustering="components"))


def mutual_information(joint: FloatArray) -> float:
    """KL(p(k, l) || p(k) q(l)) in nats of a matrix of shares that sum to 1, with its own marginals.

    As the entropies of both marginals less that of the pairs, in which nothing is divided by 0.

    >>> mutual_information(np.array([[0.5, 0.0], [0.0, 0.5]])), mutual_information(np.full((2, 2), 0.25))
    (0.6931471805599453, 0.0)
    """
    parts = float(entropy(joint.sum(axis=1))) + float(entropy(joint.sum(axis=0)))
    return max(0.0, parts - float(entropy(joint.ravel())))
