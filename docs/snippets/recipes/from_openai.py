from openai import OpenAI

from semuq import DiscreteSemanticEntropy, Entailment, SampleSet, SemanticEntropy

question = "Who wrote Middlemarch? Reply with the name alone."
response = OpenAI().chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": question}],
    n=10,
    temperature=1.0,
    logprobs=True,
    seed=0,
)
samples = SampleSet.from_openai(response, question)
for estimator in (SemanticEntropy(), DiscreteSemanticEntropy()):
    print(f"{type(estimator).__name__}: {estimator.score(samples, Entailment()):.2f}")
