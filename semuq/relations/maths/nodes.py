"""The kinds of things that a final answer can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semuq.relations.values.amounts import Amount
from semuq.relations.values.measures import Unit

__all__ = [
    "Brackets", "Choice", "Congruence", "Expression", "Listed", "Matrix", "Named", "Node", "Number", "Operator",
    "Region", "Related", "Words",
]  # fmt: skip

Brackets = Literal["none", "round", "square", "curly", "angle"]
Operator = Literal["=", "!=", ">", ">="]


@dataclass(frozen=True, kw_only=True)
class Words:
    """Prose; compared by its normal form, or by the date that it states."""

    text: str
    date: object = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Letters of options, and what the answer says beside a single one."""

    letters: frozenset[str]
    content: Node | None = None


@dataclass(frozen=True, kw_only=True)
class Number:
    """A plain number, with its unit if there is one."""

    amount: Amount
    latex: str


@dataclass(frozen=True, kw_only=True)
class Expression:
    """What needs algebra, and the unit behind it."""

    latex: str
    unit: Unit | None = None


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Several values: a bare list and a set in any order, tuples and vectors in theirs.

    Args:
        items: the values.
        brackets: what stands around them.
        amount: the number that a bare "3,14" may be instead.
    """

    items: tuple[Node, ...]
    brackets: Brackets
    amount: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class Named:
    """Values with their names, in the order of the answer: x = 1, y = 2."""

    names: tuple[str, ...]
    values: tuple[Node, ...]
    equation: Related | None = None


@dataclass(frozen=True, kw_only=True)
class Related:
    """An equation or inequality that is nobody's value: left minus right stands in the relation to 0."""

    operator: Operator
    left: str
    right: str


@dataclass(frozen=True, kw_only=True)
class Region:
    """A union of intervals; (lower, closed below, upper, closed above) each. None is what is said of every number."""

    pieces: tuple[tuple[Node, bool, Node, bool], ...]
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Congruence:
    """A residue and its modulus."""

    residue: int
    modulus: int


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Rows of values; a vector is a matrix of one column or one row."""

    rows: tuple[tuple[Node, ...], ...]


Node = Words | Choice | Number | Expression | Listed | Named | Related | Region | Congruence | Matrix
