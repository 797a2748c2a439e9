"""The process that asks math-verify: one JSON request a line on stdin, one JSON reply a line on stdout.

A request is [seconds, "probe", latex] or [seconds, "same", latex, latex]; a reply is true, false or null (cannot be
read). Requests are served by a fork of the process that has paid for importing SymPy. The kernel ends that fork when
a request takes longer than its seconds, whatever Python is doing then, and the next one takes its place in
milliseconds. Both end when stdin closes, so an orphan lives no longer than the request it is busy with.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from functools import lru_cache
from typing import Any

__all__ = ["main"]

MEMORY = 3 << 30
"""Bytes of address space: a number with a billion digits ends in MemoryError, not in swapping."""
FAR = 1e-5
"""Values that differ by more than this (relative above 1) differ; closer ones are for math-verify to decide."""
WARM_UP = (
    r"\frac{1}{2}",
    r"x^2+\sqrt{2}",
    r"[1,2)",
    r"\{1,2\}",
    r"x=2\pi",
    r"1<x\le 2",
    r"\begin{pmatrix}1&2\end{pmatrix}",
)
"""Forms of many kinds: the parser is slow the first time it sees a kind."""


def main() -> None:
    """Answer requests until stdin closes."""
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever libraries print must not reach the replies
    _tame()
    logging.disable(logging.CRITICAL)
    for latex in WARM_UP:
        _same(latex, "1")
    replies.write(b"ready\n")
    if sys.platform == "win32":
        _serve(replies)
        return
    while (child := os.fork()) > 0:
        if os.waitpid(child, 0)[1] == 0:  # stdin is closed
            os._exit(0)
        replies.write(b"null\n")  # it was killed in the middle of a request
    _serve(replies)
    os._exit(0)


def _serve(replies: Any) -> None:
    with os.fdopen(os.dup(0), "rb", buffering=0) as requests:
        while line := requests.readline():
            limit, kind, *latex = json.loads(line)
            _alarm(limit)
            try:
                reply = _probe(*latex) if kind == "probe" else _same(*latex)
            except (Exception, RecursionError, MemoryError):
                reply = None
            _alarm(0)
            replies.write(json.dumps(reply).encode() + b"\n")


def _tame() -> None:
    """Leave Ctrl-C to the parent, and keep memory within bounds where the system can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: float) -> None:
    """SIGALRM with its default action: the kernel kills, also inside one long multiplication."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


@lru_cache(maxsize=4096)
def _parse(latex: str) -> tuple[Any, ...]:
    """What math-verify reads, with the letter i as the imaginary unit; empty if it reads nothing."""
    from math_verify import LatexExtractionConfig, parse
    from sympy import Expr, I, Symbol

    found = parse(
        f"${latex}$", [LatexExtractionConfig()], parsing_timeout=None, fallback_mode="no_fallback", raise_on_error=True
    )
    return tuple(
        form.subs({unit: I for unit in form.free_symbols if unit.name == "i"})
        if isinstance(form, Expr) and not isinstance(form, Symbol)
        else form
        for form in found
    )


@lru_cache(maxsize=4096)
def _probe(latex: str) -> bool | None:
    """True if it can be read, and has a number or can be put through algebra."""
    from sympy import sqrt

    parsed = _parse(latex)
    if any(_number(form) is None for form in parsed):
        _verify(parsed, (sqrt(2),))
    return True if parsed else None


def _same(first: str, second: str) -> bool | None:
    """Either taken for the gold answer: math-verify lets the gold one decide on some forms."""
    a, b = _parse(first), _parse(second)
    if not a or not b:
        return None
    if _apart(a, b):
        return False
    return _verify(a, b) or _verify(b, a) or _symbol(a, b)


def _apart(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two expressions have different values at one point: then no algebra is needed."""
    if len(a) != 1 or len(b) != 1:
        return False
    x, y = _number(a[0]), _number(b[0])
    if x is None or y is None:
        return False
    # Small constants of physics differ by their ratio; a 0 has none, nor has an expression at a made-up point.
    constants = x and y and not a[0].free_symbols and not b[0].free_symbols
    return abs(x - y) > FAR * max(0.0 if constants else 1.0, abs(x), abs(y))


def _number(form: Any) -> complex | None:
    """The value of an expression where each letter has a number of its own; None if it is no finite number."""
    from sympy import Expr, Float, Rational, UnevaluatedExpr

    if not isinstance(form, Expr) or form.has(UnevaluatedExpr):  # 50% is two numbers
        return None
    point = {letter: Rational(7 + sum(map(ord, letter.name)), 61) for letter in form.free_symbols}
    value = form.subs(point).evalf(15)
    if not value.is_number or not all(isinstance(part, Float) or part == 0 for part in value.as_real_imag()):
        return None
    return complex(value)


def _verify(gold: tuple[Any, ...], answer: tuple[Any, ...]) -> bool:
    from math_verify import verify

    return bool(verify(list(gold), list(answer), timeout_seconds=None))


def _symbol(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """A lone letter and an expression, which math-verify compares by name only: x and x^2 / x."""
    from sympy import Expr, Symbol, simplify

    pairs = [(x, y) for x in a for y in b if isinstance(x, Symbol) != isinstance(y, Symbol)]
    return any(
        simplify(x - y) == 0
        for x, y in pairs
        if isinstance(x, Expr) and isinstance(y, Expr) and x.free_symbols == y.free_symbols
    )
