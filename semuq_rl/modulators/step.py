"""One step of a modulator on a batch of groups: what the trainer and every adapter do between rewards and loss.

Advantages are spread over tokens for a modulator that works on them, the evidence of the batch is handed over, and what
comes out is kept beside what went in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from semuq.errors import MissingEvidence
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.groups import GroupBatch, broadcast_tokens
from semuq_rl.modulators.base import Modulator

__all__ = ["Step", "modulate"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What a step did.

    Args:
        before, after: (P, G), or (P, G, T) of a modulator that works on tokens; the same object if nothing changed.
        present: bool of that shape, where a rollout or token is.
        state: the modulator's, for the next step.
    """

    before: FloatArray
    after: FloatArray
    present: BoolArray
    state: Any


def modulate(
    batch: GroupBatch, modulator: Modulator, state: Any = None, *, signal: Any = None, optimizer_step: int | None = None
) -> Step:
    """The advantages of a batch, changed by a modulator.

    Args:
        batch: the groups, with whatever evidence the modulator needs.
        modulator: what to do.
        state: the modulator's after the last step; None begins anew.
        signal: a SignalResult or (P,) numbers in [0, 1], if the modulator reads one.
        optimizer_step: how many steps the optimiser has taken, for schedules of strength; None lets a modulator count
            its own calls, which is the same where a step uses one generation batch.

    Raises:
        MissingEvidence: the modulator needs something that is not there.

    Example:
        >>> from semuq_rl.modulators.seed_grpo import seed_grpo
        >>> batch = GroupBatch(prompts=["1+1?"], texts=[["2", "3"]], rewards=[[1.0, 0.0]])
        >>> modulate(batch, seed_grpo(alpha=1.0), signal=[0.6]).after
        array([[ 0.2, -0.2]])
    """
    before, present = batch.advantages, batch.mask
    if modulator.claims.level == "token" and before.ndim == 2:
        if batch.token_mask is None:
            raise MissingEvidence(f"token_mask: {modulator} works on tokens and needs (P, G, T) bool, got None")
        before, present = broadcast_tokens(before, batch.token_mask), batch.token_mask
    begun = modulator.init() if state is None else state
    after, state = modulator.update(before, begun, signal=signal, optimizer_step=optimizer_step, **batch.evidence)
    return Step(before=before, after=after, present=present, state=state)
