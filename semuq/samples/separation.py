"""Answers of reasoning models without their thoughts, text and tokens.

A reasoning model writes its thought between tags in front of its answer. Estimators are to see the answer: two
thoughts are never in the same words, and a relation that read them would find every answer different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from semuq.errors import MissingEvidence
from semuq.numerics import FloatArray
from semuq.samples.sample_set import SampleSet
from semuq.samples.thoughts import Split, split_thought

__all__ = ["Thought", "separate_thoughts"]


_OF_THE_WHOLE: Any = {"embeddings": None, "claims": None, "layer_states": None}
"""What is known of a text as a whole says nothing of the answer in it."""

PER_TOKEN = ("token_logprobs", "token_entropies", "token_certainties", "token_relevance", "token_states", "token_texts")
"""Fields of a SampleSet that are cut where the thought ends."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Thought:
    """What one answer was thought out with.

    Args:
        text: None if there was no thought.
        closed: False if it never ended.
        tokens: of the thought, tags included; None where the tokens are not known.
        answer_tokens: of the answer; None where the tokens are not known.
        token_logprobs, token_entropies, token_certainties: of the thought's tokens, where the samples have them.
    """

    text: str | None
    closed: bool
    tokens: int | None = None
    answer_tokens: int | None = None
    token_logprobs: FloatArray | None = None
    token_entropies: FloatArray | None = None
    token_certainties: FloatArray | None = None


def separate_thoughts(samples: SampleSet) -> tuple[SampleSet, tuple[Thought, ...]]:
    """The same question with answers alone, and the thoughts that were cut off.

    Per-token fields are cut at the first token of the answer, found by adding up `token_texts`; a token that holds
    both the end of the thought and the beginning of the answer counts to the answer.

    Raises:
        MissingEvidence: there are per-token fields but no `token_texts` to tell where the answer begins.

    Degenerate cases. Without any thought the samples come back as they are.

    Example:
        >>> samples = SampleSet(prompt="Is 7 prime?", texts=("<think>No divisor.</think>Yes", "<think>Hm"))
        >>> answers, thoughts = separate_thoughts(samples)
        >>> answers.texts, [thought.closed for thought in thoughts]
        (('Yes', ''), [True, False])
    """
    splits = [split_thought(text) for text in samples.texts]
    present = [name for name in PER_TOKEN if getattr(samples, name) is not None]
    if all(split.thought is None for split in splits):
        counts: list[int | None] = [None] * len(splits)
        for name in present:
            known = [None if own is None else len(own) for own in getattr(samples, name)]
            counts = [other if own is None else own for own, other in zip(counts, known, strict=True)]
        none = [0 if present else None] * len(splits)
        return samples, tuple(
            Thought(text=None, closed=True, tokens=first, answer_tokens=count)
            for first, count in zip(none, counts, strict=True)
        )
    if not present:
        answers = replace(samples, texts=tuple(split.answer for split in splits), **_OF_THE_WHOLE)
        return answers, tuple(Thought(text=split.thought, closed=split.closed) for split in splits)
    if samples.token_texts is None:
        raise MissingEvidence(
            "token_texts: needed to tell the tokens of a thought from those of its answer in "
            f"{', '.join(present)}, got None; sample with keep=('token_texts',), or drop these fields"
        )
    cuts = [
        0 if split.thought is None else _first_token(own, text, split.start)
        for own, text, split in zip(samples.token_texts, samples.texts, splits, strict=True)
    ]
    fields: dict[str, Any] = {
        name: [None if own is None else own[cut:] for own, cut in zip(getattr(samples, name), cuts, strict=True)]
        for name in present
    }
    answers = replace(samples, texts=tuple(split.answer for split in splits), **_OF_THE_WHOLE, **_legal(fields, splits))
    return answers, tuple(
        Thought(
            text=split.thought,
            closed=split.closed,
            tokens=cut,
            answer_tokens=len(samples.token_texts[index]) - cut,
            **{
                name: np.asarray(getattr(samples, name)[index][:cut])
                for name in ("token_logprobs", "token_entropies", "token_certainties")
                if name in present and getattr(samples, name)[index] is not None
            },
        )
        for index, (split, cut) in enumerate(zip(splits, cuts, strict=True))
    )


def _first_token(pieces: Sequence[str], text: str, start: int) -> int:
    """The token in which position `start` of the text lies. White space around a text may have been dropped."""
    joined = "".join(pieces)
    offset = max(joined.find(text), 0)
    passed = -offset
    for index, piece in enumerate(pieces):
        passed += len(piece)
        if passed > start:
            return index
    return len(pieces)


def _legal(fields: dict[str, Any], splits: Sequence[Split]) -> dict[str, Any]:
    """Per-token fields as a SampleSet takes them: an answer with text needs a token."""
    for name, values in fields.items():
        for index, (own, split) in enumerate(zip(values, splits, strict=True)):
            if split.answer and own is not None and not len(own):
                raise MissingEvidence(
                    f"token_texts[{index}]: expected tokens that spell the answer {split.answer!r:.40}, got none "
                    f"behind the thought; {name} cannot be cut"
                )
    return fields
