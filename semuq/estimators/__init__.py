"""The estimators. One in this list goes through every contract test, the docs table and the CLI."""

from __future__ import annotations

from semuq.estimators.base import Estimator
from semuq.estimators.embedding import SemanticEmbeddingUncertainty
from semuq.estimators.kernel import KernelLanguageEntropy, KernelLanguageEntropyFull
from semuq.estimators.semantic import DiscreteSemanticEntropy, SemanticEntropy

__all__ = ["ESTIMATORS", "Estimator"]

ESTIMATORS: tuple[type[Estimator], ...] = (
    SemanticEntropy,
    DiscreteSemanticEntropy,
    KernelLanguageEntropy,
    KernelLanguageEntropyFull,
    SemanticEmbeddingUncertainty,
)
"""Every estimator of the package."""
