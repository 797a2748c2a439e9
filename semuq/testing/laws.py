"""The laws every estimator obeys, and `check_estimator`, which runs them."""

from __future__ import annotations

import dataclasses
import importlib
import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np

from semuq.errors import MissingEvidence
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import AnswerEstimator, Estimator, Units
from semuq.evidence import RELATED, Evidence, Need
from semuq.numerics import FloatArray
from semuq.samples import SampleSet
from semuq.testing.cases import MeaningEmbedder, NoisyEntailment, SameMeaning, make_samples

__all__ = ["LAWS", "Law", "check_estimator", "laws_for"]

Check = Callable[[Estimator, np.random.Generator], None]

MEANING = frozenset({Need.RELATION, Need.CLUSTERS, Need.EMBEDDINGS, Need.CLAIM_SUPPORT})
"""Needs of estimators that see what answers mean."""

CASES = 12
"""Random cases per law and seed."""
_LEVELS = {
    "token_logprobs": -0.7,
    "token_entropies": 0.8,
    "token_certainties": 5.0,
    "token_relevance": 1.0,
    "token_logits": 20.0,
    "p_true": 0.6,
    "stated_confidences": 0.6,
}
"""Answers that are alike in all that can be said of an answer in a number."""
TRIES = 30
"""Rounds in which a law that is said not to hold has to be broken at least once."""
SHUFFLES = 5
"""Orders of the same answers that are compared to the last digit."""
TOLERANCE = 1e-8
ROOT_TOLERANCE = 1e-6
"""Of single answers: a distance is a root, whose rounding near 0 is the root of that of its square."""


@dataclasses.dataclass(frozen=True)
class Law:
    """A law of estimators: a check that raises AssertionError, and to whom it applies.

    Args:
        check: (estimator, rng) -> None; its name is the law's, its docstring what the law says.
        applies: whether the law says anything of an estimator.
    """

    check: Check
    applies: Callable[[Estimator], bool]

    @property
    def name(self) -> str:
        """As `law_exceptions` call it."""
        return self.check.__name__

    @property
    def statement(self) -> str:
        """What the law says, in a sentence."""
        return (self.check.__doc__ or "").strip()

    def __call__(self, estimator: Estimator, rng: np.random.Generator) -> None:
        """Run the check, which raises AssertionError where the law is broken."""
        self.check(estimator, rng)


def laws_for(estimator: Estimator) -> tuple[Law, ...]:
    """The laws that say something of this estimator, by what it needs and what it scores.

    >>> from semuq import LexicalEntropy
    >>> "cluster_merge" in [law.name for law in laws_for(LexicalEntropy())]  # it knows no meanings
    False
    """
    return tuple(law for law in LAWS if law.applies(estimator))


def check_estimator(estimator: Estimator, *, seed: int = 0, rounds: int = 3) -> None:
    """Run every law that applies to an estimator.

    Args:
        estimator: the instance to check.
        seed: of the made-up answers.
        rounds: how often each law is tried with fresh answers.

    Raises:
        AssertionError: a law is broken, or an exception in `law_exceptions` is from no law that applies, without
            a reason, or not needed.

    Example:
        >>> from semuq import DiscreteSemanticEntropy
        >>> check_estimator(DiscreteSemanticEntropy())
    """
    exceptions = dict(estimator.law_exceptions)
    laws = laws_for(estimator)
    unknown = set(exceptions) - {law.name for law in laws}
    assert not unknown, f"{estimator!r}: law_exceptions names laws that do not apply: {sorted(unknown)}"
    for law in laws:
        rng = np.random.default_rng([seed, *law.name.encode()])
        if law.name not in exceptions:
            for _ in range(rounds):
                law(estimator, rng)
            continue
        assert exceptions[law.name].strip(), f"{estimator!r}: the exception from {law.name} has no reason"
        assert _breaks(law, estimator, rng, max(TRIES, 10 * rounds)), (
            f"{estimator!r}: obeys {law.name}, yet law_exceptions lists it; remove the exception"
        )


def _breaks(law: Law, estimator: Estimator, rng: np.random.Generator, rounds: int) -> bool:
    for _ in range(rounds):
        try:
            law(estimator, rng)
        except AssertionError:
            return True
    return False


