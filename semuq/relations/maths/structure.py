r"""What an answer is made of: a number, an expression, a list, named values, a region of the line, a choice, or
words.

`read_node` takes an answer apart as far as its signs say how; what is left over is an `Expression`, in LaTeX, which
only algebra can compare.
"""

from __future__ import annotations

import re
from functools import lru_cache

from semuq.relations.maths.cutting import closes_at_end, cut, cut_words
from semuq.relations.maths.nodes import (
    Brackets,
    Choice,
    Congruence,
    Expression,
    Listed,
    Named,
    Node,
    Number,
    Operator,
    Region,
    Related,
    Words,
)
from semuq.relations.maths.notation import clean, to_latex
from semuq.relations.maths.prose import is_prose
from semuq.relations.maths.regions import MEMBER, NAME, RELATIONS, infinite, is_name, read_region
from semuq.relations.maths.vectors import read_matrix, read_unit_vectors
from semuq.relations.values.amounts import Amount, read_amount
from semuq.relations.values.cardinals import in_digits
from semuq.relations.values.dates import MONTH, clock, date
from semuq.relations.values.measures import find_unit
from semuq.relations.values.numerals import ordinals
from semuq.relations.values.words import normalise
from semuq.text import normalise_answer

__all__ = ["read_node", "stated_unit"]

LONGEST = 1_000
"""Characters; a longer answer is words, not mathematics to be parsed."""

_LETTER = r"\(?\[?\b([A-J])\b[)\]]?"
_CHOICES = re.compile(
    rf"(?:(?:both|options?|choices?|answers?)\s+)?{_LETTER}(?:\s*(?:,|and|&|or|,\s*and)\s*{_LETTER})*", re.IGNORECASE
)
_ONE_CHOICE = re.compile(
    r"(?:(?:option|choice)\s+)?(?:\(([A-Ja-j])\)(?:\s+(.+))?|([A-J])(?:[.):]\s*(.+)|[.):]?))|(?:option|choice)\s+([A-Ja-j])[.):]?",
    re.IGNORECASE,
)  # fmt: skip
_ASSIGNED = re.compile(rf"({NAME})\s*=\s*(.+)")
_WORDS_ASSIGNED = re.compile(r"([A-Za-z][A-Za-z ]{1,30}[A-Za-z])\s*=\s*([^=]+)")
_TUPLE_ASSIGNED = re.compile(rf"\(({NAME}(?:\s*,\s*{NAME})+)\)\s*=\s*(.+)")
_CONGRUENT = re.compile(
    r"(?:[A-Za-z]\s*(?:\\equiv|≡|=)\s*)?(-?\d+)\s*(?:\\pmod\s*\{?\s*(\d+)\s*\}?|\(\s*(?:\\?mod|\\bmod)\s*\{?\s*(\d+)\s*\}?\s*\))"
)
_ELLIPSIS = re.compile(r"\.\.\.|…|\\(?:l|c)?dots(?![A-Za-z])")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)(?:\s*:\s*(\d+(?:\.\d+)?))?")
_TIME_OF_DAY = re.compile(r"\d:[0-5]\d|\d ?[ap]\.?m\b|\b(?:noon|midday|midnight|past|to)\b|o['’]?clock", re.IGNORECASE)
_ISO_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_SIDES: dict[str, tuple[str, Brackets]] = {
    "(": (")", "round"), "[": ("]", "square"), "{": ("}", "curly"), r"\{": (r"\}", "curly"), "⟨": ("⟩", "angle"),
    "<": (">", "angle"),
}  # fmt: skip


@lru_cache(65_536)
def read_node(answer: str) -> Node:
    r"""What an answer is.

    Example:
        >>> read_node("x = 1, y = 2").names, len(read_node("1, 2 and 3").items), read_node("Team 5").text
        (('x', 'y'), 3, 'team 5')
        >>> sorted(read_node("A and C").letters), read_node(r"x \equiv 7 \pmod 5")
        (['A', 'C'], Congruence(residue=2, modulus=5))
    """
    if len(answer) > LONGEST:
        return Words(text=normalise_answer(answer))
    return _read(clean(answer))


