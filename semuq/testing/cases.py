"""Made-up answers whose meaning is known, with a relation and an embedder that read it off.

The text "m2 in wording 5" has meaning 2. Laws are checked on these, where the right clusters are
certain.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from semuq.evidence import Need
from semuq.numerics import FloatArray
from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet, as_batch

__all__ = ["MeaningEmbedder", "NoisyEntailment", "SameMeaning", "make_samples", "meaning"]


DIMENSIONS = 64

_MEANING = re.compile(r"\bm(\d+) in ")


def make_samples(
    meanings: Sequence[int],
    rng: np.random.Generator,
    *,
    tokens: int | None = None,
    needs: Collection[Need] | None = None,
) -> SampleSet:
    """Answers with these meanings, each in a wording of its own, and random evidence of every other kind.

    Args:
        meanings: the meaning of each answer.
        rng: draws the log-probs and all that estimators may need beside them.
        tokens: every answer's number of tokens; None draws 1 to 8 for each.
        needs: leave out the evidence that none of these covers, which is cheaper; None has all.
    """
    n = len(meanings)
    lengths = [tokens or int(rng.integers(1, 9)) for _ in meanings]

    def per_token(draw: Callable[[int], Any]) -> Callable[[], Any]:
        return lambda: tuple(draw(length) for length in lengths)

    drawn: dict[str, Callable[[], Any]] = {
        "token_logprobs": per_token(lambda length: -rng.exponential(1.0, size=length)),
        "token_entropies": per_token(lambda length: rng.exponential(1.0, size=length)),
        "token_certainties": per_token(lambda length: rng.exponential(5.0, size=length)),
        "token_relevance": per_token(lambda length: rng.random(size=length)),
        "hidden_states": lambda: rng.normal(size=(n, 8)),
        "token_states": per_token(lambda length: rng.normal(size=(length, 8))),
        "p_true": lambda: rng.random(size=n),
        "stated_confidences": lambda: rng.random(size=n),
        "answer_probabilities": lambda: rng.dirichlet(np.ones(4), size=n),
        "explanation_entailment": lambda: rng.random(size=n),
        "token_logits": per_token(lambda length: rng.normal(20.0, 3.0, size=length)),
        "token_attentions": per_token(lambda length: rng.random(size=(length, 2, 3))),
        "token_claim_logprobs": per_token(lambda length: -rng.exponential(0.3, size=length)),
        "claims": lambda: tuple(tuple(f"m{own} in claim {claim}" for claim in range(1 + own % 3)) for own in meanings),
        "second_answers": lambda: tuple(
            tuple(
                f"m{own} behind {place}.{number}" for number, own in enumerate(rng.choice(meanings, size=1 + place % 3))
            )
            for place in range(n)
        ),
        "perturbations": lambda: tuple(_reworded(version, meanings, rng) for version in range(3)),
        "answer": lambda: f"m{meanings[0]} in the answer",
        "answer_logprobs": lambda: -rng.exponential(1.0, size=4),
        "answer_confidence": lambda: float(rng.random()),
        "distractors": lambda: ("m1 in a distractor", "m2 in a distractor", "m2 in another distractor"),
        "distractor_confidences": lambda: rng.random(size=3),
        "other_models": lambda: tuple(_reworded(version, meanings, rng) for version in range(2)),
        "clarifications": lambda: tuple(_reworded(version, meanings, rng) for version in range(3)),
    }
    kept = set(drawn) if needs is None else {need.field for need in needs}
    return SampleSet(
        prompt="what is meant?",
        texts=tuple(f"m{own} in wording {position}" for position, own in enumerate(meanings)),
        **{name: draw() for name, draw in drawn.items() if name in kept},
    )


def _reworded(version: int, meanings: Sequence[int], rng: np.random.Generator) -> SampleSet:
    drawn = rng.choice(np.asarray(meanings), size=2)
    return SampleSet(
        perturbation=f"kind {version % 2}",
        prompt=f"what is meant, version {version}?",
        texts=tuple(f"m{own} in version {version}.{position}" for position, own in enumerate(drawn)),
    )


def meaning(text: str) -> int | None:
    """The meaning of a made-up answer, also behind a question; None if the text is no such answer."""
    found = _MEANING.findall(text)
    return int(found[-1]) if found else None


@dataclass(frozen=True, kw_only=True)
class SameMeaning:
    """The equivalence that knows the meanings."""

    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True
    identity: ClassVar[str] = "testing/same-meaning"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """Certain entailment within a meaning, certain contradiction without."""
        meanings = [np.array([meaning(text) for text in samples]) for samples in as_batch(batch)]
        return [RelationScores.from_equivalence(own[:, None] == own[None, :]) for own in meanings]


@dataclass(frozen=True, kw_only=True)
class NoisyEntailment:
    """An entailment model that is often wrong, neither symmetric nor transitive, yet deterministic."""

    seed: int = 0

    kind: ClassVar[Kind] = "entailment"
    symmetric: ClassVar[bool] = False

    @property
    def identity(self) -> str:
        """The seed."""
        return f"testing/noisy/{self.seed}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """Random probabilities that depend on the two texts alone."""
        return [self._compare_one(samples) for samples in as_batch(batch)]

    def _compare_one(self, samples: SampleSet) -> RelationScores:
        n = len(samples)
        scores = np.zeros((3, n, n))
        for i, a in enumerate(samples):
            for j, b in enumerate(samples):
                scores[:, i, j] = (1, 0, 0) if a == b else self._pair(a, b)
        return RelationScores(kind="entailment", entailment=scores[0], neutral=scores[1], contradiction=scores[2])

    def _pair(self, a: str, b: str) -> FloatArray:
        digest = hashlib.blake2b(f"{self.seed}|{a}|{b}".encode(), digest_size=12).digest()
        raw = (np.frombuffer(digest, dtype=np.uint32) / 2**32 + 1e-6) ** 3  # cubed: often one label stands out
        return np.asarray(raw / raw.sum())


@dataclass(frozen=True, kw_only=True)
class MeaningEmbedder:
    """Orthogonal unit vectors for different meanings, the same vector for the same meaning.

    Texts without a meaning, such as questions, get unit vectors that are alike: their cosine is 0.64.
    """

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), 64); the meaning is that of the last made-up answer in the text."""
        axes = np.eye(DIMENSIONS)
        rows = []
        for text in texts:
            own = meaning(text)
            without = 0.8 * axes[-1] + 0.6 * axes[sum(text.encode()) % (DIMENSIONS - 1)]
            rows.append(without if own is None else axes[own % (DIMENSIONS - 1)])
        return np.array(rows).reshape(len(texts), DIMENSIONS)
