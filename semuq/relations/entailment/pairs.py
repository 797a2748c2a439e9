"""Token ids of premise-hypothesis pairs: each distinct text tokenised once, pairs put together from ids.

The layout (special tokens, segment ids) is read off the tokenizer itself, so that the ids of a pair
equal what the tokenizer gives for it. A special token's name inside an answer is plain text here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semuq.errors import InvalidModel
from semuq.relations.entailment.plan import Side
from semuq.text import SIGNS_A_TOKEN

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["EncodedSide", "Layout", "PairEncoder"]


@dataclass(frozen=True)
class EncodedSide:
    """Token ids of one side, the index of the first token of its answer, and whether its text was cut before."""

    ids: tuple[int, ...]
    answer_start: int
    cut: bool = False


@dataclass(frozen=True)
class Layout:
    """prefix A middle B suffix, each with its segment ids."""

    prefix: tuple[int, ...]
    middle: tuple[int, ...]
    suffix: tuple[int, ...]
    segments: tuple[int, int, int, int, int]

    @property
    def special(self) -> int:
        """How many tokens of a pair belong to neither side."""
        return len(self.prefix) + len(self.middle) + len(self.suffix)


class PairEncoder:
    """Encodes sides once, and says what is kept of a pair longer than `max_length` tokens.

    Truncation: the room is shared in halves, and what one side leaves is the other's. A side over
    its share loses tokens of the question from the front; if the answer alone is too long, the
    question goes and the answer loses its end. Truncated pairs are counted.

    Up to `SIGNS_A_TOKEN` signs of a text are looked at per token that may be kept; a longer one counts as truncated.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, max_length: int) -> None:
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise InvalidModel(
                f"tokenizer {type(tokenizer).__name__}: expected a fast tokenizer, got a slow one; "
                "save it once with AutoTokenizer.from_pretrained(..., use_fast=True)"
            )
        # A copy, so that the caller's tokenizer keeps its truncation, padding and treatment of special tokens.
        self._backend: Any = type(backend).from_str(backend.to_str())
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = True
        self._special_ids = frozenset(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
        self._unknown_id = tokenizer.unk_token_id
        self._special_names = tuple(name for name in tokenizer.all_special_tokens if name != tokenizer.unk_token)
        self.layout = _read_layout(self._backend)
        self.uses_segments = "token_type_ids" in tokenizer.model_input_names
        self.pad_id = int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0)
        if max_length <= self.layout.special + 1:
            raise InvalidModel(f"max_length: expected more than {self.layout.special + 1} tokens, got {max_length}")
        self.room = max_length - self.layout.special

    def encode(self, sides: Sequence[Side]) -> list[EncodedSide]:
        """Token ids of every side, in bulk; offsets are looked at only where truncation may need them."""
        shortened = [_first_signs(side, SIGNS_A_TOKEN * self.room) for side in sides]
        encodings = self._backend.encode_batch_fast([side.text for side in shortened], add_special_tokens=False)
        encoded = []
        for whole, side, encoding in zip(sides, shortened, encodings, strict=True):
            ids, start = encoding.ids, 0
            if not self._special_ids.isdisjoint(ids):
                side = self._defuse(side)
                ids = self._backend.encode(side.text, add_special_tokens=False).ids
            if side.answer_start and 2 * len(ids) > self.room:
                offsets = self._backend.encode(side.text, add_special_tokens=False).offsets
                start = next((i for i, (_, end) in enumerate(offsets) if end > side.answer_start), len(offsets))
            encoded.append(EncodedSide(tuple(ids), start, cut=len(side.text) < len(whole.text)))
        return encoded

    def unknown(self, text: str) -> float:
        """The share of the signs of a text that are in no piece of the vocabulary."""
        encoding = self._backend.encode(text, add_special_tokens=False)
        spans = zip(encoding.ids, encoding.offsets, strict=True)
        lost = sum(end - start for piece, (start, end) in spans if piece == self._unknown_id)
        return lost / max(len("".join(text.split())), 1)

    def _defuse(self, side: Side) -> Side:
        """The same text with a space inside every special token's name.

        Unigram vocabularies hold these names as pieces, so treating them as text is not enough there.
        """
        question, answer = side.text[: side.answer_start], side.text[side.answer_start :]
        for name in self._special_names:
            broken = f"{name[:1]} {name[1:]}"
            question, answer = question.replace(name, broken), answer.replace(name, broken)
        return Side(question + answer, len(question))

    def cut(self, premise: EncodedSide, hypothesis: EncodedSide) -> tuple[slice, slice]:
        """Which tokens of both sides are kept."""
        a, b = len(premise.ids), len(hypothesis.ids)
        room_a = min(a, max(self.room // 2, self.room - b))
        return _kept(premise, room_a), _kept(hypothesis, self.room - room_a)


def _first_signs(side: Side, limit: int) -> Side:
    """The last signs of the question and the first of the answer, `limit` of each."""
    if len(side.text) <= limit:
        return side
    start = max(0, side.answer_start - limit)
    return Side(side.text[start : side.answer_start + limit], side.answer_start - start)


def _kept(side: EncodedSide, limit: int) -> slice:
    length = len(side.ids)
    if length <= limit:
        return slice(0, length)
    # The end of the question and the answer; of an answer that is too long by itself, its start.
    start = min(side.answer_start, length - limit)
    return slice(start, start + limit)


def _read_layout(backend: Any) -> Layout:
    """Encode a pair of plain words and see what the tokenizer puts around them."""
    encoding = backend.encode("one", "two")
    sequence: list[int | None] = encoding.sequence_ids
    # The order of sides with repetitions removed: (None) 0 (None) 1 (None).
    order = [side for i, side in enumerate(sequence) if i == 0 or side != sequence[i - 1]]
    if [side for side in order if side is not None] != [0, 1]:
        raise InvalidModel("tokenizer: expected pairs encoded as premise, then hypothesis; got another layout")
    a, b = sequence.index(0), sequence.index(1)
    a_end = b - sequence[:b][::-1].index(0)
    b_end = len(sequence) - sequence[::-1].index(1)
    ids, types = encoding.ids, encoding.type_ids

    def segment(start: int, end: int) -> int:
        return types[start] if end > start else 0

    return Layout(
        prefix=tuple(ids[:a]),
        middle=tuple(ids[a_end:b]),
        suffix=tuple(ids[b_end:]),
        segments=(segment(0, a), types[a], segment(a_end, b), types[b], segment(b_end, len(ids))),
    )
