"""Arguments to try a function on: from the annotations of its stub and the examples in its docstring.

Never from the tests of a benchmark: where those decide what is right, the answers' behaviour on them gives it away.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from semuq.checks import whole
from semuq.errors import InvalidSamples
from semuq.relations.code.drawing import Kind, kind_of, kind_of_values, varied
from semuq.relations.code.extraction import entry_point_of, stub_of

__all__ = ["typed_inputs"]

TRIES = 50
"""Draws for each input that is wanted, before there are no other ones."""


def typed_inputs(prompt: str, n: int = 40, seed: int = 0, *, entry_point: str | None = None) -> list[tuple[Any, ...]]:
    """Arguments for the function that a prompt asks for.

    First those of the examples in the docstring (`>>> f(1)`); then boundary values of the annotated types, one for each
    parameter at a time; then draws: small numbers and short texts and collections, and values of the examples again,
    alone, joined and shortened. A parameter without annotation has the types that it has in the examples.

    Args:
        prompt: with a stub: imports, head of the function, docstring.
        n: how many at most, >= 1; the first k of n are those of n = k. Fewer where the types have no more values.
        seed: of the draws.
        entry_point: the function; None is the last one in the stub.

    Returns: tuples of arguments, none twice.

    Raises:
        InvalidSamples: there is no stub, or a parameter has neither a type that can be drawn nor an example.

    >>> typed_inputs("def double(n: int) -> int:" + chr(10) + "    '''>>> double(21)'''", n=5)
    [(21,), (0,), (1,), (2,), (3,)]
    """
    whole(None, 1, n=n)
    stub = stub_of(prompt)
    name = entry_point or entry_point_of(prompt)
    functions = [
        node
        for node in (ast.parse(stub).body if stub else [])
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    if not functions:
        raise InvalidSamples(
            f"prompt: expected the head of a function {name or ''!s}, got {prompt!r:.60}; pass inputs=[(...), ...]"
        )
    function = functions[-1]
    examples = _examples(function)
    drawn = _drawn(_parameters(function, examples), examples, random.Random(seed))
    return list(islice(_distinct(drawn, TRIES * n), n))


def _distinct(values: Iterator[tuple[Any, ...]], tries: int) -> Iterator[tuple[Any, ...]]:
    seen = set()
    for own in islice(values, tries):
        form = repr(own)
        if form not in seen:
            seen.add(form)
            yield own


def _drawn(kinds: Sequence[Kind], examples: Sequence[tuple[Any, ...]], rng: random.Random) -> Iterator[tuple[Any, ...]]:
    yield from examples
    if not kinds:
        yield ()
        return
    for place in range(max(len(kind.boundary) for kind in kinds)):
        yield tuple(kind.boundary[min(place, len(kind.boundary) - 1)] for kind in kinds)
    while True:
        yield tuple(rng.choice(kind.boundary) if rng.random() < 0.2 else kind.draw(rng) for kind in kinds)


def _examples(function: ast.FunctionDef) -> list[tuple[Any, ...]]:
    """The literal arguments of calls behind `>>>` in the docstring."""
    found = []
    for line in (ast.get_docstring(function) or "").splitlines():
        mark, _, call = line.partition(">>>")
        if mark.strip() or not call.strip():
            continue
        try:
            tree = ast.parse(call.strip(), mode="eval")
            found += [
                tuple(ast.literal_eval(own) for own in node.args)
                for node in ast.walk(tree)
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == function.name
                and not node.keywords
            ]
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):  # no literal: no example for us
            continue
    wanted = len(function.args.posonlyargs + function.args.args)
    return [own for own in found if wanted - len(function.args.defaults) <= len(own) <= wanted]


def _parameters(function: ast.FunctionDef, examples: Sequence[tuple[Any, ...]]) -> list[Kind]:
    kinds = []
    for place, own in enumerate(function.args.posonlyargs + function.args.args):
        shown = [example[place] for example in examples if place < len(example)]
        kind = kind_of(own.annotation) if own.annotation is not None else None
        if kind is None and shown:
            kind = kind_of_values(shown)
        if kind is None:
            kind_name = "none" if own.annotation is None else ast.unparse(own.annotation)
            raise InvalidSamples(
                f"{function.name}.{own.arg}: expected a type that arguments can be drawn from, or an example in the "
                f"docstring, got {kind_name}; pass inputs=[(...), ...]"
            )
        kinds.append(_with_shown(kind, shown))
    return kinds


def _with_shown(kind: Kind, shown: Sequence[Any]) -> Kind:
    """Draws that are, half of the time, made of what the examples show."""
    if not shown:
        return kind
    return Kind(kind.boundary, lambda rng: varied(rng, shown) if rng.random() < 0.5 else kind.draw(rng))
