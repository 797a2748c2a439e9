"""Every estimator whose paper is transcribed, against that transcription, on hundreds of questions at once.

Drawn once, scored as one batch; what is odd about each estimator is in its own test file.
"""

import math

import numpy as np
import pytest

from semuq import (
    MARS,
    SAR,
    ClusterMargin,
    CoCoA,
    Degree,
    DiscreteRenyiEntropy,
    DiscreteSemanticEntropy,
    Eccentricity,
    EigenScore,
    EigenvalueSum,
    HiddenEigenScore,
    KernelLanguageEntropy,
    LongTextUncertainty,
    LowProbabilityTokens,
    MajorityUncertainty,
    Matern,
    NumSemanticSets,
    PairwiseDissimilarity,
    PredictiveEntropy,
    PTrue,
    SelfCertainty,
    SemanticDensity,
    SemanticEmbeddingUncertainty,
    SemanticEntropy,
    SemanticRenyiEntropy,
    SemanticVolume,
    SentenceSAR,
    SequenceLogProbability,
    SpectralGap,
    StableExplanations,
    StableExplanationsEntropy,
    StatedConfidence,
    TokenEntropy,
    TokenSAR,
)
from tests.estimators.cases import random_relation, random_samples
from tests.estimators.test_embedding import double_loop
from tests.oracles import (
    clusters,
    consistency,
    covariance,
    density,
    explanation,
    likelihood,
    semantic,
    spectral,
    tokens,
)

COUNT = 300
FEWER = 60
"""Of the transcriptions in 40 digits, which are slow."""


class Case:
    """One question, in plain lists as the transcriptions take them."""

    def __init__(self, rng):
        n = int(rng.choice([1, 2, 3, 4, 5, 6, 12], p=[0.1, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05]))
        self.samples, self.scores = random_samples(rng, n), random_relation(rng, n)
        self.e, self.o, self.c = (
            own.tolist() for own in (self.scores.entailment, self.scores.neutral, self.scores.contradiction)
        )
        self.logprobs = [own.tolist() for own in self.samples.token_logprobs]
        self.clusters = clusters.greedy(self.scores.equivalence().tolist())

    def logliks(self, normalised=False):
        return [likelihood.sequence(own, normalised) for own in self.logprobs]

    @property
    def similarity(self):
        return ((self.scores.entailment + self.scores.entailment.T) / 2).tolist()

    def surprises(self):
        weights = [own.tolist() for own in self.samples.token_relevance]
        return [tokens.token_sar(*pair) for pair in zip(self.logprobs, weights, strict=True)]

    def labels(self):
        """Rows of "e", "n", "c"; a similarity has none."""
        return [
            ["enc"[int(np.argmax(triple))] for triple in zip(*rows, strict=True)]
            for rows in zip(self.e, self.o, self.c, strict=True)
        ]


class Given:
    kind, symmetric, identity = "entailment", False, "tests/thousands"

    def __init__(self, scores):
        self.scores = scores

    def compare(self, batch):
        return self.scores


@pytest.fixture(scope="module")
def questions():
    rng = np.random.default_rng(2026)
    return [Case(rng) for _ in range(COUNT)]


def mean(values):
    return sum(values) / len(values)


def distinct_texts(case):
    """The made-up relation does not hold equal texts for equal, as every real one does."""
    return len(set(case.samples.texts)) == len(case.samples)


def not_at_the_threshold(case):
    values, _ = spectral.spectrum(spectral.weights(case.e, case.c, "entailment"))
    return np.abs(values - 0.9).min() > 1e-9


def has_labels(case):
    return case.scores.kind != "similarity"


def log_masses(case, normalised):
    """Of greedy clusters, each text once, in 60 digits."""
    return clusters.likelihood_shares(case.clusters, case.logliks(normalised))


def entropy(shares):
    return float(clusters.renyi(shares, 1))


