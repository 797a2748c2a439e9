"""What each estimator cannot see, and what its evidence costs: the columns of the table that compares them.

A score is silent about what its evidence leaves out. One line per estimator says what that is; what the evidence
costs follows from `needs`, so that it is written once for all.
"""

from __future__ import annotations

from semuq.estimators.base import Estimator
from semuq.evidence import Need

__all__ = ["BLIND_TO", "access", "forwards", "pairs"]

_ERRORS = "errors on which all answers agree"
_SPREAD = "how many other meanings there are"
_DEGREE = "how near two meanings are"
_MEANING = "that two wordings mean the same"
_ENCODER = "negation and numbers, which sentence encoders hardly see"

BLIND_TO: dict[str, str] = {
    "SemanticEntropy": f"{_ERRORS}; {_DEGREE}",
    "DiscreteSemanticEntropy": f"{_ERRORS}; {_DEGREE}; how likely the answers are",
    "KernelLanguageEntropy": f"{_ERRORS}; how likely the answers are; questions with other n",
    "KernelLanguageEntropyFull": f"{_ERRORS}; questions with other n",
    "ClusterKernelEntropy": f"{_ERRORS}; how near answers of one cluster are",
    "SemanticEmbeddingUncertainty": f"{_ENCODER}; how likely the answers are",
    "EmbeddingKernelEntropy": f"{_ENCODER}; how likely the answers are",
    "SequenceLogProbability": f"{_MEANING}; all answers but one",
    "PredictiveEntropy": _MEANING,
    "JointPredictiveEntropy": f"{_MEANING}; strings that were not drawn",
    "LexicalEntropy": f"{_MEANING}; how likely the answers are",
    "LowProbabilityTokens": f"{_MEANING}; where in the answer the doubt is",
    "TokenEntropy": f"{_MEANING}; doubt that shows only over whole answers",
    "SelfCertainty": f"{_MEANING}; doubt between two likely tokens",
    "PTrue": "errors that the model believes; other answers, unless they were shown to it",
    "StatedConfidence": "errors that the model believes; stated numbers are few and high",
    "Degree": f"whether disagreement is two camps or many; {_ERRORS}",
    "EigenvalueSum": f"how large the groups are; {_ERRORS}",
    "Eccentricity": f"directions beyond its threshold; {_ERRORS}",
    "SpectralGap": f"whether there are two camps or ten; {_ERRORS}",
    "NumSemanticSets": f"how large the groups are; {_ERRORS}",
    "MajorityUncertainty": f"{_SPREAD}; {_ERRORS}",
    "ClusterMargin": f"all meanings behind the second; {_ERRORS}",
    "DiscreteRenyiEntropy": f"rare meanings, the more the higher the order; {_ERRORS}",
    "SemanticRenyiEntropy": f"rare meanings, the more the higher the order; {_ERRORS}",
    "EigenScore": f"{_ENCODER}; questions with other n",
    "HiddenEigenScore": "questions with other n; what the kept layer does not hold",
    "ASEU": "states unlike those its head was trained on; other models",
    "StateDistance": "wrong answers to familiar questions",
    "SemanticVolume": f"{_ENCODER}; more answers than dimensions",
    "PairwiseDissimilarity": f"whether disagreement is two camps or many; {_ERRORS}",
    "LongTextUncertainty": f"answers that are neutral to each other; {_ERRORS}",
    "ClaimUncertainty": f"claims that the splitting misses; {_ERRORS}",
    "CoCoA": f"disagreement among the other answers; {_ERRORS}",
    "CoCoATokenEntropy": f"disagreement among the other answers; {_ERRORS}",
    "SemanticDensity": f"meanings that no answer gave; {_ERRORS}",
    "TokenSAR": f"{_MEANING}; whatever the token relevance misses",
    "MARS": f"{_MEANING}; whatever the token relevance misses",
    "SentenceSAR": f"{_ERRORS}; questions with other n",
    "SAR": f"{_ERRORS}; whatever the token relevance misses; questions with other n",
    "WeightedEnsemble": "what all its members are blind to",
    "LearnedEnsemble": "what all its members are blind to; questions unlike those it was fitted on",
    "InvEntropy": f"{_ENCODER}; errors that every wording brings out",
    "PerturbationUncertainty": "errors that every wording brings out",
    "PerturbationEntropy": f"errors that every wording brings out; {_DEGREE}",
    "StableExplanations": f"explanations that the model did not give; {_SPREAD}",
    "StableExplanationsEntropy": "explanations that the model did not give",
}
"""Class name -> what the score cannot see."""

_STATES = {Need.HIDDEN_STATES, Need.TOKEN_STATES}
_VOCABULARY = {Need.TOKEN_CERTAINTIES, Need.TOKEN_ENTROPIES}
_LOGPROBS = {Need.LIKELIHOODS, Need.TOKEN_RELEVANCE, Need.P_TRUE, Need.ANSWER_PROBABILITIES}

_PAIRS: dict[Need, str] = {
    Need.RELATION: "u (u - 1)",
    Need.CLUSTERS: "u to u (u - 1)",
    Need.CLAIM_SUPPORT: "claims x (n - 1)",
    Need.PERTURBED_RELATION: "u (u - 1) over all wordings",
}
_FORWARDS: dict[Need, str] = {
    Need.EMBEDDINGS: "u embeddings",
    Need.EMBEDDER: "an embedding per distinct text",
    Need.TOKEN_RELEVANCE: "an embedding per token",
    Need.P_TRUE: "n of the model",
    Need.STATED_CONFIDENCES: "n short generations",
    Need.ANSWER_PROBABILITIES: "n of the model",
    Need.EXPLANATION_ENTAILMENT: "n of the model",
    Need.CLAIMS: "n generations, or none by rules",
    Need.PERTURBATIONS: "answers to every wording",
}


def access(estimator: Estimator) -> str:
    """How far one must see into the model: "black" (texts), "log-probs", "vocabulary" or "states"."""
    needs = estimator.needs
    if needs & _STATES:
        return "states"
    if needs & _VOCABULARY:
        return "vocabulary"
    return "log-probs" if needs & _LOGPROBS else "black"


def pairs(estimator: Estimator) -> str:
    """Ordered pairs of texts that the relation compares, for n answers of which u differ; shared by all estimators."""
    asked = [count for need, count in _PAIRS.items() if need in estimator.needs]
    # Who needs the matrices has the clusters with them.
    return "; ".join(asked[:1] if Need.RELATION in estimator.needs else asked) or "none"


def forwards(estimator: Estimator) -> str:
    """What else is run beyond sampling the answers."""
    return "; ".join(cost for need, cost in _FORWARDS.items() if need in estimator.needs) or "none"
