"""Which estimator a rule is of, and when a fit is judged."""

import numpy as np
import pytest

from semuq import DiscreteSemanticEntropy, ExactMatch, InvalidParameter, NumSemanticSets, SampleSet, Scorer
from semuq.decisions.rule import chosen_estimator, cross_fitted_quality, fit_decision_rule
from semuq.metrics import FEWEST

ESTIMATORS = (DiscreteSemanticEntropy(), NumSemanticSets())


def scored(n):
    texts = [("a", "a", "b"), ("a", "a", "a"), ("a", "b", "c")]
    return Scorer(ESTIMATORS, ExactMatch()).score([SampleSet(prompt=f"{i}?", texts=texts[i % 3]) for i in range(n)])


def test_an_estimator_is_found_by_repr_and_by_class_and_the_first_is_taken_by_default():
    scores = scored(3)
    second = repr(ESTIMATORS[1])
    assert chosen_estimator(scores, None) == repr(ESTIMATORS[0])
    assert chosen_estimator(scores, second) == second
    assert chosen_estimator(scores, "NumSemanticSets") == second
    with pytest.raises(InvalidParameter, match=r"^estimator: expected one of .*NumSemanticSets.*, got 'Degree'$"):
        chosen_estimator(scores, "Degree")


def test_a_fit_is_judged_from_so_many_questions_on():
    scores = scored(FEWEST)
    correct = [1.0, 1.0, 0.0, 1.0] * (FEWEST // 4 + 1)
    rule = fit_decision_rule(scores, correct[:FEWEST])
    assert cross_fitted_quality(rule, scores[1:], correct[1:FEWEST]) is None
    found = cross_fitted_quality(rule, scores, correct[:FEWEST])
    assert found is not None
    assert np.isfinite(found.brier)
