"""The likelihood of the judged answer: its formula, and that nothing else matters."""

import numpy as np
import pytest

from semuq import GreedyLikelihood, MissingEvidence, SampleSet


def test_the_sum_and_the_mean():
    rng = np.random.default_rng(0)
    for size in (1, 7, 5000):
        logprobs = -rng.exponential(1.0, size=size)
        samples = SampleSet(prompt="?", texts=("x",), answer="y", answer_logprobs=logprobs)
        assert GreedyLikelihood().score(samples) == pytest.approx(-float(np.sum(logprobs)), rel=1e-9)
        assert GreedyLikelihood(length_normalised=True).score(samples) == pytest.approx(-float(np.mean(logprobs)))


def test_sampled_answers_do_not_matter_and_an_empty_answer_is_certain():
    batch = [
        SampleSet(prompt="?", texts=texts, answer="", answer_logprobs=[]) for texts in (("a",), ("a", "b", "c"), ("a",))
    ]
    assert GreedyLikelihood().score(batch).tolist() == [0.0, 0.0, 0.0]


def test_without_the_answers_log_probs_the_remedy_is_named():
    with pytest.raises(MissingEvidence, match=r"needs answer_logprobs, got None; sample one greedy answer"):
        GreedyLikelihood().score(SampleSet(prompt="?", texts=("a",), token_logprobs=([-1.0],)))
