"""semuq: knowing when a language model does not know.

Names are imported on first use (PEP 562), so `import semuq` is quick and loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "semuq.calibration": ("Calibrator", "cross_fit"),
    "semuq.conformal": ("SelectiveAnswering",),
    "semuq.decision": ("DecisionRule",),
    "semuq.monitor": ("Cusum",),
    "semuq.errors": (
        "InvalidModel",
        "InvalidParameter",
        "InvalidSamples",
        "MissingEvidence",
        "MissingExtra",
        "SemuqError",
    ),
    "semuq.estimators": ("ESTIMATORS",),
    "semuq.estimators.amortised": ("ASEU",),
    "semuq.estimators.base": ("Estimator",),
    "semuq.estimators.embedding": ("SemanticEmbeddingUncertainty",),
    "semuq.estimators.kernel": (
        "Heat",
        "KernelLanguageEntropy",
        "KernelLanguageEntropyFull",
        "KernelProduct",
        "KernelSum",
        "Matern",
    ),
    "semuq.estimators.kernel_clusters": ("ClusterKernelEntropy",),
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
    "semuq.estimators.spectral": (
        "Degree",
        "Eccentricity",
        "EigenvalueSum",
        "SpectralGap",
    ),
    "semuq.estimators.clusters": (
        "ClusterMargin",
        "DiscreteRenyiEntropy",
        "MajorityUncertainty",
        "NumSemanticSets",
        "SemanticRenyiEntropy",
    ),
    "semuq.estimators.covariance": (
        "EigenScore",
        "HiddenEigenScore",
        "SemanticVolume",
    ),
    "semuq.estimators.consistency": (
        "CoCoA",
        "CoCoATokenEntropy",
        "LongTextUncertainty",
        "PairwiseDissimilarity",
    ),
    "semuq.estimators.density": ("SemanticDensity",),
    "semuq.estimators.reference": ("StateDistance",),
    "semuq.estimators.strings": (
        "JointPredictiveEntropy",
        "LexicalEntropy",
    ),
    "semuq.estimators.tokens": (
        "MARS",
        "SAR",
        "SentenceSAR",
        "TokenSAR",
    ),
    "semuq.estimators.claims": ("ClaimUncertainty",),
    "semuq.estimators.combined": (
        "LearnedEnsemble",
        "WeightedEnsemble",
        "rank_average",
    ),
    "semuq.estimators.perturbation": ("InvEntropy",),
    "semuq.estimators.perturbed": (
        "PerturbationEntropy",
        "PerturbationUncertainty",
    ),
    "semuq.estimators.explanation": (
        "StableExplanations",
        "StableExplanationsEntropy",
    ),
    "semuq.estimators.vendi": ("EmbeddingKernelEntropy",),
    "semuq.evaluation": ("Table", "evaluate"),
    "semuq.evidence": ("Evidence", "Need"),
    "semuq.jsonl": ("read_samples", "write_samples"),
    "semuq.relations.base": ("Relation", "RelationScores"),
    "semuq.relations.embedding": ("EmbeddingSimilarity", "SentenceEmbedder"),
    "semuq.relations.entailment": ("Cascade", "Entailment", "SentenceEntailment"),
    "semuq.relations.exact": ("ExactMatch",),
    "semuq.relations.judge": ("JudgeEquivalence",),
    "semuq.relations.lexical": ("LexicalSimilarity",),
    "semuq.relations.maths": ("MathEquivalence",),
    "semuq.samples": ("SampleSet",),
    "semuq.sampling": ("HuggingFaceSampler", "OpenAISampler", "Sampler"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME), "__version__"]

if TYPE_CHECKING:
    from semuq.calibration import Calibrator as Calibrator
    from semuq.calibration import cross_fit as cross_fit
    from semuq.conformal import SelectiveAnswering as SelectiveAnswering
    from semuq.decision import DecisionRule as DecisionRule
    from semuq.errors import InvalidModel as InvalidModel
    from semuq.errors import InvalidParameter as InvalidParameter
    from semuq.errors import InvalidSamples as InvalidSamples
    from semuq.errors import MissingEvidence as MissingEvidence
    from semuq.errors import MissingExtra as MissingExtra
    from semuq.errors import SemuqError as SemuqError
    from semuq.estimators import ESTIMATORS as ESTIMATORS
    from semuq.estimators.amortised import ASEU as ASEU
    from semuq.estimators.base import Estimator as Estimator
    from semuq.estimators.claims import ClaimUncertainty as ClaimUncertainty
    from semuq.estimators.clusters import ClusterMargin as ClusterMargin
    from semuq.estimators.clusters import DiscreteRenyiEntropy as DiscreteRenyiEntropy
    from semuq.estimators.clusters import MajorityUncertainty as MajorityUncertainty
    from semuq.estimators.clusters import NumSemanticSets as NumSemanticSets
    from semuq.estimators.clusters import SemanticRenyiEntropy as SemanticRenyiEntropy
    from semuq.estimators.combined import LearnedEnsemble as LearnedEnsemble
    from semuq.estimators.combined import WeightedEnsemble as WeightedEnsemble
    from semuq.estimators.combined import rank_average as rank_average
    from semuq.estimators.consistency import CoCoA as CoCoA
    from semuq.estimators.consistency import CoCoATokenEntropy as CoCoATokenEntropy
    from semuq.estimators.consistency import LongTextUncertainty as LongTextUncertainty
    from semuq.estimators.consistency import PairwiseDissimilarity as PairwiseDissimilarity
    from semuq.estimators.covariance import EigenScore as EigenScore
    from semuq.estimators.covariance import HiddenEigenScore as HiddenEigenScore
    from semuq.estimators.covariance import SemanticVolume as SemanticVolume
    from semuq.estimators.density import SemanticDensity as SemanticDensity
    from semuq.estimators.distribution import SelfCertainty as SelfCertainty
    from semuq.estimators.distribution import TokenEntropy as TokenEntropy
    from semuq.estimators.elicited import PTrue as PTrue
    from semuq.estimators.elicited import StatedConfidence as StatedConfidence
    from semuq.estimators.embedding import SemanticEmbeddingUncertainty as SemanticEmbeddingUncertainty
    from semuq.estimators.explanation import StableExplanations as StableExplanations
    from semuq.estimators.explanation import StableExplanationsEntropy as StableExplanationsEntropy
    from semuq.estimators.kernel import Heat as Heat
    from semuq.estimators.kernel import KernelLanguageEntropy as KernelLanguageEntropy
    from semuq.estimators.kernel import KernelLanguageEntropyFull as KernelLanguageEntropyFull
    from semuq.estimators.kernel import KernelProduct as KernelProduct
    from semuq.estimators.kernel import KernelSum as KernelSum
    from semuq.estimators.kernel import Matern as Matern
    from semuq.estimators.kernel_clusters import ClusterKernelEntropy as ClusterKernelEntropy
    from semuq.estimators.likelihood import LowProbabilityTokens as LowProbabilityTokens
    from semuq.estimators.likelihood import PredictiveEntropy as PredictiveEntropy
    from semuq.estimators.likelihood import SequenceLogProbability as SequenceLogProbability
    from semuq.estimators.perturbation import InvEntropy as InvEntropy
    from semuq.estimators.perturbed import PerturbationEntropy as PerturbationEntropy
    from semuq.estimators.perturbed import PerturbationUncertainty as PerturbationUncertainty
    from semuq.estimators.reference import StateDistance as StateDistance
    from semuq.estimators.semantic import DiscreteSemanticEntropy as DiscreteSemanticEntropy
    from semuq.estimators.semantic import SemanticEntropy as SemanticEntropy
    from semuq.estimators.spectral import Degree as Degree
    from semuq.estimators.spectral import Eccentricity as Eccentricity
    from semuq.estimators.spectral import EigenvalueSum as EigenvalueSum
    from semuq.estimators.spectral import SpectralGap as SpectralGap
    from semuq.estimators.strings import JointPredictiveEntropy as JointPredictiveEntropy
    from semuq.estimators.strings import LexicalEntropy as LexicalEntropy
    from semuq.estimators.tokens import MARS as MARS
    from semuq.estimators.tokens import SAR as SAR
    from semuq.estimators.tokens import SentenceSAR as SentenceSAR
    from semuq.estimators.tokens import TokenSAR as TokenSAR
    from semuq.estimators.vendi import EmbeddingKernelEntropy as EmbeddingKernelEntropy
    from semuq.evaluation import Table as Table
    from semuq.evaluation import evaluate as evaluate
    from semuq.evidence import Evidence as Evidence
    from semuq.evidence import Need as Need
    from semuq.jsonl import read_samples as read_samples
    from semuq.jsonl import write_samples as write_samples
    from semuq.monitor import Cusum as Cusum
    from semuq.relations.base import Relation as Relation
    from semuq.relations.base import RelationScores as RelationScores
    from semuq.relations.embedding import EmbeddingSimilarity as EmbeddingSimilarity
    from semuq.relations.embedding import SentenceEmbedder as SentenceEmbedder
    from semuq.relations.entailment import Cascade as Cascade
    from semuq.relations.entailment import Entailment as Entailment
    from semuq.relations.entailment import SentenceEntailment as SentenceEntailment
    from semuq.relations.exact import ExactMatch as ExactMatch
    from semuq.relations.judge import JudgeEquivalence as JudgeEquivalence
    from semuq.relations.lexical import LexicalSimilarity as LexicalSimilarity
    from semuq.relations.maths import MathEquivalence as MathEquivalence
    from semuq.samples import SampleSet as SampleSet
    from semuq.sampling import HuggingFaceSampler as HuggingFaceSampler
    from semuq.sampling import OpenAISampler as OpenAISampler
    from semuq.sampling import Sampler as Sampler


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'semuq' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
