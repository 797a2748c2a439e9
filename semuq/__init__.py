"""semuq: knowing when a language model does not know.

Names are imported on first use (PEP 562), so `import semuq` is quick and loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "semuq.errors": (
        "InvalidModel",
        "InvalidParameter",
        "InvalidSamples",
        "MissingEvidence",
        "MissingExtra",
        "SemuqError",
    ),
    "semuq.estimators": ("ESTIMATORS",),
    "semuq.estimators.base": ("Estimator",),
    "semuq.estimators.embedding": ("SemanticEmbeddingUncertainty",),
    "semuq.estimators.kernel": ("Heat", "KernelLanguageEntropy", "KernelLanguageEntropyFull", "Matern"),
    "semuq.estimators.semantic": ("DiscreteSemanticEntropy", "SemanticEntropy"),
    "semuq.estimators.likelihood": (
        "LowProbabilityTokens",
        "PredictiveEntropy",
        "SequenceLogProbability",
    ),
    "semuq.estimators.distribution": (
        "SelfCertainty",
        "TokenEntropy",
    ),
    "semuq.estimators.elicited": (
        "PTrue",
        "StatedConfidence",
    ),
    "semuq.evaluation": ("Table", "evaluate"),
    "semuq.evidence": ("Evidence", "Need"),
    "semuq.jsonl": ("read_samples", "write_samples"),
    "semuq.relations.base": ("Relation", "RelationScores"),
    "semuq.relations.embedding": ("SentenceEmbedder",),
    "semuq.relations.entailment": ("Entailment",),
    "semuq.relations.exact": ("ExactMatch",),
    "semuq.samples": ("SampleSet",),
    "semuq.sampling": ("HuggingFaceSampler", "Sampler"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME), "__version__"]

if TYPE_CHECKING:
    from semuq.errors import InvalidModel as InvalidModel
    from semuq.errors import InvalidParameter as InvalidParameter
    from semuq.errors import InvalidSamples as InvalidSamples
    from semuq.errors import MissingEvidence as MissingEvidence
    from semuq.errors import MissingExtra as MissingExtra
    from semuq.errors import SemuqError as SemuqError
    from semuq.estimators import ESTIMATORS as ESTIMATORS
    from semuq.estimators.base import Estimator as Estimator
    from semuq.estimators.distribution import SelfCertainty as SelfCertainty
    from semuq.estimators.distribution import TokenEntropy as TokenEntropy
    from semuq.estimators.elicited import PTrue as PTrue
    from semuq.estimators.elicited import StatedConfidence as StatedConfidence
    from semuq.estimators.embedding import SemanticEmbeddingUncertainty as SemanticEmbeddingUncertainty
    from semuq.estimators.kernel import Heat as Heat
    from semuq.estimators.kernel import KernelLanguageEntropy as KernelLanguageEntropy
    from semuq.estimators.kernel import KernelLanguageEntropyFull as KernelLanguageEntropyFull
    from semuq.estimators.kernel import Matern as Matern
    from semuq.estimators.likelihood import LowProbabilityTokens as LowProbabilityTokens
    from semuq.estimators.likelihood import PredictiveEntropy as PredictiveEntropy
    from semuq.estimators.likelihood import SequenceLogProbability as SequenceLogProbability
    from semuq.estimators.semantic import DiscreteSemanticEntropy as DiscreteSemanticEntropy
    from semuq.estimators.semantic import SemanticEntropy as SemanticEntropy
    from semuq.evaluation import Table as Table
    from semuq.evaluation import evaluate as evaluate
    from semuq.evidence import Evidence as Evidence
    from semuq.evidence import Need as Need
    from semuq.jsonl import read_samples as read_samples
    from semuq.jsonl import write_samples as write_samples
    from semuq.relations.base import Relation as Relation
    from semuq.relations.base import RelationScores as RelationScores
    from semuq.relations.embedding import SentenceEmbedder as SentenceEmbedder
    from semuq.relations.entailment import Entailment as Entailment
    from semuq.relations.exact import ExactMatch as ExactMatch
    from semuq.samples import SampleSet as SampleSet
    from semuq.sampling import HuggingFaceSampler as HuggingFaceSampler
    from semuq.sampling import Sampler as Sampler


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'semuq' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
