from semuq import DiscreteSemanticEntropy, Entailment, SampleSet

# Any three-way model for natural language inference; the order of its labels is read from its config.
relation = Entailment("cross-encoder/nli-deberta-v3-small", threshold=0.5)
samples = SampleSet(prompt="Why is the sky blue?", texts=["Rayleigh scattering.", "Air scatters blue light most."])
print(relation.identity)
print(f"{DiscreteSemanticEntropy().score(samples, relation):.2f}")
