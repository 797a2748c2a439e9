"""Text: what "the same text" means, words, sentences, and one printable line; said once for all who read answers."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["SIGNS_A_TOKEN", "normalise_answer", "sentences", "shorten", "words"]

SIGNS_A_TOKEN = 32
"""Signs of a text that are looked at for each token that a model reads; a token has five or so. So an answer of any
length costs no more than one that fills the model."""

_ARTICLES = re.compile(r"\b(a|an|the)\b")

# Group 1 is dropped. What carries a value is matched first and stays: -5 is not 5, nor 4.5 the same as 45.
_PUNCTUATION = re.compile(
    r"""(?<=\d)[.,/:](?=\d) | (?<![\w)])-(?=\.?\d) | ([.,;:!?'"()\[\]{}…“”‘’«»`_/\\|~–—-])""", re.VERBOSE
)


def normalise_answer(text: str) -> str:
    """Lower case, NFKC, without sentence punctuation, English articles and repeated space.

    >>> normalise_answer("The  Beatles!"), normalise_answer("-4.5 %"), normalise_answer("A")
    ('beatles', '-4.5 %', 'a')
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _PUNCTUATION.sub(lambda match: " " if match[1] else match[0], text)
    without_articles = " ".join(_ARTICLES.sub(" ", text).split())
    return without_articles or " ".join(text.split())


# Chinese, Japanese and Korean put no space between words: each sign is a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def words(text: str) -> list[str]:
    """The words of an answer after `normalise_answer`; signs of CJK scripts are words of their own.

    >>> words("The Eiffel-Tower, 1889!"), words("東京 Tower"), words(" ")
    (['eiffel', 'tower', '1889'], ['東', '京', 'tower'], [])
    """
    return _WORD.findall(normalise_answer(text))


_BULLET = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)])\s+")

# Full stops of scripts that put no space behind them end a sentence at once; others need a space behind.
_END = re.compile(
    r"(?:[。！？｡]+[」』）”’\"')\]]*)"
    r"|(?:(?:[.!?…؟۔।]+)[”’\"')\]»]*(?=\s))"
)

_TITLE = re.compile(r"mrs?|ms|dr|prof|st|vs|e\.g|i\.e|cf|gen|gov|hon|rev|col|lt|sgt|capt", re.IGNORECASE)
"""Abbreviations that a word always follows: a full stop behind one of them ends no sentence."""

_BEFORE_NUMBER = re.compile(
    r"nos?|vol|figs?|eq|pp?|ch|sec|approx|ca|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec", re.IGNORECASE
)
"""Abbreviations behind whose full stop a number belongs to them."""


def sentences(text: str) -> tuple[str, ...]:
    r"""The sentences of a text, without the marks of lists.

    Ends of lines and of list items end a sentence; so do . ! ? … before a space, and the full stops of Chinese,
    Japanese, Arabic, Urdu and Hindi. A full stop does not where it belongs to a number, an initial or one of the
    usual English abbreviations, or where what follows begins with a small letter.

    >>> sentences("Dr. J. Smith paid $3.50. It was in the U.S. in 1999! Was it?")
    ('Dr. J. Smith paid $3.50.', 'It was in the U.S. in 1999!', 'Was it?')
    >>> sentences("1. Paris is a city.\n2. Lyon too"), sentences("東京です。京都です。"), sentences("  ")
    (('Paris is a city.', 'Lyon too'), ('東京です。', '京都です。'), ())
    """
    found: list[str] = []
    for line in text.splitlines():
        rest = _BULLET.sub("", line)
        start = 0
        for end in _END.finditer(rest):
            if _ends(rest[start : end.end()], rest[end.end() :]):
                found.append(rest[start : end.end()])
                start = end.end()
        found.append(rest[start:])
    return tuple(own for own in (piece.strip() for piece in found) if any(map(str.isalnum, own)))


def _ends(before: str, after: str) -> bool:
    """Whether the mark at the end of `before` ends a sentence."""
    if not before.endswith("."):
        return True
    following = after.lstrip()
    if following[:1].islower():
        return False
    word = re.split(r"[\s(\[\"'“‘]", before)[-1].removesuffix(".")
    if _TITLE.fullmatch(word) or (_BEFORE_NUMBER.fullmatch(word) and following[:1].isdigit()):
        return False
    return not (len(word) == 1 and word.isalpha() and word.isupper() and word != "I")


def shorten(text: str, limit: int = 60) -> str:
    r"""One printable line of at most `limit` characters: no control characters, no line breaks.

    Escape sequences in an answer must not reach a terminal, nor direction overrides its neighbours.

    >>> shorten("a\x1b[31m\nred \u202e alert")
    'a[31m red alert'
    """
    line = " ".join(text[: 4 * limit].split())
    line = "".join(c for c in line if unicodedata.category(c) not in {"Cc", "Cs"} and c not in _DIRECTIONS)
    line = " ".join(line.split())
    return line if len(line) <= limit and len(text) <= 4 * limit else line[: limit - 1].rstrip() + "…"


_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
