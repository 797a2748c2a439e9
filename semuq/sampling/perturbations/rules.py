"""Perturbations by rule: typing errors, noise, a handle, fewer words. Each takes a question and a generator.

A rule returns the question unchanged where it finds nothing to change; who asked decides what to do then.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import TypeVar

import numpy as np

__all__ = ["RULES", "Rule", "changed_letters", "fewer_words", "handle", "noise_at_the_end", "typos"]

Rule = Callable[[str, np.random.Generator], str]
_Item = TypeVar("_Item")

_WORD = re.compile(r"\w+")
_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm", "k": "jil",
    "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
"""Keys beside each other on a QWERTY keyboard."""
_UNIMPORTANT = re.compile(
    r"an?|the|is|are|was|were|be|been|do|does|did|of|in|on|at|to|for|by|with|from|and|or|that|this|these|those|which|"
    r"there|it|its|please|just|very|really|quite|also|so|then|well|can|could|would|you|me",
    re.IGNORECASE,
)
"""Words that carry little of a question's meaning. Negations and question words other than "which" are not here."""


def typos(text: str, rng: np.random.Generator) -> str:
    """One word in ten, at least one, gets a typing error: two letters swapped, one doubled, left out or mistyped,
    never the first or the last.

    Words of digits and of fewer than four letters are left alone.

    >>> typos("What is the capital of France?", np.random.default_rng(0))
    'What is the capital of Frnce?'
    """
    words = [match for match in _WORD.finditer(text) if len(match[0]) > 3 and match[0].isalpha()]
    chosen = _some(words, 0.1, rng)
    return _replace(text, [(match.start(), match.end(), _mistyped(match[0], rng)) for match in chosen])


def changed_letters(text: str, rng: np.random.Generator) -> str:
    """One letter in twenty, at least two, becomes another letter of its case.

    >>> changed_letters("What is the capital of France?", np.random.default_rng(0))
    'What is the capitag of Fhance?'
    """
    places = [place for place, sign in enumerate(text) if sign.isascii() and sign.isalpha()]
    changes = []
    for place in _some(places, 0.05, rng, least=2):
        alphabet = string.ascii_uppercase if text[place].isupper() else string.ascii_lowercase
        others = alphabet.replace(text[place], "")
        changes.append((place, place + 1, others[int(rng.integers(len(others)))]))
    return _replace(text, changes)


def noise_at_the_end(text: str, rng: np.random.Generator) -> str:
    """Two to five stray signs behind the question.

    >>> noise_at_the_end("What is the capital of France?", np.random.default_rng(0))
    'What is the capital of France?|_*+#'
    """
    signs = "#$%&*+=@^_~|\\\\}{]["
    return text + "".join(signs[int(rng.integers(len(signs)))] for _ in range(int(rng.integers(2, 6))))


def handle(text: str, rng: np.random.Generator) -> str:
    """A random, meaningless handle behind the question, as posts have.

    >>> handle("What is the capital of France?", np.random.default_rng(0))
    'What is the capital of France? @NFqtcebkYO'
    """
    letters = string.ascii_letters + string.digits
    return f"{text} @" + "".join(letters[int(rng.integers(len(letters)))] for _ in range(int(rng.integers(6, 11))))


def fewer_words(text: str, rng: np.random.Generator) -> str:
    """One unimportant word in three, at least one, is left out; a list of English words says which are.

    >>> fewer_words("What is the capital of France?", np.random.default_rng(0))
    'What is the capital France?'
    """
    words = [match for match in _WORD.finditer(text) if _UNIMPORTANT.fullmatch(match[0])]
    left_out = _replace(text, [(match.start(), match.end(), "") for match in _some(words, 1 / 3, rng)])
    return re.sub(r"(?<=\S) {2,}|^ +", lambda match: " " if match.start() else "", left_out)


RULES: dict[str, Rule] = {
    "C1": typos,
    "C2": changed_letters,
    "C3": noise_at_the_end,
    "S1": handle,
    "W2": fewer_words,
}
"""PertBench's kinds that need no model."""


def _some(items: list[_Item], share: float, rng: np.random.Generator, least: int = 1) -> list[_Item]:
    """At least `least` and about this share of the items, in their order."""
    count = min(len(items), max(least, round(share * len(items))))
    return [items[place] for place in sorted(rng.choice(len(items), size=count, replace=False))] if items else []


def _replace(text: str, changes: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _mistyped(word: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(1, len(word) - 2))
    before, sign, after = word[:place], word[place], word[place + 1 :]
    error = int(rng.integers(4))
    if error == 0:
        return before + after[0] + sign + after[1:]
    if error == 1:
        return before + sign + sign + after
    if error == 2:
        return before + after
    near = _NEIGHBOURS.get(sign, sign)
    return before + near[int(rng.integers(len(near)))] + after
