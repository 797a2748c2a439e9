from semuq import DiscreteSemanticEntropy, Entailment, SampleSet

france = SampleSet(prompt="Capital of France?", texts=["Paris", "It is Paris.", "Paris, of course"])
faso = SampleSet(prompt="Capital of Burkina Faso?", texts=["Ouagadougou", "Bamako", "I don't know"])
scores = DiscreteSemanticEntropy().score([france, faso], Entailment())
print(scores.round(2))
