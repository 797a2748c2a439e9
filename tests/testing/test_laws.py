"""Every estimator, in every variant it names, goes through the public contract checks."""

import numpy as np
import pytest

from semuq.estimators import ESTIMATORS
from semuq.testing import LAWS, check_estimator

INSTANCES = [instance for kind in ESTIMATORS for instance in kind.examples()]


@pytest.mark.parametrize("estimator", INSTANCES, ids=repr)
def test_contract(estimator):
    check_estimator(estimator, rounds=1)


def test_every_law_says_what_it_is():
    assert all(law.statement.endswith(".") for law in LAWS)


def test_estimators_are_listed_once_and_exported():
    import semuq

    assert len(set(ESTIMATORS)) == len(ESTIMATORS)
    assert all(getattr(semuq, kind.__name__) is kind for kind in ESTIMATORS)
    assert np.all([kind.__name__ in semuq.__all__ for kind in ESTIMATORS])
