import numpy as np
import pytest
from hypothesis import given

from semuq.errors import InvalidParameter
from semuq.metrics import score_histogram
from tests.metrics.test_ranking import graded


@given(graded())
def test_every_question_is_counted_once_in_the_bin_that_holds_it(case):
    u, a = case
    marks = [None if index % 3 == 0 else bool(own) for index, own in enumerate(a)]
    found = score_histogram(u, marks, bins=5)
    for kind, counts in ((True, found.right), (False, found.wrong), (None, found.ungraded)):
        own = np.array([value for value, mark in zip(u, marks, strict=True) if mark is kind])
        for place, count in enumerate(counts):
            low, high = found.edges[place], found.edges[place + 1]
            assert count == ((own >= low) & ((own <= high) if place == 4 else (own < high))).sum()
    assert found.right.sum() + found.wrong.sum() + found.ungraded.sum() == len(u)


def test_limits_and_grades_that_cannot_be_are_refused():
    with pytest.raises(InvalidParameter, match=r"limits: expected all scores in \[0, 1\], got 0\.5 to 2"):
        score_histogram([0.5, 2.0], limits=(0, 1))
    with pytest.raises(InvalidParameter, match=r"correct\[1\]: expected right, wrong or None, got 0\.5"):
        score_histogram([0.5, 2.0], [True, 0.5])
    with pytest.raises(InvalidParameter, match=r"correct: expected 2 values"):
        score_histogram([0.5, 2.0], [True])
    assert score_histogram([0.0, 0.0]).edges[[0, -1]].tolist() == [0, 1]
