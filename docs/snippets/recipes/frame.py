import pandas as pd

from semuq import DiscreteSemanticEntropy, Entailment, KernelLanguageEntropy, evaluate, from_records

frame = pd.DataFrame(
    {
        "id": ["france", "faso"],
        "question": ["Capital of France?", "Capital of Burkina Faso?"],
        "answers": [["Paris", "It is Paris.", "Paris, of course"], ["Ouagadougou", "Bamako", "I don't know"]],
        "split": ["dev", "dev"],
    }
)
batch = from_records(frame, prompt="question", texts="answers")  # other columns go to the metadata
scores = evaluate([DiscreteSemanticEntropy(), KernelLanguageEntropy()], batch, Entailment())
print(frame.set_index("id")[["question"]].join(scores.round(2)).to_string())