def stated_unit(answer: str) -> str:
    """The unit, counted thing or percent sign of an answer, in one way of writing; "" if there is none.

    >>> stated_unit("5 km") == stated_unit("x = 7 kilometres"), stated_unit("7%"), stated_unit("7")
    (True, '%', '')
    """
    node = read_node(answer)
    while isinstance(node, Named | Choice):
        inside = node.values[0] if isinstance(node, Named) else node.content
        if inside is None:
            return ""
        node = inside
    if isinstance(node, Number):
        own = node.amount
        return "%" if own.percent else own.noun or (f"{own.unit.dimension} {own.unit.size}" if own.unit else "")
    return f"{node.unit.dimension} {node.unit.size}" if isinstance(node, Expression) and node.unit else ""


def _read(text: str) -> Node:
    if not text:
        return Words(text="")
    if choice := _choice(text):
        return choice
    if time := _clock(text):
        return time
    if amount := read_amount(text):
        return Number(amount=amount, latex=_number_latex(amount))
    for node in (_date(text), _fixed(text), read_region(text, _read)):
        if node is not None:
            return node
    return _several(text) or _single(text)


def _single(text: str) -> Node:
    """An answer without commas, "and" or "or" at its top level."""
    if (vector := read_matrix(text, _read) or read_unit_vectors(text, _read)) is not None:
        return vector
    for reader in (_congruence, _member, _assigned, _bracketed, _ratio, _signs):
        node = reader(text)
        if node is not None:
            return node
    if is_prose(text) or _ELLIPSIS.search(text):
        return _measured(text) or Words(text=_wording(text))
    return _related(text) or _measured(text) or Expression(latex=to_latex(text))


def _wording(text: str) -> str:
    """The normal form of words, numbers among them in digits; of symbols, the text without spaces."""
    if not re.search(r"[^\W\d_]{2}", text):
        return re.sub(r"\s+", "", text)
    words = normalise_answer(re.sub(r"\s*([=+*/<>])\s*", r"\1", text)).split()
    words = [part for word in words for part in re.sub(r"^(\d+)(st|nd|rd|th)$", r"\1 \2", word).split()]
    return " ".join(ordinals(in_digits(words)))


def _number_latex(amount: Amount) -> str:
    value = amount.value / 100 if amount.percent else amount.value
    if amount.decimal and value.denominator != 1:
        digits = f"{float(value):.17g}"
        if "e" not in digits:
            return digits
    sign = "-" if value < 0 else ""
    top, bottom = abs(value.numerator), value.denominator
    return f"{sign}{top}" if bottom == 1 else rf"{sign}\frac{{{top}}}{{{bottom}}}"


# --- kinds of answers -------------------------------------------------------------------------------------------


def _choice(text: str) -> Choice | None:
    listed = _CHOICES.fullmatch(text)
    one = _ONE_CHOICE.fullmatch(text)
    if one and not (listed and re.search(r"\s(?:and|or)\s|[,&]", text)):
        letter = one[1] or one[3] or one[5]
        if one[3] and letter.islower():
            return None
        content = one[2] or one[4]
        return Choice(letters=frozenset(letter.upper()), content=_read(content) if content else None)
    if listed and not re.search(r"\b[b-j]\b", text):
        rest = re.sub(r"(?i)\b(?:both|options?|choices?|answers?|and|or)\b", " ", text)
        return Choice(letters=frozenset(re.findall(r"[A-J]", rest)))
    return None


def _date(text: str) -> Words | None:
    if _ISO_DATE.fullmatch(text):
        return Words(text=text, date=date([text]))
    words = normalise(text).split()
    if not any(word in MONTH for word in words) or not re.search(r"\d", text):
        return None
    words = [word for i, word in enumerate(words) if word != "," and not (i == 0 and word in ("on", "in"))]
    return Words(text=normalise_answer(text), date=date(words))


