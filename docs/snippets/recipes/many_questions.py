from semuq import DiscreteSemanticEntropy, Entailment, OpenAISampler, evaluate

sampler = OpenAISampler("my-model", base_url="http://localhost:8000/v1")  # vLLM, llama.cpp, Ollama, TGI, OpenAI
found = sampler.sample(["Who wrote Middlemarch?", "Who wrote Emma?"], n=10, on_error="keep")
print(evaluate(DiscreteSemanticEntropy(), list(found), Entailment()))
for failure in found.failures:
    print(failure.prompt, failure.reason)
