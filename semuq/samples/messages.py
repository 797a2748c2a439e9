"""Chats: what a message says, and a list of messages in place of a prompt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semuq.errors import InvalidParameter
from semuq.samples.fields import check_text

__all__ = ["Conversation", "asked_last", "noted", "question_of", "text_of", "turns_of"]


def text_of(content: Any) -> str:
    """The text of a message's content: a str, or the texts among a list of parts.

    >>> text_of([{"type": "image_url"}, {"type": "text", "text": "Where is this?"}])
    'Where is this?'
    """
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def asked_last(messages: Sequence[Mapping[str, Any]]) -> str:
    """The text of the user's last turn; of the last message where no user has one.

    >>> asked_last([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "It is"}])
    '2+2?'
    """
    own = [message for message in messages if message.get("role") == "user"] or messages[-1:]
    return text_of(own[-1].get("content"))


@dataclass(frozen=True)
class Conversation:
    """Messages in place of a prompt: what a chat model has been told so far, the last turn to be answered.

    Args:
        encoded: the messages as JSON, which can be compared and looked up.
    """

    encoded: str

    @classmethod
    def of(cls, messages: Iterable[Any], name: str = "messages") -> Conversation:
        """The messages, checked: each a mapping with a role, at least one.

        Raises:
            InvalidParameter: they are something else, or cannot be sent as JSON.
            InvalidSamples: a text in them holds half a surrogate pair.
        """
        listed = list(messages) if isinstance(messages, Iterable) else []
        if not listed:
            raise InvalidParameter(f"{name}: expected a text or at least one message, got {messages!r:.60}")
        for index, message in enumerate(listed):
            if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
                raise InvalidParameter(
                    f'{name}[{index}]: expected {{"role": ..., "content": ...}}, got {message!r:.60}'
                )
        try:
            encoded = json.dumps([dict(message) for message in listed], ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidParameter(f"{name}: expected messages that JSON can hold ({error})") from error
        check_text(name, encoded)
        return cls(encoded)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages."""
        found: list[dict[str, Any]] = json.loads(self.encoded)
        return found

    @property
    def question(self) -> str:
        """The text of the user's last turn: what the answers answer, and what relations are shown."""
        return asked_last(self.messages)


def question_of(prompt: str | Conversation) -> str:
    """The text that a SampleSet's `prompt` holds."""
    return prompt if isinstance(prompt, str) else prompt.question


def turns_of(prompt: str | Conversation, system: str | None = None) -> list[dict[str, Any]]:
    """What a chat model is sent: the prompt as a user's turn, or its messages, behind a system message if there is one.

    >>> turns_of("Where?", "Be brief.")
    [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Where?'}]
    """
    turns = [] if system is None else [{"role": "system", "content": system}]
    return turns + (prompt.messages if isinstance(prompt, Conversation) else [{"role": "user", "content": prompt}])


def noted(prompt: str | Conversation) -> dict[str, Any]:
    """What a SampleSet's metadata hold of a prompt: the messages of a conversation, nothing of a text."""
    return {"messages": prompt.messages} if isinstance(prompt, Conversation) else {}
