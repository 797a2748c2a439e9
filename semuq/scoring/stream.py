"""Scoring questions by the stream: SampleSets in, one `QuestionScore` per question out.

Between the estimators and whoever shows their numbers (`semuq.cli`, `semuq.report`). Questions are
taken in windows, so that memory does not grow with a file; the estimators of a window share one
pass of the relation. A QuestionScore holds all that a reader needs to check a number by eye.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from semuq.checks import whole
from semuq.errors import InvalidParameter, SemuqError
from semuq.estimators.base import Estimator
from semuq.estimators.kernel import KernelLanguageEntropy
from semuq.estimators.naming import Names, column_names
from semuq.estimators.semantic import DiscreteSemanticEntropy, SemanticEntropy, cluster_log_masses
from semuq.evidence import EMBEDDED, Embedder, Evidence, EvidenceView, views
from semuq.numerics import IntArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.scoring.record import QuestionScore, read_scores

__all__ = [
    "QuestionScore",
    "default_estimators",
    "fingerprint",
    "in_windows",
    "read_scores",
    "require_evidence",
    "score_stream",
    "source_key",
]


_NOT_SCORED = frozenset({"references", "metadata"})


def score_stream(
    samples: Iterable[SampleSet],
    estimators: Sequence[Estimator] | None,
    relation: Relation,
    embedder: Embedder | None = None,
    window: int = 32,
    *,
    first: int | None = None,
    matrices: bool = True,
    names: Names = "short",
) -> Iterator[QuestionScore]:
    """The scores of each question, in order, lazily.

    Args:
        samples: any iterable of SampleSets, such as `read_samples(path)`.
        estimators: what to compute; None takes what each question has the evidence for, see
            `default_estimators`.
        relation: compares the answers; also makes the clusters that are shown.
        embedder: embeds answers, where an estimator needs embeddings and the samples hold none.
        window: how many questions are held and compared at a time. It changes speed and memory, no score.
        first: size of the first window; each next one is twice as large, up to `window`, so that results come early and
            an interruption costs little. None begins with `window`.
        matrices: keep the (n, n) matrices of the relation in each result. Without them, estimators that
            look at clusters only cost fewer comparisons.
        names: what scores are called: "short", with parameters only where two would clash, or "full".

    A question that has what an estimator needs for some of its answers only has no score of it; `unscored` says why.

    Raises:
        MissingEvidence: a question lacks what one of the `estimators` needs.
        InvalidParameter: `estimators` is empty or repeats one, or `window` < 1.
        Whatever iterating over `samples` raises. In each case the questions before it are yielded first.

    Cost. One pass of the relation per window; memory for `window` questions.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"))
        >>> for score in score_stream([samples], None, ExactMatch()):
        ...     print(score.clusters, {name: round(value, 4) for name, value in score.scores.items()})
        (0, 0, 1) {'DiscreteSemanticEntropy': 0.6365, 'KernelLanguageEntropy': 0.9972}
    """
    whole(None, 1, window=window)
    column_names((), names)  # refused before any work
    settings = fingerprint(estimators, relation, embedder)
    for held, failure in in_windows(
        samples, window, first or window, lambda item: require_evidence(item, estimators, relation, embedder)
    ):
        yield from _score_window(held, estimators, relation, embedder, settings, matrices, names)
        if failure is not None:
            raise failure


def default_estimators(samples: SampleSet) -> tuple[Estimator, ...]:
    """What a question has the evidence for: counts and kernel always, likelihoods where there are log-probs."""
    counted: tuple[Estimator, ...] = (DiscreteSemanticEntropy(), KernelLanguageEntropy())
    return counted if samples.token_logprobs is None else (SemanticEntropy(), *counted)


def fingerprint(estimators: Sequence[Estimator] | None, relation: Relation, embedder: Embedder | None = None) -> str:
    """16 hex digits that name everything that can change a score, but for the answers themselves.

    Raises:
        InvalidParameter: `estimators` is empty, holds something else, or one of them twice.
    """
    if estimators is None:
        names = ["default"]
    else:
        for index, item in enumerate(estimators):
            if not isinstance(item, Estimator):
                raise InvalidParameter(
                    f"estimators[{index}]: expected an instance such as SemanticEntropy(), got {item!r:.80}"
                )
        names = [repr(item) for item in estimators]
        if not names or len(set(names)) < len(names):
            raise InvalidParameter(f"estimators: expected at least one, and each once, got {names!r:.200}")
    embeds = any(item.needs & EMBEDDED for item in estimators or ())
    identity = getattr(embedder, "identity", repr(embedder)) if embeds else None
    return _digest([sorted(names), relation.identity, identity])


def source_key(samples: SampleSet) -> str:
    """16 hex digits that name what was scored: everything but references and metadata, which no score depends on."""
    return _digest({name: value for name, value in samples.to_dict().items() if name not in _NOT_SCORED})


def require_evidence(
    samples: SampleSet, estimators: Sequence[Estimator] | None, relation: Relation, embedder: Embedder | None
) -> None:
    """Refuse a question that the estimators (None: the default ones) cannot score, before any work.

    Raises:
        MissingEvidence: it lacks log-probs, answers or embeddings; the message names the estimator.
    """
    evidence = Evidence(samples, relation, embedder)
    for item in estimators or default_estimators(samples):
        evidence.require(item.needs, item.min_samples, type(item).__name__)


def in_windows(
    samples: Iterable[SampleSet], size: int, first: int, check: Callable[[SampleSet], None]
) -> Iterator[tuple[list[SampleSet], Exception | None]]:
    """Lists of `first`, twice as many, up to `size`, then what is left, with the error that ended it: good questions
    before it are not lost.
    """
    wanted = min(first, size)
    held: list[SampleSet] = []
    try:
        for item in samples:
            check(item)
            held.append(item)
            if len(held) == wanted:
                yield held, None
                held, wanted = [], min(2 * wanted, size)
    except (SemuqError, OSError) as error:
        yield held, error
        return
    yield held, None


def _score_window(
    held: list[SampleSet],
    estimators: Sequence[Estimator] | None,
    relation: Relation,
    embedder: Embedder | None,
    settings: str,
    matrices: bool,
    names: Names,
) -> list[QuestionScore]:
    import semuq

    results: dict[int, QuestionScore] = {}
    wanted = [tuple(estimators or default_estimators(item)) for item in held]
    # With the default set, a window may hold questions with and without log-probs: one pass for each kind.
    for chosen in dict.fromkeys(wanted):
        rows = [row for row, own in enumerate(wanted) if own == chosen]
        evidence = Evidence([held[row] for row in rows], relation, embedder)
        if matrices:
            _ = evidence.relation_scores  # before any clustering, which would otherwise ask for its own pairs
        called = column_names(chosen, names)
        columns = {name: item.score_evidence(evidence) for name, item in zip(called, chosen, strict=True)}
        behind = {} if names == "full" else {name: repr(item) for name, item in zip(called, chosen, strict=True)}
        gaps = {name: evidence.incomplete(item.needs) for name, item in zip(called, chosen, strict=True)}
        for position, (row, view) in enumerate(zip(rows, views(evidence), strict=True)):
            item = view.samples
            clusters = view.clusters("strict", "greedy")
            results[row] = QuestionScore(
                source=source_key(item),
                settings=settings,
                version=semuq.__version__,
                id=item.id,
                prompt=item.prompt,
                texts=item.texts,
                scores={
                    name: float(column[position]) for name, column in columns.items() if position not in gaps[name]
                },
                estimators={name: full for name, full in behind.items() if position not in gaps[name]},
                unscored={behind.get(name, name): own[position] for name, own in gaps.items() if position in own},
                clusters=tuple(clusters.tolist()),
                cluster_masses=_masses(view, clusters),
                masses_from="likelihoods" if _all_likelihoods(item) else "counts",
                relation=relation.identity,
                relation_scores=view.relation if matrices else None,
                references=item.references,
                metadata=item.metadata,
            )
    return [results[row] for row in range(len(held))]


def _masses(view: EvidenceView, clusters: IntArray) -> tuple[float, ...]:
    if not _all_likelihoods(view.samples):
        return tuple((np.bincount(clusters) / view.n).tolist())
    loglik = view.loglik(length_normalised=True)
    likeliest: dict[str, int] = {}  # a repeated text is one sequence: its likelihood counts once
    for index, text in enumerate(view.samples.texts):
        if text not in likeliest or loglik[index] > loglik[likeliest[text]]:
            likeliest[text] = index
    kept = np.array(list(likeliest.values()))
    return tuple(np.exp(cluster_log_masses(loglik[kept], clusters[kept])).tolist())


def _all_likelihoods(samples: SampleSet) -> bool:
    return samples.token_logprobs is not None and all(own is not None for own in samples.token_logprobs)


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
