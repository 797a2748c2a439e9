"""Programs that are the same but for names of local variables, remarks and layout: the baseline that runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import ClassVar

from semuq.relations.base import Kind, RelationScores
from semuq.relations.code import entry_point_of, program_of
from semuq.samples import SampleSet, as_batch


class SameSyntax:
    """Equal trees, with the variables of each function numbered in the order in which they appear."""

    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True
    identity: ClassVar[str] = "benchmarks/same-syntax"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """A text without a program equals its like only."""
        found = []
        for samples in as_batch(batch):
            forms = [form(text, samples.prompt) for text in samples.texts]
            found.append(RelationScores.from_equivalence([[one == other for other in forms] for one in forms]))
        return found


def form(text: str, prompt: str) -> str:
    """The tree of the program as a text; the answer where there is no program.

    >>> stub = "def f(n: int) -> int:" + chr(10) + "    'A number.'" + chr(10)
    >>> form("x = n  # copied" + chr(10) + "    return x", stub) == form("y=n" + chr(10) + "    return y", stub)
    True
    """
    name = entry_point_of(prompt)
    source = None if name is None else program_of(text, name, prompt)
    if source is None:
        return text
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(_Numbered(_bound(tree)).visit(tree))


def _bound(tree: ast.Module) -> set[str]:
    """Names that are assigned to or are parameters."""
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


class _Numbered(ast.NodeTransformer):
    def __init__(self, bound: set[str]) -> None:
        self.bound = bound
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._of(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._of(node.arg))

    def _of(self, name: str) -> str:
        return self.names.setdefault(name, f"v{len(self.names)}") if name in self.bound else name
