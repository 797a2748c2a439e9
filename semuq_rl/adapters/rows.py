"""Rows of a batch as groups and back: what every adapter does between its trainer and a modulator.

A trainer gives one row per rollout and says which question it belongs to. A row without a finite reward, or
without a token where tokens are known, is left out of its group and has advantage 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidSamples, MissingEvidence
from semuq.numerics import FloatArray, IntArray
from semuq_rl.groups import GroupBatch, LogprobsSource, Scaling, group_advantages
from semuq_rl.groups.answers import Extract
from semuq_rl.groups.arrays import to_numpy
from semuq_rl.groups.signals import Signal, SignalResult
from semuq_rl.modulators import Modulator, seed_released
from semuq_rl.modulators.step import modulate

__all__ = ["ModulatedHost", "RowModulation", "as_released", "default_signal", "modulate_rows", "modulated_class"]


@dataclass(frozen=True, kw_only=True)
class RowModulation:
    """What came out of one step.

    Args:
        advantages: (B,), or (B, T) of a modulator that works on tokens; 0 for rows that were left out.
        before: (B,) the advantages without the modulator.
        state: the modulator's, for the next step.
        signal: what the signal found, None if none was measured.
    """

    advantages: FloatArray
    before: FloatArray
    state: Any
    signal: SignalResult | None


class ModulatedHost:
    """What a host's class with a modulator has beside the host's own: what to do, and what came of it.

    Attributes:
        modulator_state: the modulator's; hosts' checkpoints do not hold it.
        modulation: what came out of the last step, None before the first.
    """

    modulator_state: Any = None
    modulation: RowModulation | None = None
    _modulator: Modulator
    _signal: Signal | None
    _extract: Extract

    def _modulated(self, change: Callable[..., RowModulation], *given: Any, **options: Any) -> RowModulation:
        """Call an adapter's function with the modulator and all that goes with it; keeps state and outcome."""
        found = change(
            *given,
            modulator=self._modulator,
            state=self.modulator_state,
            signal=self._signal,
            extract=self._extract,
            **options,
        )
        self.modulator_state, self.modulation = found.state, found
        return found


def modulated_class(
    host: type,
    changes: type[ModulatedHost],
    modulator: Modulator | None,
    *,
    signal: Signal | None,
    extract: Extract,
    state: Any,
) -> type:
    """A subclass of a host's class, with `changes` in front of it and the modulator in it.

    Args:
        host: the trainer's or learner's class.
        changes: overrides the host's methods and calls `_modulated`.
        modulator: None is SEED-GRPO as released.
        signal: None is the released code's, where the modulator reads one.
        extract: a rollout -> its answer or None.
        state: the modulator's to start from.
    """
    chosen, measured = as_released(modulator, signal)
    members = {
        "modulator_state": state,
        "_modulator": chosen,
        "_signal": measured,
        "_extract": staticmethod(extract),
    }
    return type(f"Modulated{host.__name__}", (changes, host), members)


def as_released(modulator: Modulator | None, signal: Signal | None) -> tuple[Modulator, Signal | None]:
    """What was chosen, and SEED-GRPO as released where nothing was; no signal where none is read."""
    chosen = modulator or seed_released()
    return chosen, signal or (default_signal() if "signal" in chosen.claims.needs else None)


def default_signal() -> Signal:
    """The signal of SEED-GRPO's released code: semantic entropy over equal answers, masses from likelihoods."""
    from semuq.estimators.semantic import SemanticEntropy
    from semuq.relations.exact import ExactMatch

    return Signal(estimator=SemanticEntropy(duplicates="count"), relation=ExactMatch(normalise=False))


