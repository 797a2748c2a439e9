"""A conversation as a value: messages in order, and the ways to say it anew that resets are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from semuq.errors import InvalidParameter

__all__ = ["Dialogue", "Message", "Role", "listed", "rewrite_prompt"]

Role = Literal["user", "assistant"]

_REWRITE = """\
Below is what a user said, message by message. Write it as one message that asks for the same, with every number, \
name and condition. Where a later message changes an earlier one, the later one holds. Do not answer it: rewrite it. \
Reply with the rewritten message alone.

Messages:
- How much does Ann pay?
- She buys pens at 2 dollars each.
- She buys 7 of them.
Rewritten: Ann buys 7 pens at 2 dollars each. How much does she pay?

Messages:
{messages}
Rewritten:"""


class Message(NamedTuple):
    """One message: who said what."""

    role: Role
    text: str


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """What was said so far; every change makes a new one.

    Args:
        system: the message in front of all others, or None.
        messages: of user and assistant, in order.

    Example:
        >>> talk = Dialogue(system="Be brief.").user("2 + 2?").assistant("4")
        >>> talk.user("And 3 + 3?").without_assistant().to_messages()
        [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': '2 + 2?'}, {'role': 'user',
        'content': 'And 3 + 3?'}]
    """

    system: str | None = None
    messages: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", tuple(Message(*message) for message in self.messages))
        for index, message in enumerate(self.messages):
            if message.role not in get_args(Role) or not isinstance(message.text, str):
                raise InvalidParameter(
                    f"messages[{index}]: expected ('user' or 'assistant', text), got {tuple(message)!r:.60}"
                )

    def user(self, text: str) -> Dialogue:
        """With one more message of the user's."""
        return replace(self, messages=(*self.messages, Message("user", text)))

    def assistant(self, text: str) -> Dialogue:
        """With one more answer."""
        return replace(self, messages=(*self.messages, Message("assistant", text)))

    def without_assistant(self) -> Dialogue:
        """The user's messages alone: what the model said about half of the question is left out."""
        return replace(self, messages=tuple(message for message in self.messages if message.role == "user"))

    def anew(self, message: str) -> Dialogue:
        """One message of the user's in place of all."""
        return replace(self, messages=(Message("user", message),))

    @property
    def asked(self) -> tuple[str, ...]:
        """The texts of the user's messages."""
        return tuple(message.text for message in self.messages if message.role == "user")

    def to_messages(self) -> list[dict[str, str]]:
        """As chat templates and servers take them."""
        system = [] if self.system is None else [{"role": "system", "content": self.system}]
        return system + [{"role": message.role, "content": message.text} for message in self.messages]


def listed(texts: Sequence[str]) -> str:
    r"""Messages as a plain list, for a reset that rewrites nothing; a single one as it is.

    >>> listed(["How many?", "7 pens."])
    '- How many?\n- 7 pens.'
    """
    return texts[0] if len(texts) == 1 else "\n".join(f"- {text}" for text in texts)


def rewrite_prompt(texts: Sequence[str]) -> str:
    """What to ask a model that is to make one message of several."""
    return _REWRITE.format(messages="\n".join(f"- {text}" for text in texts))
