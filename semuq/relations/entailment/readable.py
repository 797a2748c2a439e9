"""Which answers a model can read at all, and what stands for its judgement where it cannot.

To a tokenizer an unknown sign is one piece, whatever the sign: two cities in a script that it does not know, two
hashes, two emoji look the same to the model behind it, which then says that they mean the same. Such answers are
compared as normalised text instead, without the model.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["READING", "Reader", "plain"]

READING = "3"
"""Part of a relation's identity: raised whenever what counts as readable, or how the rest is compared, changes."""

LONGEST_WORD = 40
"""Letters and digits of a word; what is longer is a hash, a sequence or an address, no word."""

LOOKED_AT = 2_000
"""Signs of an answer that are looked at: a script does not change behind them."""

LONGEST_TEXT = 50_000
"""Signs of a text that is normalised; longer ones are the same only if they are written the same."""

_MARKS = string.punctuation + "“”‘’«»。、！？…"


@dataclass(frozen=True)
class Reader:
    """Whether a model reads a text.

    Args:
        scripts: those that it was trained on, by their Unicode names ("LATIN"); None if nobody says, and then its
            tokenizer decides.
        unknown: the share of unknown pieces of a text, by the model's tokenizer; asked only of texts with signs
            outside ASCII, and only where `scripts` is None.
    """

    scripts: frozenset[str] | None
    unknown: Callable[[str], float]

    def reads(self, text: str) -> bool:
        """False for a text of signs only, mostly of over-long words, of other scripts, or of unknown pieces.

        An empty text is read like any other.

        >>> embedded = Reader(frozenset({"LATIN"}), lambda text: 0.0)
        >>> [embedded.reads(text) for text in ("Köln", "42", "", "Астана", "北京", "🙂", "!=", "f3" * 30)]
        [True, True, True, False, False, False, False, False]
        """
        text = unicodedata.normalize("NFKC", text[:LOOKED_AT])
        said = sum(sign.isalnum() for sign in text)
        if not said:
            return not text.strip()
        if 2 * sum(len(word) for word in text.split() if len(word) > LONGEST_WORD) > said:
            return False
        if text.isascii():
            return True
        if self.scripts is None:
            return self.unknown(text) <= 0.5
        letters = [sign for sign in text if sign.isalpha()]
        return 2 * sum(_script(sign) not in self.scripts for sign in letters) <= len(letters)


_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400))) | {"\ufe0e", "\ufe0f"}
"""Colours of skin and variants of an emoji."""


@lru_cache(4_096)
def plain(text: str) -> str:
    r"""The text as it is compared where no model reads it: case, white space, invisible signs and outer marks aside.

    >>> plain("「Астана」。") == plain("астана"), plain("!=") == plain("=="), plain("\u200f باريس ") == plain("باريس")
    (True, False, True)
    """
    if len(text) > LONGEST_TEXT:
        return text
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf" and sign not in _TONES)
    text = " ".join(text.split())
    bare = text.strip(_MARKS + "「」『』【】（）" + " ")
    return bare if any(sign.isalnum() for sign in bare) else text


@lru_cache(4_096)
def _script(letter: str) -> str:
    """The first word of a letter's name: LATIN, CYRILLIC, CJK, HANGUL, ..."""
    return unicodedata.name(letter, "").partition(" ")[0]
