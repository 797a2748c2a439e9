"""`GroupBatch`: one step's rollouts, P prompts with up to G rollouts each, and what is known of them.

The first station of the RL flow: a trainer fills it, `Signal` reads the texts and log-probs, the
modulators read the arrays. Groups may be ragged: `mask` says which of the (P, G) places hold a
rollout, `token_mask` which of the (P, G, T) places hold a token. Other places hold zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.numerics import BoolArray, FloatArray, IntArray
from semuq.samples import LOGPROB_TOLERANCE
from semuq_rl.groups.arrays import to_numpy

__all__ = ["GroupBatch", "LogprobsSource", "Scaling", "behaviour_logprobs", "broadcast_tokens", "group_advantages"]


LogprobsSource = Literal["sampler", "old", "recomputed"]
Scaling = Literal["none", "group", "batch"]

STD_EPSILON = 1e-4
"""What GRPO adds to a standard deviation before it divides, as TRL does."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupBatch:
    """One step's groups of rollouts, rectangular with masks.

    Everything may be a NumPy array, a nested list or a torch tensor, and is kept as NumPy.

    Args:
        prompts: P questions as text.
        texts: P groups of G rollouts as text; where `mask` is False the text is not read.
        rewards: (P, G), finite where a rollout is.
        mask: (P, G) bool, where a rollout is; None says everywhere. Each group has at least one.
        advantages: (P, G) or (P, G, T); None takes Dr.GRPO's, the reward less the group's mean.
        token_mask: (P, G, T) bool, where a completion token is; needed by everything below.
        logprobs: (P, G, T) natural log-probs of the tokens under the policy that sampled them.
        logprobs_source: who gave them, see `behaviour_logprobs`; goes into the logs.
        entropies: (P, G, T) entropy of the policy's next-token distribution, nats, >= 0.
        token_ids: (P, G, T) int.
        steps: (P, G, T) int, which step of a trajectory a token belongs to, not decreasing.
        prompt_logprobs: P arrays, the log-probs of the prompt's own tokens.

    Raises:
        InvalidSamples: a shape, type or value is wrong; a reward is NaN; a group has no rollout.

    Degenerate cases. G = 1: the advantage is 0. A rollout may have no token.

    Example:
        >>> batch = GroupBatch(prompts=["1+1?"], texts=[["2", "3"]], rewards=[[1.0, 0.0]])
        >>> batch, batch.advantages
        (GroupBatch(prompts=1, rollouts=2), array([[ 0.5, -0.5]]))
    """

    prompts: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    rewards: FloatArray
    mask: BoolArray = None  # type: ignore[assignment]  # filled on construction
    advantages: FloatArray = None  # type: ignore[assignment]  # filled on construction
    token_mask: BoolArray | None = None
    logprobs: FloatArray | None = None
    logprobs_source: LogprobsSource | None = None
    entropies: FloatArray | None = None
    token_ids: IntArray | None = None
    steps: IntArray | None = None
    prompt_logprobs: tuple[FloatArray, ...] | None = None

    def __post_init__(self) -> None:
        rewards = _numbers("rewards", self.rewards)
        if rewards.ndim != 2 or 0 in rewards.shape:
            raise InvalidSamples(f"rewards: expected shape (prompts, rollouts), got {rewards.shape}")
        given: Any = self.mask
        mask = np.ones(rewards.shape, dtype=bool) if given is None else _bools("mask", given)
        _same_shape("mask", mask.shape, rewards.shape)
        empty = np.flatnonzero(~mask.any(axis=1))
        if empty.size:
            raise InvalidSamples(
                f"mask[{empty[0]}]: expected at least one rollout in every group, got none; leave the question out"
            )
        known: dict[str, Any] = {"mask": mask, "rewards": _finite("rewards", rewards, mask, "drop the rollout by mask")}
        known["prompts"], known["texts"] = _texts(self.prompts, self.texts, mask)
        known |= self._token_fields(mask)
        known["advantages"] = self._checked_advantages(known)
        known["prompt_logprobs"] = _prompt_logprobs(self.prompt_logprobs, len(mask))
        if (self.logprobs is None) != (self.logprobs_source is None):
            raise InvalidSamples(
                f"logprobs_source: expected one of {get_args(LogprobsSource)} with logprobs and None without, "
                f"got {self.logprobs_source!r}; behaviour_logprobs() returns both"
            )
        for name, value in known.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.rewards)

    def __repr__(self) -> str:
        return f"GroupBatch(prompts={len(self)}, rollouts={int(self.mask.sum())})"

    @property
    def evidence(self) -> dict[str, Any]:
        """What modulators take by keyword: `modulator.update(advantages, state, **batch.evidence)`."""
        names = ["rewards", "mask", "token_mask", "logprobs", "entropies", "token_ids", "steps", "prompt_logprobs"]
        return {name: getattr(self, name) for name in names}

    def rollouts(self, prompt: int) -> IntArray:
        """The places 0..G-1 of one group that hold a rollout."""
        return np.flatnonzero(self.mask[prompt])

    def take(self, prompts: Sequence[int]) -> GroupBatch:
        """The batch of some of the questions, in the order given.

        >>> GroupBatch(prompts=["a", "b"], texts=[["1"], ["2"]], rewards=[[0.0], [1.0]]).take([1]).prompts
        ('b',)
        """
        places = list(prompts)
        taken: dict[str, Any] = {}
        for own in fields(self):
            value = getattr(self, own.name)
            if isinstance(value, np.ndarray):
                taken[own.name] = value[places]
            elif isinstance(value, tuple):
                taken[own.name] = tuple(value[p] for p in places)
        return replace(self, **taken)

    def _token_fields(self, mask: BoolArray) -> dict[str, Any]:
        if self.token_mask is None:
            for name in ("logprobs", "entropies", "token_ids", "steps"):
                if getattr(self, name) is not None:
                    raise InvalidSamples(f"token_mask: expected (P, G, T) bool to go with {name}, got None")
            return {}
        token_mask = _bools("token_mask", self.token_mask)
        _same_shape("token_mask", token_mask.shape[:2], mask.shape)
        if token_mask.ndim != 3:
            raise InvalidSamples(f"token_mask: expected shape (P, G, T), got {token_mask.shape}")
        known: dict[str, Any] = {"token_mask": token_mask & mask[..., None]}
        for name in ("logprobs", "entropies", "token_ids", "steps"):
            if getattr(self, name) is None:
                continue
            values = _numbers(name, getattr(self, name))
            _same_shape(name, values.shape, token_mask.shape)
            values = _finite(name, values, known["token_mask"], "drop the rollout or recompute")
            known[name] = values.astype(np.int64) if name in ("token_ids", "steps") else values
        if "logprobs" in known:
            if (known["logprobs"] > LOGPROB_TOLERANCE).any():
                raise InvalidSamples(f"logprobs: expected natural logs <= 0, got {known['logprobs'].max():g}")
            known["logprobs"] = np.minimum(known["logprobs"], 0.0)
        if "entropies" in known and (known["entropies"] < 0).any():
            raise InvalidSamples(f"entropies: expected nats >= 0, got {known['entropies'].min():g}")
        return known

    def _checked_advantages(self, known: dict[str, Any]) -> FloatArray:
        mask, token_mask = known["mask"], known.get("token_mask")
        given: Any = self.advantages
        if given is None:
            return group_advantages(known["rewards"], mask)
        advantages = _numbers("advantages", given)
        if advantages.ndim == 3 and token_mask is not None:
            _same_shape("advantages", advantages.shape, token_mask.shape)
            return _finite("advantages", advantages, token_mask, "look for a division by zero upstream")
        _same_shape("advantages", advantages.shape, mask.shape)
        return _finite("advantages", advantages, mask, "look for a division by zero upstream")


