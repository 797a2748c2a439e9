"""The estimators. One in this list goes through every contract test, the docs table and the CLI."""

from __future__ import annotations

from semuq.estimators.attention import RAUQ
from semuq.estimators.base import Estimator
from semuq.estimators.bayesian import BayesianSemanticEntropy
from semuq.estimators.claim_conditioned import ClaimConditionedProbability
from semuq.estimators.claims import ClaimUncertainty
from semuq.estimators.clarified import SpectralUncertainty
from semuq.estimators.clusters import (
    ClusterMargin,
    DiscreteRenyiEntropy,
    MajorityUncertainty,
    NumSemanticSets,
    SemanticRenyiEntropy,
)
from semuq.estimators.combined import LearnedEnsemble, WeightedEnsemble
from semuq.estimators.consistency import CoCoA, CoCoATokenEntropy, LongTextUncertainty, PairwiseDissimilarity
from semuq.estimators.coverage import CoverageSemanticEntropy
from semuq.estimators.cross_model import CrossModelDisagreement
from semuq.estimators.density import SemanticDensity
from semuq.estimators.distinct import JointPredictiveEntropy, LexicalEntropy
from semuq.estimators.distractors import DINCO
from semuq.estimators.distribution import SelfCertainty, TokenEntropy
from semuq.estimators.elicited import PTrue, StatedConfidence
from semuq.estimators.embedding import EigenScore, SemanticEmbeddingUncertainty, SemanticVolume
from semuq.estimators.energy import SemanticEnergy
from semuq.estimators.explanation import StableExplanations, StableExplanationsEntropy
from semuq.estimators.greedy import GreedyLikelihood
from semuq.estimators.hybrid import ConsistencyAndStatedConfidence
from semuq.estimators.kernel import KernelLanguageEntropy, KernelLanguageEntropyFull
from semuq.estimators.kernel.clusters import ClusterKernelEntropy
from semuq.estimators.kernel.embedding import EmbeddingKernelEntropy
from semuq.estimators.likelihood import LowProbabilityTokens, PredictiveEntropy, SequenceLogProbability
from semuq.estimators.mutual import PromptMutualInformation
from semuq.estimators.neighbours import SNNE, WeightedSNNE
from semuq.estimators.perturbation import InvEntropy, PerturbationEntropy, PerturbationUncertainty
from semuq.estimators.probes import CorrectnessProbe, SemanticEntropyProbe
from semuq.estimators.semantic import DiscreteSemanticEntropy, SemanticEntropy
from semuq.estimators.spectral import Degree, Eccentricity, EigenvalueSum, SpectralGap
from semuq.estimators.states import ASEU, HiddenEigenScore, StateDistance
from semuq.estimators.tokens import MARS, SAR, SentenceSAR, TokenSAR
from semuq.registry import Registry

__all__ = ["ESTIMATORS", "Estimator"]

_MEMBERS: tuple[type[Estimator], ...] = (
    SemanticEntropy,
    DiscreteSemanticEntropy,
    BayesianSemanticEntropy,
    CoverageSemanticEntropy,
    SNNE,
    WeightedSNNE,
    KernelLanguageEntropy,
    KernelLanguageEntropyFull,
    ClusterKernelEntropy,
    SemanticEmbeddingUncertainty,
    EmbeddingKernelEntropy,
    GreedyLikelihood,
    SequenceLogProbability,
    PredictiveEntropy,
    JointPredictiveEntropy,
    LexicalEntropy,
    LowProbabilityTokens,
    TokenEntropy,
    SelfCertainty,
    SemanticEnergy,
    RAUQ,
    PTrue,
    StatedConfidence,
    ConsistencyAndStatedConfidence,
    DINCO,
    Degree,
    EigenvalueSum,
    Eccentricity,
    SpectralGap,
    NumSemanticSets,
    MajorityUncertainty,
    ClusterMargin,
    DiscreteRenyiEntropy,
    SemanticRenyiEntropy,
    EigenScore,
    HiddenEigenScore,
    SemanticVolume,
    ASEU,
    StateDistance,
    SemanticEntropyProbe,
    CorrectnessProbe,
    PairwiseDissimilarity,
    LongTextUncertainty,
    ClaimUncertainty,
    ClaimConditionedProbability,
    CrossModelDisagreement,
    CoCoA,
    CoCoATokenEntropy,
    SemanticDensity,
    TokenSAR,
    MARS,
    SentenceSAR,
    SAR,
    WeightedEnsemble,
    LearnedEnsemble,
    InvEntropy,
    PerturbationUncertainty,
    PerturbationEntropy,
    PromptMutualInformation,
    SpectralUncertainty,
    StableExplanations,
    StableExplanationsEntropy,
)

ESTIMATORS: Registry[Estimator] = Registry("estimator", _MEMBERS, listed="semuq estimators")
"""Every estimator of the package."""
