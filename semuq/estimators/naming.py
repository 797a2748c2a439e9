"""What the columns of several estimators are called: the class alone, and parameters only to tell two apart."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from semuq.checks import one_of

__all__ = ["Names", "column_names", "short_names"]

Names = Literal["short", "full"]
"""How columns are called: "short", see `short_names`, or "full", the `repr` of each estimator."""


def column_names(estimators: Iterable[object], names: Names = "short") -> tuple[str, ...]:
    """What the columns of these estimators are called.

    Raises:
        InvalidParameter: `names` is neither "short" nor "full".

    >>> from semuq import DiscreteSemanticEntropy
    >>> column_names([DiscreteSemanticEntropy()]), column_names([DiscreteSemanticEntropy()], "full")
    (('DiscreteSemanticEntropy',), ("DiscreteSemanticEntropy(equivalence='strict', clustering='greedy')",))
    """
    one_of(None, get_args(Names), names=names)
    full = tuple(map(repr, estimators))
    return full if names == "full" else short_names(full)


def short_names(full: Sequence[str]) -> tuple[str, ...]:
    """The shortest names that tell these `repr`s apart: without parameters, or with those that differ.

    A short name says which of these it is, and nothing of how its like is called elsewhere.

    >>> short_names(["A(b=1)", "Kernel(t=0.3, soft=True)", "Kernel(t=0.5, soft=True)"])
    ('A', 'Kernel(t=0.3)', 'Kernel(t=0.5)')
    """
    parts = [_parts(name) for name in full]
    found = []
    for name, (head, given) in zip(full, parts, strict=True):
        others = [own for own in parts if own[0] == head and own[1] != given]
        differ = [key for key in given if any(own.get(key) != given[key] for _, own in others)]
        found.append(f"{head}({', '.join(f'{key}={given[key]}' for key in differ)})" if differ else head)
        if not given and others:  # one of them is no call with named parameters
            found[-1] = name
    return tuple(found) if len(set(found)) == len(set(full)) else tuple(full)


def _parts(name: str) -> tuple[str, dict[str, str]]:
    """The class of a `repr` and the text of each parameter; what is no such call is a name as a whole."""
    try:
        call = ast.parse(name, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return name, {}
    if not isinstance(call, ast.Call) or call.args or not all(own.arg for own in call.keywords):
        return name, {}
    return ast.unparse(call.func), {
        str(own.arg): ast.get_source_segment(name, own.value) or ast.unparse(own.value) for own in call.keywords
    }
