"""Perturbation estimators over a relation: the literal oracle, kinds, weights of versions, refusals."""

import numpy as np
import pytest

from semuq import ExactMatch, InvalidParameter, MissingEvidence, SampleSet
from semuq.estimators.perturbation import PerturbationEntropy, PerturbationUncertainty
from semuq.testing.cases import SameMeaning
from tests.estimators.cases import ROUNDED, Hashed
from tests.oracles import perturbation as oracle


def random_versions(rng, distinct=4):
    """A question with 1 to 5 answers and 1 to 4 perturbations of 1 to 3 answers, in up to three kinds."""

    def answers(count):
        return tuple(f"m{rng.integers(distinct)} in wording {rng.integers(9)}" for _ in range(count))

    others = [
        SampleSet(prompt=f"x{k}", texts=answers(rng.integers(1, 4)), perturbation=f"{'CWS'[rng.integers(3)]}1")
        for k in range(rng.integers(1, 5))
    ]
    return SampleSet(prompt="x", texts=answers(rng.integers(1, 6)), perturbations=others)


def test_dissimilarity_equals_the_oracle():
    rng = np.random.default_rng(50)
    for seed in range(200):
        samples, relation = random_versions(rng), Hashed(seed)

        def similar(a, b, relation=relation):
            return relation.pair(a, b)[0]

        others = [other.texts for other in samples.perturbations]
        wanted = oracle.perturbation_uncertainty(samples.texts, others, similar)
        assert PerturbationUncertainty().score(samples, relation) == pytest.approx(wanted)
        kinds = PerturbationUncertainty().score_kinds(samples, relation)
        for kind in {other.perturbation for other in samples.perturbations}:
            chosen = [other.texts for other in samples.perturbations if other.perturbation == kind]
            assert kinds[kind] == pytest.approx(oracle.perturbation_uncertainty(samples.texts, chosen, similar))
            assert PerturbationUncertainty(kinds=(kind,)).score(samples, relation) == pytest.approx(kinds[kind])


def test_entropy_equals_the_oracle():
    rng = np.random.default_rng(51)
    for _ in range(200):
        samples = random_versions(rng)
        versions = [samples.texts, *(other.texts for other in samples.perturbations)]
        labels = [[text.split()[0] for text in own] for own in versions]
        wanted = oracle.perturbation_entropy(versions, labels)
        for clustering in ("greedy", "components"):
            estimator = PerturbationEntropy(clustering=clustering)
            assert estimator.score(samples, SameMeaning()) == pytest.approx(wanted, **ROUNDED)


def test_limits():
    def asked(own, *others):
        return SampleSet(prompt="x", texts=own, perturbations=[SampleSet(prompt="y", texts=other) for other in others])

    alike = asked(("a", "a"), ("a",), ("a", "a"))
    moved = asked(("a", "a"), ("b",), ("c", "c"))
    assert PerturbationUncertainty().score([alike, moved], ExactMatch()).tolist() == [0.0, 1.0]
    assert PerturbationEntropy().score([alike, moved], ExactMatch()) == pytest.approx([0.0, np.log(3)])
    assert PerturbationUncertainty().score_kinds([alike], ExactMatch()) == [{"": 0.0}]


def test_every_wording_is_compared_in_one_pass_and_the_plain_matrices_are_not_asked_for():
    seen = []

    class Spy:
        kind, symmetric, identity = "equivalence", True, "spy"

        def compare(self, batch):
            seen.append([own.texts for own in batch])
            return ExactMatch().compare(batch)

    samples = SampleSet(prompt="x", texts=("a",), perturbations=[SampleSet(prompt="y", texts=("b", "a"))])
    PerturbationUncertainty().score([samples, samples], Spy())
    assert seen == [[("a", "b", "a")] * 2]


def test_refusals():
    samples = SampleSet(prompt="x", texts=("a",), perturbations=[])
    with pytest.raises(MissingEvidence, match="PerturbationUncertainty needs some, got none"):
        PerturbationUncertainty().score(samples, ExactMatch())
    other = SampleSet(prompt="y", texts=("a",), perturbation="C1")
    with pytest.raises(MissingEvidence, match=r"needs some of the kinds \('S2',\), got none"):
        PerturbationEntropy(kinds=("S2",)).score(
            SampleSet(prompt="x", texts=("a",), perturbations=[other]), ExactMatch()
        )
    with pytest.raises(InvalidParameter, match=r"PerturbationUncertainty\.kinds: expected None or a tuple"):
        PerturbationUncertainty(kinds="C1")
    with pytest.raises(InvalidParameter, match=r"PerturbationEntropy\.equivalence: expected one of"):
        PerturbationEntropy(equivalence="loose")
