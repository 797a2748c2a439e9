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
    Matrix,
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
from semuq.relations.values.amounts import Amount, read_amount
from semuq.relations.values.dates import MONTH, date
from semuq.relations.values.measures import find_unit
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
_NAME = r"(?:[A-Za-z](?:_\{?\w+\}?)?'*|[A-Za-z]\s*\([^()=<>]*\)|\\[a-z]+(?:_\{?\w+\}?)?)"
_ASSIGNED = re.compile(rf"({_NAME})\s*=\s*(.+)")
_WORDS_ASSIGNED = re.compile(r"([A-Za-z][A-Za-z ]{1,30}[A-Za-z])\s*=\s*([^=]+)")
_TUPLE_ASSIGNED = re.compile(rf"\(({_NAME}(?:\s*,\s*{_NAME})+)\)\s*=\s*(.+)")
_MEMBER = re.compile(rf"({_NAME})\s*∈\s*(.+)")
_CONGRUENT = re.compile(
    r"(?:[A-Za-z]\s*(?:\\equiv|≡|=)\s*)?(-?\d+)\s*(?:\\pmod\s*\{?\s*(\d+)\s*\}?|\(\s*(?:\\?mod|\\bmod)\s*\{?\s*(\d+)\s*\}?\s*\))"
)
_ELLIPSIS = re.compile(r"\.\.\.|…|\\(?:l|c)?dots(?![A-Za-z])")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)(?:\s*:\s*(\d+(?:\.\d+)?))?")
_CLOCK = re.compile(r"\d{1,2}:[0-5]\d")
_MATRIX = re.compile(
    r"\\begin\{([pb]?matrix|array)\}(?:\{[lcr| ]*\})?(.*?)\\end\{\1\}(\^\s*\{?\s*(?:T|\\top|\\intercal)\s*\}?)?",
    re.DOTALL,
)
_PAIR_OF_RELATIONS = re.compile(r"(<=|>=|!=|<|>|=)")
_BETWEEN = re.compile(r"between\s+(\S+)\s+and\s+(\S+)")
_SIDES: dict[str, tuple[str, Brackets]] = {
    "(": (")", "round"), "[": ("]", "square"), "{": ("}", "curly"), r"\{": (r"\}", "curly"), "⟨": ("⟩", "angle"),
    "<": (">", "angle"),
}  # fmt: skip
_INFINITY = {"\\infty", "∞", "+\\infty", "+∞", "inf", "oo", "infinity", "+inf", "+infinity"}
_NOWHERE = {"-\\infty", "-∞", "-inf", "-oo", "-infinity", "- \\infty"}


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
    if amount := read_amount(text):
        return Number(amount=amount, latex=_number_latex(amount))
    for reader in (_date, _fixed, _region, _several):
        node = reader(text)
        if node is not None:
            return node
    return _single(text)


def _single(text: str) -> Node:
    """An answer without commas, "and" or "or" at its top level."""
    for reader in (_congruence, _matrix, _member, _assigned, _bracketed, _ratio, _signs):
        node = reader(text)
        if node is not None:
            return node
    if is_prose(text) or _ELLIPSIS.search(text):
        return _measured(text) or Words(text=_wording(text))
    return _related(text) or _measured(text) or Expression(latex=to_latex(text))


def _wording(text: str) -> str:
    """The normal form of words; of symbols, the text without spaces."""
    if not re.search(r"[^\W\d_]{2}", text):
        return re.sub(r"\s+", "", text)
    return normalise_answer(re.sub(r"\s*([=+*/<>])\s*", r"\1", text))


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
    words = normalise(text).split()
    if not any(word in MONTH for word in words) or not re.search(r"\d", text):
        return None
    words = [word for i, word in enumerate(words) if word != "," and not (i == 0 and word in ("on", "in"))]
    return Words(text=normalise_answer(text), date=date(words))


def _fixed(text: str) -> Node | None:
    if text == "∅":
        return Region(pieces=())
    if text in ("ℝ", r"\mathbb{R}"):
        low, high = Expression(latex=r"-\infty"), Expression(latex=r"\infty")
        return Region(pieces=((low, False, high, False),))
    if text in _INFINITY | _NOWHERE:
        return Expression(latex=r"-\infty" if text in _NOWHERE else r"\infty")
    return None


