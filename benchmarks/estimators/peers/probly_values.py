"""Values of probly's measures of text. Runs in an environment that has it (Python 3.12); see the package docstring.

Its clusterer is its own class with the one method that asks the network answered from the matrices of the input.
"""

import json
import sys
import warnings

import numpy as np
import torch
from probly.quantification import spectral_entropy
from probly.quantification.measure.distribution import entropy
from probly.representation.embedding.torch import TorchEmbedding
from probly.representation.text_generation.torch import TorchTextGeneration
from probly.representer.semantic_clustering.huggingface import HFGreedySemanticClusterer


class Given(HFGreedySemanticClusterer):
    """Labels as the input has them: contradiction 0, neutral 1, entailment 2, as probly counts them."""

    def __init__(self, case):
        self.place = {text: place for place, text in reversed(list(enumerate(case["texts"])))}
        entail, contradict = (np.array(case.get(f"raw_{name}", case[name])) for name in ("entailment", "contradiction"))
        self.labels = np.stack([contradict, 1 - entail - contradict, entail], axis=-1).argmax(axis=-1)

    def _predict_pair_labels(self, statements, pairs):
        places = [[self.place[statements[i]] for i in pair] for pair in pairs.tolist()]
        return torch.tensor([int(self.labels[i, j]) for i, j in places], dtype=torch.long)


def clustered(case, log_likelihood):
    """The entropy of its clusters of answers that weigh exp(log-likelihood)."""
    generation = TorchTextGeneration(
        log_likelihood=torch.tensor(log_likelihood, dtype=torch.float64), text=np.array(case["texts"], dtype=object)
    )
    return entropy(Given(case).represent(generation, axis=0))


def values(case):
    """Method -> number, or the error it raises."""
    n = len(case["texts"])
    methods = {
        "semantic entropy": lambda: clustered(case, [sum(own) for own in case["logprobs"]]),
        "semantic entropy, length-normalised": lambda: clustered(
            case, [sum(own) / len(own) for own in case["logprobs"]]
        ),
        "semantic entropy of counts": lambda: clustered(case, [0.0] * n),
        "spectral entropy": lambda: spectral_entropy(
            TorchEmbedding(embeddings=torch.tensor(case["embeddings"], dtype=torch.float64)), sample_dim=0
        ),
    }
    found = {}
    for name, method in methods.items():
        try:
            found[name] = float(method())
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    json.dump({case["name"]: values(case) for case in json.load(sys.stdin)}, sys.stdout)
