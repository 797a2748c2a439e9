"""OAT, and understand-r1-zero (Dr.GRPO) which runs on it: a learner whose advantages pass through a modulator.

OAT computes advantages in one method of its PPO learner. `with_modulator` makes a subclass that lets it, and changes
what comes out:

    from semuq_rl.adapters.oat import with_modulator
    program, resources = get_program(args, learner_cls=with_modulator(ZeroMathLearner), actor_cls=ZeroMathActor)

A learner's batch holds whole groups in order (`num_samples` rollouts of a question side by side), so nothing is
gathered; statistics over the batch are those of one device's questions. Advantages there are one number per rollout:
modulators that work on tokens are refused. Checked against oat-llm 0.2.4 and understand-r1-zero 14046dc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.adapters.rows import ModulatedHost, RowModulation, modulate_rows, modulated_class
from semuq_rl.groups.answers import Extract, extract_boxed
from semuq_rl.groups.signals import Signal
from semuq_rl.modulators import Modulator

__all__ = ["modulated_advantages", "with_modulator"]


def with_modulator(
    learner: type,
    modulator: Modulator | None = None,
    *,
    signal: Signal | None = None,
    extract: Extract = extract_boxed,
    state: Any = None,
) -> type:
    """A subclass of an OAT PPO learner with modulated advantages, for `critic_type` "drgrpo" or "grpo".

    Args:
        learner: `oat.algorithms.ppo.PPOLearner` or a subclass such as understand-r1-zero's `ZeroMathLearner`.
        modulator: None is SEED-GRPO as released.
        signal: None is the released code's, where the modulator reads one.
        extract: a rollout -> its answer or None.
        state: the modulator's after the step at which a run goes on; OAT's checkpoints do not hold it.

    Raises:
        InvalidParameter: the modulator works on tokens, or the class has no such method.
    """
    if modulator is not None and modulator.claims.level == "token":
        raise InvalidParameter(
            f"modulator: expected one that works on prompts or responses, got {modulator}, which works on tokens; "
            "an OAT learner has one advantage per rollout"
        )
    for name in ("learning_step", "compute_monte_carlo_advantages"):
        if not callable(getattr(learner, name, None)):
            raise InvalidParameter(f"learner: expected a PPO learner of OAT, got {learner.__name__} without {name}()")
    return modulated_class(learner, _ModulatedLearner, modulator, signal=signal, extract=extract, state=state)


class _ModulatedLearner(ModulatedHost):
    args: Any
    tokenizer: Any
    _trajectory: Any = None

    def learning_step(self, trajectory: Any) -> Any:
        self._trajectory = trajectory
        try:
            return super().learning_step(trajectory)  # type: ignore[misc]  # the learner's
        finally:
            self._trajectory = None

    # Older versions pass the rewards alone.
    def compute_monte_carlo_advantages(self, rewards: Any, *masks: Any) -> Any:
        advantages = super().compute_monte_carlo_advantages(rewards, *masks)  # type: ignore[misc]  # the learner's
        found = self._modulated(
            modulated_advantages,
            advantages,
            rewards,
            self._trajectory,
            num_samples=self.args.num_samples,
            tokenizer=self.tokenizer,
        )
        return advantages.new_tensor(found.advantages)


def modulated_advantages(
    advantages: Any,
    rewards: Any,
    trajectory: Any,
    *,
    num_samples: int,
    tokenizer: Any,
    modulator: Modulator,
    state: Any = None,
    signal: Signal | None = None,
    extract: Extract = extract_boxed,
) -> RowModulation:
    """What `with_modulator` does in `compute_monte_carlo_advantages`, as a function for learners of one's own.

    Args:
        advantages: (N,) as the learner made them, N a multiple of `num_samples`.
        rewards: (N, T).
        trajectory: OAT's mapping with `input_ids` (N, L), `prompt_ids_lens` and `action_logprobs`.
        num_samples: rollouts per question.
        tokenizer: decodes rollouts.
        modulator, state, signal, extract: see `with_modulator`.

    Raises:
        InvalidSamples: N is no multiple of `num_samples`.
    """
    size = len(advantages)
    if size % num_samples:
        raise InvalidSamples(f"advantages: expected a multiple of num_samples={num_samples} rows, got {size}")
    lengths = [len(own) for own in trajectory["action_logprobs"]]
    longest = max(lengths)
    token_mask = np.arange(longest) < np.array(lengths)[:, None]
    logprobs, token_ids = np.zeros((size, longest)), np.zeros((size, longest), dtype=np.int64)
    answers: list[str | None] = []
    for row, (length, start) in enumerate(zip(lengths, trajectory["prompt_ids_lens"], strict=True)):
        tokens = trajectory["input_ids"][row][int(start) : int(start) + length].tolist()
        logprobs[row, :length] = trajectory["action_logprobs"][row]
        token_ids[row, :length] = tokens
        answers.append(extract(tokenizer.decode(tokens, skip_special_tokens=True)))
    return modulate_rows(
        rewards.sum(-1),
        [row // num_samples for row in range(size)],
        modulator=modulator,
        state=state,
        signal=signal,
        answers=answers,
        advantages=advantages,
        token_mask=token_mask,
        logprobs=logprobs,
        logprobs_source="sampler",
        token_ids=token_ids,
    )
