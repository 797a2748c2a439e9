"""Which pairs of final answers are equal: by text and by plain values here, the rest by the workers.

Every pair is decided on its own evidence, so a verdict depends on no other pair.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from semuq.errors import MissingExtra
from semuq.relations.maths.notation import clean, is_text, to_latex
from semuq.relations.maths.pool import Request, run_requests
from semuq.relations.maths.values import Quantity, read, same
from semuq.relations.values.words import is_number, normalise
from semuq.text import normalise_answer

__all__ = ["decide_pairs", "require_math_verify"]

LONGEST = 1_000
"""Characters; a longer answer is words, not mathematics to be parsed."""

_CHOICE = re.compile(r"\(([A-Ja-j])\)(?:\s+(.+))?|([A-J])(?:[.):]\s*(.+)|[.):]?)")

_BASED = re.compile(r"(\d[\dA-Za-z]*)_\{?(\d{1,2})\}?")
"""A number in a stated base, 2516_8."""


@dataclass(frozen=True)
class _Answer:
    """A final answer as far as it can be read without algebra."""

    text: str
    choice: str
    words: str
    quantity: Quantity | None
    latex: str


def decide_pairs(
    pairs: Sequence[tuple[str, str]], *, time_limit: float = 5.0, workers: int | None = None
) -> list[bool | None]:
    r"""For each pair of final answers True (equal), False, or None (could not be decided).

    Rules, in this order: equal texts (spacing apart) are equal; two choice letters are equal if the
    letters are; plain numbers with units by `semuq.relations.maths.values.same`; if either is words,
    equal if the normalised words are; the rest is equal if math-verify says so with either one as the gold
    answer. A form that cannot be read, or takes longer than `time_limit` to read or to compare, leaves its
    pairs None.

    Args:
        pairs: extracted answers, see `extract_answer`.
        time_limit: wall-clock seconds for reading one answer and for comparing one pair.
        workers: processes at most; None is one per core, at most 4.

    Raises:
        MissingExtra: math-verify is not installed.

    Example:
        >>> decide_pairs([("1/2", "0.5"), ("(B)", "B."), ("5 km", "5000 m"), ("7", "8")])
        [True, True, True, False]
    """
    require_math_verify()
    verdicts: list[bool | None] = []
    open_pairs: dict[int, tuple[str, str]] = {}
    for place, (first, second) in enumerate(pairs):
        a, b = _read(first), _read(second)
        verdict = _by_rule(a, b)
        verdicts.append(verdict)
        if verdict is None and a.latex and b.latex:
            open_pairs[place] = (a.latex, b.latex) if a.latex <= b.latex else (b.latex, a.latex)
    if not open_pairs:
        return verdicts
    forms = list(dict.fromkeys(form for pair in open_pairs.values() for form in pair))
    probes: list[Request] = [("probe", form) for form in forms]
    readable = dict(zip(forms, run_requests(probes, limit=time_limit, workers=workers), strict=True))
    wanted = [pair for pair in dict.fromkeys(open_pairs.values()) if readable[pair[0]] and readable[pair[1]]]
    comparisons: list[Request] = [("same", *pair) for pair in wanted]
    found = dict(zip(wanted, run_requests(comparisons, limit=time_limit, workers=workers), strict=True))
    for place, pair in open_pairs.items():
        verdicts[place] = True if pair[0] == pair[1] else found.get(pair)
    return verdicts


def require_math_verify() -> None:
    """Refuse to go on without the package, whatever the answers are."""
    if importlib.util.find_spec("math_verify") is None:
        raise MissingExtra("MathEquivalence needs the package math-verify; pip install 'semuq[maths]'")


@lru_cache(maxsize=65_536)
def _read(answer: str) -> _Answer:
    if len(answer) > LONGEST:
        words = normalise_answer(answer)
        return _Answer(text=words, choice="", words=words, quantity=None, latex="")
    text = clean(answer)
    choice = _CHOICE.fullmatch(text)
    letter = (choice[1] or choice[3]).upper() if choice else ""
    content = (choice[2] or choice[4]) if choice else None
    body = _digits(content or text)
    words = normalise_answer(body) if is_text(body) else ""
    readable = bool(body) and not words and not (choice and not content and len(text) > 1)
    return _Answer(
        text=words or re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text),
        choice=letter,
        words=words,
        quantity=read(body) if readable else None,
        latex=to_latex(body) if readable else "",
    )


def _digits(body: str) -> str:
    """A number in English words as digits; anything else as it is."""
    spoken = normalise(body) if is_text(body) else ""
    return spoken if is_number(spoken) else body


def _by_rule(a: _Answer, b: _Answer) -> bool | None:
    if a.text == b.text:
        return True
    based = [_BASED.fullmatch(answer.text) for answer in (a, b)]
    if based[0] and based[1]:
        return based[0].groups() == based[1].groups()
    if a.choice and b.choice:
        return a.choice == b.choice
    if a.quantity is not None and b.quantity is not None:
        return same(a.quantity, b.quantity)
    if a.words or b.words or not a.text or not b.text:
        return bool(a.words) and a.words == b.words
    if a.choice or b.choice:  # a letter alone beside a number, or "(B)" beside anything
        other = b if a.choice else a
        return None if a.latex and b.latex and other.quantity is None else False
    return None
