"""The decoding loop against `generate`'s warpers, teacher forcing and the model's exact distribution."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from semuq.errors import InvalidModel
from semuq.sampling import decode as decode_module
from semuq.sampling.base import Decoding
from semuq.sampling.decode import decode, uniforms, warp
from tests.tiny import llama
from tests.tiny.llama import EOS

PROMPTS = [[5, 6, 7, 8], [9], [10, 11, 12, 5, 6, 7, 8, 9, 20, 21]]
STOP = frozenset({EOS})


@pytest.fixture(scope="module")
def model():
    return llama.model()


def draw(model, prompts, n, decoding, stop=STOP):
    return decode(model, prompts, [range(n)] * len(prompts), decoding, stop)


def teacher_forced(model, prompt, answer, decoding):
    """(raw, warped) log-probs of an answer from one unbatched, uncached pass, with transformers' own warpers."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([[*prompt, *answer.tolist()]])).logits[0, len(prompt) - 1 : -1].double()
    warped = reference_warp(logits, decoding)
    index = torch.from_numpy(answer)[:, None]
    return [scores.log_softmax(-1).gather(1, index)[:, 0].numpy() for scores in (logits, warped)]


def reference_warp(logits, decoding):
    warpers = [TemperatureLogitsWarper(float(decoding.temperature))]
    if decoding.top_k:
        warpers.append(TopKLogitsWarper(decoding.top_k))
    if decoding.top_p < 1:
        warpers.append(TopPLogitsWarper(decoding.top_p))
    for warper in warpers:
        logits = warper(None, logits)
    return logits


DECODINGS = [
    Decoding(max_new_tokens=12),
    Decoding(max_new_tokens=12, temperature=0.6, top_p=0.8),
    Decoding(max_new_tokens=12, temperature=1.5, top_k=5),
    Decoding(max_new_tokens=12, temperature=0.9, top_k=9, top_p=0.5, seed=3),
]


@pytest.mark.parametrize("decoding", DECODINGS, ids=str)
def test_log_probs_equal_a_teacher_forced_pass(model, decoding):
    for prompt, answers in zip(PROMPTS, draw(model, PROMPTS, 8, decoding), strict=True):
        for answer in answers:
            raw, warped = teacher_forced(model, prompt, answer.tokens, decoding)
            np.testing.assert_allclose(answer.logprobs, raw, atol=1e-4)
            np.testing.assert_allclose(answer.sampled_logprobs, warped, atol=1e-4)


