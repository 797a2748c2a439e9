"""SkyRL: any modulator on the advantages of its trainer, or as a registered advantage estimator.

SkyRL hands an estimator rewards, mask and the question's id of each rollout, but neither texts nor log-probs. So there
are two ways in:

    from semuq_rl.adapters.skyrl import register, with_modulator
    register(max_rl(), name="max_rl")                # trainer.algorithm.advantage_estimator=max_rl; reads rewards alone
    trainer_class = with_modulator(RayPPOTrainer)    # everything: texts, log-probs; SEED-GRPO as released

`with_modulator` lets the trainer compute its advantages and changes what comes out. Written against SkyRL a956457,
whose responses are aligned on the right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidParameter, MissingEvidence, MissingExtra
from semuq_rl.adapters.rows import ModulatedHost, RowModulation, modulate_rows, modulated_class
from semuq_rl.groups import Scaling
from semuq_rl.groups.answers import Extract, extract_boxed
from semuq_rl.groups.signals import Signal
from semuq_rl.modulators import Modulator

__all__ = ["estimator", "modulated_batch", "register", "with_modulator"]

_REWARDS = frozenset({"rewards", "token_mask"})
"""What a registered estimator can be given."""


def estimator(modulator: Modulator, *, scale: Scaling = "none") -> Callable[..., tuple[Any, Any]]:
    """An advantage estimator as SkyRL calls one: (rewards, mask, index=...) -> (advantages, returns), both (B, T).

    Args:
        modulator: what to do; it may read rewards alone.
        scale: how advantages are made before, "none" is Dr.GRPO's. SkyRL's `grpo_norm_by_std` is not read.

    Raises:
        MissingEvidence: the modulator needs texts or log-probs: use `with_modulator`.
    """
    foreign = sorted(modulator.claims.needs - _REWARDS)
    if foreign:
        raise MissingEvidence(
            f"modulator: {modulator} needs {', '.join(foreign)}, which SkyRL does not hand to an estimator; "
            "use with_modulator(RayPPOTrainer)"
        )
    state: Any = None

    def compute(token_level_rewards: Any, response_mask: Any, index: Sequence[Any], **extra: Any) -> tuple[Any, Any]:
        nonlocal state
        found = modulate_rows(
            (token_level_rewards * response_mask).sum(-1),
            list(index),
            modulator=modulator,
            state=state,
            scale=scale,
            token_mask=response_mask,
        )
        state = found.state
        advantages = token_level_rewards.new_tensor(found.advantages)
        advantages = (advantages if advantages.ndim == 2 else advantages.unsqueeze(-1)) * response_mask
        return advantages, advantages

    return compute


def register(modulator: Modulator, *, name: str, scale: Scaling = "none") -> Callable[..., tuple[Any, Any]]:
    """Register a modulator as SkyRL's advantage estimator `name`; see `estimator`.

    Raises:
        MissingExtra: SkyRL is not installed.
    """
    try:
        from skyrl.backends.skyrl_train.utils.ppo_utils import AdvantageEstimatorRegistry
    except ImportError as error:
        raise MissingExtra(f"the adapter needs SkyRL ({error}): pip install 'skyrl[skyrl-train]'") from error
    compute = estimator(modulator, scale=scale)
    AdvantageEstimatorRegistry.register(name, compute)
    return compute


def with_modulator(
    trainer: type,
    modulator: Modulator | None = None,
    *,
    signal: Signal | None = None,
    extract: Extract = extract_boxed,
    state: Any = None,
) -> type:
    """A subclass of a SkyRL trainer with modulated advantages.

    Args:
        trainer: `skyrl.train.trainer.RayPPOTrainer` or a subclass.
        modulator: None is SEED-GRPO as released.
        signal: None is the released code's, where the modulator reads one.
        extract: a rollout -> its answer or None.
        state: the modulator's after the step at which a run goes on; SkyRL's checkpoints do not hold it.

    Raises:
        InvalidParameter: the class has no such method.
    """
    if not callable(getattr(trainer, "compute_advantages_and_returns", None)):
        raise InvalidParameter(
            f"trainer: expected a SkyRL trainer, got {trainer.__name__} without compute_advantages_and_returns()"
        )
    return modulated_class(trainer, _ModulatedTrainer, modulator, signal=signal, extract=extract, state=state)


class _ModulatedTrainer(ModulatedHost):
    cfg: Any
    tokenizer: Any

    def compute_advantages_and_returns(self, data: Any) -> Any:
        if self.cfg.generator.step_wise_trajectories:
            raise InvalidParameter(
                "generator.step_wise_trajectories: expected false with a modulator, got true: rows are steps then, "
                "and groups of rollouts cannot be told"
            )
        data = super().compute_advantages_and_returns(data)  # type: ignore[misc]  # the trainer's
        self._modulated(modulated_batch, data, tokenizer=self.tokenizer)
        return data


def modulated_batch(
    data: Any,
    *,
    tokenizer: Any,
    modulator: Modulator,
    state: Any = None,
    signal: Signal | None = None,
    extract: Extract = extract_boxed,
) -> RowModulation:
    """What `with_modulator` does, as a function: changes `data["advantages"]` and `data["returns"]` in place.

    Args:
        data: SkyRL's batch with `advantages`, `rewards`, `response_mask`, `sequences` and, if the modulator or the
            signal reads log-probs, `rollout_logprobs`; ids of questions in `data.metadata["uids"]`.
        tokenizer: decodes rollouts.
        modulator, state, signal, extract: see `with_modulator`.
    """
    mask = np.asarray(data["response_mask"]).astype(bool)
    length = mask.shape[1]
    # Responses end at the right edge; modulators count places from the first token.
    order = np.argsort(~mask, axis=1, kind="stable")
    ids = np.asarray(data["sequences"])[:, -length:]
    logprobs = data["rollout_logprobs"] if "rollout_logprobs" in data.keys() else None  # noqa: SIM118  # not a mapping
    answers = [
        extract(tokenizer.decode(row[own].tolist(), skip_special_tokens=True))
        for row, own in zip(ids, mask, strict=True)
    ]
    # One number per rollout: the trainer writes it at each of its tokens.
    made = np.where(mask, np.asarray(data["advantages"], dtype=np.float64), 0.0).sum(1) / np.maximum(mask.sum(1), 1)
    found = modulate_rows(
        np.where(mask, np.asarray(data["rewards"], dtype=np.float64), 0.0).sum(1),
        list(data.metadata["uids"]),
        modulator=modulator,
        state=state,
        signal=signal,
        answers=answers,
        advantages=made,
        token_mask=_taken(mask, order),
        logprobs=None if logprobs is None else _taken(np.asarray(logprobs, dtype=np.float64), order),
        logprobs_source=None if logprobs is None else "sampler",
        token_ids=_taken(ids, order),
    )
    spread = found.advantages if found.advantages.ndim == 2 else np.repeat(found.advantages[:, None], length, axis=1)
    placed = spread
    if found.advantages.ndim == 2:
        placed = np.zeros(spread.shape)
        np.put_along_axis(placed, order, spread, axis=1)
    host = data["advantages"]
    data["advantages"] = host.new_tensor(np.where(mask, placed, 0.0))
    data["returns"] = data["advantages"].clone()
    return found


def _taken(values: NDArray[Any], order: NDArray[Any]) -> NDArray[Any]:
    return np.take_along_axis(values, order, axis=1)
