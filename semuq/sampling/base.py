"""What a sampler is, what it is asked, and how it draws: `Sampler`, `Conversation` and `Decoding`.

First station of the flow: everything downstream sees SampleSets and never asks who made them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, Protocol, get_args, overload, runtime_checkable

from semuq.errors import InvalidParameter, SemuqError
from semuq.samples import SampleSet

__all__ = [
    "Conversation",
    "Decoding",
    "Failure",
    "OnError",
    "Sampled",
    "Sampler",
    "as_prompts",
    "check_count",
    "check_on_error",
    "is_one_prompt",
    "question_of",
    "text_of",
]

OnError = Literal["raise", "keep"]
"""What becomes of the other prompts where one cannot be answered."""


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How tokens are drawn from the model's distribution.

    Formula. With logits l (V,): l / temperature; then all but the `top_k` largest are dropped; then
    the smallest set of most probable tokens that holds `top_p` of what is left is kept; one token is
    drawn from the softmax of that.

    Args:
        temperature: >= 0. 1 is the model's own distribution; 0 is greedy decoding, which has one
            answer only: samplers refuse temperature=0 with n > 1.
        top_p: in (0, 1]; 1 keeps the whole vocabulary.
        top_k: >= 0; 0 keeps the whole vocabulary.
        max_new_tokens: >= 1; longer answers are cut and flagged as truncated.
        seed: >= 0; the same seed gives the same answers.

    Raises:
        InvalidParameter: a value is outside these limits.

    Example:
        >>> Decoding(temperature=0.7, top_p=0.9)
        Decoding(temperature=0.7, top_p=0.9, top_k=0, max_new_tokens=64, seed=0)
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if not _is_number(self.temperature) or self.temperature < 0:
            raise InvalidParameter(f"temperature: expected a number >= 0 (0 is greedy), got {self.temperature!r}")
        if not _is_number(self.top_p) or not 0 < self.top_p <= 1:
            raise InvalidParameter(f"top_p: expected a number in (0, 1] (1 keeps every token), got {self.top_p!r}")
        if not _is_whole(self.top_k) or self.top_k < 0:
            raise InvalidParameter(f"top_k: expected a whole number >= 0 (0 keeps every token), got {self.top_k!r}")
        if not _is_whole(self.max_new_tokens) or self.max_new_tokens < 1:
            raise InvalidParameter(f"max_new_tokens: expected a whole number >= 1, got {self.max_new_tokens!r}")
        if not _is_whole(self.seed) or self.seed < 0:
            raise InvalidParameter(f"seed: expected a whole number >= 0, got {self.seed!r}")

    @property
    def greedy(self) -> bool:
        """Whether the most probable token is always taken."""
        return self.temperature == 0


@runtime_checkable
class Sampler(Protocol):
    """Anything that answers a prompt n times.

    `identity` names everything that can change an answer (model, weights, template, decoding).
    """

    @property
    def identity(self) -> str:
        """Names everything that can change an answer; kept in the metadata of every SampleSet."""
        ...

    @overload
    def sample(self, prompts: str, *, n: int = 10) -> SampleSet: ...  # type: ignore[overload-overlap]
    @overload
    def sample(self, prompts: Sequence[str], *, n: int = 10) -> list[SampleSet]: ...
    def sample(self, prompts: str | Sequence[str], *, n: int = 10) -> SampleSet | list[SampleSet]:
        """n answers to one prompt (a SampleSet), or to each of several (a list, in their order)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A prompt that was left out.

    Args:
        position: its place among the prompts, from 0.
        prompt: its text; of a conversation the last turn of the user.
        reason: what happened, in a line.
    """

    position: int
    prompt: str
    reason: str


class Sampled(list[SampleSet]):
    """The SampleSets of the prompts that were answered, in their order, and the others in `failures`.

    >>> found = Sampled([SampleSet(prompt="a", texts=("b",))], [Failure(position=1, prompt="c", reason="refused")])
    >>> len(found), [failure.prompt for failure in found.failures]
    (1, ['c'])
    """

    def __init__(self, sets: Iterable[SampleSet] = (), failures: Iterable[Failure] = ()) -> None:
        super().__init__(sets)
        self.failures = tuple(failures)

    @classmethod
    def of(cls, prompts: Sequence[str | Conversation], found: Mapping[Any, SampleSet | SemuqError]) -> Sampled:
        """What was found for each prompt, sorted into sets and failures."""
        failed = [
            Failure(position=position, prompt=question_of(prompt), reason=" ".join(str(found[prompt]).split()))
            for position, prompt in enumerate(prompts)
            if isinstance(found[prompt], SemuqError)
        ]
        return cls((own for own in (found[prompt] for prompt in prompts) if isinstance(own, SampleSet)), failed)


@dataclass(frozen=True)
class Conversation:
    """Messages in place of a prompt: what a chat model has been told so far, the last turn to be answered.

    Args:
        encoded: the messages as JSON, which can be compared and looked up.
    """

    encoded: str

    @classmethod
    def of(cls, messages: Any, name: str = "messages") -> Conversation:
        """The messages, checked: each a mapping with a role, at least one.

        Raises:
            InvalidParameter: they are something else, or cannot be sent as JSON.
        """
        listed = list(messages)
        for index, message in enumerate(listed):
            if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
                raise InvalidParameter(
                    f'{name}[{index}]: expected {{"role": ..., "content": ...}}, got {message!r:.60}'
                )
        try:
            return cls(json.dumps([dict(message) for message in listed], ensure_ascii=False, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidParameter(f"{name}: expected messages that JSON can hold ({error})") from error

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages."""
        found: list[dict[str, Any]] = json.loads(self.encoded)
        return found

    @property
    def question(self) -> str:
        """The text of the user's last turn: what the answers answer, and what relations are shown."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                return text_of(message.get("content"))
        return text_of(self.messages[-1].get("content"))


def text_of(content: Any) -> str:
    """The text of a message's content: a str, or the texts among a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def is_one_prompt(prompts: Any) -> bool:
    """Whether this is a single prompt: a str, or the messages of one conversation."""
    return isinstance(prompts, str | Conversation) or (
        isinstance(prompts, Sequence) and len(prompts) > 0 and isinstance(prompts[0], Mapping)
    )


