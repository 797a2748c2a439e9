"""`CallableSampler` over the clients that the pages name, the real ones: skipped where they are not installed."""

import asyncio
import warnings

import pytest

from semuq import AsyncCallableSampler, CallableSampler, InvalidSamples, SampleSet
from semuq.testing import check_sampler

SYSTEM = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who wrote Emma?"}]


@pytest.fixture
def langchain():
    return pytest.importorskip("langchain_core.language_models.fake_chat_models", reason="no langchain-core")


def test_a_chat_model_of_langchain_is_a_sampler(langchain):
    chat = langchain.FakeListChatModel(responses=["George Eliot"])
    sampler = CallableSampler(lambda prompt, n: [own.text for own in chat.batch([prompt] * n)], "langchain/fake")
    check_sampler(sampler)
    assert sampler.sample([SYSTEM], n=2)[0].texts == ("George Eliot",) * 2


def test_a_reply_in_blocks_has_its_text_and_its_content_is_refused_by_name(langchain):
    from langchain_core.messages import AIMessage

    blocks = [{"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "Jane Austen"}]

    def sampler(read):
        chat = langchain.GenericFakeChatModel(messages=iter([AIMessage(content=blocks)] * 3))

        async def ask(prompt, n):
            return [read(reply) for reply in await asyncio.gather(*(chat.ainvoke(prompt) for _ in range(n)))]

        return AsyncCallableSampler(ask, "langchain/fake")

    (found,) = asyncio.run(sampler(lambda reply: reply.text).sample(["Who wrote Emma?"], n=3))
    assert found.texts == ("Jane Austen",) * 3
    with pytest.raises(InvalidSamples, match=r"texts\[0\]: expected str, got list"):
        asyncio.run(sampler(lambda reply: reply.content).sample(["?"], n=3))


def test_replies_of_litellm_are_read_as_those_of_openai(monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # its price list is not fetched
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own
        litellm = pytest.importorskip("litellm", reason="no litellm")

        def ask(prompt, n):
            messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
            reply = litellm.completion("gpt-4o-mini", messages, n=n, logprobs=True, mock_response="Jane Austen")
            return SampleSet.from_openai(reply, prompt)

        sampler = CallableSampler(ask, "litellm/mock")
        check_sampler(sampler)
        assert sampler.sample([SYSTEM], n=2)[0].texts == ("Jane Austen",) * 2
