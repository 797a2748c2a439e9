import json
from pathlib import Path

from semuq import DiscreteSemanticEntropy, ExactMatch, LexicalEntropy, NumSemanticSets, SampleSet, compare

# A line for each question: its answers, and whether the one that would be given is right.
graded = [json.loads(line) for line in Path("graded.jsonl").read_text().splitlines()]
batch = [SampleSet(prompt=row["prompt"], texts=row["texts"]) for row in graded]
correct = [row["correct"] for row in graded]

estimators = [DiscreteSemanticEntropy(), NumSemanticSets(), LexicalEntropy()]
print(compare(estimators, batch, correct, ExactMatch()))
