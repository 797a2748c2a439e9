"""Label-free rewards as reward functions for a trainer: TTRL and EMPO in one line.

`rewards` holds functions of one group; TRL asks for a function of all the rows of a process. Between
them stand the cutting into groups and the clustering, by any relation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from semuq.checks import whole
from semuq.errors import InvalidSamples
from semuq.estimators.base import Estimator
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.scoring.scorer import Scorer, embedder_for
from semuq_rl.groups.answers import Extract, extract_boxed
from semuq_rl.groups.messages import message_text, question_of
from semuq_rl.rewards.rules import answer_clusters

__all__ = ["estimator_reward", "group_reward"]


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
        for question, texts in _groups(prompts, completions, num_generations):
            clusters, answered = answer_clusters(question, texts, relation, extract=extract)
            rewards += [float(value) for value in rule(clusters, answered)]
        return rewards

    # TRL names its metrics after the function.
    reward.__name__ = getattr(rule, "__name__", "group_reward")
    return reward


def estimator_reward(
    estimator: Estimator,
    *,
    relation: Relation,
    num_generations: int,
    extract: Extract = extract_boxed,
) -> Callable[..., list[float]]:
    """A reward function for TRL from any estimator: how much less uncertain the group is for a rollout.

    The uncertainty of a group is one number for all its rollouts, which centring takes away. Each rollout's own part is
    what is left out with it.

    Formula. With U the estimator and A the rollouts that have an answer,
        R_i = U(A without i) - U(A),
    positive where rollout i says what the others say.

    Args:
        estimator: needs no more than texts, a relation and embeddings; and no more than G - 1 answers.
        relation: compares the answers.
        num_generations: G, the rollouts of a question, as in GRPOConfig.
        extract: a rollout -> its answer or None.

    Returns:
        A function of TRL's `prompts` and `completions`, plain or conversational.

    Raises:
        MissingEvidence: on a call, if the estimator needs more, such as log-probs.
        InvalidSamples: on a call whose rows are no whole groups, as `group_reward`.

    Degenerate cases. A rollout without an answer gets the least reward of its group, and no more than 0. With fewer
    than two answers nobody gets more than 0. Answers that are all alike get 0 each.

    Weakness. It rewards agreement, right or wrong, as every reward without labels does.

    Cost. One pass of the relation, and G + 1 scores.

    Example:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch
        >>> reward = estimator_reward(DiscreteSemanticEntropy(), relation=ExactMatch(), num_generations=3)
        >>> found = reward(prompts=["1+1?"] * 3, completions=[r"\\boxed{2}", r"\\boxed{3}", r"\\boxed{2}"])
        >>> [round(value, 3) for value in found]
        [0.057, -0.637, 0.057]
    """
    whole("estimator_reward", 1, num_generations=num_generations)
    scorer = Scorer((estimator,), relation, embedder_for((estimator,)))

    def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float]:
        rewards: list[float] = []
        for question, texts in _groups(prompts, completions, num_generations):
            answers = [extract(text) for text in texts]
            held = [place for place, own in enumerate(answers) if own]
            parts = dict(zip(held, _left_out(scorer, question, [answers[place] or "" for place in held]), strict=True))
            least = min([0.0, *parts.values()])
            rewards += [parts.get(place, least) for place in range(len(answers))]
        return rewards

    reward.__name__ = type(estimator).__name__
    return reward


def _left_out(scorer: Scorer, question: str, answers: Sequence[str]) -> list[float]:
    """How much more uncertain the answers are without each of them."""
    if len(answers) < 2:
        return [0.0] * len(answers)
    whole_group = SampleSet(prompt=question, texts=tuple(answers))
    others = [[own for own in range(len(answers)) if own != place] for place in range(len(answers))]
    scored = scorer.score([whole_group, *(whole_group.take(own) for own in others)])
    together, *without = (next(iter(own.scores.values())) for own in scored)
    return [value - together for value in without]


def _groups(prompts: Sequence[Any], completions: Sequence[Any], size: int) -> Iterator[tuple[str, list[str]]]:
    """The question and the rollouts' texts of each group of rows.

    Raises:
        InvalidSamples: a group is cut.
    """
    for start in range(0, len(prompts), size):
        group = slice(start, start + size)
        if len(prompts[group]) < size or any(own != prompts[start] for own in prompts[group]):
            raise InvalidSamples(
                f"prompts[{start}:{start + size}]: expected {size} rollouts of one question, got a group that is cut; "
                "make the rows of each process a multiple of num_generations "
                "(per_device_train_batch_size, steps_per_generation)"
            )
        yield question_of(prompts[start]), [message_text(completion) for completion in completions[group]]
