"""Spectral uncertainty against the literal oracle, and its parts at their limits."""

import numpy as np
import pytest

from semuq import SampleSet, SpectralUncertainty
from tests.estimators.cases import ROUNDED
from tests.oracles import clarified as oracle


class Known:
    """Vectors of known texts."""

    def __init__(self, vectors):
        self.vectors = vectors

    def embed(self, texts):
        return np.array([self.vectors[int(text)] for text in texts])


def question(senses):
    return SampleSet(
        prompt="?",
        texts=("0",),
        clarifications=[SampleSet(prompt=f"sense {c}", texts=tuple(map(str, own))) for c, own in enumerate(senses)],
    )


def score(part, samples, vectors, gamma=1.0):
    return SpectralUncertainty(part=part, gamma=gamma).score(samples, embedder=Known(vectors))


@pytest.mark.parametrize("gamma", [0.3, 1.0])
def test_equals_the_oracle(gamma):
    rng = np.random.default_rng(0)
    for _ in range(20):
        vectors = rng.normal(size=(12, 5))
        senses = rng.integers(0, 12, size=(int(rng.integers(1, 5)), int(rng.integers(1, 4)))).tolist()
        wanted = oracle.parts([[vectors[i].tolist() for i in own] for own in senses], gamma)
        found = [score(part, question(senses), vectors, gamma) for part in ("total", "aleatoric", "epistemic")]
        assert found == pytest.approx(wanted, rel=1e-8, abs=1e-8)


def test_the_parts_sum_up_and_none_is_negative_for_any_numbers_of_answers():
    rng = np.random.default_rng(1)
    for _ in range(30):
        vectors = rng.normal(size=(9, 4))
        senses = [rng.integers(0, 9, size=int(rng.integers(1, 6))).tolist() for _ in range(3)]
        total, aleatoric, epistemic = (
            score(part, question(senses), vectors) for part in ("total", "aleatoric", "epistemic")
        )
        assert total == pytest.approx(aleatoric + epistemic, **ROUNDED)
        assert min(aleatoric, epistemic) >= 0


def test_where_the_doubt_lies():
    far = np.eye(4)
    unclear, unknown = question([[0, 0], [1, 1]]), question([[0, 1], [0, 1]])
    assert score("aleatoric", unclear, far, 50.0) == pytest.approx(np.log(2), **ROUNDED)
    assert score("epistemic", unclear, far, 50.0) == 0.0
    assert score("aleatoric", unknown, far, 50.0) == 0.0
    assert score("epistemic", unknown, far, 50.0) == pytest.approx(np.log(2), **ROUNDED)
    assert score("total", question([]), far) == 0.0
