import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from semuq.errors import InvalidParameter
from semuq.metrics import auroc, average_precision, fpr_at_tpr, prr
from tests.oracles import metrics as oracle

RANK_METRICS = [auroc, average_precision, fpr_at_tpr]


@st.composite
def graded(draw, fractions=False, size=12):
    """Scores with many ties, and correctness with at least one right and one wrong answer."""
    n = draw(st.integers(2, size))
    scores = draw(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]), min_size=n, max_size=n))
    grade = st.sampled_from([0.0, 0.25, 0.5, 1.0]) if fractions else st.sampled_from([0.0, 1.0])
    rest = draw(st.lists(grade, min_size=n - 2, max_size=n - 2))
    correct = draw(st.permutations([0.0, 1.0, *rest]))
    return np.array(scores), np.array(correct)


@given(graded(fractions=True))
def test_auroc_is_the_share_of_pairs(case):
    u, a = case
    assert auroc(u, a) == pytest.approx(oracle.auroc(u, a), abs=1e-12)


@given(graded())
def test_auroc_and_average_precision_agree_with_scikit_learn(case):
    u, a = case
    assert auroc(u, a) == pytest.approx(roc_auc_score(1 - a, u), abs=1e-12)
    assert average_precision(u, a) == pytest.approx(average_precision_score(1 - a, u), abs=1e-12)


@given(graded(fractions=True))
def test_a_fraction_is_so_much_of_a_right_and_of_a_wrong_answer(case):
    u, a = case
    twice, labels = np.tile(u, 2), np.repeat([1, 0], len(u))
    weights = np.concatenate([1 - a, a])
    assert auroc(u, a) == pytest.approx(roc_auc_score(labels, twice, sample_weight=weights), abs=1e-12)
    assert average_precision(u, a) == pytest.approx(
        average_precision_score(labels, twice, sample_weight=weights), abs=1e-12
    )


@given(graded(fractions=True), st.sampled_from([0.2, 0.5, 0.8, 0.95, 1.0]))
def test_fpr_at_tpr_is_the_best_of_all_thresholds(case, tpr):
    u, a = case
    assert fpr_at_tpr(u, a, tpr=tpr) == pytest.approx(oracle.fpr_at_tpr(u, a, tpr), abs=1e-9)


@pytest.mark.parametrize("metric", [*RANK_METRICS, prr])
@settings(max_examples=50)
@given(case=graded())
def test_a_monotone_transform_changes_nothing(metric, case):
    u, a = case
    assert metric(np.exp(u) * 7 - 3, a) == metric(u, a)


@pytest.mark.parametrize("metric", [*RANK_METRICS, prr])
@settings(max_examples=50)
@given(case=graded(), seed=st.integers(0, 99))
def test_the_order_of_the_questions_changes_nothing(metric, case, seed):
    u, a = case
    shuffled = np.random.default_rng(seed).permutation(len(u))
    assert metric(u[shuffled], a[shuffled]) == pytest.approx(metric(u, a), abs=1e-12)


@given(graded())
def test_reversed_scores_mirror_auroc(case):
    u, a = case
    assert auroc(-u, a) == pytest.approx(1 - auroc(u, a), abs=1e-12)


def test_perfect_inverted_and_constant_scores():
    a = np.array([1, 1, 1, 0], dtype=bool)
    perfect, constant = 1.0 - a, np.zeros(4)
    assert (auroc(perfect, a), auroc(-perfect, a), auroc(constant, a)) == (1, 0, 0.5)
    assert (average_precision(perfect, a), average_precision(constant, a)) == (1, 0.25)
    assert (fpr_at_tpr(perfect, a), fpr_at_tpr(-perfect, a), fpr_at_tpr(constant, a)) == (0, 1, 1)


def test_infinite_scores_rank_like_any_other():
    assert auroc([-np.inf, 0, np.inf], [True, True, False]) == 1


@pytest.mark.parametrize("metric", RANK_METRICS)
@pytest.mark.parametrize(("value", "word"), [(True, "right"), (False, "wrong")])
def test_one_class_is_refused(metric, value, word):
    with pytest.raises(InvalidParameter, match=f"{metric.__name__} needs right and wrong answers, got 3 {word}"):
        metric([0.1, 0.2, 0.3], [value] * 3)


@pytest.mark.parametrize(
    ("scores", "correct", "message"),
    [
        ([0.1, np.nan], [1, 0], r"scores\[1\]: expected a number, got nan"),
        ([0.1, 0.2], [1, np.nan], r"correct\[1\]: expected True, False or a number in \[0, 1\], got nan"),
        ([0.1, 0.2], [1, 2], r"correct\[1\]: .* got 2"),
        ([0.1, 0.2], [1], r"correct: expected 2 values \(one per score\), got 1"),
        ([[0.1, 0.2]], [1], r"scores: expected a flat list of numbers, got shape \(1, 2\)"),
        ([], [], "scores: expected at least one value"),
        (["a"], [1], "scores: expected a flat list of numbers, got"),
    ],
)
def test_errors_name_the_place(scores, correct, message):
    with pytest.raises(InvalidParameter, match=message):
        auroc(scores, correct)


@pytest.mark.parametrize("tpr", [0, 1.01, -1])
def test_fpr_refuses_other_shares(tpr):
    with pytest.raises(InvalidParameter, match="tpr: expected a share"):
        fpr_at_tpr([0.1, 0.2], [1, 0], tpr=tpr)