def _congruence(text: str) -> Congruence | None:
    found = _CONGRUENT.fullmatch(text)
    modulus = int(found[2] or found[3]) if found else 0
    return Congruence(residue=int(found[1]) % modulus, modulus=modulus) if found and modulus else None


def _matrix(text: str) -> Node | None:
    if found := _MATRIX.fullmatch(text):
        rows = [cut(row, "&") for row in re.split(r"\\\\", found[2]) if row.strip()]
        turned = bool(found[3])
    elif re.fullmatch(r"\[\s*\[[^\[\]]*\](?:\s*,\s*\[[^\[\]]*\])*\s*\]", text):
        rows, turned = [cut(row, ",") for row in re.findall(r"\[([^\[\]]*)\]", text)], False
    elif found := re.fullmatch(r"\(([^()]*,[^()]*)\)\s*\^\s*\{?\s*(?:T|\\top)\s*\}?", text):
        rows, turned = [cut(found[1], ",")], True
    else:
        return None
    if not rows or len({len(row) for row in rows}) > 1:
        return None
    if turned:
        rows = [list(column) for column in zip(*rows, strict=True)]
    return Matrix(rows=tuple(tuple(_read(clean(value)) for value in row) for row in rows))


def _member(text: str) -> Node | None:
    found = _MEMBER.fullmatch(text)
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
        if brackets in ("square", "curly") and inside and (brackets == "curly" or not re.search(r"[{}]", text)):
            return _read(inside)
    return None


def _ratio(text: str) -> Node | None:
    found = _RATIO.fullmatch(text)
    if not found:
        return None
    if _CLOCK.fullmatch(text):
        return Words(text=text.removeprefix("0"))
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
        if re.search(r"[-+*/^=<>]$", head) or len(re.sub(r"[^A-Za-z°]", "", tail)) < 2:
            continue
        unit = find_unit(tail)
        if unit is not None and not is_prose(head) and re.search(r"[\d})]$|\\pi$", head):
            return Expression(latex=to_latex(head), unit=unit)
    return None


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
        if last is not None and not any(_has_letter(side) for side in sides[1 if _is_name(sides[0]) else 0 : -1]):
            value = _read(sides[-1])
            return Named(names=(sides[0],), values=(value,)) if _is_name(sides[0]) else value
    found = _ASSIGNED.fullmatch(text) or (_WORDS_ASSIGNED.fullmatch(text) if is_prose(sides[0]) else None)
    if not found or "=" in found[2]:
        return None
    name = re.sub(r"[\s{}]", "", found[1]) if not is_prose(found[1]) else normalise_answer(found[1])
    equation = None if is_prose(text) else Related(operator="=", left=to_latex(found[1]), right=to_latex(found[2]))
    return Named(names=(name,), values=(_read(found[2]),), equation=equation)


def _is_name(text: str) -> bool:
    return re.fullmatch(_NAME, text) is not None


def _has_letter(text: str) -> bool:
    """Whether an unknown stands in a side of a calculation; "20% of 50" and "5 x 3" have none."""
    plain = re.sub(r"\bof\b|(?<=\d)\s*x\s*(?=\d)|\\(?:times|cdot|frac|sqrt|div|pi)", " ", text)
    return re.search(r"[A-Za-z]", plain) is not None


def _related(text: str) -> Node | None:
    """An equation or inequality."""
    parts = _PAIR_OF_RELATIONS.split(text)
    if len(parts) != 3 or not parts[0].strip() or not parts[2].strip() or parts[0].count("{") != parts[0].count("}"):
        return None
    left, sign, right = (part.strip() for part in parts)
    if sign in ("<", "<="):
        left, right, sign = right, left, sign.replace("<", ">")
    operator: dict[str, Operator] = {"=": "=", "!=": "!=", ">": ">", ">=": ">="}
    return Related(operator=operator[sign], left=to_latex(left), right=to_latex(right))


