"""A place in a line that is being read: what stands there, how it is spaced, and going back where a rule fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from docs.notation.tokens import Token

__all__ = ["Place", "UnreadableError"]


class UnreadableError(Exception):
    """The grammar has no such formula."""


@dataclass
class Place:
    """Where reading has come to, and what is known of what was read."""

    text: str
    tokens: list[Token]
    position: int
    start: int = field(init=False)
    relates: bool = False
    strong: bool = False
    bars: int = 0
    depth: int = 0
    small: bool = False
    bound: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.position

    def peek(self) -> Token | None:
        """The token there, None at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def peek_end(self) -> int:
        """Where that token ends."""
        return self.tokens[self.position].end

    def following(self) -> str:
        """The text of the token behind it."""
        return self.tokens[self.position + 1].text if self.position + 1 < len(self.tokens) else ""

    def take(self, text: str) -> None:
        """Go over this text, which must be there."""
        if (token := self.peek()) is None or token.text != text:
            raise UnreadableError
        self.position += 1

    def spaced(self, token: Token, *, right: bool = True) -> bool:
        """Does a space stand before it (and after it)?"""
        before = token.start == 0 or self.text[token.start - 1].isspace()
        after = token.end == len(self.text) or self.text[token.end].isspace()
        return before and (after or not right)

    def attempt(self, read: Callable[[], str], *, skip: int = 1) -> str | None:
        """What comes next, or None and nothing consumed."""
        kept = (self.position, self.strong, self.relates, self.depth, self.small, self.bars, list(self.bound))
        self.position += skip
        try:
            return read()
        except UnreadableError:
            self.position, self.strong, self.relates, self.depth, self.small, self.bars, self.bound = kept
            return None
