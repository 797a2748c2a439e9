"""Which estimator a rule is of, and when a fit is judged."""

from dataclasses import dataclass

import numpy as np
import pytest

from semuq import DiscreteSemanticEntropy, ExactMatch, InvalidParameter, NumSemanticSets, SampleSet, Scorer
from semuq.decisions.rule import chosen_estimator, cross_fitted_quality, fit_decision_rule
from semuq.metrics import FEWEST

ESTIMATORS = (DiscreteSemanticEntropy(), NumSemanticSets())


@dataclass(frozen=True, kw_only=True)
class Distinct(NumSemanticSets):
    """A stranger to the package, whose `repr` has no names of parameters."""

    def __repr__(self):
        return "Distinct(3)"


def scored(n, estimators=ESTIMATORS):
    texts = [("a", "a", "b"), ("a", "a", "a"), ("a", "b", "c")]
    return Scorer(estimators, ExactMatch()).score([SampleSet(prompt=f"{i}?", texts=texts[i % 3]) for i in range(n)])


def test_an_estimator_is_found_by_repr_and_by_class_and_the_first_is_taken_by_default():
    scores = scored(3)
    second = repr(ESTIMATORS[1])
    assert chosen_estimator(scores, None) == repr(ESTIMATORS[0])
    assert chosen_estimator(scores, second) == second
    assert chosen_estimator(scores, "NumSemanticSets") == second
    with pytest.raises(InvalidParameter, match=r"^estimator: expected one of .*NumSemanticSets.*, got 'Degree'$"):
        chosen_estimator(scores, "Degree")


def test_an_estimator_of_ones_own_is_found_by_class_too():
    assert chosen_estimator(scored(3, (Distinct(),)), "Distinct") == "Distinct(3)"


def test_a_fit_is_judged_from_so_many_questions_on():
    scores = scored(FEWEST)
    correct = [1.0, 1.0, 0.0, 1.0] * (FEWEST // 4 + 1)
    rule = fit_decision_rule(scores, correct[:FEWEST])
    assert cross_fitted_quality(rule, scores[1:], correct[1:FEWEST]) is None
    found = cross_fitted_quality(rule, scores, correct[:FEWEST])
    assert found is not None
    assert np.isfinite(found.brier)


@pytest.mark.parametrize(("right", "told"), [(FEWEST, True), (FEWEST - 1, False)])
def test_a_ranking_is_told_from_so_many_right_and_wrong_ones_on(right, told):
    scores = scored(right + FEWEST)
    correct = [1.0] * right + [0.0] * FEWEST
    found = cross_fitted_quality(fit_decision_rule(scores, correct), scores, correct)
    assert (found.auroc is not None) is told
