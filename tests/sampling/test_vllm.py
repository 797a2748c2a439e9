"""`SampleSet.from_vllm` on outputs that vLLM 0.32.0 gave for SmolLM2, and `VLLMSampler` on an engine of that shape.

`make test-vllm` runs the laws against vLLM itself.
"""

import math
import sys

import numpy as np
import pytest

from semuq import InvalidParameter, InvalidSamples, SampleSet
from semuq.errors import InvalidModel, MissingExtra
from semuq.sampling import Decoding, VLLMSampler
from tests.sampling import vllm_engine
from tests.sampling.vllm_engine import LLM, recorded

MESSAGES = [{"role": "user", "content": "what is the capital of france"}]


@pytest.fixture
def vllm(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", vllm_engine.as_module())


def test_a_recorded_chat_keeps_texts_log_probs_and_those_of_the_prompt():
    chat, _ = recorded()
    samples = SampleSet.from_vllm(chat, "Capital of France?")
    assert samples.texts == tuple(own.text.strip() for own in chat.outputs)
    for own, found in zip(chat.outputs, samples.token_logprobs, strict=True):
        assert len(found) == len(own.token_ids)
        assert found.sum() == pytest.approx(own.cumulative_logprob)  # vLLM's own sum
    assert samples.metadata["finish_reasons"] == [own.finish_reason for own in chat.outputs]
    assert samples.metadata["truncated"] == [own.finish_reason == "length" for own in chat.outputs]
    assert len(samples.prompt_logprobs) == len(chat.prompt_token_ids) - 1
    first = [own.logprob for own in chat.outputs[0].logprobs[0].values()]
    p = np.exp(first)
    rest = 1 - p.sum()
    assert samples.token_entropies[0][0] == pytest.approx(-(p @ np.array(first)) - rest * math.log(rest))


def test_a_recorded_completion_ends_with_the_log_prob_of_its_end():
    _, plain = recorded()
    samples = SampleSet.from_vllm(plain)
    assert samples.prompt == "The capital of France is"
    assert samples.token_entropies is None  # only the drawn tokens are listed
    ended = next(own for own in plain.outputs if own.finish_reason == "stop")
    place = plain.outputs.index(ended)
    assert ended.logprobs[-1][ended.token_ids[-1]].decoded_token == "<|im_end|>"
    assert samples.token_logprobs[place][-1] == ended.logprobs[-1][ended.token_ids[-1]].logprob


def test_what_is_no_output_is_refused():
    chat, _ = recorded()
    with pytest.raises(InvalidSamples, match=r"expected one RequestOutput of vLLM, got list; LLM\.generate returns"):
        SampleSet.from_vllm([chat])
    chat.prompt = None
    with pytest.raises(InvalidSamples, match="prompt: expected the question's text, got None"):
        SampleSet.from_vllm(chat)
    chat.outputs = []
    with pytest.raises(InvalidSamples, match="expected at least one completion"):
        SampleSet.from_vllm(chat, "?")


def test_a_thought_is_taken_off_with_its_tokens():
    _, plain = recorded()
    (own, *_) = plain.outputs
    texts = ("<think>", "hm", "</think>", "Paris")
    own.text, own.token_ids = "".join(texts), [1, 2, 3, 4]
    own.logprobs = [{k + 1: vllm_engine.Logprob(-k / 8, 1, text)} for k, text in enumerate(texts)]
    plain.outputs = [own]
    samples = SampleSet.from_vllm(plain)
    assert (samples.texts, samples.token_logprobs[0].tolist()) == (("Paris",), [-3 / 8])
    assert samples.metadata["reasoning"] == ["hm"]


def test_prompts_are_rendered_and_the_decoding_is_passed_on(vllm):
    engine = LLM()
    how = Decoding(temperature=0.7, top_p=0.9, top_k=5, max_new_tokens=9, seed=3)
    sampler = VLLMSampler(engine, decoding=how, stop=("lyon",), top_logprobs=3, keep=("prompt_logprobs",))
    found = sampler.sample([MESSAGES, "who wrote it"], n=2)
    ((prompts, params),) = engine.asked
    tokenizer = engine.get_tokenizer()
    rendered = "<user> what is the capital of france <eos> <assistant>"
    assert prompts[0]["prompt_token_ids"] == tokenizer(rendered).input_ids
    assert (params.n, params.temperature, params.top_p, params.top_k, params.max_tokens) == (2, 0.7, 0.9, 5, 9)
    assert (params.seed, params.stop, params.logprobs, params.prompt_logprobs) == (3, ["lyon"], 3, 0)
    assert found[0].metadata["messages"] == MESSAGES
    assert len(found[0].prompt_logprobs) == len(prompts[0]["prompt_token_ids"]) - 1
    assert found[0].token_entropies is not None


def test_a_prompt_that_does_not_fit_is_told_before_anything_is_queued(vllm):
    engine = LLM(context=20)
    sampler = VLLMSampler(engine, decoding=Decoding(max_new_tokens=8))
    with pytest.raises(InvalidParameter, match=r"prompts\[1\]: expected at most 20 tokens with the answer"):
        sampler.sample(["who", "who " * 30], n=1)
    assert engine.asked == []
    assert VLLMSampler(engine, decoding=Decoding(max_new_tokens=8)).sample(["who " * 30], n=1, on_error="keep") == []


def test_wrong_arguments(monkeypatch):
    with pytest.raises(InvalidParameter, match=r"vLLM's engine hands out no states: HuggingFaceSampler"):
        VLLMSampler("m", keep=("hidden_states",))
    with pytest.raises(InvalidParameter, match=r"expected a name, a folder or a vllm\.LLM, got 3"):
        VLLMSampler(3).sample("q", n=1)
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingExtra, match="pip install vllm"):
        VLLMSampler("m").sample("q", n=1)


def test_what_vllm_cannot_load_is_told(vllm, monkeypatch):
    def broken(model, **options):
        raise ValueError(f"no config in {model}")

    monkeypatch.setattr(sys.modules["vllm"], "LLM", broken)
    with pytest.raises(InvalidModel, match=r"model 'm': vLLM cannot load it \(no config in m\)"):
        VLLMSampler("m").sample("q", n=1)
