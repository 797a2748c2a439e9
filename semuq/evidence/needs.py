"""Needs: what estimators ask for beyond the texts of the answers; each knows how it is come by and what it costs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["EMBEDDED", "RELATED", "Access", "Need", "access", "forwards", "pairs"]

Access = Literal["black", "log-probs", "vocabulary", "states"]
"""How far one must see into the model: its texts, log-probs of what it said, of all it might have said, its states."""

_DEPTHS: tuple[Access, ...] = ("black", "log-probs", "vocabulary", "states")


@dataclass(frozen=True, kw_only=True)
class _Facts:
    name: str
    field: str | None = None
    remedy: str = ""
    access: Access = "black"
    pairs: str = ""
    forwards: str = ""


class Need(StrEnum):
    """What an estimator needs beyond the texts of the answers; for n answers of which u differ."""

    field: str | None
    """The field of the SampleSet that covers it, if one does."""
    remedy: str
    """How that field is come by."""
    access: Access
    """How far one must see into the model for it."""
    pairs: str
    """The ordered pairs of texts that the relation compares for it."""
    forwards: str
    """What else is run for it beyond sampling the answers."""

    def __new__(cls, facts: _Facts) -> Need:
        """A member is its name, with its facts as attributes."""
        need = str.__new__(cls, facts.name)
        need._value_ = facts.name
        need.field, need.remedy, need.access = facts.field, facts.remedy, facts.access
        need.pairs, need.forwards = facts.pairs, facts.forwards
        return need

    RELATION = _Facts(name="relation", pairs="u (u - 1)")
    CLUSTERS = _Facts(name="clusters", pairs="u to u (u - 1)")
    EMBEDDINGS = _Facts(name="embeddings", forwards="u embeddings")
    EMBEDDER = _Facts(name="embedder", forwards="an embedding per distinct text")
    LIKELIHOODS = _Facts(
        name="likelihoods",
        field="token_logprobs",
        remedy="sample with log-probs, or take an estimator that counts answers "
        "(DiscreteSemanticEntropy, KernelLanguageEntropy)",
        access="log-probs",
    )
    TOKEN_ENTROPIES = _Facts(
        name="token entropies",
        field="token_entropies",
        remedy="log the entropy of the next-token distribution while sampling",
        access="vocabulary",
    )
    TOKEN_CERTAINTIES = _Facts(
        name="token certainties",
        field="token_certainties",
        remedy="log KL(uniform || next-token distribution) while sampling; it needs the whole vocabulary",
        access="vocabulary",
    )
    TOKEN_RELEVANCE = _Facts(
        name="token relevance",
        field="token_relevance",
        remedy="compute it with semuq.estimators.tokens.with_token_relevance",
        access="log-probs",
        forwards="an embedding per token",
    )
    HIDDEN_STATES = _Facts(
        name="hidden states",
        field="hidden_states",
        remedy="keep a hidden state of the model for each answer while sampling",
        access="states",
    )
    TOKEN_STATES = _Facts(
        name="token states",
        field="token_states",
        remedy='sample with HuggingFaceSampler(keep=("token_states",))',
        access="states",
    )
    P_TRUE = _Facts(
        name="p(true)",
        field="p_true",
        remedy="ask the model whether each answer is true and keep the probability of 'true'",
        access="log-probs",
        forwards="n of the model",
    )
    STATED_CONFIDENCES = _Facts(
        name="stated confidences",
        field="stated_confidences",
        remedy="ask the model how confident it is in each answer",
        forwards="n short generations",
    )
    ANSWER_PROBABILITIES = _Facts(
        name="answer probabilities",
        field="answer_probabilities",
        remedy="ask the model for its distribution over the options after each explanation",
        access="log-probs",
        forwards="n of the model",
    )
    EXPLANATION_ENTAILMENT = _Facts(
        name="explanation entailment",
        field="explanation_entailment",
        remedy="ask how probably the question entails each explanation",
        forwards="n of the model",
    )
    TOKEN_LOGITS = _Facts(
        name="token logits",
        field="token_logits",
        remedy='sample with HuggingFaceSampler(keep=("token_logits",)), which keeps the logit of each token',
        access="vocabulary",
    )
    TOKEN_ATTENTIONS = _Facts(
        name="token attentions",
        field="token_attentions",
        remedy='sample with HuggingFaceSampler(keep=("token_attentions",))',
        access="states",
    )
    TOKEN_CLAIM_LOGPROBS = _Facts(
        name="token claim log-probs",
        field="token_claim_logprobs",
        remedy="from each token's alternatives, with semuq.estimators.claim_conditioned.with_claim_logprobs",
        access="log-probs",
        pairs="tokens x alternatives",
    )
    ANSWER = _Facts(
        name="answer",
        field="answer",
        remedy="pass the answer that will be given, SampleSet(answer=...), often the greedy one",
        forwards="one generation",
    )
    ANSWER_LIKELIHOOD = _Facts(
        name="likelihood of the answer",
        field="answer_logprobs",
        remedy="sample one greedy answer with log-probs and put it there with samples.with_answer(greedy)",
        access="log-probs",
        forwards="one generation",
    )
    ANSWER_CONFIDENCE = _Facts(
        name="confidence in the answer",
        field="answer_confidence",
        remedy="ask for P(true) of the answer, with semuq.sampling.senses.with_distractors",
        forwards="one short generation",
    )
    DISTRACTORS = _Facts(
        name="distractors",
        field="distractors",
        remedy="have the model name other answers, with semuq.sampling.senses.with_distractors",
        forwards="a generation per distractor",
    )
    DISTRACTOR_CONFIDENCES = _Facts(
        name="confidence in the distractors",
        field="distractor_confidences",
        remedy="ask for P(true) of each distractor, with semuq.sampling.senses.with_distractors",
        forwards="a short generation per distractor",
    )
    DISTRACTOR_RELATION = _Facts(name="distractor relation", pairs="m (m - 1) of answer, distractors and answers")
    OTHER_MODELS = _Facts(
        name="other models",
        field="other_models",
        remedy="sample other models on the same prompt and pass SampleSet(other_models=[...]), one SampleSet each",
        forwards="answers of other models",
    )
    CROSS_RELATION = _Facts(name="cross-model relation", pairs="u (u - 1) over all models")
    CLARIFICATIONS = _Facts(
        name="clarifications",
        field="clarifications",
        remedy="sample answers to each sense of the question, with semuq.sampling.senses.with_clarifications",
        forwards="answers to every clarification",
    )
    CLAIMS = _Facts(
        name="claims",
        field="claims",
        remedy="split the answers with semuq.sampling.claims.with_claims or semuq.sampling.claims.asked_claims",
        forwards="n generations, or none by rules",
    )
    CLAIM_SUPPORT = _Facts(name="claim relation", pairs="claims x (n - 1)")
    SECOND_ANSWERS = _Facts(
        name="second answers",
        field="second_answers",
        remedy="ask again with each answer in the prompt, with semuq.sampling.iterated.with_second_answers",
        forwards="some answers behind every answer",
    )
    SECOND_RELATION = _Facts(name="relation of second answers", pairs="u (u - 1) over first and second answers")
    PERTURBATIONS = _Facts(
        name="perturbations",
        field="perturbations",
        remedy="sample answers to the question in other words, with semuq.sampling.perturbations.with_perturbations",
        forwards="answers to every wording",
    )
    PERTURBED_RELATION = _Facts(name="perturbed relation", pairs="u (u - 1) over all wordings")


RELATED = frozenset(
    {
        Need.RELATION,
        Need.CLUSTERS,
        Need.CLAIM_SUPPORT,
        Need.PERTURBED_RELATION,
        Need.DISTRACTOR_RELATION,
        Need.CROSS_RELATION,
        Need.SECOND_RELATION,
    }
)
"""Needs that a relation covers."""

EMBEDDED = frozenset({Need.EMBEDDINGS, Need.EMBEDDER})
"""Needs that an embedder covers."""


def access(needs: Collection[Need]) -> Access:
    """How far one must see into the model for all of them.

    >>> access({Need.RELATION, Need.LIKELIHOODS})
    'log-probs'
    """
    return max((need.access for need in needs), key=_DEPTHS.index, default="black")


def pairs(needs: Collection[Need]) -> str:
    """Ordered pairs of texts that the relation compares, shared by all estimators.

    >>> pairs({Need.CLUSTERS, Need.RELATION})  # who has the matrices has the clusters
    'u (u - 1)'
    """
    asked = [need.pairs for need in Need if need in needs and need.pairs]
    return "; ".join(asked[:1] if Need.RELATION in needs else asked) or "none"


def forwards(needs: Collection[Need]) -> str:
    """What else is run beyond sampling the answers.

    >>> forwards({Need.STATED_CONFIDENCES})
    'n short generations'
    """
    return "; ".join(need.forwards for need in Need if need in needs and need.forwards) or "none"
