"""The laws every relation obeys, and `check_relation`, which runs them.

    from semuq.testing import check_relation
    check_relation(MyRelation())

Laws are functions (relation, rng) whose docstring is the law; they raise AssertionError with the
relation's identity.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np

from semuq.relations.base import Kind, Relation, RelationScores
from semuq.samples import SampleSet

__all__ = ["RELATION_LAWS", "check_relation"]

RelationLaw = Callable[[Relation, np.random.Generator], None]

TOLERANCE = 1e-5
"""Between two ways to ask for the same scores: models round differently in other batches."""
QUESTIONS = 3
"""Made-up questions per law."""

_ANSWERS = (
    *("Paris", "paris.", "It is Paris.", "Lyon", "42", "43", "6 * 7", r"so \boxed{42}", "1/2", "0.5", "(B)"),
    *("yes", "no", "I do not know.", "the answer is 42", "x^2 - 1", "(x-1)(x+1)"),
)
_HARD = (
    *("", " ", "\n", "?!", "巴黎", "東京タワー", "باريس", "Париж", "שלום", "🙂", "e\u0301", "\u200b", "[SEP]", "</s>"),
    *('"quoted" \\ {braces}', "no\x00no", "word " * 200),
)


def check_relation(relation: Relation, *, seed: int = 0, rounds: int = 1) -> None:
    """Run every law on a relation.

    Args:
        relation: the instance to check.
        seed: of the made-up answers.
        rounds: how often each law is tried with fresh answers.

    Raises:
        AssertionError: a law is broken.

    Example:
        >>> from semuq import ExactMatch
        >>> check_relation(ExactMatch())
    """
    for law in RELATION_LAWS:
        rng = np.random.default_rng([seed, *law.__name__.encode()])
        for _ in range(rounds):
            law(relation, rng)


def facts(relation: Relation, rng: np.random.Generator) -> None:
    """A relation states its kind, whether it is symmetric and its identity, always the same, and cannot be changed."""
    name = type(relation).__name__
    assert isinstance(relation, Relation), f"{name}: lacks one of kind, symmetric, identity, compare"
    assert relation.kind in get_args(Kind), f"{name}: kind {relation.kind!r} is none of {get_args(Kind)}"
    assert isinstance(relation.symmetric, bool), f"{name}: symmetric is not a bool"
    identity = relation.identity
    assert isinstance(identity, str), f"{name}: identity is not a str"
    assert identity, f"{name}: identity is empty"
    relation.compare(_questions(rng))
    assert relation.identity == identity, f"{name}: identity changes with use"
    kind: Any = type(relation)
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind)[:1]:
            try:
                setattr(relation, field.name, getattr(relation, field.name))
            except dataclasses.FrozenInstanceError:
                continue
            raise AssertionError(f"{name}: is not frozen")


def shape(relation: Relation, rng: np.random.Generator) -> None:
    """One RelationScores per question, in order, of n x n probabilities of the stated kind."""
    batch = _questions(rng)
    scores = relation.compare(batch)
    assert isinstance(scores, list), f"{_name(relation)}: compare returns no list"
    assert len(scores) == len(batch), f"{_name(relation)}: {len(scores)} scores for {len(batch)} questions"
    assert relation.compare([]) == [], f"{_name(relation)}: no questions give scores"
    for own, samples in zip(scores, batch, strict=True):
        assert isinstance(own, RelationScores), f"{_name(relation)}: compare returns {type(own).__name__}"
        assert own.kind == relation.kind, f"{_name(relation)}: says {relation.kind}, returns {own.kind}"
        assert len(own) == len(samples), f"{_name(relation)}: {len(own)} rows for {len(samples)} answers"
        _probabilities(relation, own)


def certain_diagonal(relation: Relation, rng: np.random.Generator) -> None:
    """An answer entails itself for certain, also if it is the only one."""
    lone = SampleSet(prompt="Which one?", texts=(str(rng.choice(_ANSWERS)),))
    for samples in (*_questions(rng), lone):
        own = relation.compare(samples)[0]
        assert (np.diagonal(own.entailment) == 1).all(), f"{_name(relation)}: an answer does not entail itself"
        assert own.equivalence().diagonal().all(), f"{_name(relation)}: an answer is not equivalent to itself"


def symmetric(relation: Relation, rng: np.random.Generator) -> None:
    """Where symmetry is claimed, both directions of a pair agree."""
    for own in relation.compare(_questions(rng)):
        equivalent = own.equivalence()
        assert (equivalent == equivalent.T).all(), f"{_name(relation)}: equivalence has a direction"
        if relation.symmetric:
            for matrix in _matrices(own):
                assert (matrix == matrix.T).all(), f"{_name(relation)}: claims symmetry and has a direction"


def duplicates(relation: Relation, rng: np.random.Generator) -> None:
    """Equal texts are equivalent for certain, and stand alike to every other answer."""
    for samples in _questions(rng):
        n = len(samples)
        own = relation.compare(samples.take([*range(n), *range(n)]))[0]
        assert (own.entailment[np.arange(n), np.arange(n) + n] == 1).all(), f"{_name(relation)}: a copy differs"
        for matrix in _matrices(own):
            first = matrix[:n, :n]
            for block in (matrix[n:, n:], matrix[:n, n:], matrix[n:, :n]):
                assert np.allclose(first, block, atol=TOLERANCE), f"{_name(relation)}: copies stand differently"


def batch_singles(relation: Relation, rng: np.random.Generator) -> None:
    """A question scores the same alone and in a batch, and in any place of it."""
    batch = _questions(rng)
    alone = [relation.compare(samples)[0] for samples in batch]
    for place, own in enumerate(relation.compare(batch)):
        _same(relation, own, alone[place], "batch mates matter")
    for place, own in enumerate(relation.compare(batch[::-1])):
        _same(relation, own, alone[len(batch) - 1 - place], "the order of questions matters")


def order(relation: Relation, rng: np.random.Generator) -> None:
    """Shuffling the answers shuffles rows and columns and changes nothing else."""
    for samples in _questions(rng):
        places = rng.permutation(len(samples))
        shuffled = relation.compare(samples.take(places.tolist()))[0]
        own = relation.compare(samples)[0]
        for before, after in zip(_matrices(own), _matrices(shuffled), strict=True):
            moved = before[np.ix_(places, places)]
            assert np.allclose(moved, after, atol=TOLERANCE), f"{_name(relation)}: the order of answers matters"
        assert own.undecided == shuffled.undecided, f"{_name(relation)}: undecided depends on the order of answers"


def repeatable(relation: Relation, rng: np.random.Generator) -> None:
    """The same batch gives the same scores twice and is left as it was."""
    batch = _questions(rng)
    before = pickle.dumps([samples.to_dict() for samples in batch])
    first, second = relation.compare(batch), relation.compare(batch)
    for one, other in zip(first, second, strict=True):
        _same(relation, one, other, "the second time differs", tolerance=0.0)
    assert pickle.dumps([samples.to_dict() for samples in batch]) == before, f"{_name(relation)}: changes its input"


def any_text(relation: Relation, rng: np.random.Generator) -> None:
    """Empty answers, other scripts, control characters, markup and very long answers are texts like any other."""
    texts = [str(text) for text in rng.permutation(np.array(_HARD, dtype=object))[:8]]
    samples = SampleSet(prompt="", texts=(*texts, "", "巴黎", texts[0]))
    own = relation.compare(samples)[0]
    _probabilities(relation, own)
    assert own.entailment[0, -1] == 1, f"{_name(relation)}: a copy of {texts[0]!r} differs"


RELATION_LAWS: tuple[RelationLaw, ...] = (
    facts,
    shape,
    certain_diagonal,
    symmetric,
    duplicates,
    batch_singles,
    order,
    repeatable,
    any_text,
)
"""Every law, in the order in which they are checked."""


def _questions(rng: np.random.Generator) -> list[SampleSet]:
    return [
        SampleSet(
            prompt=f"Question {index}?",
            texts=tuple(str(text) for text in rng.choice(_ANSWERS, size=int(rng.integers(1, 7)))),
        )
        for index in range(QUESTIONS)
    ]


def _name(relation: Relation) -> str:
    return f"{type(relation).__name__} {relation.identity!r:.80}"


def _matrices(scores: RelationScores) -> Sequence[np.ndarray]:
    return scores.entailment, scores.neutral, scores.contradiction


def _probabilities(relation: Relation, scores: RelationScores) -> None:
    for matrix in _matrices(scores):
        assert ((matrix >= 0) & (matrix <= 1)).all(), f"{_name(relation)}: a probability outside [0, 1]"
    if relation.kind == "equivalence":
        assert np.isin(scores.entailment, (0, 1)).all(), f"{_name(relation)}: an equivalence that is not 0 or 1"


def _same(
    relation: Relation, a: RelationScores, b: RelationScores, complaint: str, tolerance: float = TOLERANCE
) -> None:
    for one, other in zip(_matrices(a), _matrices(b), strict=True):
        assert np.allclose(one, other, rtol=0, atol=tolerance), f"{_name(relation)}: {complaint}"
    assert a.undecided == b.undecided, f"{_name(relation)}: undecided: {complaint}"
