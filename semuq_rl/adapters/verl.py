"""verl: any modulator as an advantage estimator, `algorithm.adv_estimator=seed_grpo`.

`register()` puts it into verl's registry. verl hands an estimator the rewards, the mask and the question's id of
each rollout, but neither texts nor log-probs; `hand_over()` lets its `compute_advantage` hand the rest of the batch
to the estimators that were registered here, and to no others.

What the signal compares comes from the reward function, as verl carries what that returns beside the score:

    def compute_score(data_source, solution_str, ground_truth, extra_info=None):
        return {"score": ..., "semuq_answer": extract_boxed(solution_str) or ""}

Checked against verl 0.9.1. docs/rl/adapters.md shows a whole main file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from semuq.errors import MissingExtra
from semuq_rl.adapters.rows import RowModulation, as_released, modulate_rows
from semuq_rl.groups import Scaling
from semuq_rl.groups.signals import Signal
from semuq_rl.modulators import Modulator

__all__ = ["ANSWER", "SIGNAL", "VerlEstimator", "hand_over", "register"]

ANSWER = "semuq_answer"
"""What the reward function calls a rollout's answer; blank for none."""
SIGNAL = "semuq_signal"
"""What it calls the signal itself, where it knows that: a number in [0, 1], equal for all rollouts of a question."""


