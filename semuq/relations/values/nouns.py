"""What may be counted: which word behind a number is a thing, and which changes the number or is a month."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from semuq.relations.values.dates import MONTH

__all__ = ["counted_thing"]

_NOUN = re.compile(r"[^\W\d_]{3,}(?:[-'][^\W\d_]+)*")


def counted_thing(text: str, *, single: bool) -> str:
    """The counted thing that a word behind a number is, in the singular; "" if it is none.

    Args:
        text: one word.
        single: whether the number is one, so that the word need not be a plural.

    >>> [counted_thing(word, single=False) for word in ("apples", "more", "children", "May")]
    ['apple', '', 'children', '']
    """
    lower = text.casefold()
    plurals, not_counted = (_words()[name] for name in ("plurals", "not_counted"))
    if not _NOUN.fullmatch(text) or lower in not_counted or lower in MONTH:
        return ""
    if lower in plurals:
        return lower
    return lower.removesuffix("s") if single or lower.endswith("s") else ""


@cache
def _words() -> dict[str, frozenset[str]]:
    """The lists of `nouns.toml`."""
    lists = tomllib.loads(files(__package__).joinpath("nouns.toml").read_text(encoding="utf-8"))
    return {name: frozenset(words.split()) for name, words in lists.items()}