def facts(estimator: Estimator, rng: np.random.Generator) -> None:
    """An estimator states its needs, units, sources, bounds and what it says, and cannot be changed."""
    kind, name = type(estimator), repr(estimator)
    assert dataclasses.is_dataclass(kind), f"{name}: is not a dataclass"
    assert isinstance(estimator.needs, frozenset), f"{name}: needs is not a frozenset of Need"
    assert all(isinstance(need, Need) for need in estimator.needs), f"{name}: needs is not a frozenset of Need"
    assert kind.units in get_args(Units), f"{name}: units {kind.units!r} is none of {get_args(Units)}"
    assert kind.papers, f"{name}: names no paper"
    assert (kind.__doc__ or "").count("\n") > 3, f"{name}: has no docstring worth the name"
    for n in range(max(1, kind.min_samples), 65):
        low, high = estimator.bounds(n)
        assert low <= high, f"{name}: bounds({n}) = {(low, high)} are not ordered"
    for field in dataclasses.fields(estimator)[:1]:
        try:
            setattr(estimator, field.name, getattr(estimator, field.name))
        except dataclasses.FrozenInstanceError:
            continue
        raise AssertionError(f"{name}: is not frozen")


def survives_copying(estimator: Estimator, rng: np.random.Generator) -> None:
    """Pickling, and evaluating the repr, give an equal estimator."""
    assert pickle.loads(pickle.dumps(estimator)) == estimator, f"{estimator!r}: changes when pickled"
    names: dict[str, Any] = {"inf": math.inf}
    for kind in (*ESTIMATORS, type(estimator)):
        names |= vars(importlib.import_module(kind.__module__))
    try:
        rebuilt = eval(repr(estimator), names)
    except (NameError, SyntaxError, TypeError) as error:
        raise AssertionError(f"{estimator!r}: its repr does not rebuild it ({error})") from error
    assert rebuilt == estimator, f"{estimator!r}: its repr does not rebuild it"


def finite(estimator: Estimator, rng: np.random.Generator) -> None:
    """Scores are finite and within bounds, also where the relation contradicts itself."""
    for _ in range(CASES):
        samples = _random(estimator, rng)
        for relation in (SameMeaning(), NoisyEntailment(seed=int(rng.integers(1 << 16)))):
            score = estimator.score(samples, relation, embedder=MeaningEmbedder())
            low, high = estimator.bounds(len(samples))
            assert math.isfinite(score), f"{estimator!r}: score {score}"
            assert low <= score <= high, f"{estimator!r}: score {score} outside [{low}, {high}]"


def order(estimator: Estimator, rng: np.random.Generator) -> None:
    """Shuffling the answers changes nothing."""
    for _ in range(CASES):
        samples = _random(estimator, rng)
        shuffled = samples.take(rng.permutation(len(samples)).tolist())
        _same(estimator, samples, shuffled, "the order of the answers matters")


def ties(estimator: Estimator, rng: np.random.Generator) -> None:
    """Scores that are equal in exact arithmetic are equal: under an equivalence, whatever the order of the answers."""
    torn = 0
    for _ in range(CASES):
        n = max(type(estimator).min_samples, int(rng.integers(2, 13)))
        meanings = rng.integers(0, int(rng.integers(1, n + 1)), size=n).tolist()
        samples = make_samples(meanings, rng, needs=estimator.needs)
        shuffled = [samples.take(rng.permutation(n).tolist()) for _ in range(SHUFFLES)]
        scores = estimator.score([samples, *shuffled], SameMeaning(), embedder=MeaningEmbedder())
        torn += len(set(scores.tolist())) > 1
    # Once in a hundred thousand cases the exact value lies where it may be rounded up as well as down.
    assert torn <= 1, f"{estimator!r}: the same answers in another order are no tie in {torn} of {CASES} cases"


def batch_singles(estimator: Estimator, rng: np.random.Generator) -> None:
    """A question scores the same alone and in a batch."""
    batch = [_random(estimator, rng) for _ in range(CASES)]
    together = estimator.score(batch, SameMeaning(), embedder=MeaningEmbedder())
    alone = [_score(estimator, samples) for samples in batch]
    assert np.allclose(together, alone, rtol=0, atol=TOLERANCE), f"{estimator!r}: batch mates matter"


def repeatable(estimator: Estimator, rng: np.random.Generator) -> None:
    """The same input gives the same score twice and is left as it was."""
    for _ in range(CASES):
        samples = _random(estimator, rng)
        before = pickle.dumps(samples.to_dict())
        first, second = _score(estimator, samples), _score(estimator, samples)
        assert first == second, f"{estimator!r}: {first}, then {second} for the same answers"
        assert pickle.dumps(samples.to_dict()) == before, f"{estimator!r}: changes its input"


