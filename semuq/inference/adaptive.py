"""Sampling only as many answers as are needed: draw some, look, stop when the rest could not matter.

Easy questions are settled after three answers, hard ones are worth twenty. A stopping rule looks at how many answers
have each meaning; each rule states what its stopping promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import whole, within
from semuq.errors import InvalidParameter
from semuq.estimators.bayesian import EntropyPosterior, entropy_posterior
from semuq.evidence import Evidence
from semuq.numerics import IntArray, entropy
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.sampling.base import Sampler

__all__ = [
    "AdaptiveSamples",
    "DecisionFixed",
    "DecisionSettled",
    "IntervalShorter",
    "StoppingRule",
    "adaptive_samples",
    "entropy_range",
    "stopping_point",
]


class StoppingRule(Protocol):
    """Looks at the answers so far and says whether they are enough."""

    def __call__(self, counts: Sequence[int]) -> bool:
        """Of answers per meaning, at least one answer in all; the order of meanings does not matter."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Bayesian:
    """What rules share that look at the posterior of the entropy (see `entropy_posterior`).

    Args:
        confidence: in (0, 1).
        prior: P(K) of the number of meanings; None is `meanings_prior()`, `fitted_prior` learns one.
        concentration: of the Dirichlet prior over their probabilities.
    """

    confidence: float = 0.9
    prior: tuple[float, ...] | None = None
    concentration: float = 1.0

    def __post_init__(self) -> None:
        within(self, 0, 1, open_low=True, open_high=True, confidence=self.confidence)

    def posterior(self, counts: Sequence[int]) -> EntropyPosterior:
        """Of the entropy of meanings, given these answers."""
        return entropy_posterior(counts, prior=self.prior, concentration=self.concentration)


@dataclass(frozen=True, kw_only=True)
class IntervalShorter(_Bayesian):
    """Stop when the entropy is known to within a width.

    Promise. At the stop, the interval of this width holds the entropy with probability `confidence`, if questions are
    as the prior takes them to be. It holds at whatever answer the rule stops: a posterior does not depend on when one
    looked. For questions unlike the prior it is an approximation, which `benchmarks/inference/adaptive.py` measures.

    Args:
        width: nats, > 0.

    Example:
        >>> rule = IntervalShorter(width=0.5)
        >>> tuple(rule(counts) for counts in ([3], [10], [2, 1], [7, 3]))
        (False, True, False, False)
    """

    width: float

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, 0, open_low=True, width=self.width)

    def __call__(self, counts: Sequence[int]) -> bool:
        """See `StoppingRule`."""
        low, high = self.posterior(counts).interval(self.confidence)
        return high - low < self.width


@dataclass(frozen=True, kw_only=True)
class DecisionSettled(_Bayesian):
    """Stop when it is hardly in doubt on which side of a threshold the entropy lies.

    Promise. At the stop, the side is the right one with probability `confidence`, under the prior, as above.

    Args:
        threshold: nats: what a rule decides by, such as one that abstains above it.

    Example:
        >>> rule = DecisionSettled(threshold=1.0, confidence=0.9)
        >>> tuple(rule(counts) for counts in ([1], [3], [2, 1], [1, 1, 1, 1]))
        (False, True, False, True)
    """

    threshold: float

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, 0, threshold=self.threshold)

    def __call__(self, counts: Sequence[int]) -> bool:
        """See `StoppingRule`."""
        above = self.posterior(counts).above(self.threshold)
        return max(above, 1 - above) >= self.confidence


@dataclass(frozen=True, kw_only=True)
class DecisionFixed:
    """Stop when no further answers, up to `most`, could change a decision made by `DiscreteSemanticEntropy`.

    Promise. The decision (score > threshold) is the one that all `most` answers would have led to. Always; no prior,
    no probability (curtailed sampling).

    Args:
        threshold: nats, of the discrete semantic entropy of `most` answers.
        most: how many answers there would be otherwise.

    Example:
        >>> rule = DecisionFixed(threshold=1.0, most=10)
        >>> tuple(rule(counts) for counts in ([6], [8], [1, 1, 1], [1, 1, 1, 1, 1]))
        (False, True, False, True)
    """

    threshold: float
    most: int

    def __post_init__(self) -> None:
        within(self, 0, threshold=self.threshold)
        whole(self, 1, most=self.most)

    def __call__(self, counts: Sequence[int]) -> bool:
        """See `StoppingRule`."""
        low, high = entropy_range(counts, self.most)
        return low > self.threshold or high <= self.threshold


