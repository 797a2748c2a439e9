"""The wordings of one question as one group: laid next to each other, paid together, centred together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from semuq.checks import whole
from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.groups.messages import message_text

__all__ = ["Rule", "VariantGroups"]

Rule = Callable[[Sequence[str]], Any]
"""V answers, one to each wording -> V rewards."""


@dataclass(frozen=True, kw_only=True)
class VariantGroups:
    """Which rows of a data set are wordings of one question.

    `UncertaintyGRPOTrainer(groups=...)` takes V wordings times G rollouts for one group: advantages are centred (and
    scaled) over all of them, and a signal or modulator sees them as the answers to one question.

    Args:
        column: of the data set, which names the question.
        wordings: V, how many each question has.

    Degenerate cases. One wording: what it is without groups. A reward that is one number for a whole group teaches
    nothing, whatever it is: centring takes it away.

    References: information-consistent GRPO, arXiv:2512.12858, where the variants of a prompt are the group.

    Example:
        >>> from semuq_rl.rewards.variants import information_consistency
        >>> groups = VariantGroups(column="question", wordings=2)
        >>> reward = groups.reward(information_consistency)
        >>> reward(prompts=["p", "q"], completions=["a b", "a b"], question=[7, 7])
        [0.5, 0.5]
    """

    column: str
    wordings: int

    def __post_init__(self) -> None:
        if not isinstance(self.column, str):
            raise InvalidParameter(f"VariantGroups.column: expected a name, got {self.column!r}")
        whole(self, 1, wordings=self.wordings)

    def arrange(self, dataset: Any) -> Any:
        """The data set with the wordings of a question next to each other, questions as they first come.

        Raises:
            InvalidSamples: the column is missing, or a question has not `wordings` rows.
        """
        return dataset.select([row for rows in self._rows(dataset).values() for row in rows])

    def check(self, dataset: Any) -> None:
        """Refuse a data set whose groups are cut.

        Raises:
            InvalidSamples: as `arrange`, or wordings of a question lie apart.
        """
        for place, (question, rows) in enumerate(self._rows(dataset).items()):
            first = place * self.wordings
            if rows != list(range(first, first + self.wordings)):
                raise InvalidSamples(
                    f"{self.column}={question!r}: expected its wordings in {self.wordings} rows from {first} on, "
                    f"got rows {rows}; train on groups.arrange(dataset)"
                )

    def reward(self, rule: Rule) -> Callable[..., list[float]]:
        """A reward function for TRL that hands a rule the answers to all wordings of a question together.

        The g-th rollouts of a question's wordings make one set. Two wordings of a question must differ.

        Raises:
            InvalidSamples: on a call whose rows do not hold every wording of a question equally often.
        """

        def reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float]:
            if self.column not in columns:
                raise InvalidSamples(
                    f"{self.column}: no such column in the data set; it has {', '.join(columns) or 'none'}"
                )
            named = columns[self.column]
            rewards = [0.0] * len(prompts)
            for question in dict.fromkeys(named):
                by_prompt: dict[str, list[int]] = {}
                for row, own in enumerate(named):
                    if own == question:
                        by_prompt.setdefault(repr(prompts[row]), []).append(row)
                sizes = {len(own) for own in by_prompt.values()}
                if len(by_prompt) != self.wordings or len(sizes) != 1:
                    raise InvalidSamples(
                        f"{self.column}={question!r}: expected {self.wordings} wordings with as many rollouts each, "
                        f"got {[len(own) for own in by_prompt.values()]}; keep the wordings of a question in one batch"
                    )
                for together in zip(*by_prompt.values(), strict=True):
                    values = rule([message_text(completions[row]) for row in together])
                    for row, value in zip(together, values, strict=True):
                        rewards[row] = float(value)
            return rewards

        reward.__name__ = getattr(rule, "__name__", "variant_reward")
        return reward

    def _rows(self, dataset: Any) -> dict[Any, list[int]]:
        """The rows of each question."""
        if self.column not in dataset.column_names:
            raise InvalidSamples(
                f"{self.column}: no such column in the data set; it has {', '.join(dataset.column_names) or 'none'}"
            )
        rows: dict[Any, list[int]] = {}
        for row, question in enumerate(dataset[self.column]):
            rows.setdefault(question, []).append(row)
        for question, own in rows.items():
            if len(own) != self.wordings:
                raise InvalidSamples(
                    f"{self.column}={question!r}: expected {self.wordings} wordings, got {len(own)}; add the others or "
                    "leave the question out"
                )
        return rows
