"""Sets of labels: their coverage, their limits, and the bounds on entropy that their sizes give."""

import numpy as np
import pytest

from semuq.decisions.conformal_sets import SplitConformalSets, set_size_entropy_bound
from semuq.errors import InvalidParameter
from semuq.numerics import entropy


def test_coverage_is_within_the_promise_on_exchangeable_cases():
    rng, alpha, n, hits, draws = np.random.default_rng(0), 0.2, 39, 0, 2000
    for _ in range(draws):
        posteriors = rng.dirichlet(np.full(5, 0.4), size=n + 1)  # the model's: not the truth's
        truth = posteriors**0.5
        labels = np.array([rng.choice(5, p=row / row.sum()) for row in truth])
        sets = SplitConformalSets(alpha=alpha).fit([posteriors[:n]], [labels[:n]])
        hits += sets.members(posteriors[n], 1)[labels[n]]
    assert 1 - alpha - 0.025 < hits / draws < 1 - alpha + 1 / (n + 1) + 0.025


def test_both_bounds_hold_on_random_finite_joints():
    rng = np.random.default_rng(1)
    slack = []
    for _ in range(500):
        cases, labels = rng.integers(2, 7), rng.integers(2, 8)
        joint = rng.dirichlet(np.full(cases * labels, rng.uniform(0.1, 2))).reshape(cases, labels)
        members = rng.random((cases, labels)) < rng.uniform(0.2, 0.95)
        # A table of equal weight that stands for the joint: repeat each cell as often as its share.
        counts = np.round(joint * 4000).astype(int)
        x, y = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
        truth = float((counts.sum(1) / counts.sum()) @ np.array([entropy(row) if row.sum() else 0 for row in counts]))
        covered = members[x, y]
        bounds = [set_size_entropy_bound(members.sum(1)[x], covered, labels, form) for form in ("labelled", "simple")]
        assert truth <= bounds[0] + 1e-9
        assert bounds[0] <= bounds[1] + 1e-9
        slack.append(bounds[0] - truth)
    assert min(slack) < 0.1  # somewhere it is nearly tight: a bound of anything would hold too


def test_a_strict_alpha_takes_all_labels_and_relabelling_changes_nothing():
    rng = np.random.default_rng(2)
    posteriors, labels = rng.dirichlet(np.ones(4), size=30), rng.integers(4, size=30)
    assert SplitConformalSets(alpha=0.01).fit([posteriors], [labels]).members(posteriors[:3], 1).all()
    order = rng.permutation(4)
    one = SplitConformalSets(alpha=0.3).fit([posteriors], [labels])
    other = SplitConformalSets(alpha=0.3).fit([posteriors[:, order]], [np.argsort(order)[labels]])
    assert one.quantiles == other.quantiles
    assert (one.members(posteriors, 1)[:, order] == other.members(posteriors[:, order], 1)).all()


def test_each_length_has_its_own_quantile():
    sure, unsure = np.array([[0.9, 0.1]] * 9), np.array([[0.5, 0.5]] * 9)
    sets = SplitConformalSets(alpha=0.2).fit([unsure, sure], [np.zeros(9, dtype=int)] * 2)
    assert sets.quantiles == (-0.5, -0.9)
    assert sets.members([0.6, 0.4], 1).tolist() == [True, False]
    assert sets.members([0.6, 0.4], 2).tolist() == [False, False]
    with pytest.raises(InvalidParameter, match="length: expected 1 to 2"):
        sets.members([0.6, 0.4], 3)


@pytest.mark.parametrize(
    ("posteriors", "labels", "message"),
    [
        ([[[0.5, 0.4]]], [[0]], "each row summing to 1"),
        ([[[0.5, np.nan]]], [[0]], "each row summing to 1"),
        ([[[0.5, 0.5]]], [[2]], "whole numbers from 0 to 1"),
        ([[[0.5, 0.5]]], [[0.0]], "whole numbers"),
        ([[[0.5, 0.5]]], [], "labels: expected 1 arrays"),
        ([], [], "at least one"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(posteriors, labels, message):
    with pytest.raises(InvalidParameter, match=message):
        SplitConformalSets(alpha=0.1).fit(posteriors, labels)


def test_impossible_sets_are_refused():
    with pytest.raises(InvalidParameter, match="expected False for empty sets"):
        set_size_entropy_bound([0], [True], 4)
    with pytest.raises(InvalidParameter, match="True for full ones"):
        set_size_entropy_bound([4], [False], 4)
    with pytest.raises(InvalidParameter, match="from 0 to 4"):
        set_size_entropy_bound([5], [True], 4)
    with pytest.raises(InvalidParameter, match="form: expected one of"):
        set_size_entropy_bound([1], [True], 4, form="tight")
    with pytest.raises(InvalidParameter, match="alpha: expected a number in"):
        SplitConformalSets(alpha=1.0)