ORACLES = {
    "SemanticEntropy": (SemanticEntropy(), lambda q: entropy(log_masses(q, True)), distinct_texts),
    "SemanticEntropy, sums": (
        SemanticEntropy(length_normalised=False, duplicates="count"),
        lambda q: entropy(log_masses(q, False)),
        None,
    ),
    "SemanticEntropy, samples": (
        SemanticEntropy(form="monte-carlo-samples", duplicates="count"),
        lambda q: mean([-float(clusters.mp.log(p)) for p, own in zip(log_masses(q, True), q.clusters, strict=True)
                        for _ in own]),
        None,
    ),
    "SemanticEntropy, clusters": (
        SemanticEntropy(form="monte-carlo-clusters", duplicates="count"),
        lambda q: mean([-float(clusters.mp.log(p)) for p in log_masses(q, True)]),
        None,
    ),
    "DiscreteSemanticEntropy": (DiscreteSemanticEntropy(), lambda q: entropy(clusters.shares(q.clusters)), None),
    "DiscreteRenyiEntropy": (DiscreteRenyiEntropy(), lambda q: clusters.renyi(clusters.shares(q.clusters), 2), None),
    "SemanticRenyiEntropy": (SemanticRenyiEntropy(), lambda q: clusters.renyi(log_masses(q, True), 2), None),
    "NumSemanticSets": (NumSemanticSets(), lambda q: len(q.clusters), None),
    "MajorityUncertainty": (MajorityUncertainty(), lambda q: float(clusters.majority(q.clusters)), None),
    "ClusterMargin": (ClusterMargin(), lambda q: float(clusters.margin(q.clusters)), None),
    "KernelLanguageEntropy": (
        KernelLanguageEntropy(), lambda q: semantic.kernel_language_entropy(q.labels(), t=0.3), has_labels,
    ),
    "KernelLanguageEntropy, Matern": (
        KernelLanguageEntropy(kernel=Matern()),
        lambda q: semantic.kernel_language_entropy(q.labels(), kappa=1.0, nu=1.0),
        has_labels,
    ),
    "Degree": (Degree(), lambda q: spectral.u_degree(spectral.weights(q.e, q.c, "entailment")), None),
    "Degree, no contradiction": (
        Degree(affinity="no-contradiction"),
        lambda q: spectral.u_degree(spectral.weights(q.e, q.c, "no-contradiction")),
        None,
    ),
    "EigenvalueSum": (
        EigenvalueSum(), lambda q: spectral.u_eigenvalues(spectral.weights(q.e, q.c, "entailment")), None,
    ),
    "Eccentricity": (
        Eccentricity(),
        lambda q: spectral.u_eccentricity(spectral.weights(q.e, q.c, "entailment"), 0.9),
        not_at_the_threshold,
    ),
    "SpectralGap": (SpectralGap(), lambda q: spectral.spectral_gap(spectral.weights(q.e, q.c, "entailment")), None),
    "PairwiseDissimilarity": (PairwiseDissimilarity(), lambda q: consistency.lexical(q.e), None),
    "LongTextUncertainty": (LongTextUncertainty(), lambda q: consistency.luq(q.e, q.c), None),
    "CoCoA": (CoCoA(), lambda q: consistency.cocoa_likeliest(q.logliks(), q.e), None),
    "CoCoA, mean": (
        CoCoA(answer="mean", length_normalised=True), lambda q: mean(consistency.cocoa(q.logliks(True), q.e)), None,
    ),
    "SemanticDensity": (
        SemanticDensity(),
        lambda q: 1 - mean(
            [density.semantic_density(i, q.samples.texts, q.logprobs, q.o, q.c) for i in range(len(q.e))]
        ),
        distinct_texts,
    ),
    "PredictiveEntropy": (PredictiveEntropy(), lambda q: likelihood.predictive_entropy(q.logprobs, False), None),
    "PredictiveEntropy, means": (
        PredictiveEntropy(length_normalised=True), lambda q: likelihood.predictive_entropy(q.logprobs, True), None,
    ),
    "SequenceLogProbability": (
        SequenceLogProbability(), lambda q: likelihood.best_negative(q.logprobs, False), None,
    ),
    "LowProbabilityTokens": (LowProbabilityTokens(), lambda q: likelihood.low_probability(q.logprobs, 20), None),
    "TokenEntropy": (
        TokenEntropy(), lambda q: likelihood.pooled([own.tolist() for own in q.samples.token_entropies], "mean"), None,
    ),
    "TokenEntropy, max": (
        TokenEntropy(tokens="max"),
        lambda q: likelihood.pooled([own.tolist() for own in q.samples.token_entropies], "max"),
        None,
    ),
    "SelfCertainty": (
        SelfCertainty(),
        lambda q: -likelihood.pooled([own.tolist() for own in q.samples.token_certainties], "mean"),
        None,
    ),
    "PTrue": (PTrue(), lambda q: 1 - mean(q.samples.p_true.tolist()), None),
    "StatedConfidence": (StatedConfidence(), lambda q: 1 - mean(q.samples.stated_confidences.tolist()), None),
    "TokenSAR": (TokenSAR(), lambda q: mean(q.surprises()), None),
    "MARS": (
        MARS(),
        lambda q: mean([tokens.mars(own, weights.tolist())
                        for own, weights in zip(q.logprobs, q.samples.token_relevance, strict=True)]),
        None,
    ),
    "StableExplanations": (
        StableExplanations(),
        lambda q: 1 - max(explanation.posterior(
            q.samples.answer_probabilities.tolist(), q.samples.explanation_entailment.tolist())),
        None,
    ),
    "StableExplanationsEntropy": (
        StableExplanationsEntropy(),
        lambda q: likelihood.entropy(explanation.posterior(
            q.samples.answer_probabilities.tolist(), q.samples.explanation_entailment.tolist())),
        None,
    ),
    "SemanticEmbeddingUncertainty": (
        SemanticEmbeddingUncertainty(),
        lambda q: double_loop(q.samples.embeddings) if len(q.samples) > 1 else 0.0,
        None,
    ),
}  # fmt: skip

