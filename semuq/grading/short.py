"""The grader for short answers: values by their value, labels by their signs, names by nearly all of their words.

A gold answer is short; an answer may be a sentence around it. What the answer denies ("not Paris") or leaves open
("Paris or Lyon") it does not say. Behind that, what `TokenRecall` does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from semuq.errors import InvalidParameter
from semuq.grading.base import _Pairwise
from semuq.grading.claims import another_name, asserted, bounded, leaves_open, lists_more
from semuq.grading.lexical import tokens
from semuq.markup import bare, before_next_question
from semuq.numerics import FloatArray
from semuq.relations.entailment.guard import verdict
from semuq.relations.unanswered import unanswered
from semuq.relations.values.amounts import Amount, ascii_digits, read_amount, same_amount
from semuq.relations.values.words import without_accents

__all__ = ["ShortAnswer"]

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_MARKED = (
    (re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+"), lambda run: "power" + run[0].translate(_SUPERSCRIPTS)),
    (re.compile(r"(?<=\w)\^(?=\w)"), lambda run: "power"),
    (re.compile(r"(?<=\b[A-Za-z])\+\+"), lambda run: "plusplus"),
    (re.compile(r"(?<=\b[A-Za-z])\+(?!\w)"), lambda run: "plus"),
    (re.compile(r"(?<=\b[A-Za-z])[-−](?!\w)"), lambda run: "minus"),
    (re.compile(r"(?<=\b[A-Za-z])[#♯]|(?<=\b[A-G]) sharp\b"), lambda run: "sharp"),
    (re.compile(r"(?<=\b[A-G])♭|(?<=\b[A-G]) flat\b"), lambda run: "flat"),
    (re.compile(r"(?<![\w.…])\.(?=[A-Za-z]{2,})"), lambda run: "dot"),
)
"""Signs that belong to a label and that a comparison of words would drop: A- and A, C# and C, 10² and 102, .NET."""
_NAMES = (
    (re.compile(r"\b(?:the )?(?:U\.?S\.?(?:A\.?)?|United States(?: of America)?|America)(?![\w])"), "usa"),
    (re.compile(r"\b(?:the )?(?:U\.?K\.?|United Kingdom|Great Britain)(?![\w])"), "uk"),
    (re.compile(r"\b(?:the )?(?:U\.?S\.?S\.?R\.?|Soviet Union)(?![\w])"), "ussr"),
    (re.compile(r"\b(?:the )?(?:E\.?U\.?|European Union)(?![\w])"), "eu"),
    (re.compile(r"\b(?:the )?(?:U\.?N\.?|United Nations)(?![\w])"), "unitednations"),
    (re.compile(r"\b(?:the )?(?:U\.?A\.?E\.?|United Arab Emirates)(?![\w])"), "uae"),
    (re.compile(r"\b(?:N\.?Y\.?C\.?|New York City)(?![\w])"), "New York"),
    (re.compile(r"\bSt\.? (?=[A-Z])"), "Saint "),
    (re.compile(r"\bMt\.? (?=[A-Z])"), "Mount "),
    (re.compile(r"\bDr\.? (?=[A-Z])"), "Doctor "),
)
_SURNAME = re.compile(r"(?:[A-Z]\. ?){2,}([A-Z][^\W\d_]+)")
"""T. S. Eliot is Eliot; Malcolm X is not Malcolm."""

LONGEST = 20_000
"""Characters at either end of an answer that are read."""