def _clock(text: str) -> Words | None:
    """A time of day, with its half if it says which: 3:30 PM is 15:30, and 2:30 either."""
    if len(text) > 40 or not _TIME_OF_DAY.search(text):
        return None
    if seconds := re.fullmatch(r"(\d{1,2}:[0-5]\d):00((?: ?[ap]\.?m\.?)?)", text, re.IGNORECASE):
        text = seconds[1] + seconds[2]
    found = clock(re.sub(r"\bo['’]clock\b", "oclock", text), normalise(text).split())
    return None if found is None else Words(text=text, date=found)


def _fixed(text: str) -> Node | None:
    if text == "∅":
        return Region(pieces=())
    if text in ("ℝ", r"\mathbb{R}"):
        low, high = Expression(latex=r"-\infty"), Expression(latex=r"\infty")
        return Region(pieces=((low, False, high, False),))
    endless = infinite(text)
    return Expression(latex=endless) if endless else None


def _congruence(text: str) -> Congruence | None:
    found = _CONGRUENT.fullmatch(text)
    modulus = int(found[2] or found[3]) if found else 0
    return Congruence(residue=int(found[1]) % modulus, modulus=modulus) if found and modulus else None


def _member(text: str) -> Node | None:
    found = MEMBER.fullmatch(text)
    return _read(found[2]) if found else None


def _bracketed(text: str) -> Node | None:
    for opening, (closing, brackets) in _SIDES.items():
        if not (text.startswith(opening) and text.endswith(closing)) or not closes_at_end(text, opening):
            continue
        inside = text[len(opening) : -len(closing)].strip()
        parts = cut(inside, ",;", grouped=", " in inside)
        if len(parts) > 1:
            items = tuple(_read(part) for part in parts)
            if any(isinstance(item, Words) and _ELLIPSIS.search(part) for item, part in zip(items, parts, strict=True)):
                return Words(text=_wording(text))
            return Listed(items=items, brackets=brackets)
        if inside == "∅":  # the set that holds the empty set is not empty
            return Words(text=_wording(text))
        if brackets in ("square", "curly") and inside and (brackets == "curly" or not re.search(r"[{}]", text)):
            return _read(inside)
    return None


def _ratio(text: str) -> Node | None:
    found = _RATIO.fullmatch(text)
    if not found:
        return None
    terms = [term for term in found.groups() if term]
    if len(terms) == 2:
        return Expression(latex=rf"\frac{{{terms[0]}}}{{{terms[1]}}}")
    last = terms[-1]
    return Listed(items=tuple(Expression(latex=rf"\frac{{{term}}}{{{last}}}") for term in terms), brackets="round")


def _signs(text: str) -> Node | None:
    r"""\pm a is both."""
    plain = text.replace("±", r"\pm ")
    if plain.count(r"\pm") != 1 or is_prose(plain):
        return None
    both = tuple(_read(clean(plain.replace(r"\pm", sign).lstrip("+ "))) for sign in ("+", "-"))
    return Listed(items=both, brackets="none")


def _measured(text: str) -> Expression | None:
    """An expression with a unit behind it: 25\\pi cm^2."""
    for found in re.finditer(r"\s+", text):
        head, tail = text[: found.start()], text[found.end() :]
        if re.search(r"[-+*/^=<>]$", head) or (
            len(re.sub(r"[^A-Za-z°]", "", tail)) < 2 and not _one_letter(head, tail)
        ):
            continue
        unit = find_unit(tail)
        if unit is not None and not is_prose(head) and re.search(r"[\d})]$|\\pi$|π$", head):
            return Expression(latex=to_latex(head), unit=unit)
    return None


def _one_letter(head: str, tail: str) -> bool:
    """Whether m is metres: behind a number with roots and pi, but without letters."""
    return tail[:1] in "mgshLNJWVK" and not re.search(
        r"[A-Za-z]", re.sub(r"\\(?:sqrt|frac|pi|cdot|times)|sqrt|pi", "", head)
    )


# --- values with names, equations, inequalities -----------------------------------------------------------------