def declared_needs(estimator: Estimator, rng: np.random.Generator) -> None:
    """What is not in `needs` is not looked at; what is in it is asked for with a clear error."""
    needs, relation, embedder = estimator.needs, SameMeaning(), MeaningEmbedder()
    samples = _random(estimator, rng, frozenset(Need))
    fields = {need: need.field for need in Need if need.field is not None}
    bare = _without(samples, [field for need, field in fields.items() if need not in needs])
    score = estimator.score(
        bare,
        relation if needs & RELATED else None,
        embedder=embedder if needs & {Need.EMBEDDINGS, Need.EMBEDDER} else None,
    )
    assert abs(score - _score(estimator, samples)) <= TOLERANCE, f"{estimator!r}: looks at what it does not declare"
    without: dict[Need, Evidence] = {
        need: Evidence(_without(samples, [field]), relation, embedder) for need, field in fields.items()
    }
    without |= {
        **{need: Evidence(samples, None, embedder) for need in RELATED},
        Need.EMBEDDINGS: Evidence(samples, relation, None),
        Need.EMBEDDER: Evidence(samples, relation, None),
    }
    for need in needs & set(without):
        try:
            estimator.score_evidence(without[need])
        except MissingEvidence:
            continue
        raise AssertionError(f"{estimator!r}: scores without {need}, which it declares to need")


def identical_minimum(estimator: Estimator, rng: np.random.Generator) -> None:
    """Answers that all mean the same score no higher than any other n answers."""
    for _ in range(CASES):
        n = _size(estimator, rng)
        other = make_samples(rng.integers(0, n, size=n).tolist(), rng, tokens=4, needs=estimator.needs)
        identical = _reworded(other, [0] * n)
        _ordered(estimator, identical, other, "identical answers are not the least uncertain")


def distinct_maximum(estimator: Estimator, rng: np.random.Generator) -> None:
    """Equally likely answers that all differ score no lower than any other n equally likely answers."""
    for _ in range(CASES):
        n = _size(estimator, rng)
        distinct = _levelled(make_samples(range(n), rng, tokens=4, needs=estimator.needs))
        other = _reworded(distinct, rng.integers(0, n, size=n).tolist())
        _ordered(estimator, other, distinct, "all-distinct answers are not the most uncertain")


