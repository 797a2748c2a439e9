"""Cross-model disagreement against the literal oracle, and what it tells of a model that is alone."""

import numpy as np
import pytest

from semuq import CrossModelDisagreement, ExactMatch, SampleSet
from semuq.relations.base import affinity
from tests.estimators.cases import ROUNDED, Hashed
from tests.oracles import cross_model as oracle


def test_equals_the_oracle():
    rng = np.random.default_rng(0)
    for seed in range(40):
        relation = Hashed(seed)
        own = tuple(f"a{rng.integers(0, 5)}" for _ in range(rng.integers(1, 6)))
        others = [tuple(f"a{rng.integers(0, 5)}" for _ in range(rng.integers(1, 4))) for _ in range(rng.integers(1, 4))]
        sets = [SampleSet(prompt="?", texts=texts) for texts in others]
        samples = SampleSet(prompt="?", texts=own, other_models=sets)

        def similar(a, b, relation=relation):
            return 1.0 if a == b else (relation.pair(a, b)[0] + relation.pair(b, a)[0]) / 2

        among = [[similar(a, b) for b in own] for a in own]
        across = [[[similar(a, b) for b in texts] for a in own] for texts in others]
        _, epistemic, total = oracle.parts(among, across)
        assert CrossModelDisagreement().score(samples, relation) == pytest.approx(total, **ROUNDED)
        found = CrossModelDisagreement(part="epistemic").score(samples, relation)
        assert found == pytest.approx(epistemic, **ROUNDED)


def test_a_model_that_is_sure_and_alone_is_told_from_one_that_wavers():
    others = [SampleSet(prompt="?", texts=("b", "b")), SampleSet(prompt="?", texts=("b",))]
    alone = SampleSet(prompt="?", texts=("a", "a"), other_models=others)
    wavers = SampleSet(prompt="?", texts=("a", "b"), other_models=others)
    agrees = SampleSet(prompt="?", texts=("b", "b"), other_models=others)
    batch = [alone, wavers, agrees]
    assert CrossModelDisagreement().score(batch, ExactMatch()).tolist() == [1.0, 0.5, 0.0]
    assert CrossModelDisagreement(part="epistemic").score(batch, ExactMatch()).tolist() == [1.0, -0.5, 0.0]


def test_no_other_model_is_no_disagreement_of_models():
    samples = SampleSet(prompt="?", texts=("a", "b"), other_models=[])
    assert CrossModelDisagreement(part="epistemic").score(samples, ExactMatch()) == 0.0
    assert affinity(ExactMatch().compare(samples)[0]).shape == (2, 2)
