"""Thought and answer of a text, and the tokens of each."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import SampleSet
from semuq.errors import MissingEvidence
from semuq.samples.separation import separate_thoughts
from semuq.samples.thoughts import TAGS, split_thought

PLAIN = st.text(alphabet="ab <>\n7", max_size=12)


@given(PLAIN, PLAIN, st.sampled_from(TAGS))
def test_what_was_put_together_is_taken_apart(thought, answer, tag):
    found = split_thought(f"<{tag}>{thought}</{tag}>{answer}")
    assert (found.thought, found.answer, found.closed) == (thought.strip(), answer.strip(), True)


@given(PLAIN)
def test_a_text_without_tags_is_its_own_answer(text):
    found = split_thought(text)
    assert (found.thought, found.answer, found.closed) == (None, text, True)


@pytest.mark.parametrize(
    ("text", "thought", "answer", "closed"),
    [
        ("so it is 4</think>\n\n4", "so it is 4", "4", True),  # the template opened it
        ("<think>a</think>x<think>b</think>y", "a</think>x<think>b", "y", True),
        ("<think>cut at the lim", "cut at the lim", "", False),
        ("<think>a</think><think>again", "a</think><think>again", "", False),
        ("<think></think>y", "", "y", True),
        ("Write <think> first.", None, "Write <think> first.", True),
    ],
)
def test_cases(text, thought, answer, closed):
    found = split_thought(text)
    assert (found.thought, found.answer, found.closed) == (thought, answer, closed)


def tokenised():
    pieces = (("<think>", "Hm", ".", "</think>", "\n", "Pa", "ris", ""), ("Lyon", ""))
    logprobs = tuple(-np.arange(1.0, len(own) + 1) for own in pieces)
    return SampleSet(
        prompt="Capital?",
        texts=tuple("".join(own).strip() for own in pieces),
        token_texts=pieces,
        token_logprobs=logprobs,
        token_entropies=tuple(np.abs(own) for own in logprobs),
    )


def test_tokens_go_where_their_text_goes():
    answers, thoughts = separate_thoughts(tokenised())
    assert answers.texts == ("Paris", "Lyon")
    assert answers.token_texts == (("Pa", "ris", ""), ("Lyon", ""))
    np.testing.assert_array_equal(answers.token_logprobs[0], [-6, -7, -8])
    assert (thoughts[0].text, thoughts[0].tokens, thoughts[0].answer_tokens) == ("Hm.", 5, 3)
    np.testing.assert_array_equal(thoughts[0].token_entropies, [1, 2, 3, 4, 5])
    assert (thoughts[1].text, thoughts[1].tokens, thoughts[1].answer_tokens) == (None, 0, 2)


def test_what_is_known_of_the_whole_text_does_not_pass_for_the_answer():
    whole = replace(tokenised(), embeddings=np.eye(2), layer_states=np.ones((2, 3, 4)))
    answers, _ = separate_thoughts(whole)
    assert answers.embeddings is answers.layer_states is None


def test_taking_apart_twice_changes_nothing():
    once, _ = separate_thoughts(tokenised())
    twice, thoughts = separate_thoughts(once)
    assert twice == once
    assert all(thought.text is None for thought in thoughts)


def test_log_probs_that_cannot_be_cut_are_refused_rather_than_mixed():
    samples = SampleSet(prompt="Q", texts=("<think>a</think>b",), token_logprobs=([-1.0, -2.0],))
    with pytest.raises(MissingEvidence, match="token_texts: needed to tell"):
        separate_thoughts(samples)
    wrong = SampleSet(
        prompt="Q", texts=("<think>a</think>b",), token_logprobs=([-1.0],), token_texts=(("<think>a</think>",),)
    )
    with pytest.raises(MissingEvidence, match="expected tokens that spell the answer 'b'"):
        separate_thoughts(wrong)


def test_an_endless_thought_leaves_an_empty_answer_without_tokens():
    samples = SampleSet(
        prompt="Q", texts=("<think>a b",), token_logprobs=([-1.0, -2.0],), token_texts=(("<think>a", " b"),)
    )
    answers, (thought,) = separate_thoughts(samples)
    assert answers.texts == ("",)
    assert (thought.closed, thought.tokens, len(answers.token_logprobs[0])) == (False, 2, 0)
