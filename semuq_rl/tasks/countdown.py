"""Countdown: reach a target with given numbers, each used once. A search with many right answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from semuq.checks import within
from semuq_rl.tasks.base import Problem, Task

__all__ = ["Countdown", "evaluate"]

_TOKEN = re.compile(r"\d{1,6}|[-+*/()]")
_NESTING = 20


@dataclass(frozen=True, kw_only=True)
class Countdown(Task):
    """Combine `least` to `most` numbers from 1 to `largest`, each exactly once, by + - * / to a target.

    A level is a number of numbers. The prompt `3,5,2>16:` has the right answers `(3+5)*2`, `2*(5+3)`
    and more; targets are whole, from 1 to `limit`. The answer is the whole completion, if it is an
    expression; so semantic entropy over equal strings counts different right answers as different.

    >>> task = Countdown()
    >>> problem = Problem(prompt="3,5,2>16:", answer="(3+5)*2", demonstration="(3+5)*2", level=3)
    >>> [task.right(problem, text) for text in ("2*(5+3)", "3+5*2", "8*2", "(3+5)*2*1", "(3+5")]
    [True, False, False, False, False]
    """

    name: ClassVar[str] = "countdown"
    alphabet: ClassVar[str] = "0123456789+-*/(),>:"

    least: int = 2
    most: int = 3
    largest: int = 9
    limit: int = 99

    def __post_init__(self) -> None:
        within("countdown", 2, 6, least=self.least)
        within("countdown", self.least, 6, most=self.most)
        within("countdown", 2, 99, largest=self.largest)
        within("countdown", 2, 999, limit=self.limit)

    @property
    def max_tokens(self) -> int:
        """Numbers, signs, a pair of brackets for each operation but the last, the end."""
        return self.most * len(str(self.largest)) + (self.most - 1) + 2 * (self.most - 2) + 1

    def draw(self, rng: np.random.Generator) -> Problem:
        """One problem, made from an expression that solves it."""
        level = int(rng.integers(self.least, self.most + 1))
        while True:
            numbers = [int(x) for x in rng.integers(1, self.largest + 1, size=level)]
            expression = _random_expression(numbers, rng)
            value = evaluate(expression)
            if value is not None and value.denominator == 1 and 1 <= value <= self.limit:
                break
        shown = ",".join(str(numbers[i]) for i in rng.permutation(level))
        return Problem(prompt=f"{shown}>{value}:", answer=expression, demonstration=expression, level=level)

    def answer(self, completion: str) -> str | None:
        """The completion, if it is an expression with a value."""
        return completion if evaluate(completion) is not None else None

    def right(self, problem: Problem, completion: str) -> bool:
        """Whether the expression uses exactly the numbers of the prompt and reaches its target."""
        shown, _, target = problem.prompt.rstrip(":").partition(">")
        used = sorted(re.findall(r"\d+", completion))
        return used == sorted(shown.split(",")) and evaluate(completion) == int(target)


def evaluate(expression: str) -> Fraction | None:
    """The exact value of an expression of numbers, + - * / and brackets; None if it is none.

    >>> evaluate("8/(3-8/3)"), evaluate("1/0"), evaluate("2**3"), evaluate("")
    (Fraction(24, 1), None, None, None)
    """
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != expression or not tokens:
        return None
    try:
        value, rest = _sum(tokens, 0)
    except (ZeroDivisionError, _NoExpression):
        return None
    return value if not rest else None


class _NoExpression(Exception):
    """The tokens are no expression."""


def _sum(tokens: list[str], depth: int) -> tuple[Fraction, list[str]]:
    value, rest = _product(tokens, depth)
    while rest and rest[0] in "+-":
        right, after = _product(rest[1:], depth)
        value = value + right if rest[0] == "+" else value - right
        rest = after
    return value, rest


def _product(tokens: list[str], depth: int) -> tuple[Fraction, list[str]]:
    value, rest = _atom(tokens, depth)
    while rest and rest[0] in "*/":
        right, after = _atom(rest[1:], depth)
        value = value * right if rest[0] == "*" else value / right
        rest = after
    return value, rest


def _atom(tokens: list[str], depth: int) -> tuple[Fraction, list[str]]:
    if tokens and tokens[0].isdigit():
        return Fraction(int(tokens[0])), tokens[1:]
    if tokens[:1] == ["("] and depth < _NESTING:
        value, rest = _sum(tokens[1:], depth + 1)
        if rest[:1] == [")"]:
            return value, rest[1:]
    raise _NoExpression


def _random_expression(numbers: list[int], rng: np.random.Generator) -> str:
    """Join two neighbours at a time, brackets around everything but the whole."""
    parts = [str(x) for x in numbers]
    while len(parts) > 1:
        at = int(rng.integers(len(parts) - 1))
        joined = parts[at] + str(rng.choice(list("+-*/"))) + parts[at + 1]
        parts[at : at + 2] = [joined if len(parts) == 2 else f"({joined})"]
    return parts[0]
