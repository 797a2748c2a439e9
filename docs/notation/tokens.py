"""Cuts a line into names, numbers, signs, words and the gaps between columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Token", "tokens"]

_TOKEN = re.compile(
    r"""
    (?P<quoted>`[^`]*`|"[^"]*")
  | (?P<word>[A-Za-z]+(?:-[A-Za-z]{2,})+ | [A-Za-z]+-th\b | [A-Za-z]+'(?:s|re|t)\b | [A-Za-z]{2,}=)
  | (?P<gap>(?<![=\s])\s{2,}(?!=|<-|\s))
  | (?P<name>[A-Za-z]+[0-9]*)(?P<mark>~(?=[_\s,)]) | \^(?=[_\s,)]) | \*(?=[\s(,)]) | [+-](?=[\s,)]) )?(?P<primes>'*)
  | (?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)
  | (?P<sign><=|>=|!=|<-|->|\.\.\.|\.\.|\|\||[-+*/^=<>|()\[\]{},:\#_&~.%])
  | (?P<other>\S)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of a line; of a name also the mark behind it (`r~`, `S+`, `A*`) and its primes."""

    kind: str
    text: str
    start: int
    end: int
    mark: str = ""
    primes: str = ""


def tokens(text: str) -> Iterator[Token]:
    """The line in pieces; single spaces are none, wider ones are gaps."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if match["name"]:
            yield Token("name", match["name"], match.start(), match.end(), match["mark"] or "", match["primes"])
        else:
            yield Token(kind, match[0], match.start(), match.end())
