"""Values of lm-polygraph's estimators. Runs in an environment that has it; see the package docstring."""

import json
import sys
import warnings

import numpy as np
from lm_polygraph import estimators as lm
from lm_polygraph.stat_calculators.entropy import EntropyCalculator
from lm_polygraph.stat_calculators.semantic_classes import SemanticClassesCalculator


def statistics(case):
    """What lm-polygraph's calculators would hand to its estimators, for one question."""
    entail = np.array(case.get("raw_entailment", case["entailment"]))
    contradict = np.array(case.get("raw_contradiction", case["contradiction"]))
    neutral = 1 - entail - contradict
    texts, logprobs = case["texts"], case["logprobs"]
    similarity = (entail + entail.T) / 2
    with np.errstate(divide="ignore"):
        vocabulary = np.log(np.array(case["distributions"]))
        logits = [np.log(entail) + case.get("logit_shift", 0), np.log(contradict) + case.get("logit_shift", 0)]
    stats = {
        "sample_texts": [texts],
        "sample_tokens": [[list(range(len(own))) for own in logprobs]],
        "sample_log_probs": [[float(np.sum(own)) for own in logprobs]],
        "sample_log_likelihoods": [logprobs],
        "semantic_matrix_entail": entail[None],
        "semantic_matrix_contra": contradict[None],
        "semantic_matrix_entail_logits": logits[0][None],
        "semantic_matrix_contra_logits": logits[1][None],
        "semantic_matrix_classes": np.stack([entail, neutral, contradict]).argmax(axis=0)[None],
        "entailment_id": 0,
        "sample_sentence_similarity": [similarity],
        "sample_token_similarity": [[1 - np.array(own) for own in case["relevance"]]],
        # The first answer stands for the greedy one, the others for the samples it is compared with.
        "greedy_log_likelihoods": [logprobs[0]],
        "token_similarity": [1 - np.array(case["relevance"][0])],
        "greedy_sentence_similarity": [similarity[0, 1:]],
        "greedy_log_probs": [list(vocabulary)],
        "sample_embeddings": [np.array(case["hidden_states"])],
        "p_true": [case["p_true"][0]],
    }
    stats |= SemanticClassesCalculator()(stats, texts=None, model=None)
    return stats | EntropyCalculator()({"greedy_log_probs": stats["greedy_log_probs"]})


def density(stats):
    """Semantic density takes the samples without the greedy answer, and one direction of the matrices."""
    both = {
        key: (stats[f"semantic_matrix_{key}"][0] + stats[f"semantic_matrix_{key}"][0].T) / 2
        for key in ("entail", "contra")
    }
    neutral = 1 - both["entail"] - both["contra"]
    kept = {key: [stats[key][0][1:]] for key in ("sample_log_probs", "sample_tokens", "sample_texts")}
    return (
        stats
        | kept
        | {
            "greedy_semantic_matrix_contra_forward": [both["contra"][0, 1:]],
            "greedy_semantic_matrix_neutral_forward": [neutral[0, 1:]],
        }
    )


METHODS = {
    "SemanticEntropy": lambda s: lm.SemanticEntropy()(s),
    "SemanticEntropy (unique)": lambda s: lm.SemanticEntropy(use_unique_responses=True)(s),
    "SemanticEntropy (direct)": lambda s: lm.SemanticEntropy(entropy_estimation="direct")(s),
    "SemanticEntropyEmpirical": lambda s: lm.SemanticEntropy(class_probability_estimation="frequency")(s),
    "SemanticEntropyEmpirical (direct)": lambda s: lm.SemanticEntropy(
        class_probability_estimation="frequency", entropy_estimation="direct"
    )(s),
    "KernelLanguageEntropy": lambda s: lm.KernelLanguageEntropy()(s),
    "NumSemSets": lambda s: lm.NumSemSets()(s),
    "DegMat (entail)": lambda s: lm.DegMat(affinity="entail")(s),
    "DegMat (contra)": lambda s: lm.DegMat(affinity="contra")(s),
    "Eccentricity (entail)": lambda s: lm.Eccentricity(affinity="entail")(s),
    "Eccentricity (contra)": lambda s: lm.Eccentricity(affinity="contra")(s),
    "EigValLaplacian (entail)": lambda s: lm.EigValLaplacian(affinity="entail")(s),
    "EigValLaplacian (contra)": lambda s: lm.EigValLaplacian(affinity="contra")(s),
    "LUQ": lambda s: lm.LUQ()(s),
    "LexicalSimilarity (ROUGE-L)": lambda s: lm.LexicalSimilarity(metric="rougeL")(s),
    "MonteCarloSequenceEntropy": lambda s: lm.MonteCarloSequenceEntropy()(s),
    "MonteCarloNormalizedSequenceEntropy": lambda s: lm.MonteCarloNormalizedSequenceEntropy()(s),
    "MaximumSequenceProbability": lambda s: lm.MaximumSequenceProbability()(s),
    "Perplexity": lambda s: lm.Perplexity()(s),
    "TokenSAR": lambda s: lm.TokenSAR()(s),
    "SentenceSAR": lambda s: lm.SentenceSAR()(s),
    "SAR": lambda s: lm.SAR()(s),
    "CocoaMSP": lambda s: lm.CocoaMSP()(s),
    "CocoaPPL": lambda s: lm.CocoaPPL()(s),
    "SemanticDensity": lambda s: lm.SemanticDensity(concat_input=False)(s),
    "EigenScore": lambda s: lm.EigenScore()(s),
    "MeanTokenEntropy": lambda s: lm.MeanTokenEntropy()(s),
    "SelfCertainty": lambda s: lm.SelfCertainty()(s),
    "PTrue": lambda s: lm.PTrue()(s),
}


def values(case):
    """Method -> number, or the error it raises."""
    stats, found = statistics(case), {}
    for name, method in METHODS.items():
        try:
            given = density(stats) if name == "SemanticDensity" else stats
            found[name] = float(np.asarray(method(given), dtype=float)[0])
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    json.dump({case["name"]: values(case) for case in json.load(sys.stdin)}, sys.stdout)
