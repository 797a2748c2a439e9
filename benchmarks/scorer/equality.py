"""Are the numbers right? Every precision against the float32 model that is given one pair at a time.

The reference is made in pieces and kept, since it takes longer than anything else here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from benchmarks.scorer.measure import OutOfTime
from benchmarks.scorer.questions import make_batch
from benchmarks.scorer.worker.bare import Bare, distinct_pairs
from benchmarks.scorer.worker.contestant import Batch
from semuq import Entailment, SampleSet
from semuq.graphs import greedy
from semuq.relations.base import RelationScores
from semuq.relations.entailment.packed.native import KernelUnavailable, load_kernel
from semuq.relations.entailment.plan import make_plan
from semuq.relations.entailment.relation import Precision

PIECE = 10
"""Questions whose reference is computed at once."""

PER_FORWARD = 128
"""The size of batch at which forward passes are counted."""

Pair = tuple[str, str]
Reference = dict[Pair, NDArray[np.float64]]


@dataclass(frozen=True)
class Comparison:
    """Questions over which precisions are compared."""

    questions: int
    context: str
    answers: int = 20

    def batch(self) -> Batch:
        return make_batch(self.questions, self.answers, self.context)


COMPARISONS = (Comparison(250, "none"), Comparison(40, "question"))
FAST = (Comparison(3, "none"), Comparison(1, "question"))


def precisions() -> tuple[str, ...]:
    """What `Entailment` offers and this CPU can do."""
    try:
        load_kernel()
        beyond = {"fp16"}
    except KernelUnavailable:
        beyond = {"fp16", "int16"}
    return tuple(name for name in get_args(Precision) if name not in beyond)


def reference(
    comparison: Comparison, folder: Path, scratch: Path, *, deadline: float, say: Callable[[str], None]
) -> Reference:
    """Probabilities of entailment, neutral, contradiction of every distinct pair, each from a pass of its own.

    Raises:
        OutOfTime: what was computed is kept.
    """
    batch, bare = comparison.batch(), None
    found: Reference = {}
    for start in range(0, comparison.questions, PIECE):
        piece = Batch(batch.prompts[start : start + PIECE], batch.answers[start : start + PIECE], batch.context)
        pairs = distinct_pairs(piece)
        path = scratch / f"reference-{comparison.context}-{comparison.answers}-{start}-{len(piece.prompts)}.npy"
        if path.is_file():
            values = np.load(path)
        else:
            if time.monotonic() > deadline:
                raise OutOfTime
            if bare is None:
                bare = Bare()
                bare.load(folder)
            bare.prepare(piece, "one")
            logits = bare.run(piece, "one")
            # From contradiction, neutral, entailment to the order of the package.
            values = np.array([row[0].tolist()[::-1] for row in logits], dtype=np.float64).reshape(-1, 3)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, values)
            say(f"reference: {start + len(piece.prompts)}/{comparison.questions} questions")
        found.update(zip(pairs, values, strict=True))
    return found


def compare(comparison: Comparison, expected: Reference, folder: Path, precision: str) -> dict[str, Any]:
    """How far one precision is from the reference, and what its two ways cost in pairs."""
    batch = comparison.batch()
    samples = as_samples(batch)
    relation = Entailment(folder, context=batch.context, precision=precision, cache=False, guard="off")
    scores, full = relation.compare_with_report(samples)
    waves, lazy = relation.cluster_with_report(samples)
    difference = 0.0
    same = same_ways = 0
    for texts, own, clusters in zip(batch.texts, scores, waves, strict=True):
        wanted = as_scores(texts, expected, own.threshold)
        difference = max(difference, float(np.abs(own.entailment - wanted.entailment).max()))
        matrix = greedy(own.equivalence())
        same += bool(np.array_equal(matrix, greedy(wanted.equivalence())))
        same_ways += bool(np.array_equal(matrix, clusters))
    return {
        "questions": comparison.questions,
        "largest_difference_of_entailment": difference,
        "questions_with_equal_clusters": same / comparison.questions,
        "questions_where_waves_equal_matrix": same_ways / comparison.questions,
        "pairs": full.pairs,
        "pairs_of_waves": lazy.pairs,
        "waves_share_of_pairs": lazy.pairs / full.pairs,
        "forwards_per_question": full.forwards / comparison.questions,
        "padded_share": full.padded_tokens / (full.padded_tokens + full.tokens),
        "truncated": full.truncated,
    }


def forwards_at_128(comparison: Comparison) -> dict[str, float]:
    """Forward passes per question if every pass took 128 of the planned pairs; a count, without a model."""
    batch = comparison.batch()
    plan = make_plan(as_samples(batch), batch.context)
    pairs = len(plan.pairs)
    return {
        "questions": comparison.questions,
        "pairs_per_question": pairs / comparison.questions,
        "distinct_pairs_per_question": len(distinct_pairs(batch)) / comparison.questions,
        "forwards_per_question": -(-pairs // PER_FORWARD) / comparison.questions,
    }


def as_samples(batch: Batch) -> list[SampleSet]:
    """For `Entailment`."""
    return [SampleSet(prompt=p, texts=tuple(own)) for p, own in zip(batch.prompts, batch.answers, strict=True)]


def as_scores(texts: Sequence[str], expected: Reference, threshold: float | None) -> RelationScores:
    """The reference as matrices over one question's answers, decided from the threshold that the model states."""
    rows = np.array(list(_cells(texts, expected))).reshape(len(texts), len(texts), 3)
    return RelationScores(
        kind="entailment",
        entailment=rows[..., 0],
        neutral=rows[..., 1],
        contradiction=rows[..., 2],
        threshold=threshold,
    )


def _cells(texts: Sequence[str], expected: Reference) -> Iterator[Sequence[float]]:
    for a in texts:
        for b in texts:
            yield (1.0, 0.0, 0.0) if a == b else expected[a, b]
