"""Resets against a loop of five lines, their limits, and what is left of a conversation after one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq.errors import InvalidParameter
from semuq.inference import Dialogue, EntropyReset, Reply, reset_threshold, rewrite_prompt

SHARDS = ["How many?", "Ann has 7.", "Bob has 3.", "They lose 2."]


class Scripted:
    """Answers with given mean entropies, and keeps what it was asked."""

    def __init__(self, entropies):
        self.entropies, self.asked = list(entropies), []

    def __call__(self, messages):
        self.asked.append(messages)
        return f"answer {len(self.asked)}", [self.entropies[len(self.asked) - 1]] * 3


def play(guard, model, shards=SHARDS, **options):
    state, steps = guard.start("Be brief."), []
    for shard in shards:
        state, step = guard.turn(state, shard, model, **options)
        steps.append(step)
    return state, steps


@given(st.lists(st.floats(0, 3), min_size=8, max_size=8), st.floats(-1, 1))
def test_triggers_are_those_of_a_plain_loop(entropies, threshold):
    _, steps = play(EntropyReset(threshold=threshold), Scripted(entropies))
    expected, last, used = [], math.inf, 0
    for _ in SHARDS:
        own = np.mean([entropies[used]] * 3)
        reset = last < math.inf and own - last > threshold
        last, used = (np.mean([entropies[used + 1]] * 3), used + 2) if reset else (own, used + 1)
        expected.append(reset)
    assert [step.reset for step in steps] == expected
    assert [step.generations for step in steps] == [2 if reset else 1 for reset in expected]


def test_an_infinite_threshold_is_plain_chat():
    model = Scripted([0.1, 3.0, 0.1, 9.0])
    state, steps = play(EntropyReset(threshold=math.inf), model)
    plain = Dialogue(system="Be brief.")
    for number, shard in enumerate(SHARDS):
        plain = plain.user(shard)
        assert model.asked[number] == plain.to_messages()
        plain = plain.assistant(f"answer {number + 1}")
    assert state.conversation == plain
    assert not any(step.reset for step in steps)


def test_minus_infinity_resets_every_turn_but_the_first_and_keeps_no_old_answer():
    state, steps = play(EntropyReset(threshold=-math.inf, consolidate=" / ".join), Scripted([1.0] * 8))
    assert [step.reset for step in steps] == [False, True, True, True]
    assert [step.generations for step in steps] == [1, 3, 3, 3]
    assert [message.role for message in state.conversation.messages] == ["user", "assistant"]
    assert state.conversation.asked == (" / ".join(SHARDS),)  # a later reset rewrites the rewritten prompt
    assert state.conversation.system == "Be brief."


@given(st.lists(st.floats(0, 3), min_size=8, max_size=8), st.floats(0.1, 5))
def test_a_constant_added_to_all_entropies_changes_no_decision(entropies, constant):
    # Away from the threshold: a sum of floats is not exact.
    guard = EntropyReset(threshold=0.25)
    rounded = np.round(entropies, 1)
    one = play(guard, Scripted(rounded))[1]
    other = play(guard, Scripted(rounded + constant))[1]
    assert [step.reset for step in one] == [step.reset for step in other]


def test_a_control_can_overrule_the_entropy():
    _, steps = play(EntropyReset(threshold=math.inf), Scripted([0.1] * 8), reset=True)
    assert all(step.reset for step in steps)
    _, steps = play(EntropyReset(threshold=-math.inf), Scripted([0.1] * 8), reset=False)
    assert not any(step.reset for step in steps)


def test_an_answer_without_tokens_triggers_nothing_and_leaves_the_baseline():
    replies = iter([("a", [0.5]), ("", []), ("c", [2.0]), ("c again", [0.1])])
    guard, state = EntropyReset(threshold=1.0), EntropyReset(threshold=1.0).start()
    state, _ = guard.turn(state, "one", lambda messages: next(replies))
    state, silent = guard.turn(state, "two", lambda messages: next(replies))
    assert (silent.entropy, silent.change, silent.reset, state.baseline) == (None, None, False, 0.5)
    state, step = guard.turn(state, "three", lambda messages: next(replies))
    assert (step.change, step.reset, step.text, state.baseline) == (1.5, True, "c again", 0.1)


@pytest.mark.parametrize("reply", ["", "  ", "<think>What if</think>", "<think>never closed"])
def test_a_rewriter_without_words_falls_back_on_the_list(reply):
    guard = EntropyReset(threshold=-math.inf, consolidate=lambda texts: reply)
    state, steps = play(guard, Scripted([1.0] * 4), SHARDS[:2])
    assert steps[1].message == "- How many?\n- Ann has 7."
    assert state.conversation.asked == (steps[1].message,)


def test_entropies_of_another_scale_and_nan_are_refused():
    guard = EntropyReset(threshold=0.1)
    with pytest.raises(InvalidParameter, match="calibrated on, got 'top-20'"):
        guard.turn(guard.start(), "Q", lambda messages: Reply("a", [0.1], "top-20"))
    with pytest.raises(InvalidParameter, match="token_entropies: expected finite numbers >= 0"):
        guard.turn(guard.start(), "Q", lambda messages: ("a", [float("nan")]))
    with pytest.raises(InvalidParameter, match="threshold: expected a number of nats, got nan"):
        EntropyReset(threshold=float("nan"))


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=30), st.floats(0, 1))
def test_the_threshold_is_the_quantile_and_leaves_the_share_below(changes, share):
    found = reset_threshold(changes, share)
    assert found == np.quantile(changes, share)
    assert (np.array(changes) <= found + 1e-9).mean() >= share - 1 / len(changes)


def test_the_threshold_refuses_nan_and_what_is_no_share():
    with pytest.raises(InvalidParameter, match=r"changes\[1\]: expected a number, got nan"):
        reset_threshold([0.1, float("nan")], 0.5)
    with pytest.raises(InvalidParameter, match="share: expected a number in"):
        reset_threshold([0.1], 65)


def test_a_conversation_says_what_is_no_message():
    with pytest.raises(InvalidParameter, match=r"messages\[0\]: expected"):
        Dialogue(messages=(("system", "x"),))


def test_the_rewriting_prompt_holds_every_message():
    assert all(shard in rewrite_prompt(SHARDS) for shard in SHARDS)