def _region(text: str) -> Region | None:
    """Intervals, inequalities in one letter, and unions of them."""
    if found := re.fullmatch(r"\](.+)[,;](.+)\[", text):  # as written in France
        return _interval("(", found[1], found[2], ")")
    if found := _BETWEEN.fullmatch(text):
        return _interval("(", found[1], found[2], ")")
    body, name = text, ""
    if found := _MEMBER.fullmatch(text):
        name, body = found[1], found[2]
    pieces = cut(body, "∪") if "∪" in body else cut_words(body, ("or",))
    if len(pieces) > 1:
        regions = [_piece(piece, united="∪" in body) for piece in pieces]
        if not all(regions):
            return None
        known = [region for region in regions if region is not None]
        names = {region.name for region in known} | ({name} if name else set())
        if len(names) > 1:
            return None
        return Region(pieces=tuple(own for region in known for own in region.pieces), name=names.pop())
    both = cut_words(body, ("and",)) if re.search(r"[<>]", body) else [body]
    if len(both) == 2:
        first, second = _piece(both[0]), _piece(both[1])
        return _meet(first, second) if first and second and first.name == second.name else None
    return _piece(body)


def _meet(first: Region, second: Region) -> Region | None:
    """x > 1 and x < 3, if one bounds from below and the other from above."""
    if len(first.pieces) != 1 or len(second.pieces) != 1:
        return None
    (low, closed, high, _), (other_low, _, other_high, other_closed) = first.pieces[0], second.pieces[0]
    if _infinite(high) and _infinite(other_low):
        return Region(pieces=((low, closed, other_high, other_closed),), name=first.name)
    if _infinite(low) and _infinite(other_high):
        return _meet(second, first)
    return None


def _infinite(node: Node) -> bool:
    return isinstance(node, Expression) and node.latex in (r"\infty", r"-\infty")


def _piece(text: str, *, united: bool = False) -> Region | None:
    """An interval or an inequality in one letter; (1, 2) alone is a pair unless it is `united` with another."""
    text = text.strip()
    bounds = cut(text[1:-1], ",") if text[:1] in ("(", "[") and text[-1:] in (")", "]") else []
    if len(bounds) == 2 and closes_at_end(text, text[0]):
        mixed = (text[0], text[-1]) in (("(", "]"), ("[", ")"))
        endless = bounds[0] in _NOWHERE or bounds[1] in _INFINITY
        return _interval(text[0], bounds[0], bounds[1], text[-1]) if mixed or endless or united else None
    parts = [part.strip() for part in _PAIR_OF_RELATIONS.split(text)]
    low, high = Expression(latex=r"-\infty"), Expression(latex=r"\infty")
    if len(parts) == 5 and _is_name(parts[2]) and {parts[1], parts[3]} <= {"<", "<="}:
        return Region(pieces=((_read(parts[0]), parts[1] == "<=", _read(parts[4]), parts[3] == "<="),), name=parts[2])
    if len(parts) == 5 and _is_name(parts[2]) and {parts[1], parts[3]} <= {">", ">="}:
        return Region(pieces=((_read(parts[4]), parts[3] == ">=", _read(parts[0]), parts[1] == ">="),), name=parts[2])
    if len(parts) != 3:
        return None
    left, sign, right = parts
    if _is_name(right) and not _is_name(left):
        left, right, sign = right, left, sign.translate(str.maketrans("<>", "><"))
    if not _is_name(left) or not right or _letters_in(right) or is_prose(right):
        return None
    value = _read(right)
    if sign == "!=":
        return Region(pieces=((low, False, value, False), (value, False, high, False)), name=left)
    if sign in (">", ">="):
        return Region(pieces=((value, sign == ">=", high, False),), name=left)
    return Region(pieces=((low, False, value, sign == "<="),), name=left) if sign in ("<", "<=") else None


def _letters_in(text: str) -> bool:
    """Whether an unknown stands in a bound; pi, e and functions are known."""
    plain = re.sub(r"\\[A-Za-z]+|sqrt|pi|inf\w*", " ", text)
    return re.search(r"(?<![A-Za-z])[a-df-zA-Z](?![A-Za-z])", plain) is not None


def _interval(opening: str, low: str, high: str, closing: str) -> Region:
    return Region(pieces=((_read(clean(low)), opening == "[", _read(clean(high)), closing == "]"),))


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
