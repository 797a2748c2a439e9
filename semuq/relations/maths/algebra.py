"""Whether two expressions are the same function: their values at several points, to thirty digits.

Runs inside the workers, on SymPy's objects. Two expressions that differ anywhere differ (to that precision) at almost
every point, so points chosen once and for all decide in milliseconds what simplification may not decide at all.
"""

from __future__ import annotations

from typing import Any

__all__ = ["proportional", "same_value", "solves"]

DIGITS = 40
CLOSE = 1e-25
"""Exact values that differ by less, relative to the larger, are equal: DIGITS leave room for cancellation."""
ROUNDED = 1e-6
"""Where a decimal stands in either, relative below 1 and absolute above."""
LARGEST = 20_000
"""The natural logarithm of numbers that are worked out digit by digit."""
POINTS = ((7, 61, 1), (19, 37, 1), (23, 13, -1), (41, 29, 1), (5, 3, -1))
"""(numerator, denominator, sign) that each letter's own number is made from."""


def same_value(a: Any, b: Any) -> bool | None:
    """Whether two SymPy expressions are equal; None if they have no values to compare."""
    from sympy import Expr, Float

    if not isinstance(a, Expr) or not isinstance(b, Expr):
        return None
    if a.has(_unit()) or b.has(_unit()):
        a, b = _without_letter_i(a), _without_letter_i(b)
    if a == b:
        return None if a.has(*_undefined()) else True
    if a.has(*_endless()) or b.has(*_endless()):
        return bool(a.doit() == b.doit()) if not (a.has(*_undefined()) or b.has(*_undefined())) else None
    rounded = a.has(Float) or b.has(Float)
    a, b = _settled(a), _settled(b)
    letters = sorted(a.free_symbols | b.free_symbols, key=str)
    if not letters:
        if not rounded:
            a, b = _exact(a), _exact(b)
            if a.is_Rational and b.is_Rational:
                return bool(a == b)
        return _close(_value(a, {}), _value(b, {}), rounded=rounded, exact=(a, b))
    agreed = 0
    for point in _points(letters):
        x, y = _value(a, point), _value(b, point)
        if x is None and y is None:
            continue
        if x is None or y is None:
            return False
        real = [abs(v.as_real_imag()[1]) < CLOSE * max(1, abs(v)) for v in (x, y)]
        if not any(real) and not (a.has(_unit()) or b.has(_unit())):
            continue  # a root of a negative number: neither says anything there
        if not _close(x, y, rounded=rounded, exact=None):
            return False
        agreed += 1
    return True if agreed >= 2 else None


def proportional(first: Any, second: Any, *, positive: bool) -> bool | None:
    """Whether two differences (left minus right) are one up to a constant factor: the same equation.

    Args:
        first, second: SymPy expressions.
        positive: whether the factor must be positive, as between inequalities.
    """
    from sympy import Expr

    if not isinstance(first, Expr) or not isinstance(second, Expr):
        return None
    first, second = _settled(first), _settled(second)
    letters = sorted(first.free_symbols | second.free_symbols, key=str)
    if not letters or first.free_symbols != second.free_symbols:
        return False
    factors = []
    for point in _points(letters):
        x, y = _value(first, point), _value(second, point)
        if x is None or y is None:
            continue
        if abs(x) < CLOSE or abs(y) < CLOSE:
            return False
        factors.append(x / y)
    if len(factors) < 2:
        return None
    if any(abs(factor - factors[0]) > 1e-15 * abs(factors[0]) for factor in factors):
        return False
    real, imaginary = factors[0].as_real_imag()
    return bool(abs(imaginary) < 1e-15 * abs(real) and (real > 0 or not positive))


def solves(difference: Any, values: tuple[Any, ...]) -> bool | None:
    """Whether the values are all the solutions of difference = 0 in its one letter, a polynomial."""
    from sympy import Poly, PolynomialError, roots

    letters = difference.free_symbols
    if len(letters) != 1:
        return None
    try:
        found = roots(Poly(difference, *letters))
    except PolynomialError:
        return None
    if sum(found.values()) != Poly(difference, *letters).degree():
        return None
    own = list(found)
    pairs = [[same_value(root, value) for value in values] for root in own]
    return (
        len(own) == len(values)
        and all(any(row) for row in pairs)
        and all(any(column) for column in zip(*pairs, strict=True))
    )


def _without_letter_i(form: Any) -> Any:
    """With the imaginary unit for an i that stands alone, beside a number that has it."""
    return form.subs({letter: _unit() for letter in form.free_symbols if letter.name == "i"})


def _settled(form: Any) -> Any:
    """With the letter i as the imaginary unit, sums and products carried out, functions nobody knows as letters."""
    from sympy import Integral, Product, Sum, Symbol
    from sympy.core.function import AppliedUndef

    form = form.doit() if form.has(Sum, Product, Integral) else form
    return form.replace(lambda own: isinstance(own, AppliedUndef), lambda own: Symbol(f"call {own}"))


def _exact(form: Any) -> Any:
    """A number of reasonable size that is written with whole numbers alone, worked out; anything else as it is."""
    from sympy import Float, log

    if form.is_Rational or form.has(Float):
        return form
    value = form.evalf(15)
    return form.doit() if value != 0 and abs(log(abs(value)).evalf(5)) < LARGEST else form


def _points(letters: list[Any]) -> list[dict[Any, Any]]:
    """Each letter's number at each point: of its own, not whole, of either sign."""
    from sympy import Rational

    return [
        {
            letter: sign ** (place + 1) * Rational(top + 3 * sum(map(ord, letter.name)) % 97, bottom)
            for place, letter in enumerate(letters)
        }
        for top, bottom, sign in POINTS
    ]


def _value(form: Any, point: dict[Any, Any]) -> Any:
    """A finite complex number; None if there is none."""
    value = form.subs(point).evalf(DIGITS)
    if not value.is_number or value.has(*_undefined(), *_endless()):
        return None
    real, imaginary = value.as_real_imag()
    return value if real.is_Float or real.is_Rational or imaginary.is_Float else None


def _close(x: Any, y: Any, *, rounded: bool, exact: tuple[Any, Any] | None) -> bool | None:
    if x is None or y is None:
        return None if x is None and y is None else False
    size, apart = max(abs(x), abs(y)), abs(x - y)
    if rounded:
        return bool(apart <= ROUNDED * min(1, size))
    if size < 1e-20 and exact is not None and not all(own.is_Rational for own in exact):
        from sympy import simplify

        if min(abs(x), abs(y)) == 0 or size < 1e-35:  # what is left of a difference that is 0, or a tiny number
            return bool(simplify(exact[0] - exact[1]) == 0)
    return bool(apart <= CLOSE * size)


def _undefined() -> tuple[Any, ...]:
    from sympy import nan, zoo

    return nan, zoo


def _endless() -> tuple[Any, ...]:
    from sympy import oo

    return oo, -oo


def _unit() -> Any:
    from sympy import I

    return I
