"""Rewards against literal transcriptions, and the answers they are read from."""

import numpy as np
import pytest

from semuq import ExactMatch
from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.groups.answers import extract_boxed, whole_text
from semuq_rl.rewards.rules import (
    answer_clusters,
    consistency,
    empo,
    exact_answer,
    intuitor,
    self_certainty,
    ttrl,
    word_entropy_stability,
)
from tests.oracles import rl_rewards as oracle

VOTES = [
    list("1123"),
    list("1234"),
    list("1111"),
    ["1", None, "1", None],
    [None, None, None],
    ["1"],
    list("112233445566778899"),
    [None, "2", "2", "3", "3"],
]


def clusters(answers):
    texts = ["hm" if own is None else f"\\boxed{{{own}}}" for own in answers]
    return answer_clusters("q", texts, ExactMatch())


@pytest.mark.parametrize("answers", VOTES, ids=str)
def test_agreement_rewards(answers):
    ids, answered = clusters(answers)
    assert answered.tolist() == [own is not None for own in answers]
    np.testing.assert_allclose(empo(ids, answered), oracle.empo_maths(answers))
    np.testing.assert_allclose(empo(ids, answered, variant="verl"), oracle.empo_verl(answers))
    np.testing.assert_allclose(ttrl(ids, answered), oracle.ttrl(answers))


def test_empo_mean_is_the_collision_probability():
    ids, _ = clusters(list("11123344"))
    assert empo(ids).mean() == pytest.approx((9 + 1 + 4 + 4) / 64)


def test_ttrl_lets_more_vote_than_it_rewards():
    assert ttrl([0, 1, 1, 1, 0], rewarded=2).tolist() == [0.0, 1.0]
    with pytest.raises(InvalidParameter, match=r"ttrl.rewarded: expected a whole number from 1 to 2"):
        ttrl([0, 1], rewarded=3)


def test_unparsable_rollouts_never_share_a_cluster():
    ids, _ = answer_clusters("q", ["same", "same", "\\boxed{1}"], ExactMatch())
    assert ids.tolist() == [0, 1, 2]
    # Also when they came with one id.
    assert empo([0, 0, 1, 1], [False, False, True, True], variant="verl").tolist() == [0.25, 0.25, 0.5, 0.5]


@pytest.mark.parametrize("seed", range(5))
def test_self_certainty_is_the_divergence_from_uniform(seed):
    logits = np.random.default_rng(seed).normal(0, 3, (4, 7))
    np.testing.assert_allclose(self_certainty(logits), [oracle.uniform_divergence(row) for row in logits])
    np.testing.assert_allclose(self_certainty(logits + 1e4), self_certainty(logits))
    np.testing.assert_allclose(
        intuitor([logits, logits[:1]]), [self_certainty(logits).mean(), self_certainty(logits)[0]]
    )


def test_self_certainty_of_extremes():
    assert self_certainty(np.zeros((1, 50))) == pytest.approx(np.log(50))
    assert self_certainty([[1e4, 0.0]]) == pytest.approx(5e3)
    assert intuitor([np.zeros((0, 5))]).tolist() == [0.0]
    with pytest.raises(InvalidSamples, match="before filtering"):
        self_certainty([[0.0, -np.inf]])


def test_intuitor_takes_tensors():
    torch = pytest.importorskip("torch")
    logits = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(self_certainty(logits.bfloat16()), self_certainty(logits), rtol=0.02)


def test_consistency():
    rng = np.random.default_rng(0)
    similarity = rng.random((5, 5))
    similarity = (similarity + similarity.T) / 2
    np.testing.assert_allclose(consistency(similarity), oracle.agreement(similarity))
    assert consistency([[1.0]]).tolist() == [1.0]
    helped = consistency(similarity, helpfulness=[0, 1, 1, 1, 0.5], stability_weight=1.0)
    np.testing.assert_allclose(helped, np.array([0, 1, 1, 1, 0.5]) * oracle.agreement(similarity))
    # An answer that helps nobody earns nothing by being the same everywhere.
    assert consistency(np.ones((2, 2)), helpfulness=[0.0, 1.0]).tolist() == [0.0, 1.0]
    with pytest.raises(InvalidSamples, match=r"similarity: expected numbers in \[0, 1\]"):
        consistency([[1.0, -0.5], [-0.5, 1.0]])
    with pytest.raises(InvalidSamples, match="helpfulness: expected 2 numbers"):
        consistency(np.ones((2, 2)), helpfulness=[2.0, 1.0])


def test_word_entropy_stability():
    assert word_entropy_stability(["yes", "no", ""]).tolist() == [1.0, 1.0, 1.0]
    # h = log 2, log 4: mean 1.5 log 2, each a third away.
    np.testing.assert_allclose(word_entropy_stability(["red blue", "red blue green grey"]), [2 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{42}", "42"),
        (r"\boxed{1} then \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{3} and \boxed{4", "3"),
        (r"\boxed{}", None),
        ("<answer>5</answer>", "5"),
        ("<answer>5</answer> <answer>6", "5"),
        (r"<answer>5</answer> \boxed{7}", "7"),
        ("nothing", None),
        ("", None),
    ],
)
def test_extract_boxed(text, answer):
    assert extract_boxed(text) == answer


def test_exact_answer():
    texts = [r"\boxed{1,000}", r"\boxed{Paris.}", r"\boxed{-5}", "5", r"\boxed{5}"]
    assert exact_answer(texts, ["paris", "5"]).tolist() == [0, 1, 0, 0, 1]
    assert exact_answer([" Paris "], ["paris"], extract=whole_text).tolist() == [1]
    with pytest.raises(InvalidSamples, match="references: expected at least one gold answer"):
        exact_answer(texts, [])


def test_group_shapes_are_checked():
    with pytest.raises(InvalidSamples, match="clusters: expected ids of G >= 1"):
        empo([0, 1], [True])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: empo([0, float("nan")]), InvalidSamples, r"^clusters: expected whole numbers, got \[0.0, nan\]"),
        (lambda: ttrl([0.5, 0.7]), InvalidSamples, "^clusters: expected whole numbers"),
        (lambda: ttrl([0, 1], rewarded=True), InvalidParameter, "^ttrl.rewarded: expected a whole number"),
        (lambda: ttrl([0, 1], rewarded=1.5), InvalidParameter, "^ttrl.rewarded: expected a whole number"),
        (lambda: answer_clusters("?", [], ExactMatch()), InvalidSamples, "^texts: expected at least one rollout"),
        (lambda: word_entropy_stability([]), InvalidSamples, "^texts: expected at least one answer"),
    ],
)
def test_what_is_no_group_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_cluster_ids_may_be_tensors_that_require_gradients():
    torch = pytest.importorskip("torch", reason="needs torch")
    ids = torch.tensor([1.0, 1.0, 0.0], requires_grad=True)
    assert ttrl(ids).tolist() == [1, 1, 0]
    assert empo(ids.detach().long(), torch.tensor([True, True, False])).tolist() == [2 / 3, 2 / 3, 0]
