"""Uncertainty of an agent's whole run: what each step is unsure of, and what it inherits from the steps before (UProp).

A run is a `Trajectory` of `Step`s; at each step several decisions were sampled and one was executed. Logs of agents
become trajectories in `semuq.inference.trajectories`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import one_of, positive
from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.numerics import FloatArray, logsumexp
from semuq.samples.fields import logprobs

__all__ = ["Distance", "Step", "StepUncertainty", "Trajectory", "UProp", "step_aggregate", "word_distance"]

Aggregate = Literal["mean", "rms", "max", "last"]
Distance = Callable[[str, str], float]
"""Two decisions -> how different they are, in [0, 1]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What an agent might have done next, and what it did.

    Args:
        texts: N >= 1 sampled decisions, such as "Search[capital of France]".
        executed: the position of the one that was carried out.
        token_logprobs: for each decision the natural log-probs of its tokens; None where the model gave none, which
            needs `uncertainty`.
        uncertainty: of this step by another measure, >= 0; takes the place of the mean negative log-prob.
    """

    texts: tuple[str, ...]
    executed: int = 0
    token_logprobs: tuple[FloatArray, ...] | None = None
    uncertainty: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", tuple(self.texts))
        if not self.texts or any(not isinstance(text, str) for text in self.texts):
            raise InvalidSamples(f"texts: expected at least one decision, each a str, got {self.texts!r:.60}")
        if isinstance(self.executed, bool) or not 0 <= self.executed < len(self.texts):
            raise InvalidSamples(
                f"executed: expected a position from 0 to {len(self.texts) - 1}, got {self.executed!r}"
            )
        if self.token_logprobs is not None:
            arrays = tuple(
                logprobs(f"token_logprobs[{index}]", value) for index, value in enumerate(self.token_logprobs)
            )
            if len(arrays) != len(self.texts) or any(not own.size for own in arrays):
                raise InvalidSamples(
                    f"token_logprobs: expected {len(self.texts)} arrays (one per decision) with a token each, got "
                    f"sizes {[own.size for own in arrays]!r:.60}"
                )
            object.__setattr__(self, "token_logprobs", arrays)
        if self.uncertainty is not None and not 0 <= self.uncertainty < np.inf:
            raise InvalidSamples(f"uncertainty: expected a finite number >= 0, got {self.uncertainty!r}")

    def intrinsic(self) -> float:
        """The mean over decisions of their mean negative log-prob per token, nats; or what `uncertainty` says.

        Raises:
            MissingEvidence: the step has neither.
        """
        if self.uncertainty is not None:
            return float(self.uncertainty)
        if self.token_logprobs is None:
            raise MissingEvidence(
                "token_logprobs: UProp needs those of every decision, got None; ask the server for them, or pass "
                "Step(uncertainty=...)"
            )
        return float(np.mean([-own.mean() for own in self.token_logprobs]))


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """One run of an agent: its steps in order, and the answer it ended in.

    Args:
        steps: T >= 1.
        answer: what it came to; None if it did not finish.
        id: a name for the question, for tables.
    """

    steps: tuple[Step, ...]
    answer: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        if not self.steps or any(not isinstance(step, Step) for step in self.steps):
            raise InvalidSamples(f"steps: expected at least one Step, got {self.steps!r:.60}")

    def __len__(self) -> int:
        return len(self.steps)


class StepUncertainty(NamedTuple):
    """Of one step, in nats: `intrinsic` of its own, `extrinsic` inherited from the steps before."""

    intrinsic: float
    extrinsic: float


def word_distance(one: str, other: str) -> float:
    """1 - the share of words in common (Jaccard), upper and lower case alike: 0 for the same words, 1 for none shared.

    >>> word_distance("Search[big cats]", "Search[big dogs]"), word_distance("", "")
    (0.5, 0.0)
    """
    a, b = (set("".join(c if c.isalnum() else " " for c in text.lower()).split()) for text in (one, other))
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


@dataclass(frozen=True, kw_only=True)
class UProp:
    r"""The uncertainty of an agent's answer, propagated along its steps.

    What it says. An average of how unsure the steps were, in which late and *sure* steps count more. Not how much
    uncertainty was inherited: see "What it really is".

    Formula. For steps t = 1..T with N sampled decisions y_t^(n), the executed one y_t, and distance d in [0, 1],
        IU_t  = mean_n [ -log p(y_t^(n)) / |y_t^(n)| ]                 of the step's own
        PMI_i = -log sum_n phi(d(y_i^(n), y_i))^N                      phi: density of the standard normal
        EU_t  = sum_{i < t} PMI_i                                      inherited
        U     = sum_t (IU_t + EU_t) / (T + sum_t EU_t / IU_t),         averaged over trajectories.

    What it really is. With w_t = 1 + EU_t / IU_t, the formula is U = sum_t w_t IU_t / sum_t w_t: a weighted mean of the
    intrinsic terms. So min IU <= U <= max IU whatever EU is, and more disagreement at an early step can *lower* U. Of
    PMI, total agreement already gives N log sqrt(2 pi) - log N (1.15, 1.66, 2.99 for N = 2, 3, 5) and total
    disagreement only N/2 more: EU mostly counts the steps before.

    Args:
        distance: between two decisions; None is `word_distance`.
        centred: subtract from PMI its value at total agreement, so that agreement inherits nothing. Ours.
        normalise: False takes the sum of IU and EU over the steps instead of the quotient. Ours.
        least: IU below this counts as this, since a step of no uncertainty would weigh infinitely much.

    Raises:
        MissingEvidence: a step without log-probs and without an uncertainty of its own.
        InvalidParameter: a distance outside [0, 1].

    Degenerate cases. One step: U = IU. One decision a step (N = 1): centred, EU = 0 and U = mean IU.

    Cost. N distances a step.

    Example:
        >>> sure, unsure = [[-0.1]] * 2, [[-1.0], [-1.2]]
        >>> run = Trajectory(steps=[Step(texts=("Search[a]", "Search[b]"), token_logprobs=unsure),
        ...                         Step(texts=("Finish[a]", "Finish[a]"), token_logprobs=sure)])
        >>> round(UProp().score([run]), 3), [round(step.extrinsic, 3) for step in UProp().steps(run)]
        (0.165, [0.0, 1.342])

    Variant. N = 3 decisions and Z = 3 trajectories in the paper's experiments [from a port of its code]. A second port
    takes phi / N for the kernel. The official repository holds no code.

    References: Duan et al., UProp: Investigating the uncertainty propagation of LLMs in multi-step agentic
        decision-making, 2025, arXiv:2506.17419, Eq. 7-9.
    """

    distance: Distance | None = field(default=None)
    centred: bool = False
    normalise: bool = True
    least: float = 1e-6

    def __post_init__(self) -> None:
        positive(self, least=self.least)

    def score(self, trajectories: Sequence[Trajectory], answer: str | None = None) -> float:
        """U in nats of one question: the mean over its trajectories; higher = more uncertain.

        Args:
            trajectories: of the same question, at least one.
            answer: only those that end in it; None takes all.

        Raises:
            InvalidParameter: there is no trajectory (that ends in the answer).
        """
        kept = [own for own in trajectories if answer is None or own.answer == answer]
        if not kept:
            ending = "" if answer is None else f" that ends in {answer!r}"
            raise InvalidParameter(f"trajectories: expected at least one{ending}, got none of {len(trajectories)}")
        return float(np.mean([self._one(own) for own in kept]))

    def steps(self, trajectory: Trajectory) -> list[StepUncertainty]:
        """IU and EU of every step."""
        inherited = np.append(0.0, np.cumsum([self._dispersion(step) for step in trajectory.steps[:-1]]))
        return [
            StepUncertainty(max(step.intrinsic(), self.least), float(own))
            for step, own in zip(trajectory.steps, inherited, strict=True)
        ]

    def _one(self, trajectory: Trajectory) -> float:
        intrinsic, extrinsic = np.array(self.steps(trajectory)).T
        if not self.normalise:
            return float((intrinsic + extrinsic).sum())
        return float((intrinsic + extrinsic).sum() / (1 + extrinsic / intrinsic).sum())

    def _dispersion(self, step: Step) -> float:
        """PMI of one step: how far the alternatives lay from what was done."""
        distance, done, n = self.distance or word_distance, step.texts[step.executed], len(step.texts)
        d = np.array([distance(text, done) for text in step.texts], dtype=np.float64)
        if not ((d >= 0) & (d <= 1)).all():
            raise InvalidParameter(f"distance: expected numbers in [0, 1], got {d.tolist()!r:.60}")
        # log phi(d)^N = -N (d^2 + log 2 pi) / 2; without the constant and with a mean for the sum, agreement is 0.
        spread = float(logsumexp(-n * d**2 / 2))
        return np.log(n) - spread if self.centred else n * np.log(2 * np.pi) / 2 - spread


def step_aggregate(trajectory: Trajectory, how: Aggregate = "mean") -> float:
    """The intrinsic uncertainties of a run in one number: what UProp is to be compared with.

    "rms" is the root mean square over steps, of SAUP without its weights.

    >>> run = Trajectory(steps=[Step(texts=("a",), uncertainty=3.0), Step(texts=("b",), uncertainty=1.0)])
    >>> tuple(round(step_aggregate(run, how), 3) for how in ("mean", "rms", "max", "last"))
    (2.0, 2.236, 3.0, 1.0)
    """
    own = np.array([step.intrinsic() for step in trajectory.steps])
    one_of(trajectory, get_args(Aggregate), how=how)
    reduced: dict[Aggregate, ArrayLike] = {
        "mean": own.mean(),
        "rms": np.sqrt((own**2).mean()),
        "max": own.max(),
        "last": own[-1],
    }
    return float(np.asarray(reduced[how]))
