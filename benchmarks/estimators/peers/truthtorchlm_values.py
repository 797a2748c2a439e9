"""Values of TruthTorchLM's truth methods. Runs in an environment that has it; see the package docstring.

Its entailment model and tokenizer are replaced by stand-ins that answer from the matrices of the input, so that
its own functions build the graphs. They divide logits by a temperature of 3 by default; here it is 1.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

with Path(os.devnull).open("w") as nowhere:
    shown, sys.stdout = sys.stdout, nowhere  # it prints on import
    from TruthTorchLM.scoring_methods import LengthNormalizedScoring
    from TruthTorchLM.truth_methods import Entropy, Inside, KernelLanguageEntropy, SemanticEntropy, SentSAR
    from TruthTorchLM.utils import common_utils as utils

    sys.stdout = shown


class Pair(dict):
    """What the tokenizer gives: the two texts, where others have token ids."""

    def to(self, device):
        return self


class Given:
    """Tokenizer and entailment model in one: logits are the log-probabilities of the input."""

    config = SimpleNamespace(max_position_embeddings=512)
    device = "cpu"

    def __init__(self, case):
        self.place = {text: place for place, text in reversed(list(enumerate(case["texts"])))}
        entail = np.array(case.get("raw_entailment", case["entailment"]))
        contradict = np.array(case.get("raw_contradiction", case["contradiction"]))
        with np.errstate(divide="ignore"):
            self.logits = np.log(np.stack([contradict, (1 - entail - contradict).clip(0), entail], axis=-1))
        self.similarity = (entail + entail.T) / 2

    def encode_plus(self, text, text_pair, **ignored):
        return Pair(a=text[1:], b=text_pair[1:])  # without the space behind the empty context

    def __call__(self, a, b):
        return SimpleNamespace(logits=torch.tensor(self.logits[self.place[a], self.place[b]])[None])

    def predict(self, pair):
        return float(self.similarity[self.place[pair[0]], self.place[pair[1]]])


def values(case):
    """Method -> number, or the error it raises."""
    found, given, texts = {}, Given(case), case["texts"]
    models = {"model_for_entailment": given, "tokenizer_for_entailment": given}
    graph = {"texts": texts, "context": "", "temperature": 1.0, **models}
    n = len(texts)

    def scores():
        return [LengthNormalizedScoring()(own) for own in case["logprobs"]]

    def kernel(kind):
        method = KernelLanguageEntropy(**models)
        return method.calculate_kernel_language_entropy(texts, "", "kernel", given, given, False, kind, 0.3, 1.0, 1.0)[
            -1
        ]

    def semantic():
        own = scores()
        method = SemanticEntropy(**models)
        return method._semantic_entropy(texts, "", own, list(zip(texts, own, strict=True)))["semantic_entropy"]

    def inside():
        states = [[None, [None] * 2] for _ in texts]
        for own, hidden in zip(states, case["hidden_states"], strict=True):
            own[-1] = [None, torch.tensor(hidden)[None]]
        sampled = {"generated_texts": texts, "activations": states}
        method = Inside(number_of_generations=n)
        return method.forward_hf_local(None, "", "", "", None, sampled_generations_dict=sampled)["truth_value"]

    methods = {
        "MatrixDegreeUncertainty": lambda: utils.calculate_U_deg(**graph),
        "MatrixDegreeConfidence": lambda: utils.calculate_C_deg(**graph),
        "SumEigenUncertainty": lambda: utils.calculate_U_eigv(**graph),
        "EccentricityUncertainty": lambda: utils.calculate_U_ecc(**graph),
        "EccentricityConfidence": lambda: utils.calculate_C_ecc(**graph),
        "NumSemanticSetUncertainty": lambda: utils.calculate_U_num_set(texts, "", **models),
        "KernelLanguageEntropy (heat)": lambda: kernel("heat"),
        "KernelLanguageEntropy (Matern)": lambda: kernel("matern"),
        "SemanticEntropy": semantic,
        "Entropy": lambda: Entropy()._entropy(texts, "", scores())["entropy"],
        "SentSAR": lambda: SentSAR(model_for_similarity=given)._sentsar(texts, "", scores(), {})["sentSAR"],
        "Inside": inside,
    }
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
