"""The estimators. One in this list goes through every contract test, the docs table and the CLI."""

from __future__ import annotations

from semuq.estimators.base import Estimator
from semuq.estimators.distribution import SelfCertainty, TokenEntropy
from semuq.estimators.elicited import PTrue, StatedConfidence
from semuq.estimators.embedding import SemanticEmbeddingUncertainty
from semuq.estimators.kernel import KernelLanguageEntropy, KernelLanguageEntropyFull
from semuq.estimators.likelihood import LowProbabilityTokens, PredictiveEntropy, SequenceLogProbability
from semuq.estimators.semantic import DiscreteSemanticEntropy, SemanticEntropy

__all__ = ["ESTIMATORS", "Estimator"]

ESTIMATORS: tuple[type[Estimator], ...] = (
    SemanticEntropy,
    DiscreteSemanticEntropy,
    KernelLanguageEntropy,
    KernelLanguageEntropyFull,
    SemanticEmbeddingUncertainty,
    SequenceLogProbability,
    PredictiveEntropy,
    LowProbabilityTokens,
    TokenEntropy,
    SelfCertainty,
    PTrue,
    StatedConfidence,
)
"""Every estimator of the package."""
