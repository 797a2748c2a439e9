"""Modulators together: `chain` and `identity`, and the refusal of combinations that cancel out."""

from __future__ import annotations

from typing import Any, Literal, get_args

from semuq.errors import InvalidParameter
from semuq_rl.modulators.base import Claims, Level, Modulator

__all__ = ["chain", "check_scaling", "identity"]


def identity() -> Modulator:
    """Changes nothing: the same object comes back.

    >>> import numpy as np
    >>> advantages = np.array([[0.5, -0.5]])
    >>> identity().update(advantages, identity().init())[0] is advantages
    True
    """
    return chain()


def chain(*modulators: Modulator) -> Modulator:
    """One modulator after the other; a chain of none is the identity.

    Raises:
        InvalidParameter: a factor per group is followed by a part that standardises the group, which
            takes it back.
    """
    for index, earlier in enumerate(modulators):
        for later in modulators[index + 1 :]:
            if later.claims.standardises and earlier.claims.undone_by_group_std:
                raise InvalidParameter(
                    f"chain: {later} loses the scale each group came with, so {earlier} before it has no effect; "
                    f"put {earlier} after it"
                )

    def init() -> tuple[Any, ...]:
        return tuple(part.init() for part in modulators)

    def update(advantages: Any, state: Any, **evidence: Any) -> tuple[Any, tuple[Any, ...]]:
        states = []
        for part, own in zip(modulators, state, strict=True):
            advantages, after = part.update(advantages, own, **evidence)
            states.append(after)
        return advantages, tuple(states)

    name = f"chain({', '.join(part.name for part in modulators)})" if modulators else "identity()"
    return Modulator(name=name, init=init, update=update, claims=_all_of(modulators), parts=modulators)


def check_scaling(
    changed: Modulator,
    *,
    scale_rewards: Literal["none", "group", "batch"],
    applied_to: Literal["rewards", "advantages"],
) -> None:
    """Refuse a modulator that the trainer's own scaling would undo without a trace.

    GRPO divides each group's advantages by the standard deviation of its rewards. A factor that all
    rewards of a group share is in the deviation too, and cancels. Applied to the advantages, after
    the division, it stays.

    Args:
        changed: the modulator.
        scale_rewards: TRL's setting of that name.
        applied_to: whether the modulator changes rewards (before the scaling) or advantages (after).

    Raises:
        InvalidParameter: the two cancel; the message holds the fix.
    """
    if scale_rewards not in ("none", "group", "batch") or applied_to not in ("rewards", "advantages"):
        raise InvalidParameter(
            "check_scaling: expected scale_rewards 'none', 'group' or 'batch' and applied_to 'rewards' or "
            f"'advantages', got {scale_rewards!r} and {applied_to!r}"
        )
    undone = [part for part in changed.parts or (changed,) if part.claims.undone_by_group_std]
    if undone and scale_rewards == "group" and applied_to == "rewards":
        raise InvalidParameter(
            f"scale_rewards: expected 'none' with {undone[0]} applied to rewards, got 'group': dividing by the "
            "group's standard deviation cancels a factor that the whole group shares; set scale_rewards='none' "
            "(Dr.GRPO), or apply it to the advantages"
        )


def _all_of(parts: tuple[Modulator, ...]) -> Claims:
    claims = [part.claims for part in parts]
    scales = [own.scale for own in claims]
    levels = get_args(Level)
    scale: tuple[float, float] | None = (1.0, 1.0)
    for own in scales:
        scale = None if scale is None or own is None else (scale[0] * own[0], scale[1] * own[1])
    return Claims(
        level=max((own.level for own in claims), key=levels.index, default="prompt"),
        keeps_sign=all(own.keeps_sign for own in claims),
        keeps_mean=all(own.keeps_mean for own in claims),
        scale=scale,
        batch_statistics=any(own.batch_statistics for own in claims),
        undone_by_group_std=all(own.undone_by_group_std for own in claims),
        standardises=any(own.standardises for own in claims),
        needs=frozenset().union(*(own.needs for own in claims)),
        uses=frozenset().union(*(own.uses for own in claims)),
    )
