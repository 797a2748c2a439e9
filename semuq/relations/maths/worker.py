"""The process that asks math-verify: one JSON request a line on stdin, one JSON reply a line on stdout.

A request is [seconds, kind, latex...]; the kinds are "probe" (can it be read?), "same" (one value?), "ratio" (an
operator and the four sides of two relations: one equation?), "solves" (two sides and values: its solutions?), "holds"
(a letter, an operator, two sides and bounds: does it hold there?). A reply is true, false or null (cannot be told).
Requests are served by a fork of the process that has paid for importing
SymPy. The kernel ends that fork when a request takes longer than its seconds, whatever Python is doing then, and the
next one takes its place in milliseconds. Both end when stdin closes, so an orphan lives no longer than the request it
is busy with.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from semuq.relations.maths.algebra import proportional, same_value, solves
from semuq.relations.maths.inequalities import holds_on, same_solutions

__all__ = ["main"]

MEMORY = 3 << 30
"""Bytes of address space: a number with a billion digits ends in MemoryError, not in swapping."""
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
    _keep_case()
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
                reply = _reply(kind, *latex)
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


def _keep_case() -> None:
    """Let R be another letter than r: math-verify, which offers no setting for it, has all in lower case."""
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig
    from math_verify import parser

    parser.latex2sympy = partial(parser.latex2sympy, conversion_config=ConversionConfig(lowercase_symbols=False))


def _alarm(seconds: float) -> None:
    """SIGALRM with its default action: the kernel kills, also inside one long multiplication."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


@lru_cache(maxsize=4096)
def _parse(latex: str) -> tuple[Any, ...]:
    """What math-verify reads, with the letter i (or I) as the imaginary unit; empty if it reads nothing."""
    from math_verify import LatexExtractionConfig, parse
    from sympy import Expr, I, Symbol

    plain = LatexExtractionConfig()
    # Units were read before; what looks like one here is a letter: 3x m is no 3x.
    plain = replace(plain, normalization_config=replace(plain.normalization_config, units=False))
    found = parse(f"${latex}$", [plain], parsing_timeout=None, fallback_mode="no_fallback", raise_on_error=True)
    return tuple(
        form.subs({unit: I for unit in form.free_symbols if unit.name in ("i", "I")})
        if isinstance(form, Expr) and not isinstance(form, Symbol)
        else form
        for form in found
    )


@lru_cache(maxsize=4096)
def _probe(latex: str) -> bool | None:
    """True if it can be read, and has a value that can be computed."""
    parsed = _parse(latex)
    if not parsed:
        return None
    same_value(parsed[0], parsed[0] + 1 if hasattr(parsed[0], "free_symbols") and parsed[0].is_number else parsed[0])
    return True


def _reply(kind: str, *latex: str) -> bool | None:
    if kind == "probe":
        return _probe(*latex)
    if kind == "same":
        return _same(*latex)
    if kind == "ratio":
        operator, *sides = latex
        first, second = _difference(*sides[:2]), _difference(*sides[2:])
        if first is None or second is None:
            return None
        found = proportional(first, second, positive=operator in (">", ">="))
        return same_solutions(first, second, operator) if found is False and operator != "=" else found
    if kind == "holds":
        return _holds(*latex)
    left, right, *values = latex
    difference = _difference(left, right)
    parsed = [_parse(value) for value in values]
    return None if difference is None or not all(parsed) else solves(difference, tuple(own[0] for own in parsed))


def _holds(name: str, operator: str, left: str, right: str, *bounds: str) -> bool | None:
    """Whether an inequality holds for exactly the numbers of a union of intervals."""
    difference = _difference(left, right)
    ends = [_parse(own) for own in bounds if own not in "[(])"]
    if difference is None or not all(ends) or (name and {own.name for own in difference.free_symbols} != {name}):
        return None
    lows, highs = ends[::2], ends[1::2]
    pieces = [
        (low[0], opening == "[", high[0], closing == "]")
        for low, high, opening, closing in zip(lows, highs, bounds[1::4], bounds[3::4], strict=True)
    ]
    return holds_on(difference, operator, pieces)


def _difference(left: str, right: str) -> Any:
    from sympy import Expr

    a, b = _parse(left), _parse(right)
    known = len(a) == len(b) == 1 and isinstance(a[0], Expr) and isinstance(b[0], Expr)
    return a[0] - b[0] if known else None


def _same(first: str, second: str) -> bool | None:
    """By value where both have one; else math-verify must say yes whichever is taken for the gold answer."""
    from math_verify import verify
    from sympy import Expr

    a, b = _parse(first), _parse(second)
    if not a or not b:
        return None
    if isinstance(a[0], Expr) and isinstance(b[0], Expr):
        return same_value(a[0], b[0])
    return bool(verify(list(a), list(b), timeout_seconds=None)) and bool(verify(list(b), list(a), timeout_seconds=None))