def group_advantages(
    rewards: Any, mask: Any = None, *, scale: Scaling = "none", epsilon: float = STD_EPSILON
) -> FloatArray:
    """(P, G) advantages: the reward less its group's mean, perhaps over a standard deviation.

    Args:
        rewards: (P, G).
        mask: (P, G) bool, where a rollout is; None says everywhere.
        scale: "none" is Dr.GRPO; "group" divides by the group's standard deviation, as GRPO;
            "batch" by that of all rewards. Deviations are over n - 1, as in TRL.
        epsilon: added to the deviation.

    >>> group_advantages([[1, 0, 0, 1]]), group_advantages([[1, 0, 0, 1]], scale="group").round(3)
    (array([[ 0.5, -0.5, -0.5,  0.5]]), array([[ 0.866, -0.866, -0.866,  0.866]]))
    """
    values = _numbers("rewards", rewards)
    present = np.ones(values.shape, dtype=bool) if mask is None else _bools("mask", mask)
    if scale not in get_args(Scaling):
        raise InvalidParameter(f"scale: expected one of {get_args(Scaling)}, got {scale!r}")
    values = _finite("rewards", values, present, "drop the rollout by mask")
    counts = np.maximum(present.sum(axis=1, keepdims=True), 1)
    centred = np.where(present, values - values.sum(axis=1, keepdims=True) / counts, 0.0)
    # A group of equal rewards has advantage 0 exactly, not the rounding of its mean.
    high = np.where(present, values, -np.inf).max(axis=1)
    low = np.where(present, values, np.inf).min(axis=1)
    centred[high == low] = 0.0
    if scale == "none":
        return centred
    if scale == "group":
        return centred / (np.sqrt((centred**2).sum(axis=1, keepdims=True) / np.maximum(counts - 1, 1)) + epsilon)
    spread = values[present].std(ddof=1) if present.sum() > 1 else 0.0
    return centred / (spread + epsilon)


