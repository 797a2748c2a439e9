"""What vLLM's `RequestOutput` says: the prompt, the answers, their log-probs. Read by shape, vLLM is not imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semuq.errors import InvalidSamples
from semuq.numerics import FloatArray
from semuq.samples.answers import Answer, Token, answer_of
from semuq.samples.fields import logprobs

__all__ = ["Output", "read_vllm"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """What one output holds.

    Args:
        prompt: the text that the model was shown, behind its chat template; None where it was given token ids.
        answers: one per completion.
        prompt_logprobs: of the prompt's tokens but the first; None if they were not asked for.
    """

    prompt: str | None
    answers: list[Answer]
    prompt_logprobs: FloatArray | None


def read_vllm(output: Any) -> Output:
    """The answers in a `RequestOutput`.

    Raises:
        InvalidSamples: it is something else, or no completion is in it.
    """
    completions = getattr(output, "outputs", None)
    if not isinstance(completions, Sequence) or not hasattr(output, "prompt_token_ids"):
        raise InvalidSamples(
            f"output: expected one RequestOutput of vLLM, got {type(output).__name__}; "
            "LLM.generate returns a list of them, one per prompt"
        )
    if not completions:
        raise InvalidSamples("output: expected at least one completion, got none; was the request aborted?")
    return Output(
        prompt=output.prompt if isinstance(output.prompt, str) else None,
        answers=[_answer(own) for own in completions],
        prompt_logprobs=_of_prompt(output.prompt_token_ids, output.prompt_logprobs),
    )


def _answer(completion: Any) -> Answer:
    tokens = None
    if completion.logprobs is not None:
        places = zip(completion.token_ids, completion.logprobs, strict=True)
        tokens = [_token(place, token) for token, place in places]
        if any(len(own.top or ()) < 2 for own in tokens):  # only the drawn ones are listed
            tokens = [Token(own.text, own.logprob, None) for own in tokens]
    return answer_of(completion.text, str(completion.finish_reason), tokens)


def _token(place: Mapping[int, Any], token: int) -> Token:
    own = place[token]
    return Token(own.decoded_token or "", own.logprob, [other.logprob for other in place.values()])


def _of_prompt(tokens: Sequence[int] | None, places: Sequence[Mapping[int, Any] | None] | None) -> FloatArray | None:
    if tokens is None or places is None:
        return None
    listed = list(zip(tokens, places, strict=True))[1:]  # nothing stands in front of the first
    return logprobs("prompt_logprobs", [place[token].logprob for token, place in listed if place is not None])
