"""The trigger, its threshold fitted by budget and by price, and what becomes of the second reply."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.inference import (
    SecondPass,
    actions_of,
    asked_again,
    noted,
    option_distribution,
    second_prompt,
    stated_answer,
)
from semuq.metrics import second_pass_curve


def never():
    raise AssertionError("asked again")


DISTRIBUTIONS = st.lists(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=6).map(lambda raw: np.array(raw) / sum(raw)),
    min_size=1,
    max_size=12,
)


@given(DISTRIBUTIONS, st.floats(0, 1))
def test_a_fitted_budget_is_never_exceeded_and_used_up_but_for_ties(firsts, budget):
    retry = SecondPass(budget=budget).fit(firsts)
    scores = np.array([retry.uncertainty(own) for own in firsts])
    asked = scores - retry.threshold > 1e-12
    assert asked.mean() <= budget + 1e-9
    if len(set(scores)) == len(scores):
        assert asked.sum() == int(np.floor(budget * len(scores) + 1e-9))
    for own, again in zip(firsts, asked, strict=True):
        assert retry.decide(own, again=lambda: "B").asked_again == again


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.5]), st.booleans(), st.booleans()), min_size=1, max_size=9))
def test_a_fitted_price_is_the_best_threshold_by_brute_force(cases):
    scores, first, second = (np.array(column, dtype=float) for column in zip(*cases, strict=True))
    price = 0.3

    def worth(threshold):
        asked = scores > threshold
        return np.where(asked, second, first).mean() - price * asked.mean()

    found = SecondPass(score="given", price=price).fit(scores, first, second)
    assert worth(found.threshold) == pytest.approx(max(worth(t) for t in [-np.inf, np.inf, *scores]))


def test_a_free_second_pass_takes_the_top_of_the_curve():
    rng = np.random.default_rng(0)
    scores, first, second = rng.random(40), rng.random(40) < 0.5, rng.random(40) < 0.6
    found = SecondPass(score="given", price=0).fit(scores, first, second)
    right = np.where(scores > found.threshold, second, first).mean()
    assert right == pytest.approx(second_pass_curve(scores, first, second).accuracy.max())


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_with_two_options_both_scores_rank_alike(p, q):
    by_entropy, by_top = SecondPass(), SecondPass(score="top_probability")
    one, other = [p, 1 - p], [q, 1 - q]
    difference = by_top.uncertainty(one) - by_top.uncertainty(other)
    if abs(difference) > 1e-9:
        assert (by_entropy.uncertainty(one) > by_entropy.uncertainty(other)) == (difference > 0)


def test_a_distribution_normalised_twice_ties_with_itself():
    once = np.array([0.56863262, 0.33599243, 0.09537495])
    for score in ("entropy", "top_probability"):
        retry = SecondPass(score=score, budget=0).fit([once])
        for _ in range(5):
            once = once / once.sum()
            assert not retry.decide(once, again=never).asked_again


def test_never_and_always():
    flat = [0.25] * 4
    assert SecondPass(threshold=np.log(4)).decide(flat, again=never).calls == 1
    assert SecondPass().decide(flat, again=never).answer == "A"
    assert SecondPass(threshold=0.0).decide([1.0], again=never).entropy == 0
    assert SecondPass(threshold=-np.inf).decide([1.0, 0.0], again=lambda: "Answer: B").answer == "B"


def test_an_unreadable_reply_keeps_the_first_answer_and_says_so():
    result = SecondPass(threshold=0).decide([0.3, 0.7], again=lambda: "I cannot tell.")
    assert (result.answer, result.read, result.calls) == ("B", False, 2)


def test_another_score_can_be_brought():
    retry = SecondPass(score="given", threshold=0.5)
    assert retry.decide([0.9, 0.1], again=lambda: "(B)", uncertainty=0.6).answer == "B"
    assert retry.decide([0.9, 0.1], again=never, uncertainty=0.4).answer == "A"
    with pytest.raises(InvalidParameter, match="pass uncertainty="):
        retry.decide([0.9, 0.1], again=never)


def test_nan_is_refused_never_confident():
    with pytest.raises(InvalidParameter, match="first: expected the probabilities"):
        SecondPass(threshold=0).decide([np.nan, 1.0], again=never)
    with pytest.raises(InvalidParameter, match=r"uncertainty\[0\]: expected a number, got nan"):
        SecondPass(score="given").decide([0.5, 0.5], again=never, uncertainty=np.nan)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score": "luck"}, "score: expected one of"),
        ({"threshold": float("nan")}, "threshold: expected a number"),
        ({"budget": 1.5}, "budget: expected a share"),
        ({"price": -1}, "price: expected a number >= 0"),
        ({"price": 0.1, "budget": 0.5}, "one of the two"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(InvalidParameter, match=message):
        SecondPass(**options)


def test_fit_says_what_it_lacks():
    with pytest.raises(InvalidParameter, match="a budget or a price"):
        SecondPass().fit([[0.5, 0.5]])
    with pytest.raises(InvalidParameter, match="expected both to fit by a price"):
        SecondPass(price=0.1).fit([[0.5, 0.5]])


def test_a_server_s_list_that_lacks_a_letter_is_floored_and_counted():
    found = option_distribution({"B": np.log(0.5), " B": np.log(0.1), "Z": np.log(0.2), "A": np.log(0.05)}, "ABC")
    np.testing.assert_allclose(found.probabilities, np.array([0.05, 0.6, 0.05]) / 0.7)
    assert (found.missing, round(found.unlisted, 3)) == (1, 0.35)
    with pytest.raises(InvalidParameter, match="expected some of"):
        option_distribution({"The": -0.1}, "AB")


def test_the_controls_differ_in_what_they_say():
    full = second_prompt("Q", answer="A")
    assert "uncertain" not in second_prompt("Q", cue=False)
    assert "step by step" in second_prompt("Q", cue=False)
    assert "step by step" not in second_prompt("Q", reason=False)
    assert "uncertain" in full
    assert ", A," in full


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("So it is. Answer: Paris.", "Paris"),
        ("Answer: Lyon\nNo, wait.\nThe answer is Paris", "Paris"),
        ("**Answer:** 42", "42"),
        ("<think>Answer: Lyon</think>Answer: Paris", "Paris"),
        ("<think>Answer: Lyon", None),
        ("I do not know.", None),
        ("Answer:", None),
        ("", None),
    ],
)
def test_the_stated_answer(reply, answer):
    assert stated_answer(reply) == answer


def test_replies_that_state_nothing_are_empty_answers_and_counted():
    class Half:
        identity = "half"

        def sample(self, prompt, *, n=10):
            return SampleSet(prompt=prompt, texts=("Answer: Paris", "Hm.", "Answer: Paris")[:n])

    first = SampleSet(prompt="Q", texts=("a", "b"), references=("Paris",), id="7", metadata={"x": 1})
    second = asked_again(Half(), first, n=3)
    assert second.texts == ("Paris", "", "Paris")
    assert (second.metadata["unread"], second.metadata["x"], second.id) == (1, 1, "7")
    assert second.references == ("Paris",)
    assert actions_of(second.metadata) == ("Asked a second time, with room to reason: the 2 first answers disagreed.",)


def test_what_is_noted_is_kept_beside_what_was_noted_before():
    samples = noted(noted(SampleSet(prompt="Q", texts=("a",)), "One."), "Two.")
    assert actions_of(samples.metadata) == ("One.", "Two.")
    assert actions_of({"actions": "text"}) == actions_of({}) == ()
