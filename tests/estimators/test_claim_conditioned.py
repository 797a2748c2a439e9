"""Claim-conditioned probability against LM-Polygraph's arithmetic, from alternatives to score."""

import numpy as np
import pytest

from semuq import ClaimConditionedProbability, InvalidParameter, SampleSet
from semuq.estimators.claim_conditioned import with_claim_logprobs
from semuq.relations.base import RelationScores
from semuq.samples import as_batch
from tests.estimators.cases import ROUNDED
from tests.oracles import claim_conditioned as oracle

LABELS = ("entail", "neutral", "contra")


class Labelled:
    """A relation that knows the label of every ordered pair of different texts."""

    kind, symmetric, identity = "entailment", False, "tests/labelled"

    def __init__(self, labels):
        self.labels = labels

    def compare(self, batch):
        found = []
        for samples in as_batch(batch):
            scores = np.array([[[self.labels(a, b) == own for own in LABELS] for b in samples] for a in samples], float)
            np.einsum("iik->ik", scores)[:] = (1, 0, 0)
            found.append(
                RelationScores(
                    kind="entailment",
                    entailment=scores[..., 0].copy(),
                    neutral=scores[..., 1].copy(),
                    contradiction=scores[..., 2].copy(),
                )
            )
        return found


def test_from_alternatives_to_the_score_as_lm_polygraph_has_it():
    rng = np.random.default_rng(0)
    for _ in range(40):
        known = {}

        def label(a, b, known=known):
            return known.setdefault((a, b), LABELS[rng.integers(3)])

        answers = [
            [[(f"w{k}", float(np.log(p))) for k, p in enumerate(rng.dirichlet(np.ones(4)))] for _ in range(length)]
            for length in rng.integers(0, 5, size=3)
        ]
        samples = SampleSet(prompt="?", texts=[f"t{own}" if own else "" for own in map(len, answers)])
        read = with_claim_logprobs(samples, answers, Labelled(label))
        wanted = []
        for own in answers:
            labelled = [
                [(np.exp(log), oracle.combined(label(said, text), label(text, said))) for text, log in token]
                for token in own
                for said in [token[0][0]]
            ]
            wanted.append(oracle.ccp(labelled))
        assert ClaimConditionedProbability().score_answers(read) == pytest.approx(wanted, **ROUNDED)


def test_alternatives_that_mean_the_same_or_something_else_are_no_doubt():
    token = [("1962", np.log(0.5)), ("sixty-two", np.log(0.2)), ("France", np.log(0.3))]
    labels = {"sixty-two": "entail", "France": "neutral", "1963": "contra"}
    relation = Labelled(lambda a, b: labels.get(b if a == "1962" else a, "neutral"))
    samples = SampleSet(prompt="When?", texts=("1962",))
    assert ClaimConditionedProbability().score(with_claim_logprobs(samples, [[token]], relation)) == 0.0
    torn = [*token[:2], ("1963", np.log(0.3))]
    assert ClaimConditionedProbability().score(with_claim_logprobs(samples, [[torn]], relation)) == 0.3


def test_alternatives_are_wanted_for_every_token():
    samples = SampleSet(prompt="?", texts=("a", "b"))
    for alternatives in ([[]], [[[("a", 0.0)]], [[]]]):
        with pytest.raises(InvalidParameter, match="alternatives: expected a list of tokens for each of 2 answers"):
            with_claim_logprobs(samples, alternatives, Labelled(lambda a, b: "neutral"))
