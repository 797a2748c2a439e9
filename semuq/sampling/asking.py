"""What `sample` is given and gives back, said once for all samplers: prompts checked, failures kept or raised.

A sampler derives from `PromptSampler` and says how prompts are answered; what waits in an event loop takes `Asked`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, TypeVar, get_args, overload

from semuq.checks import one_of
from semuq.errors import InvalidParameter, SemuqError
from semuq.samples import SampleSet
from semuq.samples.messages import Conversation, question_of
from semuq.sampling.base import Decoding, check_count

__all__ = [
    "Asked",
    "Failure",
    "Found",
    "LoadedSampler",
    "OnError",
    "Prompt",
    "PromptSampler",
    "Sampled",
    "as_prompts",
    "is_one_prompt",
]

T = TypeVar("T")

Prompt = str | Conversation
Found = Mapping[Prompt, SampleSet | SemuqError]
"""What became of each prompt: its answers, or why there are none."""

OnError = Literal["raise", "keep"]
"""What becomes of the other prompts where one cannot be answered."""


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
    def of(cls, prompts: Sequence[Prompt], found: Found) -> Sampled:
        """What was found for each prompt, sorted into sets and failures."""
        failed = [
            Failure(position=position, prompt=question_of(prompt), reason=" ".join(str(found[prompt]).split()))
            for position, prompt in enumerate(prompts)
            if isinstance(found[prompt], SemuqError)
        ]
        return cls((own for own in (found[prompt] for prompt in prompts) if isinstance(own, SampleSet)), failed)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one call of `sample` asks for.

    Args:
        prompts: in order; the same one may come twice.
        n: answers to each.
        one: whether a single prompt was given, whose SampleSet is given back.
        keep: whether a prompt that cannot be answered is left out; of a single one nothing would be left.
    """

    prompts: tuple[Prompt, ...]
    n: int
    one: bool
    keep: bool

    @classmethod
    def of(cls, prompts: Any, n: Any, on_error: Any, decoding: Decoding | None = None) -> Asked:
        """The arguments of `sample`, checked.

        Raises:
            InvalidParameter: no prompt, one that is neither text nor messages; n < 1, or > 1 where decoding is greedy.
        """
        listed, one = as_prompts(prompts), is_one_prompt(prompts)
        check_count(n, decoding)
        one_of(None, get_args(OnError), on_error=on_error)
        return cls(prompts=listed, n=n, one=one, keep=on_error == "keep" and not one)

    @property
    def distinct(self) -> list[Prompt]:
        """Every prompt once, in order."""
        return list(dict.fromkeys(self.prompts))

    def each(self, make: Callable[[int, Prompt], T]) -> tuple[dict[Prompt, T], dict[Prompt, SemuqError]]:
        """What is made of each prompt, given its place, and of which nothing is.

        Raises:
            InvalidParameter: nothing can be made of a prompt, and failures are not kept.
        """
        made: dict[Prompt, T] = {}
        failed: dict[Prompt, SemuqError] = {}
        for place, prompt in enumerate(self.prompts):
            try:
                made[prompt] = make(place, prompt)
            except InvalidParameter as error:
                if not self.keep:
                    raise
                failed[prompt] = error
        return made, failed

    def result(self, found: Found) -> SampleSet | Sampled:
        """What `sample` returns.

        Raises:
            SemuqError: the first failure, unless failures are kept.
        """
        for prompt in () if self.keep else self.distinct:
            failed = found[prompt]
            if isinstance(failed, SemuqError):
                raise failed
        sampled = Sampled.of(self.prompts, found)
        return sampled[0] if self.one else sampled


class PromptSampler(ABC):
    """A sampler that says how prompts are answered and leaves the rest to `sample`."""

    decoding: Decoding | None = None
    """How tokens are drawn, where the sampler knows."""

    @overload
    def sample(self, prompts: str, *, n: int = 10) -> SampleSet: ...
    @overload
    def sample(self, prompts: Sequence[Mapping[str, Any]], *, n: int = 10) -> SampleSet: ...
    @overload
    def sample(self, prompts: Sequence[Any], *, n: int = 10, on_error: OnError = "raise") -> Sampled: ...
    def sample(self, prompts: Any, *, n: int = 10, on_error: OnError = "raise") -> SampleSet | Sampled:
        """n answers to one prompt (a SampleSet), or to each of several (a list, in their order).

        Args:
            prompts: a text or a list of messages, or several of them. The messages of a conversation are kept in
                `metadata["messages"]`; its `prompt` is the user's last turn. Equal prompts are asked once.
            n: answers to each.
            on_error: "raise" ends at the first prompt that cannot be answered; "keep" leaves it out and lists it in
                `failures`. What concerns every prompt, such as a model that is not there, is raised in any case.

        Raises:
            InvalidParameter: no prompt, or something else; n < 1; n > 1 with temperature 0.
        """
        asked = Asked.of(prompts, n, on_error, self.decoding)
        return asked.result(self.answered(asked))

    @abstractmethod
    def answered(self, asked: Asked) -> Found:
        """The answers to each distinct prompt, or why there are none."""


class LoadedSampler(PromptSampler):
    """A sampler that keeps a model loaded, a dataclass with the field `decoding`."""

    decoding: Decoding
    loaded_in: ClassVar[str]
    """The cached property that holds the model."""

    def at(self, **decoding: Any) -> Self:
        """The same model, loaded once, with other decoding: `sampler.at(temperature=0.5)`.

        Raises:
            InvalidParameter: a value is outside the limits of `Decoding`.
        """
        other: Self = replace(self, decoding=replace(self.decoding, **decoding))  # type: ignore[type-var]
        other.__dict__[self.loaded_in] = getattr(self, self.loaded_in)
        return other


def is_one_prompt(prompts: Any) -> bool:
    """Whether this is a single prompt: a str, or the messages of one conversation."""
    return isinstance(prompts, str | Conversation) or (
        isinstance(prompts, Sequence) and len(prompts) > 0 and isinstance(prompts[0], Mapping)
    )


def as_prompts(prompts: Any) -> tuple[Prompt, ...]:
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


def _prompt(name: str, prompt: Any) -> Prompt:
    if isinstance(prompt, str | Conversation):
        return prompt
    if is_one_prompt(prompt):
        return Conversation.of(prompt, name)
    raise InvalidParameter(
        f"{name}: expected str, got {type(prompt).__name__}; pass the question's text, or a list of messages"
    )