def modulate_rows(
    rewards: Any,
    index: Sequence[Any],
    *,
    modulator: Modulator,
    state: Any = None,
    signal: Signal | None = None,
    values: Any = None,
    answers: Sequence[str | None] | None = None,
    prompts: Sequence[str] | None = None,
    advantages: Any = None,
    scale: Scaling = "none",
    token_mask: Any = None,
    logprobs: Any = None,
    logprobs_source: LogprobsSource | None = None,
    entropies: Any = None,
    token_ids: Any = None,
    steps: Any = None,
) -> RowModulation:
    """Advantages of a batch of rollouts, changed by a modulator.

    Args:
        rewards: (B,) one per rollout; NaN where a rollout has none.
        index: (B,) which question each belongs to: numbers, strings, anything that can be a key. Groups may
            be of any size and in any order.
        modulator: what to do.
        state: the modulator's after the last step; None begins anew.
        signal: measured on `answers`; only if the modulator needs one and `values` is None.
        values: (B,) the signal itself, in [0, 1], the same for all rollouts of a question.
        answers: (B,) what the signal compares, None where a rollout has no answer. Whole rollouts will do if
            the signal has an `extract`.
        prompts: (B,) questions, for relations that read them.
        advantages: (B,) as the trainer made them; None takes the reward less its group's mean.
        scale: how they are made if None, see `group_advantages`.
        token_mask: (B, T), where a token of the rollout is; needed by everything per token.
        logprobs, entropies, token_ids, steps: (B, T), see `GroupBatch`.
        logprobs_source: who gave the log-probs.

    Raises:
        MissingEvidence: the modulator or the signal needs something that was not given.
        InvalidSamples: shapes disagree, or the values of one question differ.

    Example:
        >>> from semuq_rl.modulators import seed_grpo
        >>> index, values = ["a", "b", "b", "a"], [0, 0.5, 0.5, 0]
        >>> found = modulate_rows([1, 0, 1, 0], index, modulator=seed_grpo(alpha=1.0), values=values)
        >>> found.before, found.advantages
        (array([ 0.5, -0.5,  0.5, -0.5]), array([ 0.5 , -0.25,  0.25, -0.5 ]))
    """
    reward = np.array(to_numpy(rewards), dtype=np.float64)
    if reward.ndim != 1 or len(index) != len(reward):
        raise InvalidSamples(
            f"index: expected a question for each of {reward.shape} rewards, got {len(index)}; sum rewards per rollout"
        )
    tokens = None if token_mask is None else np.array(to_numpy(token_mask)).astype(bool)
    size = len(reward)
    for name, own in (("answers", answers), ("prompts", prompts)):
        if own is not None and len(own) != size:
            raise InvalidSamples(f"{name}: expected {size} of them, as rewards, got {len(own)}")
    present = np.isfinite(reward)
    if tokens is not None:
        present &= tokens.any(axis=1)
    if not present.any():
        return RowModulation(advantages=np.zeros(size), before=np.zeros(size), state=state, signal=None)
    rows = _places(index, present)
    mask = rows >= 0

    def grouped(value: Any) -> Any:
        """(P, G, ...) from (B, ...), zeros where nothing is."""
        if value is None:
            return None
        own = np.asarray(to_numpy(value))
        if len(own) != size:
            raise InvalidSamples(f"rows: expected {size} of them, as rewards, got {len(own)}")
        extra = (1,) * (own.ndim - 1)
        return np.where(mask.reshape(*mask.shape, *extra), own[rows], 0)

    given = {"logprobs": logprobs, "entropies": entropies, "token_ids": token_ids, "steps": steps}
    per_token = {name: grouped(value) for name, value in given.items() if value is not None}
    if tokens is None and per_token:
        raise MissingEvidence(f"token_mask: expected (B, T) bool to go with {', '.join(per_token)}, got None")
    texts = [[(_text(answers, row) if row >= 0 else "") for row in group] for group in rows]
    batch = GroupBatch(
        prompts=[("" if prompts is None else prompts[group[0]]) for group in rows],  # type: ignore[arg-type]  # checked there
        texts=texts,  # type: ignore[arg-type]  # checked there
        rewards=grouped(reward),
        mask=mask,
        advantages=group_advantages(grouped(reward), mask, scale=scale) if advantages is None else grouped(advantages),
        token_mask=grouped(tokens),
        logprobs_source=logprobs_source if "logprobs" in per_token else None,
        **per_token,
    )
    measured = _signal(modulator, signal, None if values is None else grouped(values), batch, answers)
    step = modulate(batch, modulator, state, signal=measured)
    return RowModulation(
        advantages=_ungrouped(step.after, rows, size),
        before=_ungrouped(batch.advantages, rows, size),
        state=step.state,
        signal=measured if isinstance(measured, SignalResult) else None,
    )


def _places(index: Sequence[Any], present: NDArray[np.bool_]) -> IntArray:
    """(P, G) the rows of each question, in order of appearance; -1 where a group is shorter than the longest."""
    groups: dict[Any, list[int]] = {}
    for row in np.flatnonzero(present).tolist():
        groups.setdefault(index[row], []).append(row)
    places = np.full((len(groups), max(map(len, groups.values()))), -1, dtype=np.int64)
    for p, own in enumerate(groups.values()):
        places[p, : len(own)] = own
    return places


def _text(answers: Sequence[str | None] | None, row: int) -> str:
    # A blank text is what `whole_text` takes for no answer.
    answer = None if answers is None else answers[row]
    return "" if answer is None else str(answer)


def _signal(
    modulator: Modulator, signal: Signal | None, values: Any, batch: GroupBatch, answers: Sequence[str | None] | None
) -> Any:
    """(P,) numbers, a SignalResult, or None if the modulator reads none."""
    if "signal" not in modulator.claims.needs:
        return None
    if values is not None:
        first = values[:, :1]
        if not np.isclose(np.where(batch.mask, values, first), first, rtol=0, atol=1e-6).all():
            raise InvalidSamples("values: expected the same signal for all rollouts of a question, got several")
        return np.asarray(first[:, 0], dtype=np.float64)
    if signal is None:
        raise MissingEvidence(f"signal: {modulator} needs one, got None; pass signal=Signal(...) or values=")
    if answers is None:
        raise MissingEvidence(
            f"answers: {modulator} needs a signal and the signal compares answers, got None; pass the rollouts' answers"
        )
    return signal.measure(batch)


def _ungrouped(values: FloatArray, rows: IntArray, size: int) -> FloatArray:
    """(B, ...) from (P, G, ...)."""
    found = np.zeros((size, *values.shape[2:]))
    found[rows[rows >= 0]] = values[rows >= 0]
    return found
