from semuq import DiscreteSemanticEntropy, Entailment, KernelLanguageEntropy, SampleSet, evaluate

batch = [
    SampleSet(prompt="What is the capital of France?", texts=["Paris", "It is Paris.", "Paris, of course"]),
    SampleSet(prompt="What is the capital of Burkina Faso?", texts=["Ouagadougou", "Bamako", "I don't know"]),
]
print(evaluate([DiscreteSemanticEntropy(), KernelLanguageEntropy()], batch, Entailment()).round(2).to_string())
