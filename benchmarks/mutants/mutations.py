"""Single-line mutants of a module: one operator, comparison, constant or word of its code changed for another."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["Mutant", "modules", "mutants_of"]

_OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_WORDS = {"min": "max", "max": "min", "argmin": "argmax", "argmax": "argmin", "any": "all", "all": "any", "sum": "mean"}
_WORDS |= {"mean": "sum", "minimum": "maximum", "maximum": "minimum", "log": "log1p", "exp": "expm1"}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change: in which file and line, what stood there and what stands there now.

    Its name quotes the line and not its number, so that it is known again when lines above it come or go.
    """

    path: str
    line: int
    column: int
    before: str
    after: str
    code: str
    nth: int = 1

    @property
    def name(self) -> str:
        """The module and its line, with the change in place; the how-manieth, where the same line stands twice."""
        left, right = self.code[: self.column], self.code[self.column + len(self.before) :]
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.path}: {left.lstrip()}[{self.before} -> {self.after}]{right}{again}"

    def source(self, text: str) -> str:
        """The module's text with the change."""
        lines = text.splitlines(keepends=True)
        own = lines[self.line - 1]
        lines[self.line - 1] = own[: self.column] + self.after + own[self.column + len(self.before) :]
        return "".join(lines)


def mutants_of(path: Path, root: Path) -> list[Mutant]:
    """Every mutant of a module's code; strings, annotations, imports and messages of errors are left alone."""
    text = path.read_text()
    found = _Finder(text, path.relative_to(root).as_posix())
    found.visit(ast.parse(text))
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in dict.fromkeys(found.mutants):
        if _parses(mutant.source(text)):
            seen[mutant.name] += 1
            numbered.append(replace(mutant, nth=seen[mutant.name]))
    return numbered


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


class _Finder(ast.NodeVisitor):
    def __init__(self, text: str, path: str) -> None:
        self.lines, self.path = text.splitlines(), path
        self.mutants: list[Mutant] = []

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._between(node.op, node.left, node.right)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator, left, right in zip(node.ops, [node.left, *node.comparators], node.comparators, strict=False):
            self._between(operator, left, right)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(node.op, left, right)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            text = self.lines[node.lineno - 1].encode()[node.col_offset : node.end_col_offset].decode()
            self._add(node, text, f"({text} + 1)")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            self._add(node, "-", "+")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _WORDS and node.end_lineno is not None and node.end_col_offset is not None:
            self._at(node.end_lineno, node.end_col_offset - len(node.attr), node.attr, _WORDS[node.attr])
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *(own for own in node.args.kw_defaults if own is not None)]:
            self.visit(default)
        for statement in node.body:  # no annotations, no decorators
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        pass

    def _between(self, operator: ast.AST, left: ast.expr, right: ast.expr) -> None:
        """The operator that stands between two operands of one line."""
        if type(operator) not in _OPERATORS or left.end_lineno != right.lineno or left.end_col_offset is None:
            return
        before, after = _OPERATORS[type(operator)]
        gap = self.lines[right.lineno - 1].encode()[left.end_col_offset : right.col_offset].decode()
        if gap.count(before) == 1:
            self._at(right.lineno, left.end_col_offset + gap.index(before), before, after)

    def _add(self, node: ast.expr, before: str, after: str) -> None:
        self._at(node.lineno, node.col_offset, before, after)

    def _at(self, line: int, column: int, before: str, after: str) -> None:
        own = self.lines[line - 1]
        if own.isascii():  # columns of the syntax tree count bytes
            found = Mutant(path=self.path, line=line, column=column, before=before, after=after, code=own)
            self.mutants.append(found)


def modules(root: Path, packages: tuple[str, ...]) -> Iterator[Path]:
    """The modules whose formulas are mutated."""
    for package in packages:
        yield from (path for path in sorted((root / package).rglob("*.py")) if path.name not in ("__init__.py",))
