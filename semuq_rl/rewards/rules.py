"""Rewards: one that checks the answer, and label-free ones that take the group's agreement for it.

Before `GroupBatch` in the flow. All are functions of one group (its answers, clusters, logits or
similarities) that return float64 (G,). Label-free rewards raise what the policy already says: they
sharpen it, rightly or wrongly, and can be hacked by answering alike; each says so where it applies.
Clusters come from any semuq relation by `answer_clusters`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np

from semuq.checks import one_of, whole, within
from semuq.errors import InvalidSamples
from semuq.evidence import Evidence, views
from semuq.numerics import BoolArray, FloatArray, IntArray, entropy
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.text import normalise_answer
from semuq_rl.groups.answers import Extract, extract_boxed
from semuq_rl.groups.arrays import to_numpy

__all__ = [
    "answer_clusters",
    "consistency",
    "empo",
    "exact_answer",
    "intuitor",
    "self_certainty",
    "ttrl",
    "word_entropy_stability",
]


EmpoVariant = Literal["maths", "verl"]


def exact_answer(
    texts: Sequence[str],
    references: Sequence[str],
    *,
    extract: Extract = extract_boxed,
    normalise: Callable[[str], str] = normalise_answer,
) -> FloatArray:
    r"""Verifiable: 1 where the answer is one of the references after normalisation, else 0, (G,).

    A rollout without answer gets 0.

    >>> exact_answer([r"\boxed{4}", "four", r"\boxed{5}"], ["4"])
    array([1., 0., 0.])
    """
    if isinstance(references, str) or not references:
        raise InvalidSamples(f"references: expected at least one gold answer in a list, got {references!r}")
    gold = {normalise(reference) for reference in references}
    answers = [extract(text) for text in texts]
    return np.array([float(answer is not None and normalise(answer) in gold) for answer in answers])


def answer_clusters(
    prompt: str, texts: Sequence[str], relation: Relation, *, extract: Extract = extract_boxed
) -> tuple[IntArray, BoolArray]:
    r"""(G,) cluster ids by any relation, numbered by first appearance, and (G,) who has an answer.

    A rollout without answer is a cluster of its own.

    >>> from semuq import ExactMatch
    >>> answer_clusters("1+1?", [r"\boxed{2}", "?", r"\boxed{2}", "??"], ExactMatch())
    (array([0, 1, 0, 2]), array([ True, False,  True, False]))
    """
    if not texts:
        raise InvalidSamples("texts: expected at least one rollout, got none; leave the question out")
    answers = [extract(text) for text in texts]
    answered = np.array([answer is not None for answer in answers], dtype=bool)
    labels = np.full(len(answers), -1, dtype=np.int64)
    if answered.any():
        known = SampleSet(prompt=prompt, texts=tuple(answer for answer in answers if answer is not None))
        labels[answered] = views(Evidence(known, relation))[0].clusters()
    labels[~answered] = labels.max() + 1 + np.arange((~answered).sum())
    order = {label: number for number, label in enumerate(dict.fromkeys(labels.tolist()))}
    return np.array([order[label] for label in labels.tolist()], dtype=np.int64), answered


def empo(clusters: Any, answered: Any = None, *, variant: EmpoVariant = "maths", least: float = 0.25) -> FloatArray:
    """EMPO: the share of the group that gives the same answer, r_i = |C(i)| / G.

    Its mean is sum_k p_k^2, so maximising it minimises the (Renyi-2) semantic entropy.

    Args:
        clusters: (G,) ids.
        answered: (G,) bool, who has an answer; None says all.
        variant: "maths" gives 0 to a rollout without answer, and to all if no two agree (entropy of
            the frequencies = log G). "verl" counts each rollout without answer as a cluster, and
            gives 0 to all where the largest share is below `least`.
        least: for "verl"; 0.25 in its code.

    Degenerate cases. G = 1: 0 in "maths" (log 1 = 0 is not exceeded), 1 in "verl".

    References: EMPO, arXiv:2504.05812, and its two released variants.

    >>> empo([0, 0, 1, 2]), empo([0, 1, 2, 3])
    (array([0.5 , 0.5 , 0.25, 0.25]), array([0., 0., 0., 0.]))
    """
    one_of("empo", get_args(EmpoVariant), variant=variant)
    within("empo", 0, 1, least=least)
    labels, known = _group(clusters, answered)
    if variant == "verl":
        # Rollouts without answer never share a cluster, whatever ids they came with.
        labels = np.where(known, labels, labels.max() + 1 + np.arange(len(labels)))
    share = np.array([(labels == label).mean() for label in labels])
    if variant == "verl":
        return share if share.max() >= least else np.zeros(len(share))
    counts = np.unique(labels, return_counts=True)[1]
    if entropy(counts) >= np.log(len(labels)) - 1e-12:
        return np.zeros(len(share))
    return np.where(known, share, 0.0)


def ttrl(clusters: Any, answered: Any = None, *, rewarded: int | None = None) -> FloatArray:
    """TTRL: 1 for the answer of the majority, else 0; the first seen wins a tie.

    Args:
        clusters: (N,) ids of all votes.
        answered: (N,) bool; a rollout without answer neither votes nor is rewarded.
        rewarded: reward only the first so many; TTRL lets 64 vote and trains on 32.

    Degenerate cases. Nobody has an answer: all 0.

    References: TTRL, arXiv:2504.16084.

    >>> ttrl([0, 1, 1, 2]), ttrl([0, 1, 0, 1])
    (array([0., 1., 1., 0.]), array([1., 0., 1., 0.]))
    """
    labels, known = _group(clusters, answered)
    size = len(labels) if rewarded is None else rewarded
    whole("ttrl", 1, len(labels), rewarded=size)
    votes = Counter(labels[known].tolist())
    if not votes:
        return np.zeros(size)
    majority = votes.most_common(1)[0][0]
    return ((labels == majority) & known)[:size].astype(np.float64)


def self_certainty(logits: Any) -> FloatArray:
    """(T,): how far each next-token distribution is from uniform, KL(U || p) + log V, from (T, V).

    That is logsumexp(z) - mean(z); the constant log V of Intuitor's code is kept, and cancels in a
    group. log V for uniform logits.

    >>> self_certainty([[0.0, 0.0], [3.0, -3.0]]).round(4)
    array([0.6931, 3.0025])
    """
    values = np.asarray(to_numpy(logits), dtype=np.float64)
    if values.ndim != 2 or values.shape[1] == 0 or not np.isfinite(values).all():
        raise InvalidSamples(
            f"logits: expected finite numbers (T, V), got shape {values.shape}; "
            "logits of -inf (a filtered vocabulary) have no self-certainty, take them before filtering"
        )
    top = values.max(axis=1, initial=-np.inf)
    return top + np.log(np.exp(values - top[:, None]).sum(axis=1)) - values.mean(axis=1)


def intuitor(logits: Sequence[Any]) -> FloatArray:
    """Intuitor (RLIF): the mean self-certainty of a rollout's tokens, (G,), from G arrays (T_g, V).

    Needs the logits of the current policy: with a frozen model's the reward is hacked, as the paper
    shows. 0 for a rollout without tokens, below anything a token can give.

    References: arXiv:2505.19590.

    >>> intuitor([[[0.0, 0.0], [3.0, -3.0]]]).round(4)
    array([1.8478])
    """
    values = [self_certainty(rollout) if len(rollout) else np.zeros(1) for rollout in logits]
    return np.array([tokens.mean() for tokens in values])


def consistency(similarity: Any, *, helpfulness: Any = None, stability_weight: float = 0.5) -> FloatArray:
    """How much each answer agrees with those to the other wordings of the question, (V,).

    Formula. s_v = mean_{u != v} similarity(v, u); with helpfulness h in [0, 1],
    r_v = h_v ((1 - w) + w s_v): an answer that helps nobody earns nothing by being stable.

    Args:
        similarity: (V, V) in [0, 1] between the answers to V wordings; an equivalence gives the share
            of the others that agree.
        helpfulness: (V,) in [0, 1], or None for agreement alone. Without it empty or evasive answers,
            which are perfectly stable, are rewarded best.
        stability_weight: w in [0, 1].

    Degenerate cases. V = 1: stability 1, as nothing disagrees; no signal after centring.

    Inferred: arXiv:2512.12858 rewards stability over prompt variants and prints no formula we have.
    `word_entropy_stability` is nearer its words, this better founded.

    >>> consistency([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    array([0.5, 0.5, 0. ])
    """
    within("consistency", 0, 1, stability_weight=stability_weight)
    matrix = np.asarray(to_numpy(similarity), dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) == 0 or matrix.shape[0] != matrix.shape[1]:
        raise InvalidSamples(f"similarity: expected shape (V, V), got {matrix.shape}")
    if not ((matrix >= 0) & (matrix <= 1)).all():
        raise InvalidSamples("similarity: expected numbers in [0, 1]; rescale cosines by (1 + cos) / 2")
    # The sum without the diagonal; with one wording there is nothing to disagree with.
    others = np.where(np.eye(len(matrix), dtype=bool), 0.0, matrix).sum(axis=1)
    stability = others / (len(matrix) - 1) if len(matrix) > 1 else np.ones(1)
    if helpfulness is None:
        return stability
    helps = np.asarray(to_numpy(helpfulness), dtype=np.float64)
    if helps.shape != stability.shape or not ((helps >= 0) & (helps <= 1)).all():
        raise InvalidSamples(f"helpfulness: expected {len(stability)} numbers in [0, 1], got {helps!r:.60}")
    return helps * (1 - stability_weight + stability_weight * stability)


def word_entropy_stability(texts: Sequence[str]) -> FloatArray:
    """(V,): how near each answer's word entropy h_v is to the mean, 1 - |h_v - mean h| / mean h, at least 0.

    Inferred from arXiv:2512.12858, which compares the entropy of the answers to wordings of one
    question. Equal entropy does not mean equal content: "yes" and "no" are perfectly stable.

    Degenerate cases. All entropies 0 (answers of at most one distinct word): 1 for all.

    >>> word_entropy_stability(["buy bonds now", "buy funds", "sell"]).round(3)
    array([0.161, 0.839, 0.   ])
    """
    if not texts:
        raise InvalidSamples("texts: expected at least one answer, got none; leave the question out")
    words = [Counter(normalise_answer(text).split()) for text in texts]
    own = np.array([entropy(list(counts.values())) if counts else 0.0 for counts in words])
    mean = own.mean()
    return np.maximum(0.0, 1 - np.abs(own - mean) / mean) if mean > 0 else np.ones(len(own))


def _group(clusters: Any, answered: Any) -> tuple[IntArray, BoolArray]:
    ids = np.asarray(to_numpy(clusters))
    # A NaN or 0.7 cut down to an integer would join a cluster that it is not in.
    if ids.size and not (np.issubdtype(ids.dtype, np.number) and np.equal(np.floor(ids), ids).all()):
        raise InvalidSamples(
            f"clusters: expected whole numbers, got {ids.tolist()!r:.60}; answer_clusters() gives them"
        )
    labels = ids.astype(np.int64)
    known = np.ones(labels.shape, dtype=bool) if answered is None else np.asarray(to_numpy(answered)).astype(bool)
    if labels.ndim != 1 or len(labels) == 0 or known.shape != labels.shape:
        raise InvalidSamples(
            f"clusters: expected ids of G >= 1 rollouts and as many flags, got {labels.shape} and {known.shape}"
        )
    return labels, known
