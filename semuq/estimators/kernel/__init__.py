"""Kernel estimators: the von Neumann entropy of a kernel over the answers.

`language` takes the kernel of a graph of entailment, `clusters` that of clusters, `embedding` that of embeddings.
"""

from __future__ import annotations

from semuq.estimators.kernel.clusters import ClusterKernelEntropy
from semuq.estimators.kernel.embedding import EmbeddingKernelEntropy
from semuq.estimators.kernel.language import (
    Heat,
    KernelLanguageEntropy,
    KernelLanguageEntropyFull,
    KernelProduct,
    KernelSum,
    Matern,
)

__all__ = [
    "ClusterKernelEntropy",
    "EmbeddingKernelEntropy",
    "Heat",
    "KernelLanguageEntropy",
    "KernelLanguageEntropyFull",
    "KernelProduct",
    "KernelSum",
    "Matern",
]
