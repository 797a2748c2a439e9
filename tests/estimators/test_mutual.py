"""Mutual information of first and second answers: the literal oracle, and the two ends."""

import numpy as np
import pytest

from semuq import DiscreteSemanticEntropy, ExactMatch, MissingEvidence, PromptMutualInformation, SampleSet
from semuq.errors import InvalidParameter, InvalidSamples
from semuq.sampling.iterated import repeated_question, with_second_answers
from tests.estimators.cases import ROUNDED
from tests.oracles import mutual as oracle


def score(first, second):
    samples = SampleSet(prompt="?", texts=first, second_answers=second)
    return PromptMutualInformation().score(samples, ExactMatch())


def test_equals_the_oracle():
    rng = np.random.default_rng(0)
    for _ in range(200):
        first = [f"a{label}" for label in rng.integers(0, 4, size=rng.integers(1, 9))]
        second = [[f"a{label}" for label in rng.integers(0, 5, size=rng.integers(0, 5))] for _ in first]
        second[int(rng.integers(len(first)))] = ["a1"]
        assert score(first, second) == pytest.approx(oracle.mutual_information(first, second), **ROUNDED)


def test_second_answers_that_do_not_depend_on_the_first_give_nothing():
    for second in (["x"], ["a", "b"], ["a", "b", "c", "c"]):
        assert score(["a", "b", "b", "c"], [second] * 4) == 0.0


def test_second_answers_that_copy_the_first_give_its_entropy():
    rng = np.random.default_rng(1)
    for _ in range(50):
        first = [f"a{label}" for label in rng.integers(0, 4, size=rng.integers(1, 9))]
        samples = SampleSet(prompt="?", texts=first, second_answers=[[own] * 3 for own in first])
        expected = DiscreteSemanticEntropy().score(samples, ExactMatch())
        assert PromptMutualInformation().score(samples, ExactMatch()) == pytest.approx(expected, **ROUNDED)


def test_first_answers_without_second_ones_do_not_count():
    alone = score(["a", "b"], [["a"], ["b"]])
    assert score(["a", "b", "c", "c"], [["a"], ["b"], [], []]) == pytest.approx(alone, **ROUNDED)
    with pytest.raises(MissingEvidence, match="needs some behind an answer, got none"):
        score(["a", "b"], [[], []])
    with pytest.raises(InvalidSamples, match="second_answers: expected 2 lists of str"):
        score(["a", "b"], [["a"]])


class Echo:
    """A model that repeats the answer that it is shown."""

    identity = "echo"

    def __init__(self):
        self.asked = []

    def sample(self, prompts, *, n=10):
        self.asked += prompts
        return [SampleSet(prompt=own, texts=(own.split("is: ")[1].split("\n")[0],) * n) for own in prompts]


def test_the_sampler_is_asked_once_behind_each_distinct_answer():
    echo = Echo()
    batch = [SampleSet(prompt="Capital?", texts=("Paris", "Lyon", "Paris", "Nice"))]
    found = with_second_answers(echo, batch, n=2, shown=3)[0]
    assert found.second_answers == (("Paris",) * 2, ("Lyon",) * 2, ("Paris",) * 2, ())
    assert echo.asked == [repeated_question("Capital?", "Paris"), repeated_question("Capital?", "Lyon")]
    assert SampleSet.from_dict(found.to_dict()) == found
    assert found.take([3, 0]).second_answers == ((), ("Paris", "Paris"))
    assert with_second_answers(echo, []) == []
    with pytest.raises(InvalidParameter, match="shown: expected a whole number >= 1"):
        with_second_answers(echo, batch, shown=0)
