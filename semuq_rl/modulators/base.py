"""`Modulator`: a pair of pure functions that changes the advantages of a step.

As optax chains gradient transformations: `init() -> state`, then once per step
`update(advantages, state, *, mask, **evidence) -> (advantages, state)`. An update takes by keyword
what it needs and ignores the rest, so any two chain. At strength 0 the very object that came in
goes out. An update is written for float64 NumPy; `modulator` puts the edge around it (torch tensors,
dtype, masks, finiteness). What it does to sign, mean and scale of a group is stated in `Claims`, and
`semuq_rl.modulators.laws` measures every claim.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.groups.arrays import like, to_numpy

__all__ = [
    "Claims",
    "Empty",
    "Level",
    "Modulator",
    "group_sizes",
    "modulator",
    "spread",
]


Level = Literal["prompt", "response", "token"]
Update = Callable[..., tuple[Any, Any]]

_FLOATS = ("rewards", "logprobs", "entropies")
_INTS = ("token_ids", "steps")


class Empty(NamedTuple):
    """The state of a modulator that keeps none."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a modulator does to a group; each fact is measured by `semuq_rl.modulators.laws`.

    Args:
        level: what shares one change: all rollouts of a "prompt", the tokens of a "response", or
            nothing ("token", which takes and gives (P, G, T)).
        keeps_sign: no advantage changes its sign; 0 stays 0.
        keeps_mean: a group with mean 0 over its rollouts keeps it.
        scale: (low, high) with low |A| <= |A'| <= high |A|; None if there is no such bound.
        batch_statistics: a group's outcome depends on the other groups of the batch.
        undone_by_group_std: for 0/1 rewards, dividing by the group's standard deviation afterwards
            takes everything back.
        standardises: the scale that a group came with is lost.
        needs: what `update` must be given by keyword.
        uses: what else it takes by keyword, if it is there.
    """

    level: Level
    keeps_sign: bool
    keeps_mean: bool
    scale: tuple[float, float] | None
    batch_statistics: bool = False
    undone_by_group_std: bool = False
    standardises: bool = False
    needs: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.level not in get_args(Level):
            raise InvalidParameter(f"Claims.level: expected one of {get_args(Level)}, got {self.level!r}")
        if self.scale is not None and not 0 <= self.scale[0] <= self.scale[1]:
            raise InvalidParameter(f"Claims.scale: expected (low, high) with 0 <= low <= high, got {self.scale}")


@dataclass(frozen=True, kw_only=True)
class Modulator:
    """Advantages in, advantages out: build one with a factory (`seed_grpo(alpha=1.0)`) or `modulator`.

    Args:
        name: the factory call that made it; names its curves and results.
        init: () -> the state before the first step.
        update: (advantages, state, *, mask, token_mask, **evidence) -> (advantages, state). `mask` is
            (P, G), `token_mask` (P, G, T); without `mask` every place is a rollout. Pass
            `**batch.evidence` of a `GroupBatch` and `signal=`.
        claims: what it does.
        parts: the modulators of a chain, in order.
    """

    name: str
    init: Callable[[], Any] = field(repr=False)
    update: Update = field(repr=False)
    claims: Claims = field(repr=False)
    parts: tuple[Modulator, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return self.name


def modulator(
    update: Update, *, name: str, claims: Claims, strength: float = 1.0, init: Callable[[], Any] = Empty
) -> Modulator:
    """A `Modulator` from an update written for float64 NumPy arrays.

    The update gets `advantages` (P, G) or (P, G, T) with zeros where nothing is, `mask` (P, G) bool,
    `present` (bool, the shape of the advantages: where something is), and what its claims say it needs
    as checked NumPy; other evidence, converted and checked by nobody, as it came. It returns the same
    object for "no change". At strength 0 it is never asked: what came in goes out, and nothing is needed.

    Example:
        >>> def damp(strength=1.0):
        ...     def update(advantages, state, **evidence):
        ...         return advantages / (1 + strength), state
        ...     share = 1 / (1 + strength)
        ...     claims = Claims(level="prompt", keeps_sign=True, keeps_mean=True,
        ...                     scale=(share, share), undone_by_group_std=True)
        ...     return modulator(update, name=f"damp({strength})", claims=claims, strength=strength)
        >>> damp().update(np.array([[0.5, -0.5]]), Empty())[0]
        array([[ 0.25, -0.25]])
    """

    if strength == 0:
        claims = replace(claims, needs=frozenset(), uses=frozenset())

    @wraps(update)
    def edge(advantages: Any, state: Any, *, mask: Any = None, **evidence: Any) -> tuple[Any, Any]:
        values = np.asarray(to_numpy(advantages), dtype=np.float64)
        wanted = claims.needs | ({"token_mask"} if values.ndim == 3 else set())
        known = _evidence(evidence, wanted)
        token_mask = known.get("token_mask") if "token_mask" in wanted else None
        present, rollouts = _presence(values, mask, token_mask, name, claims)
        missing = sorted(need for need in claims.needs if known.get(need) is None)
        if missing:
            raise MissingEvidence(
                f"{missing[0]}: {name} needs {', '.join(missing)}, got None; "
                "pass **GroupBatch(...).evidence, and signal=Signal(...).measure(batch)"
            )
        for key in claims.needs & {*_FLOATS, *_INTS}:
            _check_evidence(key, known[key], rollouts, token_mask)
        bad = ~np.isfinite(values) & present
        if bad.any():
            where = ", ".join(map(str, np.argwhere(bad)[0]))
            raise InvalidSamples(
                f"advantages[{where}]: expected a finite number, got {values[bad][0]}; drop it by mask"
            )
        if strength == 0:
            return advantages, state
        clean = np.where(present, values, 0.0)
        changed, state = update(clean, state, mask=rollouts, present=present, **known)
        if changed is clean:
            return advantages, state
        if changed.shape != values.shape or not np.isfinite(changed).all():
            raise ArithmeticError(
                f"{name} gave {changed.shape} numbers, finite or not, for {values.shape}: a bug in it"
            )
        return like(np.where(present, changed, 0.0), advantages), state

    return Modulator(name=name, init=init, update=edge, claims=claims)


def group_sizes(advantages: FloatArray, present: BoolArray) -> FloatArray:
    """(P,) sum over a group's rollouts of |A|, or of its mean over the rollout's tokens."""
    absolute = np.abs(advantages)
    if absolute.ndim == 3:
        absolute = absolute.sum(axis=2) / np.maximum(present.sum(axis=2), 1)
    return absolute.sum(axis=1)


def spread(values: FloatArray, advantages: FloatArray) -> FloatArray:
    """(P,) or (P, G) numbers with axes of length 1 behind, as many as make them fit beside the advantages.

    >>> spread(np.array([1.0, 2.0]), np.zeros((2, 4, 3))).shape
    (2, 1, 1)
    """
    return values.reshape(values.shape + (1,) * (advantages.ndim - values.ndim))


def _evidence(evidence: dict[str, Any], wanted: Set[str]) -> dict[str, Any]:
    """The evidence with what is wanted as NumPy: a tensor that nobody reads is not copied from its device."""
    known = dict(evidence)
    kinds = {"token_mask": bool, **dict.fromkeys(_FLOATS, np.float64), **dict.fromkeys(_INTS, np.int64)}
    for key in wanted & kinds.keys():
        if known.get(key) is not None:
            known[key] = np.asarray(to_numpy(known[key])).astype(kinds[key], copy=False)
    return known


def _presence(values: FloatArray, mask: Any, token_mask: Any, name: str, claims: Claims) -> tuple[BoolArray, BoolArray]:
    """Where something is, in the shape of the advantages and as (P, G)."""
    if values.ndim not in (2, 3) or 0 in values.shape[:2]:
        raise InvalidSamples(f"advantages: expected shape (P, G) or (P, G, T), got {values.shape}")
    if claims.level == "token" and values.ndim == 2:
        raise InvalidSamples(
            f"advantages: {name} works on tokens and needs shape (P, G, T), got {values.shape}; "
            "pass broadcast_tokens(advantages, token_mask)"
        )
    shape = values.shape[:2]
    rollouts = np.ones(shape, dtype=bool) if mask is None else np.asarray(to_numpy(mask)).astype(bool)
    if rollouts.shape != shape:
        raise InvalidSamples(f"mask: expected shape {shape}, got {rollouts.shape}")
    if token_mask is not None and token_mask.shape[:2] != shape:
        raise InvalidSamples(f"token_mask: expected shape ({shape[0]}, {shape[1]}, T), got {token_mask.shape}")
    if values.ndim == 2:
        return rollouts, rollouts
    if token_mask is None:
        return np.broadcast_to(rollouts[..., None], values.shape), rollouts
    if token_mask.shape != values.shape:
        raise InvalidSamples(f"token_mask: expected shape {values.shape}, as the advantages, got {token_mask.shape}")
    return token_mask & rollouts[..., None], rollouts


def _check_evidence(key: str, values: Any, rollouts: BoolArray, token_mask: BoolArray | None) -> None:
    if values is None:
        return
    if key == "rewards":
        present = rollouts
    elif token_mask is None:
        raise MissingEvidence(f"token_mask: expected (P, G, T) bool to go with {key}, got None; pass token_mask=")
    else:
        present = token_mask & rollouts[..., None]
    if values.shape != present.shape:
        raise InvalidSamples(f"{key}: expected shape {present.shape}, got {values.shape}")
    if not np.isfinite(values[present]).all():
        raise InvalidSamples(f"{key}: expected finite numbers where the mask is set, got NaN or infinity")
