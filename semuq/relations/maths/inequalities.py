"""Where an inequality in one letter holds: |x - 1| <= 2 on [-1, 3], -2x < 6 above -3. Inside the workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semuq.relations.maths.algebra import same_value

__all__ = ["holds_on", "same_solutions"]

Piece = tuple[Any, bool, Any, bool]
"""Lower bound, whether it belongs, upper bound, whether it belongs."""


def holds_on(difference: Any, operator: str, pieces: Sequence[Piece]) -> bool | None:
    """Whether `difference operator 0` holds on exactly these intervals, and on no other real number.

    Args:
        difference: a SymPy expression in one letter.
        operator: ">", ">=" or "!=".
        pieces: intervals that do not touch, in any order.

    Returns: None where the inequality is not solved.
    """
    solved = _solved(difference, operator)
    return None if solved is None else _same(solved, list(pieces))


def same_solutions(first: Any, second: Any, operator: str) -> bool | None:
    """Whether two inequalities in one letter hold for the same numbers."""
    if first.free_symbols != second.free_symbols or len(first.free_symbols) != 1:
        return False
    one, two = _solved(first, operator), _solved(second, operator)
    return None if one is None or two is None else _same(one, two)


def _solved(difference: Any, operator: str) -> list[Piece] | None:
    from sympy import Dummy, FiniteSet, Interval, Ne, S, Union
    from sympy.solvers.inequalities import solve_univariate_inequality

    letters = difference.free_symbols
    if len(letters) != 1:
        return None
    x = Dummy("x", real=True)
    form = difference.subs(letters.pop(), x)
    relation = {">": form > 0, ">=": form >= 0}.get(operator, Ne(form, 0))
    if relation in (S.true, S.false):
        return [(-S.Infinity, False, S.Infinity, False)] if relation == S.true else []
    try:
        found = solve_univariate_inequality(relation, x, relational=False)
    except NotImplementedError:
        return None
    pieces = []
    for own in found.args if isinstance(found, Union) else [found]:
        if isinstance(own, Interval):
            pieces.append((own.start, not own.left_open, own.end, not own.right_open))
        elif isinstance(own, FiniteSet):
            pieces += [(point, True, point, True) for point in own.args]
        elif own == S.Reals:
            pieces.append((-S.Infinity, False, S.Infinity, False))
        elif own != S.EmptySet:
            return None
    return pieces


def _same(first: list[Piece], second: list[Piece]) -> bool | None:
    """Piece by piece, in the order of the line."""
    if len(first) != len(second):
        return False
    verdicts = []
    for one, two in zip(_in_order(first), _in_order(second), strict=True):
        if (one[1], one[3]) != (two[1], two[3]):
            return False
        verdicts += [same_value(one[0], two[0]), same_value(one[2], two[2])]
    return False if False in verdicts else None if None in verdicts else True


def _in_order(pieces: list[Piece]) -> list[Piece]:
    return sorted(pieces, key=lambda piece: (float(piece[0]), float(piece[2])))
