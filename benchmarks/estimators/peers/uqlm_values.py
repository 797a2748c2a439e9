"""Values of uqlm's scorers. Runs in an environment that has it; see the package docstring.

The first answer is uqlm's response, the others its sampled responses. Its entailment model is replaced by the
matrices of the input: the same class, with the one method that asks the network answered from them.
"""

import json
import sys
import warnings

import numpy as np
from uqlm.black_box.consistency import ConsistencyScorer
from uqlm.black_box.match import MatchScorer
from uqlm.nli.nli import NLI
from uqlm.scorers.shortform.density import SemanticDensity
from uqlm.scorers.shortform.entropy import SemanticEntropy
from uqlm.white_box.sampled_logprobs import SampledLogprobsScorer
from uqlm.white_box.single_logprobs import SingleLogprobsScorer
from uqlm.white_box.top_logprobs import TopLogprobsScorer

PROMPT = "?"


class Given(NLI):
    """Entailment as the input says, for texts with or without the prompt before them."""

    def __init__(self, case):
        self.label_mapping = ["contradiction", "neutral", "entailment"]
        self.probabilities = {}
        self.place = {text: place for place, text in reversed(list(enumerate(case["texts"])))}
        entail = np.array(case.get("raw_entailment", case["entailment"]))
        contradict = np.array(case.get("raw_contradiction", case["contradiction"]))
        self.matrices = np.stack([contradict, 1 - entail - contradict, entail], axis=-1)

    def predict_batch(self, pairs):
        places = [[self.place[text.removeprefix(f"{PROMPT}\n")] for text in pair] for pair in pairs]
        return np.array([self.matrices[i, j] for i, j in places])


def token_logprobs(case, answer):
    """The log-probs of one answer, as a LangChain model gives them."""
    return [{"logprob": value} for value in case["logprobs"][answer]]


def values(case):
    """Method -> number, or the error it raises."""
    found = {}
    n = len(case["texts"])
    given = {
        "responses": case["texts"][:1],
        "sampled_responses": [case["texts"][1:]],
        "logprobs_results": [token_logprobs(case, 0)],
        "sampled_logprobs_results": [[token_logprobs(case, answer) for answer in range(1, n)]],
    }

    def entropy(key):
        scorer = SemanticEntropy(nli=Given(case), use_best=False)
        return scorer.score(prompts=[PROMPT], show_progress_bars=False, **given).to_dict()["data"][key][0]

    def density():
        scorer = SemanticDensity(nli=Given(case))
        result = scorer.score(prompts=[PROMPT], show_progress_bars=False, **given)
        return result.to_dict()["data"]["semantic_density_values"][0]

    def consistency(key):
        scorer = ConsistencyScorer(nli=Given(case))
        return scorer.evaluate(list(given["responses"]), [list(given["sampled_responses"][0])])[key][0]

    def top():
        vocabulary = [{"top_logprobs": [{"logprob": float(np.log(p))} for p in own]} for own in case["distributions"]]
        scorer = TopLogprobsScorer(top_k_logprobs=len(case["distributions"][0]))
        return scorer.evaluate([vocabulary])["mean_token_negentropy"][0]

    methods = {
        "discrete semantic entropy": lambda: entropy("discrete_entropy_values"),
        "token-probability semantic entropy": lambda: entropy("tokenprob_entropy_values"),
        "num_semantic_sets": lambda: entropy("num_semantic_sets"),
        "semantic density": density,
        "entailment": lambda: consistency("entailment"),
        "noncontradiction": lambda: consistency("noncontradiction"),
        "exact match": lambda: MatchScorer().evaluate(given["responses"], given["sampled_responses"])[0],
        "min_probability": lambda: SingleLogprobsScorer().evaluate(given["logprobs_results"])["min_probability"][0],
        "sequence_probability": lambda: SingleLogprobsScorer().evaluate(given["logprobs_results"])[
            "sequence_probability"
        ][0],
        "monte_carlo_probability": lambda: SampledLogprobsScorer().monte_carlo_probability(
            given["responses"], given["logprobs_results"], given["sampled_logprobs_results"]
        )[0],
        "mean_token_negentropy": top,
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
