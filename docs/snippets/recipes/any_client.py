import asyncio

from langchain_openai import ChatOpenAI

from semuq import AsyncCallableSampler, DiscreteSemanticEntropy, Entailment

model = ChatOpenAI(model="gpt-4o-mini", temperature=1.0)


async def ask(prompt: str, n: int) -> list[str]:
    replies = await asyncio.gather(*(model.ainvoke(prompt) for _ in range(n)))
    return [reply.text for reply in replies]


sampler = AsyncCallableSampler(ask, identity="gpt-4o-mini, temperature 1")
batch = asyncio.run(sampler.sample(["Who wrote Middlemarch?", "Who wrote Emma?"], n=10))
print(DiscreteSemanticEntropy().score(batch, Entailment()).round(2))