def as_prompts(prompts: Any) -> tuple[str | Conversation, ...]:
    """One prompt or a non-empty sequence of them, as a tuple; a list of messages is one prompt.

    Raises:
        InvalidParameter: there is no prompt, or something is neither a str nor a list of messages.
    """
    if isinstance(prompts, str | Conversation):
        return (prompts,)
    if isinstance(prompts, bytes) or not isinstance(prompts, Sequence):
        raise InvalidParameter(f"prompts: expected a str or a list of str, got {type(prompts).__name__}")
    if not prompts:
        raise InvalidParameter("prompts: expected at least one prompt, got an empty list; pass a question")
    if is_one_prompt(prompts):
        return (Conversation.of(prompts),)
    return tuple(_prompt(f"prompts[{index}]", prompt) for index, prompt in enumerate(prompts))


def _prompt(name: str, prompt: Any) -> str | Conversation:
    if isinstance(prompt, str | Conversation):
        return prompt
    if is_one_prompt(prompt):
        return Conversation.of(prompt, name)
    raise InvalidParameter(
        f"{name}: expected str, got {type(prompt).__name__}; pass the question's text, or a list of messages"
    )


def question_of(prompt: str | Conversation) -> str:
    """The text that a SampleSet's `prompt` holds."""
    return prompt if isinstance(prompt, str) else prompt.question


def check_on_error(on_error: Any) -> None:
    """Refuse what is neither "raise" nor "keep"."""
    if on_error not in get_args(OnError):
        raise InvalidParameter(f"on_error: expected one of {get_args(OnError)}, got {on_error!r}")


def check_count(n: Any, decoding: Decoding) -> None:
    """Refuse a number of answers that cannot be drawn.

    Raises:
        InvalidParameter: n is not a whole number >= 1, or more than one greedy answer is wanted.
    """
    if not _is_whole(n) or n < 1:
        raise InvalidParameter(f"n: expected a whole number of answers >= 1, got {n!r}")
    if decoding.greedy and n > 1:
        raise InvalidParameter(
            f"n: expected 1 with temperature=0, where all answers are the same, got {n}; "
            "pass n=1, or temperature > 0 to sample"
        )


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