SLOW_ORACLES = {
    "SentenceSAR": (SentenceSAR(), lambda q: tokens.sentence_sar([-own for own in q.logliks()], q.similarity, 0.001)),
    "SAR": (SAR(), lambda q: tokens.sentence_sar(q.surprises(), q.similarity, 0.001)),
    "EigenScore": (EigenScore(), lambda q: covariance.eigenscore(q.samples.embeddings.tolist(), 0.001)),
    "HiddenEigenScore": (HiddenEigenScore(), lambda q: covariance.eigenscore(q.samples.hidden_states.tolist(), 0.001)),
    "SemanticVolume": (
        SemanticVolume(epsilon=1e-3),
        lambda q: covariance.semantic_volume(q.samples.embeddings.tolist(), 1e-3),
    ),
}


def agrees(estimator, oracle, questions, applies=None):
    scores = estimator.score([own.samples for own in questions], Given([own.scores for own in questions]))
    compared = 0
    for question, score in zip(questions, scores, strict=True):
        if applies is None or applies(question):
            expected = oracle(question)
            compared += 1
            assert math.isclose(score, expected, rel_tol=1e-7, abs_tol=1e-7), f"{question.samples}: {score}, {expected}"
    return compared


@pytest.mark.parametrize("name", ORACLES)
def test_it_equals_the_transcription(name, questions):
    estimator, oracle, applies = ORACLES[name]
    assert agrees(estimator, oracle, questions, applies) >= COUNT / 4


@pytest.mark.parametrize("name", SLOW_ORACLES)
def test_it_equals_the_transcription_in_many_digits(name, questions):
    estimator, oracle = SLOW_ORACLES[name]
    small = [own for own in questions if len(own.samples) < 12][:FEWER]
    assert agrees(estimator, oracle, small) == FEWER
