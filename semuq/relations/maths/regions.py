r"""Regions of the line in an answer: intervals, inequalities in one letter, sets by a condition, unions of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from semuq.relations.maths.cutting import closes_at_end, cut, cut_words
from semuq.relations.maths.nodes import Expression, Node, Number, Region
from semuq.relations.maths.notation import clean
from semuq.relations.maths.prose import is_prose

__all__ = ["MEMBER", "NAME", "RELATIONS", "infinite", "is_name", "read_region"]

Read = Callable[[str], Node]
"""What reads the bounds."""

NAME = r"(?:[A-Za-z](?:_\{?\w+\}?)?'*|[A-Za-z]'*\s*\([^()=<>]*\)|\\[a-z]+(?:_\{?\w+\}?)?)"
MEMBER = re.compile(rf"({NAME})\s*∈\s*(.+)")
RELATIONS = re.compile(r"(<=|>=|!=|<|>|=)")
_BETWEEN = re.compile(r"between\s+(\S+)\s+and\s+(\S+)")
_BUILDER = re.compile(
    rf"(?:\\?\{{)\s*({NAME})(?:\s*∈\s*(?:ℝ|\\mathbb\s*\{{?R\}}?))?\s*(?:\||:|\\mid|\\vert)\s*(.+?)\s*(?:\\?\}})"
)
_ALL_BUT = re.compile(r"(?:ℝ|\\mathbb\s*\{?R\}?)\s*(?:\\setminus|\\backslash|\\|∖|-)\s*(?:\\\{|\{)(.+?)(?:\\\}|\})")
_ABOVE = {"\\infty", "∞", "+\\infty", "+∞", "inf", "oo", "infinity", "+inf", "+infinity"}
_BELOW = {"-\\infty", "-∞", "-inf", "-oo", "-infinity", "- \\infty"}


def is_name(text: str) -> bool:
    r"""Whether a text is the name of an unknown: x, a_1, f(x), y', \alpha."""
    return re.fullmatch(NAME, text) is not None


def read_region(text: str, read: Read) -> Region | None:
    """Intervals, inequalities in one letter, and unions of them."""
    if found := re.fullmatch(r"\](.+)[,;](.+)\[", text):  # as written in France
        return _interval(read, "(", found[1], found[2], ")")
    if found := _BETWEEN.fullmatch(text):
        return _interval(read, "(", found[1], found[2], ")")
    if (found := _BUILDER.fullmatch(text)) and found[1] in found[2]:
        return read_region(found[2], read)
    if found := _ALL_BUT.fullmatch(text):
        return _all_but([read(part) for part in cut(found[1], ",")])
    body, name = text, ""
    if found := MEMBER.fullmatch(text):
        name, body = found[1], found[2]
    pieces = cut(body, "∪") if "∪" in body else cut_words(body, ("or",))
    if len(pieces) > 1:
        regions = [_piece(piece, read, united="∪" in body) for piece in pieces]
        if not all(regions):
            return None
        known = [region for region in regions if region is not None]
        names = {region.name for region in known} | ({name} if name else set())
        if len(names) > 1:
            return None
        return Region(pieces=tuple(own for region in known for own in region.pieces), name=names.pop())
    both = cut_words(body, ("and",)) if re.search(r"[<>]", body) else [body]
    if len(both) == 2:
        first, second = _piece(both[0], read), _piece(both[1], read)
        return _meet(first, second) if first and second and first.name == second.name else None
    return _piece(body, read)


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


def _all_but(points: list[Node]) -> Region | None:
    """The line without some of its points."""
    if len(points) > 1:
        known = [point for point in points if isinstance(point, Number) and point.amount.plain]
        if len(known) < len(points):
            return None
        points = [*sorted(known, key=lambda point: point.amount.value)]
    ends = [Expression(latex=r"-\infty"), *points, Expression(latex=r"\infty")]
    return Region(pieces=tuple((low, False, high, False) for low, high in pairwise(ends)))


def infinite(text: str) -> str:
    r"""The LaTeX of an infinity, "" for anything else."""
    return r"\infty" if text in _ABOVE else r"-\infty" if text in _BELOW else ""


def _infinite(node: Node) -> bool:
    return isinstance(node, Expression) and node.latex in (r"\infty", r"-\infty")


def _piece(text: str, read: Read, *, united: bool = False) -> Region | None:
    """An interval or an inequality in one letter; (1, 2) alone is a pair unless it is `united` with another."""
    text = text.strip()
    bounds = (
        cut(text[1:-1], ",", grouped=text.count(",") > 1) if text[:1] in ("(", "[") and text[-1:] in (")", "]") else []
    )
    if len(bounds) == 2 and closes_at_end(text, text[0]):
        mixed = (text[0], text[-1]) in (("(", "]"), ("[", ")"))
        endless = bounds[0] in _BELOW or bounds[1] in _ABOVE
        return _interval(read, text[0], bounds[0], bounds[1], text[-1]) if mixed or endless or united else None
    parts = [part.strip() for part in RELATIONS.split(text)]
    low, high = Expression(latex=r"-\infty"), Expression(latex=r"\infty")
    if len(parts) == 5 and is_name(parts[2]) and {parts[1], parts[3]} <= {"<", "<="}:
        return Region(pieces=((read(parts[0]), parts[1] == "<=", read(parts[4]), parts[3] == "<="),), name=parts[2])
    if len(parts) == 5 and is_name(parts[2]) and {parts[1], parts[3]} <= {">", ">="}:
        return Region(pieces=((read(parts[4]), parts[3] == ">=", read(parts[0]), parts[1] == ">="),), name=parts[2])
    if len(parts) != 3:
        return None
    left, sign, right = parts
    if is_name(right) and not is_name(left):
        left, right, sign = right, left, sign.translate(str.maketrans("<>", "><"))
    if not is_name(left) or not right or _letters_in(right) or is_prose(right):
        return None
    value = read(right)
    if sign == "!=":
        return Region(pieces=((low, False, value, False), (value, False, high, False)), name=left)
    if sign in (">", ">="):
        return Region(pieces=((value, sign == ">=", high, False),), name=left)
    return Region(pieces=((low, False, value, sign == "<="),), name=left) if sign in ("<", "<=") else None


def _letters_in(text: str) -> bool:
    """Whether an unknown stands in a bound; pi, e and functions are known."""
    plain = re.sub(r"\\[A-Za-z]+|sqrt|pi|inf\w*", " ", text)
    return re.search(r"(?<![A-Za-z])[a-df-zA-Z](?![A-Za-z])", plain) is not None


def _interval(read: Read, opening: str, low: str, high: str, closing: str) -> Region:
    return Region(pieces=((read(clean(low)), opening == "[", read(clean(high)), closing == "]"),))
