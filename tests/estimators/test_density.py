"""Semantic density against the literal oracle, and at its limits."""

import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.estimators.density import SemanticDensity
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import density as oracle


def test_equals_the_oracle():
    for samples, relation, scores in cases(80, seed=50):
        # A relation takes the same text for the same meaning; the made-up one does not, so texts are made distinct.
        samples = SampleSet(
            prompt="q",
            texts=tuple(f"{text} {i}" for i, text in enumerate(samples.texts)),
            token_logprobs=[own if len(own) else [-1.0] for own in samples.token_logprobs],
        )
        logprobs = [own.tolist() for own in samples.token_logprobs]
        neutral, contradiction = scores.neutral.tolist(), scores.contradiction.tolist()
        expected = [
            1 - oracle.semantic_density(i, samples.texts, logprobs, neutral, contradiction) for i in range(len(samples))
        ]
        assert SemanticDensity().score_answers(samples, relation) == pytest.approx(expected, **ROUNDED)
        assert SemanticDensity().score(samples, relation) == pytest.approx(sum(expected) / len(expected), **ROUNDED)
        assert SemanticDensity(answer="densest").score(samples, relation) == pytest.approx(min(expected), **ROUNDED)


def test_a_repeated_text_weighs_once():
    from semuq import ExactMatch

    once = SampleSet(prompt="q", texts=("a1", "b1"), token_logprobs=([-1.0], [-1.0]))
    repeated = SampleSet(prompt="q", texts=("a1", "a1", "b1"), token_logprobs=([-1.0], [-1.0], [-1.0]))
    assert SemanticDensity().score_answers(once, ExactMatch()) == pytest.approx([0.5, 0.5])
    assert SemanticDensity().score_answers(repeated, ExactMatch()) == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize("n", [1, 2, 10, 256])
def test_limits_reach_the_bounds(n):
    texts = tuple(f"answer {i}" for i in range(n))
    samples = SampleSet(prompt="q", texts=texts, token_logprobs=[[-1e4, -1e4]] * n)
    for estimator in SemanticDensity.examples():
        assert estimator.score(samples, Fixed(alike(n))) == pytest.approx(0, **ROUNDED)
        assert estimator.score(samples, Fixed(different(n))) == pytest.approx(1 - 1 / n)


def test_options_are_checked():
    with pytest.raises(InvalidParameter, match=r"SemanticDensity\.answer: expected one of"):
        SemanticDensity(answer="best")