class VerlEstimator:
    """Advantages of one step as verl wants them: (rewards, mask, ids) -> (advantages, returns), both (B, T).

    Args:
        modulator: what to do.
        signal: how uncertain a question is, if the modulator reads that.
        scale: how advantages are made before: "none" is Dr.GRPO, "group" GRPO. verl's
            `norm_adv_by_std_in_grpo` is not read: it is on by default, also for those who want Dr.GRPO.
        tokenizer: decodes rollouts where the reward function gives no answers; the signal then needs an `extract`.
        state: the modulator's after the step at which a run goes on; schedules of alpha read it. verl's checkpoints do
            not hold it.

    Attributes:
        state: the modulator's.
        last: what came out of the last step, for logs.
    """

    def __init__(
        self,
        modulator: Modulator,
        *,
        signal: Signal | None = None,
        scale: Scaling = "none",
        tokenizer: Any = None,
        state: Any = None,
    ) -> None:
        self.modulator, self.signal, self.scale, self.tokenizer = modulator, signal, scale, tokenizer
        self.state = state
        self.last: RowModulation | None = None
        self._given: ContextVar[tuple[Any, Any] | None] = ContextVar("semuq_verl_batch", default=None)

    def __call__(
        self,
        token_level_rewards: Any,
        response_mask: Any,
        config: Any = None,
        index: Any = None,
        *,
        batch: Mapping[str, Any] | None = None,
        non_tensor_batch: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> tuple[Any, Any]:
        """As verl calls a registered estimator; `batch` and `non_tensor_batch` come by `hand_over` if not here."""
        handed = self._given.get()
        tensors = batch if batch is not None else handed[0] if handed else {}
        others = non_tensor_batch if non_tensor_batch is not None else handed[1] if handed else {}
        logprobs = _get(tensors, "rollout_log_probs")
        source = None if logprobs is None else "sampler"
        if logprobs is None and (logprobs := _get(tensors, "old_log_probs")) is not None:
            source = "old"
        needs = self.modulator.claims.needs
        found = modulate_rows(
            (token_level_rewards * response_mask).sum(-1),
            list(range(len(response_mask))) if index is None else list(index),
            modulator=self.modulator,
            state=self.state,
            signal=self.signal,
            values=_get(others, SIGNAL),
            answers=self._answers(tensors, others, response_mask) if "signal" in needs else None,
            scale=self.scale,
            token_mask=response_mask,
            logprobs=logprobs,
            logprobs_source=source,  # type: ignore[arg-type]  # one of two names
            entropies=_get(tensors, "entropys"),
            token_ids=_get(tensors, "responses") if "token_ids" in needs else None,
        )
        self.state, self.last = found.state, found
        advantages = token_level_rewards.new_tensor(found.advantages)
        advantages = (advantages if advantages.ndim == 2 else advantages.unsqueeze(-1)) * response_mask
        return advantages, advantages

    @contextmanager
    def given(self, batch: Mapping[str, Any], non_tensor_batch: Mapping[str, Any]) -> Iterator[None]:
        """Calls inside have the rest of the batch."""
        token = self._given.set((batch, non_tensor_batch))
        try:
            yield
        finally:
            self._given.reset(token)

    def _answers(self, tensors: Mapping[str, Any], others: Mapping[str, Any], mask: Any) -> list[str | None] | None:
        answers = _get(others, ANSWER)
        if answers is not None:
            return [
                None if answer is None or str(answer) == "" else str(answer) for answer in np.asarray(answers, object)
            ]
        responses = _get(tensors, "responses")
        if responses is None or self.tokenizer is None:
            return None
        return [
            self.tokenizer.decode(row[own.bool()].tolist(), skip_special_tokens=True)
            for row, own in zip(responses, mask, strict=True)
        ]


def register(
    modulator: Modulator | None = None,
    *,
    name: str = "seed_grpo",
    signal: Signal | None = None,
    scale: Scaling = "none",
    tokenizer: Any = None,
    state: Any = None,
) -> VerlEstimator:
    """Register a modulator as verl's advantage estimator `name`, in this process.

    Args:
        modulator: None is SEED-GRPO as released.
        name: for `algorithm.adv_estimator`; a name can be taken once in a process.
        signal: None is the released code's, where the modulator reads one.
        scale, tokenizer, state: see `VerlEstimator`.

    Raises:
        MissingExtra: verl is not installed.
        ValueError: verl's own, the name is taken.
    """
    chosen, measured = as_released(modulator, signal)
    estimator = VerlEstimator(chosen, signal=measured, scale=scale, tokenizer=tokenizer, state=state)
    _core_algos().register_adv_est(name)(estimator)
    return estimator


def hand_over() -> Callable[[], None]:
    """Let verl's `compute_advantage` hand the whole batch to estimators that were registered here.

    The function is replaced wherever a loaded module of verl has it by one that calls it; call this in the process
    of the trainer. verl's V1 trainer (`trainer.use_v1=True`) puts only ids and log-probs into that batch, so a signal
    over answers needs `trainer.use_v1=False`.

    Returns:
        A function that puts verl's own back.

    Raises:
        MissingExtra: verl is not installed.
    """
    core_algos = _core_algos()
    from verl.trainer.ppo import ray_trainer

    original = ray_trainer.compute_advantage

    @wraps(original)
    def compute_advantage(data: Any, adv_estimator: Any, *args: Any, **kwargs: Any) -> Any:
        key = getattr(adv_estimator, "value", adv_estimator)
        estimator = core_algos.ADV_ESTIMATOR_REGISTRY.get(key)
        if not isinstance(estimator, VerlEstimator):
            return original(data, adv_estimator, *args, **kwargs)
        with estimator.given(data.batch, data.non_tensor_batch):
            return original(data, adv_estimator, *args, **kwargs)

    def replace(old: Any, new: Any) -> None:
        for module in [own for name, own in sys.modules.items() if name.partition(".")[0] == "verl"]:
            if getattr(module, "compute_advantage", None) is old:
                module.compute_advantage = new  # type: ignore[attr-defined]  # it has the name

    replace(original, compute_advantage)
    return lambda: replace(compute_advantage, original)


def _get(batch: Any, key: str) -> Any:
    # A TensorDict has keys() but its `in` is not a mapping's.
    return batch[key] if batch is not None and key in batch.keys() else None  # noqa: SIM118


def _core_algos() -> Any:
    try:
        from verl.trainer.ppo import core_algos
    except ImportError as error:
        raise MissingExtra(f"the adapter needs verl ({error}): pip install verl") from error
    return core_algos
