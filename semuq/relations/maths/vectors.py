r"""Matrices and vectors in an answer: LaTeX environments, nested lists, multiples of them, sums of unit vectors."""

from __future__ import annotations

import re
from collections.abc import Callable

from semuq.relations.maths.cutting import cut
from semuq.relations.maths.nodes import Expression, Listed, Matrix, Node, Number
from semuq.relations.maths.notation import clean, to_latex

__all__ = ["read_matrix", "read_unit_vectors"]

Read = Callable[[str], Node]
"""What reads the entries."""

_MATRIX = re.compile(
    r"\\begin\{([pb]?matrix|array)\}(?:\{[lcr| ]*\})?(.*?)\\end\{\1\}(\^\s*\{?\s*(?:T|\\top|\\intercal)\s*\}?)?",
    re.DOTALL,
)
_SCALAR = re.compile(
    r"(-?(?:\d+(?:\.\d+)?(?:/\d+)?|\\frac\s*\{[^{}]*\}\s*\{[^{}]*\})|-)\s*(?:\*|\\cdot|\\times)?\s*(?=\\begin)"
)
_COORDINATE = re.compile(r"([-+]?)\s*([^-+]*?)\s*(?:\*|\\cdot)?\s*(î|ĵ|k̂)")


def read_matrix(text: str, read: Read) -> Node | None:
    """A matrix; None for anything else."""
    if scalar := _SCALAR.match(text):
        return _scaled(read_matrix(text[scalar.end() :], read), "-1" if scalar[1] == "-" else scalar[1])
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
    return Matrix(rows=tuple(tuple(read(clean(value)) for value in row) for row in rows))


def read_unit_vectors(text: str, read: Read) -> Listed | None:
    """2i + 3j with i and j marked as unit vectors: the coordinates."""
    terms = list(_COORDINATE.finditer(text))
    if not terms or "".join(term[0] for term in terms).replace(" ", "") != text.replace(" ", ""):
        return None
    signs = ["î", "ĵ", "k̂"][: 3 if "k̂" in text else 2]
    own = {term[3]: f"{term[1]}{term[2].strip() or '1'}".lstrip("+") for term in terms}
    if len(own) != len(terms):
        return None
    return Listed(items=tuple(read(clean(own.get(sign, "0"))) for sign in signs), brackets="angle")


def _scaled(node: Node | None, factor: str) -> Node | None:
    """A matrix of numbers and expressions, times a number."""
    if not isinstance(node, Matrix):
        return None
    rows = [[value.latex if isinstance(value, Number | Expression) else "" for value in row] for row in node.rows]
    if not all(all(row) for row in rows):
        return None
    return Matrix(
        rows=tuple(tuple(Expression(latex=rf"({to_latex(factor)})\cdot ({own})") for own in row) for row in rows)
    )
