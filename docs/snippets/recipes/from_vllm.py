from vllm import LLM, SamplingParams

from semuq import Entailment, SampleSet, SemanticEntropy

questions = ["Who wrote Middlemarch?", "Who wrote Emma?"]
llm = LLM("Qwen/Qwen2.5-1.5B-Instruct")
outputs = llm.chat(
    [[{"role": "user", "content": question}] for question in questions],
    SamplingParams(n=10, temperature=1.0, logprobs=1, max_tokens=32),
)
batch = [SampleSet.from_vllm(output, question) for output, question in zip(outputs, questions, strict=True)]
print(SemanticEntropy().score(batch, Entailment()).round(2))
