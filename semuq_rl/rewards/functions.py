"""Label-free rewards as reward functions for a trainer: TTRL and EMPO in one line.

`rewards` holds functions of one group; TRL asks for a function of all the rows of a process. Between
them stand the cutting into groups and the clustering, by any relation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from semuq.checks import whole
from semuq.errors import InvalidSamples
from semuq.relations.base import Relation
from semuq_rl.groups.answers import Extract, extract_boxed
from semuq_rl.rewards.rules import answer_clusters
from semuq_rl.trainer.messages import message_text, question_of

__all__ = ["group_reward"]


def group_reward(
    rule: Callable[..., Any],
    *,
    relation: Relation,
    num_generations: int,
    extract: Extract = extract_boxed,
) -> Callable[..., list[float]]:
    """A reward function for TRL from a rule over the clusters of a group's answers.

    Args:
        rule: (clusters, answered) -> G rewards: `ttrl`, `empo`, or your own.
        relation: which answers are the same.
        num_generations: the rollouts of a question, as in GRPOConfig.
        extract: a rollout -> its answer or None.

    Returns:
        A function of TRL's `prompts` and `completions`, plain or conversational.

    Raises:
        InvalidSamples: on a call whose rows are no whole groups. A reward function sees the rows of
            its own process, so the rows of a process must be a multiple of `num_generations`.

    Example:
        >>> from semuq import ExactMatch
        >>> from semuq_rl.rewards import ttrl
        >>> majority = group_reward(ttrl, relation=ExactMatch(), num_generations=3)
        >>> majority(prompts=["1+1?"] * 3, completions=[r"\\boxed{2}", r"\\boxed{3}", r"\\boxed{2}"])
        [1.0, 0.0, 1.0]
    """
    whole("group_reward", 1, num_generations=num_generations)

    def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float]:
        rewards: list[float] = []
        for start in range(0, len(prompts), num_generations):
            group = slice(start, start + num_generations)
            if len(prompts[group]) < num_generations or any(own != prompts[start] for own in prompts[group]):
                raise InvalidSamples(
                    f"prompts[{start}:{start + num_generations}]: expected {num_generations} rollouts of one question, "
                    "got a group that is cut; make the rows of each process a multiple of num_generations "
                    "(per_device_train_batch_size, steps_per_generation)"
                )
            texts = [message_text(completion) for completion in completions[group]]
            clusters, answered = answer_clusters(question_of(prompts[start]), texts, relation, extract=extract)
            rewards += [float(value) for value in rule(clusters, answered)]
        return rewards

    # TRL names its metrics after the function.
    reward.__name__ = getattr(rule, "__name__", "group_reward")
    return reward
