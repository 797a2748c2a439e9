"""Who competes: every estimator of the package that the evidence allows, and baselines that look at no meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from semuq.errors import MissingEvidence
from semuq.estimators import ASEU, ESTIMATORS, CorrectnessProbe, SemanticEntropyProbe, StateDistance
from semuq.estimators.base import Estimator
from semuq.evidence import Embedder, Evidence
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.text import normalise_answer

SEMANTIC_ENTROPY = "SemanticEntropy"
"""The estimator that baselines are held against."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A score that needs no relation.

    Args:
        name: of the result; about: one line for the page.
        one: from a SampleSet, a number per answer.
        pooled: what the set of sampled answers is scored by, if not the judged answer.
    """

    name: str
    about: str
    one: Callable[[SampleSet], FloatArray]
    pooled: bool = False


def _lengths(samples: SampleSet) -> FloatArray:
    if samples.token_logprobs is None:
        return np.array([float(len(text.split())) for text in samples.texts])
    return np.array([float(len(own)) for own in samples.token_logprobs])


def _logprob(samples: SampleSet) -> FloatArray:
    return np.array([-own.sum() for own in samples.token_logprobs or ()])


def _mean_logprob(samples: SampleSet) -> FloatArray:
    return np.array([-own.mean() if len(own) else 0.0 for own in samples.token_logprobs or ()])


def _distinct(samples: SampleSet) -> FloatArray:
    return np.full(len(samples), float(len({normalise_answer(text) for text in samples.texts})))


BASELINES: tuple[Baseline, ...] = (
    Baseline(name="Length", about="tokens of the judged answer", one=_lengths),
    Baseline(name="LogProb", about="minus the log-prob of the judged answer", one=_logprob),
    Baseline(name="MeanLogProb", about="the same, divided by its tokens", one=_mean_logprob),
    Baseline(name="DistinctTexts", about="different texts among the sampled answers", one=_distinct, pooled=True),
)
"""The judged answer is the greedy one, or each sampled answer in turn: it is what one would have without sampling."""


TRAINED: tuple[type[Estimator], ...] = (ASEU, StateDistance, SemanticEntropyProbe, CorrectnessProbe)
"""These take a part that was fitted beforehand and have no default for it."""


def contestants(
    batch: Sequence[SampleSet],
    relation: Relation,
    embedder: Embedder | None,
    kinds: Sequence[type[Estimator]] = ESTIMATORS,
) -> tuple[tuple[Estimator, ...], dict[str, str]]:
    """The estimators, with default parameters, that these answers have the evidence for; and why not the others.

    Those that are fitted are not among them, see `learning`.
    """
    able: list[Estimator] = []
    unable: dict[str, str] = {}
    evidence = Evidence(batch, relation, embedder)
    for kind in kinds:
        if kind in TRAINED:
            unable[kind.__name__] = f"{kind.__name__} has to be fitted on a model's states first"
            continue
        if hasattr(kind, "fit"):
            unable[kind.__name__] = f"{kind.__name__} has to be fitted on graded questions first"
            continue
        estimator = kind()
        try:
            evidence.require(estimator.needs, estimator.min_samples, kind.__name__)
        except MissingEvidence as error:
            unable[kind.__name__] = str(error).split(": ", 1)[1].split("; ")[0]
            continue
        able.append(estimator)
    return tuple(able), unable
