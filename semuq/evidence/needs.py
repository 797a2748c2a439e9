"""Needs: what estimators ask for beyond the texts of the answers, and how each kind is come by."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["NEED_FIELDS", "RELATED", "Need"]


class Need(StrEnum):
    """What an estimator needs beyond the texts of the answers."""

    LIKELIHOODS = "likelihoods"
    RELATION = "relation"
    CLUSTERS = "clusters"
    EMBEDDINGS = "embeddings"
    EMBEDDER = "embedder"
    TOKEN_ENTROPIES = "token entropies"
    TOKEN_CERTAINTIES = "token certainties"
    TOKEN_RELEVANCE = "token relevance"
    HIDDEN_STATES = "hidden states"
    P_TRUE = "p(true)"
    STATED_CONFIDENCES = "stated confidences"
    ANSWER_PROBABILITIES = "answer probabilities"
    EXPLANATION_ENTAILMENT = "explanation entailment"
    TOKEN_STATES = "token states"
    CLAIMS = "claims"
    CLAIM_SUPPORT = "claim relation"
    PERTURBATIONS = "perturbations"
    PERTURBED_RELATION = "perturbed relation"


NEED_FIELDS: dict[Need, tuple[str, str]] = {
    Need.LIKELIHOODS: (
        "token_logprobs",
        "sample with log-probs, or take an estimator that counts answers "
        "(DiscreteSemanticEntropy, KernelLanguageEntropy)",
    ),
    Need.TOKEN_ENTROPIES: ("token_entropies", "log the entropy of the next-token distribution while sampling"),
    Need.TOKEN_CERTAINTIES: (
        "token_certainties",
        "log KL(uniform || next-token distribution) while sampling; it needs the whole vocabulary",
    ),
    Need.TOKEN_RELEVANCE: ("token_relevance", "compute it with semuq.estimators.tokens.with_token_relevance"),
    Need.HIDDEN_STATES: ("hidden_states", "keep a hidden state of the model for each answer while sampling"),
    Need.P_TRUE: ("p_true", "ask the model whether each answer is true and keep the probability of 'true'"),
    Need.STATED_CONFIDENCES: ("stated_confidences", "ask the model how confident it is in each answer"),
    Need.ANSWER_PROBABILITIES: (
        "answer_probabilities",
        "ask the model for its distribution over the options after each explanation",
    ),
    Need.EXPLANATION_ENTAILMENT: (
        "explanation_entailment",
        "ask how probably the question entails each explanation",
    ),
    Need.TOKEN_STATES: ("token_states", 'sample with HuggingFaceSampler(keep=("token_states",))'),
    Need.CLAIMS: (
        "claims",
        "split the answers with semuq.sampling.claims.with_claims or semuq.sampling.claims.asked_claims",
    ),
    Need.PERTURBATIONS: (
        "perturbations",
        "sample answers to the question in other words, with semuq.sampling.perturbations.with_perturbations",
    ),
}
"""Needs that a field of the SampleSet covers: the field, and how it is come by."""

RELATED = frozenset({Need.RELATION, Need.CLUSTERS, Need.CLAIM_SUPPORT, Need.PERTURBED_RELATION})
"""Needs that a relation covers."""