@pytest.mark.parametrize("decoding", DECODINGS[1:], ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_warping_agrees_with_transformers(decoding, seed):
    logits = 3 * torch.randn(7, 50, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(warp(logits, decoding), reference_warp(logits, decoding))


def test_warping_keeps_the_first_token_whatever_top_p():
    assert warp(torch.tensor([[0.0, 5.0, 1.0]]), Decoding(top_p=1e-9)).softmax(-1).tolist() == [[0, 1, 0]]


def test_tokens_are_drawn_from_the_models_distribution(model):
    n = 4000
    drawn = draw(model, [PROMPTS[0]], n, Decoding(max_new_tokens=1))[0]
    with torch.no_grad():
        expected = model(input_ids=torch.tensor([PROMPTS[0]])).logits[0, -1].double().softmax(-1).numpy() * n
    seen = np.bincount([answer.tokens[0] for answer in drawn], minlength=len(expected))
    likely = expected >= 5
    assert likely.sum() >= 10
    observed, wanted = seen[likely], expected[likely]
    assert abs(observed.sum() - wanted.sum()) < 5 * np.sqrt(n * 0.25)
    assert chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-3


def test_greedy_equals_generate(model):
    for prompt in PROMPTS:
        answer = draw(model, [prompt], 1, Decoding(temperature=0, max_new_tokens=12))[0][0]
        ids = torch.tensor([prompt])
        wanted = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12, pad_token_id=EOS
        )[0, len(prompt) :].tolist()
        assert answer.tokens.tolist() == wanted
        assert (answer.sampled_logprobs == 0).all()
        assert (answer.logprobs < 0).all()


def test_batch_mates_and_the_number_of_answers_change_nothing(model):
    decoding = Decoding(max_new_tokens=12)
    together = draw(model, PROMPTS, 6, decoding)
    for prompt, answers in zip(PROMPTS, together, strict=True):
        for k, answer in enumerate(answers):
            alone = decode(model, [prompt], [[k]], decoding, STOP)[0][0]
            assert answer.tokens.tolist() == alone.tokens.tolist()
            np.testing.assert_allclose(answer.logprobs, alone.logprobs, atol=1e-5)


def test_answers_that_begin_alike_are_one_row_of_the_batch(model, monkeypatch):
    decoding = Decoding(max_new_tokens=30, temperature=0.4)
    sizes = []
    forward = decode_module._forward
    monkeypatch.setattr(
        decode_module, "_forward", lambda m, ids, *rest: (sizes.append(len(ids)), forward(m, ids, *rest))[1]
    )
    drawn = draw(model, PROMPTS, 8, decoding)
    said = [(place, answer.tokens.tolist()) for place, own in enumerate(drawn) for answer in own]
    distinct = [
        len({(place, *tokens[:length]) for place, tokens in said if len(tokens) > length}) for length in range(30)
    ]
    assert sizes == [size for size in distinct if size]
    assert sizes[0] == 3
    assert 3 < max(sizes) < 24
    # Each answer is still what its own unbatched reading says.
    for prompt, answers in zip(PROMPTS, drawn, strict=True):
        for answer in answers:
            raw, warped = teacher_forced(model, prompt, answer.tokens, decoding)
            np.testing.assert_allclose(answer.logprobs, raw, atol=2e-4)
            np.testing.assert_allclose(answer.sampled_logprobs, warped, atol=1e-3)


def test_an_answer_ends_with_its_first_stop_token_or_is_truncated(model):
    answers = list(chain(*draw(model, PROMPTS, 30, Decoding(max_new_tokens=6))))
    assert {answer.truncated for answer in answers} == {True, False}
    for answer in answers:
        assert EOS not in answer.tokens[:-1]
        assert answer.truncated == (answer.tokens[-1] != EOS)
        assert len(answer.tokens) == len(answer.logprobs) == len(answer.sampled_logprobs) <= 6
        assert not answer.truncated or len(answer.tokens) == 6


def test_random_streams_differ_by_seed_prompt_and_answer():
    decoding = Decoding(max_new_tokens=5)
    streams = [
        uniforms([1, 2], 0, decoding),
        uniforms([1, 2], 1, decoding),
        uniforms([2, 1], 0, decoding),
        uniforms([1, 2], 0, Decoding(max_new_tokens=5, seed=1)),
    ]
    assert Counter(tuple(stream) for stream in streams).most_common(1)[0][1] == 1
    np.testing.assert_array_equal(streams[0], uniforms((1, 2), 0, decoding))
    np.testing.assert_array_equal(streams[0], uniforms([1, 2], 0, Decoding(max_new_tokens=9))[:5])


def test_a_token_of_probability_zero_is_never_drawn():
    logits = torch.full((3, 6), -torch.inf)
    logits[:, 2], logits[:, 4] = 0.0, 1.0
    highest = np.nextafter(1.0, 0.0)
    for node in (np.arange(3), np.zeros(3, dtype=int), np.array([2, 0, 2])):
        token, raw, _ = decode_module._draw(
            logits, logits.log_softmax(-1), node, np.array([0.0, 0.2, highest]), Decoding(), np.zeros(3, dtype=bool)
        )
        assert token.tolist() == [2, 2, 4]
        assert np.isfinite(raw).all()


def test_nan_logits_are_refused():
    broken = llama.model()
    with torch.no_grad():
        broken.lm_head.weight[3] = torch.nan
    with pytest.raises(InvalidModel, match="finite logits, got NaN"):
        draw(broken, PROMPTS, 2, Decoding(max_new_tokens=3))


def test_an_answer_ends_where_finished_says_so(model):
    greedy = Decoding(temperature=0, max_new_tokens=8)
    free = decode(model, PROMPTS, [range(1)] * 3, greedy, frozenset())
    wanted = free[1][0].tokens[2]

    def finished(tokens):
        return tokens[-1] == wanted

    stopped = decode(model, PROMPTS, [range(1)] * 3, greedy, frozenset(), finished)
    for (whole,), (cut,) in zip(free, stopped, strict=True):
        found = np.flatnonzero(whole.tokens == wanted)
        end = found[0] + 1 if len(found) else len(whole.tokens)
        np.testing.assert_array_equal(cut.tokens, whole.tokens[:end])
        assert cut.truncated == (not len(found))
    assert not stopped[1][0].truncated


EXAMPLES = [12, 5, 6, 7, 8, 9, 20, 21, 13, 14]


@pytest.mark.parametrize("sliding_window", [None, 6])
def test_what_prompts_begin_with_alike_is_read_once_and_changes_nothing(model, monkeypatch, sliding_window):
    if sliding_window:
        model = llama.sliding(sliding_window)
    prompts = [EXAMPLES + tail for tail in PROMPTS]
    decoding = Decoding(max_new_tokens=12)
    widths = []
    forward = decode_module._forward
    monkeypatch.setattr(
        decode_module, "_forward", lambda m, ids, *rest: (widths.append(tuple(ids.shape)), forward(m, ids, *rest))[1]
    )
    together = draw(model, prompts, 4, decoding)
    assert widths[:2] == [(1, 10), (3, 20 if sliding_window else 10)]
    for prompt, answers in zip(prompts, together, strict=True):
        for answer in answers:
            raw, _ = teacher_forced(model, prompt, answer.tokens, decoding)
            np.testing.assert_allclose(answer.logprobs, raw, atol=2e-4)
        alone = draw(model, [prompt], 4, decoding)[0]
        assert [one.tokens.tolist() for one in answers] == [one.tokens.tolist() for one in alone]


def test_equal_prompts_and_one_that_another_begins_with_leave_a_token_to_read(model):
    prompts = [EXAMPLES, EXAMPLES, [*EXAMPLES, 5]]
    together = draw(model, prompts, 2, Decoding(max_new_tokens=4))
    for prompt, answers in zip(prompts, together, strict=True):
        assert [one.tokens.tolist() for one in answers] == [
            one.tokens.tolist() for one in draw(model, [prompt], 2, Decoding(max_new_tokens=4))[0]
        ]


@pytest.mark.parametrize("decoding", DECODINGS, ids=str)
def test_the_greedy_answer_is_drawn_beside_the_others(model, decoding):
    mixed = decode(model, PROMPTS, [[0, decode_module.GREEDY, 1]] * 3, decoding, STOP)
    drawn = draw(model, PROMPTS, 2, decoding)
    greedy = draw(model, PROMPTS, 1, Decoding(temperature=0, max_new_tokens=12))
    for (first, best, second), own, (alone,) in zip(mixed, drawn, greedy, strict=True):
        for one, other in ((first, own[0]), (second, own[1]), (best, alone)):
            assert one.tokens.tolist() == other.tokens.tolist()
            np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
            np.testing.assert_allclose(one.sampled_logprobs, other.sampled_logprobs, atol=1e-5)


@pytest.mark.parametrize("prompts", [[[3, 4, 5]], [[3, 4, 5], [6, 7, 8, 9]]])
def test_the_output_layer_gets_its_rows_next_to_each_other(prompts):
    model = llama.model()
    seen = []
    model.get_output_embeddings().register_forward_hook(lambda head, states, _: seen.append(states[0]))
    decode(model, prompts, [[0, 1]] * len(prompts), Decoding(max_new_tokens=3), frozenset({EOS}))
    assert seen
    # By the strides: a single row counts as contiguous wherever the next would be.
    assert [own.stride() for own in seen] == [torch.empty(own.shape).stride() for own in seen]
    assert not model.get_output_embeddings()._forward_pre_hooks  # the model is left as it was
