r"""Whether two answers that were taken apart are one: by rule here, by asking the workers where algebra is needed.

`equal(a, b, ask)` is True, False, or None where it cannot be told; in doubt two answers are not one. It is symmetric
but for `missing="second"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

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
    Region,
    Related,
    Words,
)
from semuq.relations.values.amounts import Missing, same_amount

__all__ = ["Ask", "equal"]

Verdict = bool | None

_FREE = ("none", "curly")
"""The brackets of lists whose order says nothing."""
MOST = 30
"""A longer set is compared in its order only."""


class Ask(Protocol):
    """What algebra says: of a request to the workers True, False, or None where it cannot tell (or not yet)."""

    def __call__(self, kind: str, *latex: str) -> bool | None:
        """The reply."""
        ...


def equal(a: Node, b: Node, ask: Ask, *, missing: Missing = "never") -> Verdict:
    """Whether two answers are one.

    Example:
        >>> from semuq.relations.maths.structure import read_node
        >>> def no_algebra(kind, *latex): return latex[0] == latex[1] or None
        >>> pairs = [("x = 1, y = 2", "(1, 2)"), ("x = 1, y = 2", "(2, 1)"), ("{1, 2}", "2, 1"), ("A and C", "A")]
        >>> [equal(read_node(x), read_node(y), no_algebra) for x, y in pairs]
        [True, False, True, False]
    """
    if a == b:
        return True
    for one, two in ((a, b), (b, a)):
        turned = one is b
        verdict = _by_kind(one, two, ask, missing, turned=turned)
        if verdict is not NotImplemented:
            return verdict
    return False


def _by_kind(a: Node, b: Node, ask: Ask, missing: Missing, *, turned: bool) -> Verdict:
    """The verdict by the kind of the first; NotImplemented where the kind of the second decides."""

    def again(one: Node, two: Node) -> Verdict:
        return equal(two, one, ask, missing=missing) if turned else equal(one, two, ask, missing=missing)

    match a:
        case Words():
            return isinstance(b, Words) and _same_words(a, b)
        case Choice():
            if isinstance(b, Choice):
                return a.letters == b.letters
            return a.content is not None and again(a.content, b)
        case Named():
            return _named(a, b, ask, again)
        case Congruence():
            return isinstance(b, Congruence) and a == b
        case Region():
            if isinstance(b, Related):
                return _solved(b, a, ask)
            region = _as_region(b)
            return region is not None and _regions(a, region, again)
        case Matrix():
            return _matrices(a, b, again)
        case Listed():
            if isinstance(b, Listed):
                return _lists(a, b, again)
            if isinstance(b, Number) and a.amount is not None:
                return again(replace(b, amount=a.amount), b)
            if isinstance(b, Related) and b.operator != "=" and (region := _as_region(a)):
                return _solved(b, region, ask)
            return _solutions(b, a, ask) if isinstance(b, Related) else NotImplemented
        case Related():
            if isinstance(b, Related):
                return a.operator == b.operator and ask("ratio", a.operator, a.left, a.right, b.left, b.right)
            return NotImplemented
        case Number() | Expression():
            if isinstance(b, Number | Expression):
                one, two = (b, a) if turned else (a, b)
                return _values(one, two, ask, missing)
    return NotImplemented


def _same_words(a: Words, b: Words) -> bool:
    if a.date is not None and b.date is not None:
        return a.date == b.date
    return a.text == b.text


def _values(a: Number | Expression, b: Number | Expression, ask: Ask, missing: Missing) -> Verdict:
    """Two single values, at least one of which may need algebra."""
    if isinstance(a, Number) and isinstance(b, Number):
        return same_amount(a.amount, b.amount, missing=missing)
    units = [own.amount.unit if isinstance(own, Number) else own.unit for own in (a, b)]
    if any(isinstance(own, Number) and (own.amount.noun or own.amount.percent) for own in (a, b)):
        return False
    one, two = units
    first, second = a.latex, b.latex
    if one != two:
        if one is not None and two is not None:
            if {one.dimension, two.dimension} == {"degrees", "radians"}:
                return _angles(a, b, ask)
            if one.dimension != two.dimension or one.offset or two.offset:
                return False
            first, second = _times(one.size, first), _times(two.size, second)
        elif (found := _angles(a, b, ask)) or (found is not None and missing == "never"):
            return found
        if (one is None) != (two is None) and not (missing == "either" or (missing == "second" and two is None)):
            return False
    return ask("same", *sorted((first, second)))


def _angles(a: Number | Expression, b: Number | Expression, ask: Ask) -> Verdict:
    """Degrees against radians or a bare number, which is in radians; False for anything else."""
    turned = []
    for own in (a, b):
        unit = own.amount.unit if isinstance(own, Number) else own.unit
        if unit is not None and unit.dimension not in ("degrees", "radians"):
            return False
        latex = own.latex if unit is None else _times(unit.size, own.latex)
        turned.append(rf"({latex})\cdot \frac{{\pi}}{{180}}" if unit and unit.dimension == "degrees" else latex)
    return ask("same", *sorted(turned))


def _times(size: object, latex: str) -> str:
    top, bottom = size.as_integer_ratio()  # type: ignore[attr-defined]
    return rf"\frac{{{top}}}{{{bottom}}}\cdot ({latex})"


def _named(a: Named, b: Node, ask: Ask, again: _Again) -> Verdict:
    """Names decide between named values; beside values without names, their order does."""
    if isinstance(b, Named):
        if a.names == b.names:
            verdict = _all(again(x, y) for x, y in zip(a.values, b.values, strict=True))
            return verdict or _equations(a, b, ask) or verdict
        if sorted(a.names) == sorted(b.names):
            theirs = dict(zip(b.names, b.values, strict=True))
            return _all(again(value, theirs[name]) for name, value in zip(a.names, a.values, strict=True))
        return _equations(a, b, ask) if len(a.names) == len(b.names) == 1 else False
    if isinstance(b, Related):
        if a.equation is None and len(a.values) == 1 and isinstance(a.values[0], Listed):
            return _solutions(b, a.values[0], ask)
        return a.equation is not None and again(a.equation, b)
    if len(a.values) == 1:
        return again(a.values[0], b)
    if isinstance(b, Listed) and len(b.items) == len(a.values):
        return _all(again(x, y) for x, y in zip(a.values, b.items, strict=True))
    return _matrices(b, Listed(items=a.values, brackets="round"), again) if isinstance(b, Matrix) else False


def _equations(a: Named, b: Named, ask: Ask) -> Verdict:
    """y = 2x + 1 and x = (y - 1) / 2 are one line; x = 5 and y = 5 are two."""
    if a.equation is None or b.equation is None:
        return None
    sides = (a.equation.left, a.equation.right, b.equation.left, b.equation.right)
    return ask("ratio", "=", *sides)


def _as_region(node: Node) -> Region | None:
    """An interval as it may be written without saying so."""
    if isinstance(node, Region):
        return node
    if isinstance(node, Listed) and len(node.items) == 2 and node.brackets in ("round", "square"):
        closed = node.brackets == "square"
        return Region(pieces=((node.items[0], closed, node.items[1], closed),))
    return None


def _regions(a: Region, b: Region, again: _Again) -> Verdict:
    if (a.name and b.name and a.name != b.name) or len(a.pieces) != len(b.pieces):
        return False

    def piece(one: tuple[Node, bool, Node, bool], two: tuple[Node, bool, Node, bool]) -> Verdict:
        if (one[1], one[3]) != (two[1], two[3]):
            return False
        return _all((again(one[0], two[0]), again(one[2], two[2])))

    return _matching([[piece(one, two) for two in b.pieces] for one in a.pieces])


def _matrices(a: Matrix, b: Node, again: _Again) -> Verdict:
    if isinstance(b, Matrix):
        if [len(row) for row in a.rows] != [len(row) for row in b.rows]:
            return False
        return _all(again(x, y) for one, two in zip(a.rows, b.rows, strict=True) for x, y in zip(one, two, strict=True))
    flat = [value for row in a.rows for value in row]
    if isinstance(b, Listed) and 1 in (len(a.rows), len(a.rows[0])) and b.brackets != "curly":
        return len(b.items) == len(flat) and _all(again(x, y) for x, y in zip(flat, b.items, strict=True))
    return False


def _lists(a: Listed, b: Listed, again: _Again) -> Verdict:
    if len(a.items) != len(b.items):
        return False
    if not _order_matters(a.brackets, b.brackets) and len(a.items) <= MOST:
        return _matching([[again(x, y) for y in b.items] for x in a.items])
    kinds = {a.brackets, b.brackets}
    # A set is no tuple, and a pair in square brackets may be a closed interval.
    if kinds == {"curly", "round"} or (len(a.items) == 2 and kinds in ({"square", "round"}, {"square", "curly"})):
        return False
    return _all(again(x, y) for x, y in zip(a.items, b.items, strict=True))


def _order_matters(a: Brackets, b: Brackets) -> bool:
    return a not in _FREE or b not in _FREE


def _solved(relation: Related, region: Region, ask: Ask) -> Verdict:
    """An inequality and the numbers that it holds for."""
    bounds: list[str] = []
    for low, closed, high, closed_above in region.pieces:
        if not isinstance(low, Number | Expression) or not isinstance(high, Number | Expression):
            return False
        bounds += [low.latex, "[" if closed else "(", high.latex, "]" if closed_above else ")"]
    if relation.operator == "=":
        return False
    return ask("holds", region.name, relation.operator, relation.left, relation.right, *bounds)


def _solutions(equation: Related, values: Listed, ask: Ask) -> Verdict:
    """An equation and the list of its solutions."""
    found = [value.latex for value in values.items if isinstance(value, Number | Expression)]
    if equation.operator != "=" or len(found) != len(values.items) or values.brackets not in _FREE:
        return False
    return ask("solves", equation.left, equation.right, *found)


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    return False if False in found else None if None in found else True


def _matching(table: Sequence[Sequence[Verdict]]) -> Verdict:
    """Whether the rows can be paired with the columns: surely, perhaps (None), or not."""
    for least in ((True,), (True, None)):
        partner: dict[int, int] = {}

        def place(
            row: int, tried: set[int], least: tuple[Verdict, ...] = least, partner: dict[int, int] = partner
        ) -> bool:
            for column, verdict in enumerate(table[row]):
                if verdict in least and column not in tried:
                    tried.add(column)
                    if column not in partner or place(partner[column], tried):
                        partner[column] = row
                        return True
            return False

        if all(place(row, set()) for row in range(len(table))):
            return True if least == (True,) else None
    return False


class _Again(Protocol):
    def __call__(self, one: Node, two: Node) -> Verdict: ...