def entropy_range(counts: ArrayLike, most: int) -> tuple[float, float]:
    """The least and the largest discrete entropy that answers so far can still end in, with `most` answers in all.

    Least: the rest all join the largest meaning. Largest: each opens a new one.

    >>> tuple(round(end, 3) for end in entropy_range([3, 1], 6))
    (0.451, 1.242)
    """
    seen = np.asarray(counts, dtype=np.int64)
    left = most - int(seen.sum())
    if left < 0:
        raise InvalidParameter(f"most: expected at least the {seen.sum()} answers there are, got {most}")
    fewest = seen.copy()
    fewest[seen.argmax()] += left
    return float(entropy(fewest)), float(entropy(np.append(seen, np.ones(left, dtype=np.int64))))


def stopping_point(clusters: Sequence[int], stop: StoppingRule, *, least: int = 2) -> int:
    """How many of the answers a rule would have asked for, had they come one by one.

    Args:
        clusters: (n,) the meaning of each answer, in order.
        stop: the rule.
        least: answers before it is asked, >= 1.

    Returns: from `least` to n; n where the rule never stops.

    >>> stopping_point([0, 0, 0, 0, 1, 0], DecisionFixed(threshold=1.0, most=6))
    4
    """
    whole(None, 1, least=least)
    ids = np.asarray(clusters, dtype=np.int64)
    for n in range(min(least, len(ids)), len(ids)):
        if stop(_counts(ids[:n])):
            return n
    return len(ids)


@dataclass(frozen=True, kw_only=True)
class AdaptiveSamples:
    """The answers that were drawn, and why no more.

    Args:
        samples: all of them, in order.
        clusters: (n,) the meaning of each.
        settled: True if the rule stopped, False if `most` was reached.
        calls: of the sampler.
    """

    samples: SampleSet
    clusters: tuple[int, ...]
    settled: bool
    calls: int

    def describe(self) -> str:
        """In a sentence, for `noted`."""
        if self.settled:
            return f"Stopped after {len(self)} answers: that is enough for the rule."
        return f"Took all {len(self)} answers that were allowed, and is still not settled."

    def __len__(self) -> int:
        return len(self.samples)


def adaptive_samples(
    sampler: Sampler,
    prompt: str,
    *,
    stop: StoppingRule,
    relation: Relation,
    least: int = 3,
    most: int = 20,
    step: int = 1,
) -> AdaptiveSamples:
    """Answers to one prompt, as many as the rule needs.

    Args:
        sampler: with `at(seed=...)`, as `HuggingFaceSampler` and `OpenAISampler` have: a sampler that could not be
            given another seed would draw the same answers again, and be taken for sure.
        prompt: the question.
        stop: the rule, asked after the first `least` answers and after every `step` more.
        relation: which answers mean the same.
        least, most: answers drawn at least, and at most.
        step: answers drawn at a time. More of them cost fewer calls and fill the batches of a local model.

    Raises:
        InvalidParameter: the sampler cannot be given another seed, or the numbers contradict each other.

    Cost. One call of the sampler, and one of the relation, for each step.

    Example:
        >>> from semuq import ExactMatch
        >>> class Sure:
        ...     identity = "sure"
        ...     def at(self, *, seed): return self
        ...     def sample(self, prompt, *, n=10): return SampleSet(prompt=prompt, texts=("Paris",) * n)
        >>> rule = IntervalShorter(width=0.5)
        >>> drawn = adaptive_samples(Sure(), "Capital of France?", stop=rule, relation=ExactMatch())
        >>> len(drawn), drawn.settled
        (5, True)
    """
    whole(None, 1, least=least, most=most, step=step)
    if least > most:
        raise InvalidParameter(f"least: expected at most {most}, as many as `most`, got {least}")
    if not callable(getattr(sampler, "at", None)):
        raise InvalidParameter(
            f"sampler: expected one with .at(seed=...), for every call must draw other answers, got {sampler!r:.60}; "
            "take HuggingFaceSampler or OpenAISampler, or write `at`"
        )
    samples = sampler.sample(prompt, n=least)
    calls = 1
    while True:
        clusters = _clusters(samples, relation)
        settled = stop(_counts(clusters))
        left = most - len(samples)
        if settled or not left:
            return AdaptiveSamples(
                samples=samples, clusters=tuple(int(own) for own in clusters), settled=settled, calls=calls
            )
        more = _reseeded(sampler, calls).sample(prompt, n=min(step, left))
        samples, calls = samples.extended(more), calls + 1


def _reseeded(sampler: Any, call: int) -> Sampler:
    """The same sampler for the next call: the seed is moved by the number of the call, far from its neighbours'."""
    seed = getattr(getattr(sampler, "decoding", None), "seed", 0)
    found: Sampler = sampler.at(seed=(seed + 7919 * call) % 2**31)
    return found


def _clusters(samples: SampleSet, relation: Relation) -> IntArray:
    return Evidence(samples, relation).clusters("strict", "greedy")[0]


def _counts(clusters: IntArray) -> list[int]:
    return [int(count) for count in np.bincount(clusters) if count]
