"""What an `AnswerEstimator` gives is looked at before it is handed on."""

import numpy as np
import pytest

from semuq import Degree, ExactMatch, SampleSet


@pytest.mark.parametrize("places", [[(0, 1)], [(1, 0), (1, 1)]])
def test_one_answer_whose_score_is_nan_is_a_bug_and_not_a_score(places):
    class Broken(Degree):
        def _stack_answers(self, stack):
            scores = super()._stack_answers(stack).copy()
            for place in places:
                scores[place] = np.nan
            return scores

    batch = [SampleSet(prompt=f"{number}?", texts=("a", "b", "c")) for number in range(2)]
    with pytest.raises(ArithmeticError, match="a bug in the estimator"):
        Broken().score_answers(batch, ExactMatch())


def test_scores_of_too_few_answers_are_a_bug():
    class Short(Degree):
        def _stack_answers(self, stack):
            return super()._stack_answers(stack)[:, 1:]

    with pytest.raises(ArithmeticError, match="a bug in the estimator"):
        Short().score_answers(SampleSet(prompt="?", texts=("a", "b", "c")), ExactMatch())
