"""`SentenceEntailment`: long answers compared sentence by sentence, so that none is lost in a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Kind, Progress, RelationScores
from semuq.relations.entailment.plan import Plan, Side
from semuq.relations.entailment.relation import Entailment
from semuq.relations.entailment.scorer import ScorerReport
from semuq.relations.entailment.walk import scores_of
from semuq.relations.entailment.windows import windows
from semuq.samples import SampleSet, as_batch
from semuq.text import sentences

__all__ = ["SentenceEntailment"]


WINDOW_PAIRS = 50_000
"""Questions are scored in windows of about this many pairs of sentences, so that memory stays the same."""

CERTAIN = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True)
class SentenceEntailment:
    r"""An answer entails another if it entails each of its sentences.

    What it is for. A model of short pairs asked about two long answers judges the general impression, or the
    part that its length limit lets through. Here every sentence of the hypothesis has to be borne out.

    Formula. For answers a, b with h the sentences of b and w the passages of a (all of it, or each run of
    `premise` sentences),
        w*(h)       = argmax_w P_entailment(w, h)                 where a speaks of h
        E(a, b)     = min_h P_entailment(w*(h), h)
        C(a, b)     = min( max_h P_contradiction(w*(h), h), 1 - E(a, b) )
        N(a, b)     = 1 - E - C
    One sentence that is not entailed is enough for no entailment, one that is contradicted for contradiction.

    Args:
        entailment: the model, with its context, guard and cache. The guard sees whole answers.
        premise: sentences of the premise that are read at a time; None reads the answer as a whole, which is
            right for answers that fit the model (128 words or so, for the one inside the package), a small
            number for longer ones. At 1 a sentence that takes two to bear out is missed.

    Raises:
        InvalidParameter: `entailment` is something else, or `premise` no number of sentences.

    Degenerate cases. Of answers of one sentence it says what `entailment` says. An answer without a sentence
    (empty, or marks only) is taken as one. Equal answers are certain, whatever their sentences.

    Cost. For u distinct answers of s sentences u (u - 1) s pairs, times s with a small `premise`; equal
    sentences are scored once, across answers and questions. No lazy clusters: `compare` only.

    Variant. SummaC_ZS is the same with premise=1 and the mean over h in place of the minimum; ALCE's citation
    recall asks, with the whole premise, for each statement by itself. The minimum, and C, are ours: two
    answers mean the same only if nothing in either goes beyond the other.

    Example:
        >>> from semuq import Entailment, SampleSet, SentenceEntailment
        >>> texts = (
        ...     "Marie Curie was a physicist and chemist. She was born in Warsaw. She won two Nobel Prizes. "
        ...     "She died in 1934.",
        ...     "Marie Curie was born in Warsaw. She won two Nobel Prizes. She was a physicist and chemist.",
        ... )
        >>> samples = SampleSet(prompt="Who was Marie Curie?", texts=texts)
        >>> whole = Entailment(cache=False)
        >>> whole.compare(samples)[0].entailment.round(2)
        array([[1.  , 0.62],
               [0.43, 1.  ]])
        >>> SentenceEntailment(whole).compare(samples)[0].entailment.round(2)
        array([[1.  , 0.81],
               [0.1 , 1.  ]])

    References: Laban, Schnabel, Bennett, Hearst, SummaC, TACL 2022, arXiv:2111.09525; Gao, Yen, Yu, Chen,
    ALCE, EMNLP 2023, arXiv:2305.14627.
    """

    entailment: Entailment = field(default_factory=Entailment)
    _: KW_ONLY
    premise: int | None = None

    kind: ClassVar[Kind] = "entailment"
    tells_progress: ClassVar[bool] = True
    symmetric: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not isinstance(self.entailment, Entailment):
            raise InvalidParameter(
                f"SentenceEntailment.entailment: expected an Entailment, got {self.entailment!r:.80}"
            )
        given = self.premise
        if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 1):
            raise InvalidParameter(f"SentenceEntailment.premise: expected None or an integer >= 1, got {given!r}")

    @property
    def identity(self) -> str:
        """The model and how much of a premise it reads at a time."""
        return f"sentences/premise={self.premise}/({self.entailment.identity})"

    def compare(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> list[RelationScores]:
        """One RelationScores per question; `progress(pairs of answers done, pairs in all)` is called as it goes."""
        return self.compare_with_report(batch, progress=progress)[0]

    def compare_with_report(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> tuple[list[RelationScores], ScorerReport]:
        """The scores and what they cost, in pairs of passages and sentences."""
        questions = as_batch(batch)
        scores, costs = scores_of(lambda: self._plans(questions), self._aggregated, self.entailment.scores, progress)
        return scores, sum(costs, start=ScorerReport())

    def _plans(self, questions: Sequence[SampleSet]) -> Iterator[Plan]:
        for window in windows(questions, _pairs, WINDOW_PAIRS):
            yield from self.entailment.plans(window)

    def _aggregated(self, plan: Plan, answers: IntArray, progress: Progress | None) -> tuple[FloatArray, ScorerReport]:
        """(pairs, 3) of pairs of answers of a plan, from the pairs of their parts."""
        index: dict[Side, int] = {}

        def numbers(side: Side, size: int | None) -> list[int]:
            return [index.setdefault(part, len(index)) for part in _passages(side, size)]

        needed = np.unique(answers)
        passages = {side: numbers(plan.sides[side], self.premise) for side in needed.tolist()}
        parts = {side: numbers(plan.sides[side], 1) for side in needed.tolist()}
        pairs = dict.fromkeys((w, h) for a, b in answers.tolist() for w in passages[a] for h in parts[b] if w != h)
        # Parts are told as the share of the answers that they make up.
        step = progress and (lambda done, total: progress(round(len(answers) * done / total), len(answers)))
        asked = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        probabilities, cost = self.entailment.ask(tuple(index), asked, step)
        known = dict(zip(pairs, probabilities, strict=True))
        rows = [
            _aggregate(np.array([[known.get((w, h), CERTAIN) for w in passages[a]] for h in parts[b]]))
            for a, b in answers.tolist()
        ]
        return np.array(rows).reshape(-1, 3), cost + ScorerReport(decided=len(plan.decided))


def _aggregate(block: FloatArray) -> FloatArray:
    """(3,) of two answers from (sentences, passages, 3) of their parts."""
    best = block[np.arange(len(block)), block[..., 0].argmax(axis=1)]
    if len(best) == 1:
        return np.asarray(best[0])
    entailment = best[:, 0].min()
    contradiction = min(best[:, 2].max(), 1 - entailment)
    return np.array([entailment, 1 - entailment - contradiction, contradiction])


def _passages(side: Side, size: int | None) -> list[Side]:
    """Each run of `size` sentences of an answer, behind its question; the answer as it is where it is no longer."""
    question, answer = side.text[: side.answer_start], side.text[side.answer_start :]
    found = sentences(answer)
    if size is None or len(found) <= size:
        return [side]
    runs = (" ".join(found[start : start + size]) for start in range(len(found) - size + 1))
    return [Side(question + run, len(question)) for run in runs]


def _pairs(samples: SampleSet) -> int:
    return sum(max(1, len(sentences(text))) for text in set(samples.texts)) ** 2
