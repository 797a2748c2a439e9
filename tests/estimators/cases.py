"""Random questions for the comparisons with oracles: any number of answers, any scale of log-probs, any relation."""

import zlib
from dataclasses import dataclass

import numpy as np

from semuq import SampleSet
from semuq.relations.base import RelationScores
from semuq.samples import as_batch

ROUNDED = {"rel": 1e-9, "abs": 1e-9}
"""For `pytest.approx`: scores are rounded to ten digits, oracles are not."""

KINDS = ("entailment", "equivalence", "similarity")


@dataclass(frozen=True)
class Fixed:
    """A relation that returns the scores it was made with."""

    scores: RelationScores
    kind = "entailment"
    symmetric = False
    identity = "tests/fixed"

    def compare(self, batch):
        return [self.scores]


@dataclass(frozen=True)
class Hashed:
    """Arbitrary probabilities that depend on seed, premise and hypothesis alone, quickly."""

    seed: int
    kind = "entailment"
    symmetric = False
    identity = "tests/hashed"

    def pair(self, premise, hypothesis):
        """Entailment, neutral, contradiction."""
        if premise == hypothesis:
            return np.array([1.0, 0.0, 0.0])
        code = zlib.crc32(f"{self.seed}|{premise}|{hypothesis}".encode())
        raw = np.array([code & 1023, (code >> 10) & 1023, (code >> 20) & 1023]) + 0.5
        return raw / raw.sum()

    def compare(self, batch):
        found = []
        for samples in as_batch(batch):
            scores = np.array([[self.pair(a, b) for b in samples] for a in samples]).transpose(2, 0, 1).copy()
            found.append(
                RelationScores(kind="entailment", entailment=scores[0], neutral=scores[1], contradiction=scores[2])
            )
        return found


def random_logprobs(rng, n):
    """n ragged arrays whose scale is drawn anew: all 0, ordinary, or about -1e4; some without a token."""
    scale = rng.choice([0.0, 1.0, 1.0, 10.0, 1e4])
    return tuple(-scale * rng.random(size=rng.integers(1, 12)) for _ in range(n))


def random_samples(rng, n=None):
    """A question with n answers (1 to 32, if not given), some of them repeated, with all per-token evidence."""
    n = int(rng.integers(1, 33)) if n is None else n
    texts = tuple(f"answer {rng.integers(0, max(2, n))}" for _ in range(n))
    logprobs = list(random_logprobs(rng, n))
    if rng.random() < 0.2:
        texts, logprobs[0] = ("", *texts[1:]), np.zeros(0)
    return SampleSet(
        prompt="a question",
        texts=texts,
        token_logprobs=tuple(logprobs),
        token_entropies=tuple(rng.exponential(1.0, len(own)) for own in logprobs),
        token_certainties=tuple(rng.exponential(5.0, len(own)) for own in logprobs),
        token_relevance=tuple(rng.random(len(own)) * (rng.random(len(own)) < 0.8) for own in logprobs),
        embeddings=rng.normal(size=(n, 12)) * rng.choice([0.01, 1.0, 100.0]),
        hidden_states=rng.normal(size=(n, 8)),
        p_true=rng.random(n),
        stated_confidences=rng.random(n),
        answer_probabilities=rng.dirichlet(np.ones(4), size=n),
        explanation_entailment=rng.random(n) * (rng.random() < 0.9),
    )


def random_relation(rng, n, kind=None):
    """Scores of a drawn kind: an arbitrary three-way model, a random partition, or a random similarity."""
    kind = rng.choice(KINDS) if kind is None else kind
    if kind == "equivalence":
        ids = rng.integers(0, max(1, n // 2), size=n)
        return RelationScores.from_equivalence(ids[:, None] == ids[None, :])
    if kind == "similarity":
        half = rng.random((n, n))
        return RelationScores.from_similarity((half + half.T) / 2, threshold=0.5)
    probabilities = rng.dirichlet([rng.choice([0.1, 1.0, 5.0])] * 3, size=(n, n))
    if rng.random() < 0.3:  # certain labels, as a saturated model gives them
        probabilities = np.eye(3)[probabilities.argmax(axis=-1)]
    probabilities[np.arange(n), np.arange(n)] = (1, 0, 0)
    return RelationScores(
        kind="entailment",
        entailment=probabilities[..., 0].copy(),
        neutral=probabilities[..., 1].copy(),
        contradiction=probabilities[..., 2].copy(),
    )


def cases(count, seed=0, kind=None, n=None):
    """(samples, relation, scores) for `count` random questions."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        samples = random_samples(rng, n)
        scores = random_relation(rng, len(samples), kind)
        yield samples, Fixed(scores), scores


def alike(n):
    """Scores of n answers that all mean the same."""
    return RelationScores.from_equivalence(np.ones((n, n), dtype=bool))


def different(n):
    """Scores of n answers that all mean something else."""
    return RelationScores.from_equivalence(np.eye(n, dtype=bool))