def broadcast_tokens(advantages: Any, token_mask: Any) -> FloatArray:
    """(P, G, T): each rollout's advantage at each of its tokens, 0 elsewhere; for token-level modulators.

    >>> broadcast_tokens([[0.5, -0.5]], [[[1, 1], [1, 0]]])
    array([[[ 0.5,  0.5],
            [-0.5,  0. ]]])
    """
    per_rollout, present = _numbers("advantages", advantages), _bools("token_mask", token_mask)
    _same_shape("advantages", per_rollout.shape, present.shape[:2])
    return np.where(present, per_rollout[..., None], 0.0)


def behaviour_logprobs(
    *, sampler: Any = None, old: Any = None, recompute: Callable[[], Any] | None = None
) -> tuple[Any, LogprobsSource]:
    """The log-probs of the policy that sampled, from the best source there is, and which one it was.

    Args:
        sampler: as the sampler gave them (vLLM does); they are the behaviour policy's own.
        old: the trainer's old log-probs; a trainer that makes one update per batch has none.
        recompute: called only if neither is there.

    Raises:
        MissingEvidence: there is no source at all.

    >>> behaviour_logprobs(old=[[[-0.1]]], recompute=lambda: 1 / 0)
    ([[[-0.1]]], 'old')
    """
    if sampler is not None:
        return sampler, "sampler"
    if old is not None:
        return old, "old"
    if recompute is not None:
        return recompute(), "recomputed"
    raise MissingEvidence(
        "logprobs: expected log-probs from the sampler, the trainer's old log-probs or a function that "
        "recomputes them, got none; pass recompute=, or take a signal that counts answers (DiscreteSemanticEntropy)"
    )


def _numbers(name: str, values: Any) -> FloatArray:
    try:
        return np.array(to_numpy(values), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidSamples(
            f"{name}: expected numbers in a rectangular array, got {values!r:.60}; pad ragged groups and pass mask="
        ) from error


def _bools(name: str, values: Any) -> BoolArray:
    array = _numbers(name, values)
    if not np.isin(array, (0.0, 1.0)).all():
        raise InvalidSamples(f"{name}: expected True and False, got {array[~np.isin(array, (0.0, 1.0))][0]:g}")
    return array.astype(bool)


def _same_shape(name: str, got: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if got != expected:
        raise InvalidSamples(f"{name}: expected shape {expected}, got {got}")


def _finite(name: str, values: FloatArray, present: BoolArray, remedy: str) -> FloatArray:
    """The values where present and 0 elsewhere; refuses NaN and infinities where present."""
    bad = np.argwhere(~np.isfinite(values) & present)
    if len(bad):
        where = ", ".join(map(str, bad[0]))
        raise InvalidSamples(f"{name}[{where}]: expected a finite number, got {values[tuple(bad[0])]}; {remedy}")
    return np.where(present, values, 0.0)


def _texts(prompts: Any, texts: Any, mask: BoolArray) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    for name, value, size in (("prompts", prompts, len(mask)), ("texts", texts, len(mask))):
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != size:
            got = f"{len(value)}" if isinstance(value, Sequence) else type(value).__name__
            raise InvalidSamples(f"{name}: expected a list of {size}, one per row of rewards, got {got}")
    for p, (prompt, group) in enumerate(zip(prompts, texts, strict=True)):
        if not isinstance(prompt, str):
            raise InvalidSamples(f"prompts[{p}]: expected str, got {type(prompt).__name__}")
        if isinstance(group, str) or not isinstance(group, Sequence) or len(group) != mask.shape[1]:
            raise InvalidSamples(
                f"texts[{p}]: expected {mask.shape[1]} texts, got {group!r:.60}; pad short groups with '', pass mask="
            )
        for g in map(int, np.flatnonzero(mask[p])):
            if not isinstance(group[g], str):
                raise InvalidSamples(f"texts[{p}][{g}]: expected str, got {type(group[g]).__name__}")
    return tuple(prompts), tuple(
        tuple(text if mask[p, g] else "" for g, text in enumerate(group)) for p, group in enumerate(texts)
    )


def _prompt_logprobs(values: Any, prompts: int) -> tuple[FloatArray, ...] | None:
    if values is None:
        return None
    arrays = tuple(_numbers(f"prompt_logprobs[{p}]", value) for p, value in enumerate(values))
    if len(arrays) != prompts:
        raise InvalidSamples(f"prompt_logprobs: expected {prompts} arrays, one per prompt, got {len(arrays)}")
    for p, array in enumerate(arrays):
        if array.ndim != 1 or not array.size or not (np.isfinite(array) & (array <= LOGPROB_TOLERANCE)).all():
            raise InvalidSamples(
                f"prompt_logprobs[{p}]: expected a flat list of finite log-probs <= 0, got {array!r:.60}"
            )
    return arrays
