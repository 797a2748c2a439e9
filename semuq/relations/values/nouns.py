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
    if not _NOUN.fullmatch(text) or lower in _table("not_counted") or lower in MONTH:
        return ""
    if lower in _table("plurals"):
        return lower
    return lower.removesuffix("s") if single or lower.endswith("s") else ""


@cache
def _table(name: str) -> frozenset[str]:
    words = tomllib.loads(files("semuq.relations.values").joinpath("nouns.toml").read_text(encoding="utf-8"))
    return frozenset(words[name].split())
