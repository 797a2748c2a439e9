"""Prompts and completions as text, be they plain or conversations."""

from __future__ import annotations

from typing import Any

from semuq.samples.messages import asked_last, text_of

__all__ = ["message_text", "question_of"]


def message_text(value: Any) -> str:
    """A prompt or completion as text: what all its messages say, a line each, where it is a conversation.

    >>> message_text([{"role": "assistant", "content": "4"}]), message_text("4")
    ('4', '4')
    """
    if isinstance(value, str):
        return value
    return "\n".join(text for message in value if (text := text_of(message.get("content"))))


def question_of(prompt: Any) -> str:
    """The question of a prompt: the user's last turn, where it is a conversation.

    >>> question_of([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}])
    '2+2?'
    """
    return prompt if isinstance(prompt, str) else asked_last(prompt)