@dataclass(frozen=True, kw_only=True)
class ShortAnswer(_Pairwise):
    """1 if the answer says the gold answer, else 0: by rule where a value or a label decides, else by its words.

    In this order: an answer that refuses or is empty is wrong; two values agree or not as numbers with units do
    ("30 minutes" is "half an hour", "$5" is "5", "5%" is not); a rule of the guard decides ("Henry VII", "Vitamin C");
    what the answer denies or leaves open is left out; then a share of the gold answer's words must be there, without
    accents and apostrophes, countries by either name, a middle initial only where both have one.

    Args:
        threshold: the share of the gold answer's words, in (0, 1].

    Returns (`grade`): 0 or 1. Fooled by words that right and wrong answers share.

    Example:
        >>> grader = ShortAnswer()
        >>> tuple(grader.grade("?", said, ["Paris"]) for said in ("It is Paris.", "It is not Paris", "Paris or Lyon"))
        (1.0, 0.0, 0.0)
        >>> tuple(grader.grade("?", said, ["8"]) for said in ("eight", "8.0", "8%"))
        (1.0, 1.0, 0.0)
    """

    threshold: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise InvalidParameter(f"ShortAnswer.threshold: expected a share in (0, 1], got {self.threshold!r}")

    def _grade_cases(self, cases: Sequence[tuple[str, str, tuple[str, ...]]]) -> FloatArray:
        grades = super()._grade_cases(cases)
        for place, (_, answer, golden) in enumerate(cases):
            if grades[place] and lists_more(_plain(answer), [_plain(gold) for gold in golden], self._says):
                grades[place] = 0.0
        return grades

    def _match(self, answer: str, gold: str) -> float:
        said, wanted = _plain(answer), _plain(gold)
        if not said or not wanted:
            return float(said == wanted)
        if said == wanted:
            return 1.0
        if unanswered(said) and not unanswered(wanted):
            return 0.0
        one, two = _amount(answer), _amount(gold)
        if one is not None and two is not None:
            left_out = two.plain and not one.percent
            return float(same_amount(one, two, missing="second" if left_out else "never"))
        if (by_rule := verdict(said, wanted)) != 0:
            return float(by_rule > 0)
        if leaves_open(said, wanted, lambda part: self._says(part, wanted)) or another_name(said, wanted):
            return 0.0
        if bounded(said) and not bounded(wanted) and re.search(r"\d", wanted):
            return 0.0
        if (surname := _SURNAME.fullmatch(wanted)) and said.strip(" .") == surname[1]:
            return 1.0
        return float(self._says(asserted(said), wanted))

    def _says(self, part: str, name: str) -> bool:
        """Whether a part of an answer holds enough of a name's words."""
        return _share(_words(part), _words(name)) >= self.threshold


@lru_cache(4_096)
def _amount(text: str) -> Amount | None:
    return read_amount(before_next_question(bare(text)).strip(" .!")) if len(text) <= LONGEST else None


@lru_cache(4_096)
def _plain(text: str) -> str:
    """Without wrapping, in plain digits and apostrophes, labels with their signs as letters, countries by one name."""
    text = before_next_question(bare(text))
    if len(text) > 2 * LONGEST:
        text = f"{text[:LONGEST]} {text[-LONGEST:]}"
    text = " ".join(ascii_digits(text).replace("’", "'").split())  # runs of spaces cost a pattern its square
    text = re.sub(r"[™®©]|\\text\s*\{([^{}]*)\}", r"\1", text)
    for pattern, sign in _MARKED:
        text = pattern.sub(sign, text)
    for pattern, name in _NAMES:
        text = pattern.sub(name, text)
    return text


def _words(text: str) -> Counter[str]:
    """Words without accents; an A that is a label stays, an apostrophe parts nothing, a hyphen does."""
    text = re.sub(r"(?<=\w)'(?=\w)", "", without_accents(text)).replace("&", " and ")
    text = re.sub(r"(?<=\w) A(?=\W*$| [a-z])|^A(?= (?:negative|positive|flat|sharp|minor|major)\b)", " label-a", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return Counter(tokens(text))


def _share(said: Counter[str], wanted: Counter[str]) -> float:
    """The share of the wanted words; middle initials count where both have some."""
    initials = [Counter({w: n for w, n in words.items() if len(w) == 1 and w.isalpha()}) for words in (said, wanted)]
    names = wanted - initials[1]
    if names.total() > 1 and initials[1]:
        if initials[0] and not initials[0] & initials[1]:
            return 0.0
        if not initials[0]:
            wanted = names
    return (said & wanted).total() / wanted.total() if wanted else 0.0
