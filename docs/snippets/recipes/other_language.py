from semuq import DiscreteSemanticEntropy, Entailment, SampleSet

relation = Entailment("MoritzLaurer/mDeBERTa-v3-base-mnli-xnli", threshold=0.5)
samples = SampleSet(prompt="Столица Казахстана?", texts=["Астана", "Это Астана.", "Алматы"])
print(f"{DiscreteSemanticEntropy().score(samples, relation):.2f}")