def cluster_merge(estimator: Estimator, rng: np.random.Generator) -> None:
    """Taking two meanings for one never raises the score."""
    for _ in range(CASES):
        n = _size(estimator, rng)
        meanings = rng.integers(0, max(2, n // 2), size=n)
        split = make_samples(meanings.tolist(), rng, needs=estimator.needs)
        merged = _reworded(split, np.where(meanings == 1, 0, meanings).tolist())
        _ordered(estimator, merged, split, "merging two meanings raises the score")


def logprob_shift(estimator: Estimator, rng: np.random.Generator) -> None:
    """Making every token of equally long answers less likely by the same factor changes nothing."""
    for _ in range(CASES):
        meanings = rng.integers(0, 4, size=_size(estimator, rng)).tolist()
        samples = make_samples(meanings, rng, tokens=5, needs={*estimator.needs, Need.LIKELIHOODS})
        logprobs = samples.token_logprobs or ()
        shifted = dataclasses.replace(
            samples, token_logprobs=tuple(None if own is None else own - 1.5 for own in logprobs)
        )
        _same(estimator, samples, shifted, "a constant added to all log-probs matters")


def doubling(estimator: Estimator, rng: np.random.Generator) -> None:
    """Seeing the whole sample twice changes nothing."""
    for _ in range(CASES):
        samples = _random(estimator, rng)
        twice = samples.take(list(range(len(samples))) * 2)
        _same(estimator, samples, twice, "the whole sample seen twice matters")


def answer_order(estimator: Estimator, rng: np.random.Generator) -> None:
    """Where answers are scored, shuffling the answers shuffles their scores."""
    assert isinstance(estimator, AnswerEstimator)
    for _ in range(CASES):
        samples = _random(estimator, rng)
        order = rng.permutation(len(samples)).tolist()
        shuffled = _score_answers(estimator, samples.take(order))
        assert np.allclose(shuffled, _score_answers(estimator, samples)[order], rtol=TOLERANCE, atol=ROOT_TOLERANCE), (
            f"{estimator!r}: the scores of answers do not follow their answers"
        )


def answer_copies(estimator: Estimator, rng: np.random.Generator) -> None:
    """Where answers are scored, two copies of an answer score alike."""
    assert isinstance(estimator, AnswerEstimator)
    for _ in range(CASES):
        samples = _random(estimator, rng)
        n = len(samples)
        twice = _score_answers(estimator, samples.take(list(range(n)) * 2))
        assert np.allclose(twice[:n], twice[n:], rtol=TOLERANCE, atol=ROOT_TOLERANCE), (
            f"{estimator!r}: copies of an answer score differently"
        )


def _everyone(estimator: Estimator) -> bool:
    return True


def _looks_at_meaning(estimator: Estimator) -> bool:
    return not MEANING.isdisjoint(estimator.needs)


def _looks_at_likelihoods(estimator: Estimator) -> bool:
    return Need.LIKELIHOODS in estimator.needs


def _scores_answers(estimator: Estimator) -> bool:
    return isinstance(estimator, AnswerEstimator)


LAWS: tuple[Law, ...] = (
    Law(facts, _everyone),
    Law(survives_copying, _everyone),
    Law(finite, _everyone),
    Law(order, _everyone),
    Law(ties, _everyone),
    Law(batch_singles, _everyone),
    Law(repeatable, _everyone),
    Law(declared_needs, _everyone),
    Law(identical_minimum, _looks_at_meaning),
    Law(distinct_maximum, _looks_at_meaning),
    Law(cluster_merge, _looks_at_meaning),
    Law(logprob_shift, _looks_at_likelihoods),
    Law(doubling, _everyone),
    Law(answer_order, _scores_answers),
    Law(answer_copies, _scores_answers),
)
"""Every law, in the order in which they are checked, with whom it applies to."""


def _size(estimator: Estimator, rng: np.random.Generator) -> int:
    return max(type(estimator).min_samples, int(rng.integers(2, 13)))


def _random(estimator: Estimator, rng: np.random.Generator, needs: frozenset[Need] | None = None) -> SampleSet:
    n = max(type(estimator).min_samples, int(rng.integers(1, 13)))
    return make_samples(rng.integers(0, max(1, n // 2), size=n).tolist(), rng, needs=needs or estimator.needs)


def _without(samples: SampleSet, fields: Sequence[str]) -> SampleSet:
    """The same answers with these optional fields left out."""
    changes: dict[str, Any] = dict.fromkeys(fields)
    return dataclasses.replace(samples, **changes)


def _reworded(samples: SampleSet, meanings: Sequence[int]) -> SampleSet:
    """The evidence of `samples` under answers of other meanings."""
    words = make_samples(meanings, np.random.default_rng(0), needs={Need.CLAIMS})
    return dataclasses.replace(samples, texts=words.texts, claims=None if samples.claims is None else words.claims)


def _levelled(samples: SampleSet) -> SampleSet:
    """The same answers, each as likely, as certain and as relevant as any other."""
    changes: dict[str, Any] = {}
    for name, level in _LEVELS.items():
        values = getattr(samples, name)
        if values is not None:
            per_token = name.startswith("token_")
            lengths = [0 if own is None else len(own) for own in values] if per_token else []
            changes[name] = [np.full(n, level) for n in lengths] if per_token else np.full(len(values), level)
    return dataclasses.replace(samples, **changes)


def _score_answers(estimator: AnswerEstimator, samples: SampleSet) -> FloatArray:
    return estimator.score_answers(samples, SameMeaning(), embedder=MeaningEmbedder())


def _score(estimator: Estimator, samples: SampleSet) -> float:
    return estimator.score(samples, SameMeaning(), embedder=MeaningEmbedder())


def _same(estimator: Estimator, a: SampleSet, b: SampleSet, complaint: str) -> None:
    first, second = _score(estimator, a), _score(estimator, b)
    assert abs(first - second) <= TOLERANCE * max(1, abs(first)), f"{estimator!r}: {complaint}: {first} != {second}"


def _ordered(estimator: Estimator, low: SampleSet, high: SampleSet, complaint: str) -> None:
    first, second = _score(estimator, low), _score(estimator, high)
    assert first <= second + TOLERANCE * max(1, abs(second)), f"{estimator!r}: {complaint}: {first} > {second}"
