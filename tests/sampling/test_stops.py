"""A stop text ends an answer wherever it falls: one law, for every sampler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq.samples.stops import checked, cut, cut_pieces
from semuq.sampling import Decoding, HuggingFaceSampler, OpenAISampler
from tests.sampling.server import serving
from tests.tiny import llama

QUESTION = "what is the capital of france"
SAID = ("it is paris paris", "lyon", "paris", "", "a city", "is it paris")
STOPS = [("par",), ("s",), ("is par", "ty"), ("it is paris", "two"), ("zzz",), ("lyon", "yon")]


@pytest.fixture(scope="module")
def server():
    with serving() as (own, url):
        own.word = lambda prompt, number: SAID[number % len(SAID)]
        yield own, url


def hugging_face(_):
    # Words as tokens: a stop text falls into one, or spans two.
    return HuggingFaceSampler(llama.pair(), decoding=Decoding(max_new_tokens=9), keep=("token_texts",)), 60


def chat(server):
    return OpenAISampler("tiny", base_url=server[1]), 6


def bare(server):
    return OpenAISampler("tiny", base_url=server[1], chat=False), 6


def kept_tokens(pieces, stop, joint):
    """How many tokens it takes until a stop text is complete, found one token at a time."""
    for count in range(1, len(pieces) + 1):
        if any(end in joint.join(pieces[:count]) for end in stop):
            return count
    return len(pieces)


@pytest.mark.parametrize("make", [hugging_face, chat, bare])
@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_an_answer_is_the_free_one_up_to_the_stop(server, make, stop):
    sampler, n = make(server)
    free = sampler.sample(QUESTION, n=n)
    stopped = replace(sampler, stop=stop).sample(QUESTION, n=n)
    ends = 0
    for k in range(n):
        assert stopped.texts[k] == cut(free.texts[k], stop).strip()
        pieces = free.token_texts[k] if free.token_texts else free.texts[k].split()
        if "" in pieces[:-1]:
            continue  # a special token amid the words has no text to count by
        count = kept_tokens(pieces, stop, " ")
        found = any(end in free.texts[k] for end in stop)
        np.testing.assert_allclose(
            stopped.token_logprobs[k], free.token_logprobs[k][: count if found else None], atol=1e-5
        )
        if found:
            assert not stopped.metadata["truncated"][k]
            ends += 1
    assert ends or stop == ("zzz",)


def test_what_is_kept_of_an_answer_is_of_what_is_left_of_it():
    sampler, _ = hugging_face(None)
    stopped = replace(sampler, stop=("yon", "aris"), keep=("token_texts", "token_entropies")).sample(QUESTION, n=60)
    assert any(pieces[-1:] == ("l",) for pieces in stopped.token_texts)
    for pieces, entropies, logprobs in zip(
        stopped.token_texts, stopped.token_entropies, stopped.token_logprobs, strict=True
    ):
        assert len(pieces) == len(entropies) == len(logprobs)
        assert not any(end in piece for piece in pieces for end in ("yon", "aris"))


def test_the_state_kept_is_that_of_the_last_token_of_the_answer():
    sampler, _ = hugging_face(None)
    reader = replace(sampler, keep=("token_texts", "hidden_states", "token_states"), layer=2)
    # A token that is all stop text only ends the answer; one that begins with letters of it is its last.
    for stop in ("is", "ty"):
        samples = replace(reader, stop=(stop,)).sample(QUESTION, n=60)
        before, within = 0, 0
        for pieces, state, states, cut_off in zip(
            samples.token_texts,
            samples.hidden_states,
            samples.token_states,
            samples.metadata["truncated"],
            strict=True,
        ):
            ends = not cut_off and len(pieces) > 1 and not pieces[-1]
            before += ends
            within += pieces[-1] == "ci"
            np.testing.assert_allclose(state, states[len(pieces) - 1 - ends], atol=1e-4)
        assert before
        assert within or stop == "is"


def test_an_identity_names_the_stop_texts():
    sampler, _ = hugging_face(None)
    assert replace(sampler, stop=("x",)).identity != sampler.identity
    assert "x" in replace(sampler, stop=("x",)).identity


def test_greedy_and_sampled_answers_of_one_pass_are_those_of_two():
    sampler, _ = hugging_face(None)
    sampler = replace(sampler, stop=("par",))
    for prompt, (drawn, greedy) in zip(
        [QUESTION, "who wrote it"], sampler.sample_beside_greedy([QUESTION, "who wrote it"], n=7), strict=True
    ):
        for one, other in (
            (drawn, sampler.sample(prompt, n=7)),
            (greedy, sampler.at(temperature=0).sample(prompt, n=1)),
        ):
            assert one.texts == other.texts
            assert one.token_texts == other.token_texts
            for own, wanted in zip(one.token_logprobs, other.token_logprobs, strict=True):
                np.testing.assert_allclose(own, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("pieces", "stop", "left"),
    [
        (["Oak", "**Created\n", "Question"], ("\n",), ["Oak", "**Created"]),
        (["Oak\n", "\n", "Question"], ("\n\n",), ["Oak", ""]),
        (["Oak", "\n"], ("\n",), ["Oak", ""]),
        (["Oak"], ("\n",), ["Oak"]),
        (["O", "ak"], (), ["O", "ak"]),
        ([], ("\n",), []),
        (["ab", "cab"], ("bc", "abca"), ["", ""]),
    ],
)
def test_pieces_are_cut_where_the_text_is(pieces, stop, left):
    assert cut_pieces(pieces, stop) == left
    assert "".join(left) == cut("".join(pieces), stop)[: len("".join(left))]


@pytest.mark.parametrize("stop", ["x", ("",), (1,), None, 3])
def test_stops_that_are_no_texts_are_refused(stop):
    with pytest.raises(InvalidParameter, match="stop: expected a tuple of texts"):
        checked(stop)
