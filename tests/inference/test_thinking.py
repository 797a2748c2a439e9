"""Confidence over windows against a plain loop; settling against the recursion written out; the loop on scripts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq.errors import InvalidParameter
from semuq.inference import EntropySettled, SettlingState, think_until_settled, thought_confidence, token_confidences

VALUES = st.lists(st.floats(0, 20), min_size=1, max_size=30)


@given(VALUES, st.integers(1, 12), st.integers(1, 12))
def test_windows_are_those_of_a_plain_loop(values, window, tail):
    found = thought_confidence(values, window=window, tail=tail, share=0.25)
    size = min(window, len(values))
    groups = sorted(np.mean(values[i : i + size]) for i in range(len(values) - size + 1))
    assert found.lowest == pytest.approx(groups[0], abs=1e-9)
    assert found.bottom == pytest.approx(np.mean(groups[: max(1, len(groups) // 4)]), abs=1e-9)
    assert found.tail == pytest.approx(np.mean(values[-tail:]))
    assert found.lowest <= found.bottom + 1e-9
    assert found.bottom <= max(groups) + 1e-9


def test_a_slip_in_a_long_thought_shows_in_the_windows_and_hardly_in_the_mean():
    values = np.full(1000, 10.0)
    values[500:520] = 1.0
    found = thought_confidence(values, window=20, tail=100)
    assert found.mean > 9.8
    assert found.lowest == pytest.approx(1.0)
    assert found.tail == 10.0


def test_confidence_is_large_for_a_peak_and_log_k_for_k_equal_tokens():
    assert token_confidences(np.log([[0.25] * 4]))[0] == pytest.approx(np.log(4))
    peak, flat = token_confidences(np.log([[0.97, 0.01, 0.01, 0.01], [0.3, 0.3, 0.2, 0.2]]))
    assert peak > flat


@given(st.lists(st.floats(0, 5), min_size=2, max_size=25), st.floats(0.05, 1.0))
def test_settling_is_the_recursion_written_out(entropies, decay):
    rule, state = EntropySettled(decay=decay, tolerance=0.02, least=2), SettlingState()
    mean, variance = entropies[0], 0.0
    for n, own in enumerate(entropies, start=1):
        mean = (1 - decay) * mean + decay * own
        variance = (1 - decay) * variance + decay * (own - mean) ** 2
        state, stop = rule.update(state, own)
        assert stop == (n >= 2 and variance / (1 - (1 - decay) ** n) < 0.02) or abs(variance - 0.02) < 1e-6


@given(st.lists(st.floats(0, 3), min_size=3, max_size=20), st.floats(0, 2))
def test_a_constant_added_to_all_entropies_changes_no_variance(entropies, constant):
    rule = EntropySettled()
    one = other = SettlingState()
    for own in entropies:
        one, _ = rule.update(one, own)
        other, _ = rule.update(other, own + constant)
    assert one.variance == pytest.approx(other.variance, abs=1e-9)


def scripted(settles_at, length=60):
    entropies = [2.0 + (i % 2) for i in range(settles_at)] + [0.1] * (length - settles_at)
    return (
        lambda thought: "step\n" if thought.count("\n") < length else "",
        lambda thought: entropies[thought.count("\n") - 1],
    )


def test_a_thought_is_cut_after_its_answer_has_settled_and_later_where_that_is_later():
    pieces = []
    for settles_at in (3, 10, 20):
        found = think_until_settled(*scripted(settles_at), rule=EntropySettled(tolerance=0.1))
        assert found.ended == "settled"
        pieces.append(found.text.count("\n"))
        assert settles_at < pieces[-1] < 60
    assert pieces == sorted(pieces)


def test_a_steady_doubt_is_settled_for_the_published_rule_and_not_below_a_limit():
    doubt = [1.5] * 30
    for below, ended in ((np.inf, "settled"), (0.5, "budget")):
        found = think_until_settled(
            lambda thought: ".", lambda thought: doubt[len(thought) - 1], rule=EntropySettled(below=below), most=30
        )
        assert found.ended == ended


def test_a_thought_ends_by_itself_or_at_the_budget():
    extend, probe = scripted(40)
    assert think_until_settled(extend, probe).ended == "itself"
    found = think_until_settled(extend, probe, most=7)
    assert (found.ended, len(found.entropies)) == ("budget", 7)


def test_nan_is_never_settled():
    with pytest.raises(InvalidParameter, match="entropy: expected a finite number"):
        think_until_settled(lambda thought: "x", lambda thought: float("nan"))
    with pytest.raises(InvalidParameter, match="confidences: expected"):
        thought_confidence([1.0, float("nan")])
    with pytest.raises(InvalidParameter, match="top_logprobs: expected"):
        token_confidences([[float("nan")]])
    with pytest.raises(InvalidParameter, match="confidences: expected"):
        thought_confidence([])


@pytest.mark.parametrize("options", [{"decay": 0.0}, {"tolerance": 0}, {"least": 1}, {"below": -1.0}])
def test_bad_settings_are_refused(options):
    with pytest.raises(InvalidParameter, match=next(iter(options))):
        EntropySettled(**options)