def _assigned(text: str) -> Node | None:
    if "=" not in text or re.search(r"[<>!]", text.replace("!=", "<")):
        return None
    if found := _TUPLE_ASSIGNED.fullmatch(text):
        names = tuple(name.strip() for name in found[1].split(","))
        value = _read(found[2])
        if isinstance(value, Listed) and len(value.items) == len(names):
            return Named(names=names, values=value.items)
        return None
    sides = cut(text, "=")
    if len(sides) < 2:
        return None
    if len(sides) > 2 or (
        len(sides) == 2 and not re.search(r"[A-Za-z\\]", sides[0].replace("of", "").replace("x", ""))
    ):
        last = read_amount(sides[-1])
        if last is not None and not any(_has_letter(side) for side in sides[1 if is_name(sides[0]) else 0 : -1]):
            value = _read(sides[-1])
            return Named(names=(sides[0],), values=(value,)) if is_name(sides[0]) else value
    found = _ASSIGNED.fullmatch(text) or (_WORDS_ASSIGNED.fullmatch(text) if is_prose(sides[0]) else None)
    if not found or "=" in found[2]:
        return None
    name = re.sub(r"[\s{}]", "", found[1]) if not is_prose(found[1]) else normalise_answer(found[1])
    equation = None if is_prose(text) else Related(operator="=", left=to_latex(found[1]), right=to_latex(found[2]))
    return Named(names=(name,), values=(_read(found[2]),), equation=equation)


def _has_letter(text: str) -> bool:
    """Whether an unknown stands in a side of a calculation; "20% of 50" and "5 x 3" have none."""
    plain = re.sub(r"\bof\b|(?<=\d)\s*x\s*(?=\d)|\\(?:times|cdot|frac|sqrt|div|pi)", " ", text)
    return re.search(r"[A-Za-z]", plain) is not None


def _related(text: str) -> Node | None:
    """An equation or inequality."""
    parts = RELATIONS.split(text)
    if len(parts) != 3 or not parts[0].strip() or not parts[2].strip() or parts[0].count("{") != parts[0].count("}"):
        return None
    left, sign, right = (part.strip() for part in parts)
    if sign in ("<", "<="):
        left, right, sign = right, left, sign.replace("<", ">")
    operator: dict[str, Operator] = {"=": "=", "!=": "!=", ">": ">", ">=": ">="}
    return Related(operator=operator[sign], left=to_latex(left), right=to_latex(right))


# --- lists --------------------------------------------------------------------------------------------------------


def _several(text: str) -> Node | None:
    """A list at the top level: 1, 2 and 3; x = 1, y = 2; n = 2, 3, 4."""
    parts = [part for own in cut(text, ",;") for part in cut_words(own, ("and", "or"))]
    parts = [part for part in (re.sub(r"^(?:and|or)\s+", "", part.strip()) for part in parts) if part]
    if len(parts) < 2:
        return None
    plain = [_tail(part) for part in parts]
    if any(is_prose(part) for part in plain) and not all(read_amount(part) for part in parts):
        return Words(text=_wording(text))
    if any(_ELLIPSIS.search(part) for part in parts):
        return Words(text=_wording(text))
    named = [_ASSIGNED.fullmatch(part) for part in parts]
    if named[0] and not any(named[1:]):
        rest = tuple(_read(part) for part in (named[0][2], *parts[1:]))
        return Named(names=(named[0][1],), values=(Listed(items=rest, brackets="none"),))
    if all(named):
        found = [(own[1], _read(own[2])) for own in named if own]
        names = ["".join(name.split()) for name, _ in found]
        values = tuple(value for _, value in found)
        if len(set(names)) == len(names):
            return Named(names=tuple(names), values=values)
        if len(set(names)) == 1:
            return Named(names=(names[0],), values=(Listed(items=values, brackets="none"),))
    items = tuple(_read(part) for part in parts)
    comma = read_amount(text, decimal_comma=True) if len(parts) == 2 else None
    return Listed(items=items, brackets="none", amount=comma)


def _tail(part: str) -> str:
    """What stands behind the name of a value."""
    found = _ASSIGNED.fullmatch(part)
    return found[2] if found else part
