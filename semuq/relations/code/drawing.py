"""Values of a type: what its annotation says, boundary values first, and draws that look like what people pass."""

from __future__ import annotations

import ast
import random
import string
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

__all__ = ["Kind", "kind_of", "kind_of_values", "varied"]

Draw = Callable[[random.Random], Any]

LONGEST = 7
"""Items of a drawn collection."""
_WHOLE = (0, 1, 2, 3, -1, 5, 10, 4, 7, 100, 12, -5, 37, 1000)
_REAL = (0.0, 1.0, -1.0, 0.5, 2.5, 3.14159, 100.0, -7.25, 1e-3)
_TEXT = ("", "a", "abc", "Hello World", "aba", "A", "the quick brown fox", "a1b2", "12", "(())", "aAbB", "x y  z", "!?")


@dataclass(frozen=True)
class Kind:
    """A type: its boundary values, and a way to draw others."""

    boundary: Sequence[Any]
    draw: Draw


def varied(rng: random.Random, shown: Sequence[Any]) -> Any:
    """One of some values, a little changed: another number near it, a part of a text or list, two of them joined."""
    value: Any = rng.choice(shown)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value + rng.choice((-2, -1, 0, 1, 2, 10))
    if not isinstance(value, str | list | tuple) or not value:
        return value
    return _cut_or_joined(rng, value, [own for own in shown if type(own) is type(value)])


def _cut_or_joined(rng: random.Random, value: Any, alike: Sequence[Any]) -> Any:
    place = rng.randrange(len(value))
    joined = value + rng.choice(alike)
    return rng.choice((value[place:], value[: place + 1], joined, value[::-1], value[:place] + value[place + 1 :]))


def kind_of(annotation: ast.expr) -> Kind | None:
    """The kind of an annotation; None where nothing can be drawn from it."""
    if isinstance(annotation, ast.Constant):
        if isinstance(annotation.value, str):
            try:
                return kind_of(ast.parse(annotation.value, mode="eval").body)
            except SyntaxError:
                return None
        return Kind((annotation.value,), lambda rng: annotation.value) if annotation.value is None else None
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return _either([annotation.left, annotation.right])
    if isinstance(annotation, ast.Subscript):
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return _generic(_last_name(annotation.value), inner)
    return _plain(_last_name(annotation))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _plain(name: str) -> Kind | None:
    if name in _PLAIN:
        return _PLAIN[name]
    bare = {"list": "int", "set": "int", "frozenset": "int", "tuple": "int", "sequence": "int", "iterable": "int"}
    if name.lower() in bare:
        return _generic(name, [ast.Name(bare[name.lower()])])
    return _generic(name, [ast.Name("str"), ast.Name("int")]) if name.lower() == "dict" else None


def _generic(name: str, inner: Sequence[ast.expr]) -> Kind | None:
    name = name.lower()
    if name == "union":
        return _either(inner)
    if name == "optional":
        return _either([*inner, ast.Constant(None)])
    if name == "literal":
        values = tuple(own.value for own in inner if isinstance(own, ast.Constant))
        return Kind(values, lambda rng: rng.choice(values)) if values else None
    if name == "tuple" and not (len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is ...):
        parts = [kind_of(own) for own in inner]
        known = [own for own in parts if own is not None]
        if len(known) < len(parts):
            return None
        return _tuple(known)
    items = [kind_of(own) for own in inner if not (isinstance(own, ast.Constant) and own.value is ...)]
    if None in items or not items:
        return None
    first = items[0]
    assert first is not None
    if name in ("dict", "mapping", "mutablemapping", "defaultdict", "ordereddict", "counter") and len(items) == 2:
        second = items[1]
        assert second is not None
        return _collection(dict, _tuple([first, second]))
    makers: dict[str, Callable[[list[Any]], Any]] = {
        **dict.fromkeys(("list", "sequence", "iterable", "collection", "mutablesequence"), list),
        **dict.fromkeys(("set", "abstractset", "mutableset"), set),
        "frozenset": frozenset,
        "tuple": tuple,
    }
    return _collection(makers[name], first) if name in makers else None


def _either(inner: Sequence[ast.expr]) -> Kind | None:
    kinds = [kind for own in inner if (kind := kind_of(own)) is not None]
    if not kinds:
        return None
    boundary = [value for group in zip(*(_cycled(kind.boundary) for kind in kinds), strict=False) for value in group]
    return Kind(boundary, lambda rng: rng.choice(kinds).draw(rng))


def _cycled(values: Sequence[Any], count: int = len(_WHOLE)) -> list[Any]:
    return [values[place % len(values)] for place in range(count)]


def _tuple(kinds: Sequence[Kind]) -> Kind:
    most = max(len(kind.boundary) for kind in kinds)
    boundary = [
        tuple(kind.boundary[(place + shift) % len(kind.boundary)] for shift, kind in enumerate(kinds))
        for place in range(most)
    ]
    return Kind(boundary, lambda rng: tuple(kind.draw(rng) for kind in kinds))


def _collection(make: Callable[[list[Any]], Any], item: Kind) -> Kind:
    some = item.boundary
    sizes = (0, 1, 2, 3, min(5, len(some)))
    lists = [list(some[:size]) for size in sizes] + [list(some[1:4])[::-1], [some[-1]] * 3, list(some[2:7])]
    return Kind([_made(make, own) for own in lists], lambda rng: _made(make, _items(rng, item)))


def _made(make: Callable[[list[Any]], Any], items: list[Any]) -> Any:
    """The collection; of what cannot be hashed a set holds nothing."""
    try:
        return make(items)
    except TypeError:
        return make([])


def _items(rng: random.Random, item: Kind) -> list[Any]:
    """Some items: some are drawn again, as real lists have repetitions, and some lists are sorted."""
    items = [item.draw(rng) for _ in range(rng.randrange(LONGEST))]
    items += [rng.choice(items) for _ in range(rng.randrange(3))] if items else []
    if rng.random() < 0.3:
        with suppress(TypeError):  # items without an order stay as they are
            items.sort()
    return items


def _integer(rng: random.Random) -> int:
    return rng.choice(
        (rng.randrange(10), rng.randrange(10), rng.randrange(30), rng.randrange(-10, 0), rng.randrange(300))
    )


def _real(rng: random.Random) -> float:
    return rng.choice((float(_integer(rng)), round(rng.uniform(-10, 10), 2), round(rng.uniform(0, 1), 3)))


def _text(rng: random.Random) -> str:
    letters = rng.choice(
        ("ab", "abc", string.ascii_lowercase, string.ascii_letters, string.digits, "()[]{}", "aeiou xyz")
    )
    words = [
        "".join(rng.choice(letters) for _ in range(rng.randrange(LONGEST))) for _ in range(rng.choice((1, 1, 2, 4)))
    ]
    return " ".join(words)


_PLAIN = {
    "int": Kind(_WHOLE, _integer),
    "float": Kind(_REAL, _real),
    "str": Kind(_TEXT, _text),
    "bool": Kind((True, False), lambda rng: rng.random() < 0.5),
    "bytes": Kind(tuple(own.encode() for own in _TEXT), lambda rng: _text(rng).encode()),
    "complex": Kind((0j, 1j, 1 + 0j, 2 - 3j), lambda rng: complex(_integer(rng), _integer(rng))),
    "object": Kind((0, "a", 1.5, None, True, [1]), lambda rng: rng.choice((_integer, _text, _real))(rng)),
    "Any": Kind((0, "a", 1.5, None, True, [1]), lambda rng: rng.choice((_integer, _text, _real))(rng)),
}


def kind_of_values(shown: Sequence[Any]) -> Kind | None:
    """The kind that values have between them; None where nothing like them can be drawn."""
    kinds = [kind for own in shown if (kind := kind_of(ast.parse(_type_of(own), mode="eval").body)) is not None]
    return Kind(list(shown), lambda rng: rng.choice(kinds).draw(rng)) if kinds else None


def _type_of(value: Any) -> str:
    """The annotation that a literal would have."""
    if isinstance(value, tuple):
        return f"tuple[{', '.join(_type_of(own) for own in value) or 'int, ...'}]"
    if isinstance(value, list | set | frozenset):
        inner = dict.fromkeys(_type_of(own) for own in value)
        return f"{type(value).__name__}[{' | '.join(inner) or 'int'}]"
    if isinstance(value, dict):
        keys, values = (dict.fromkeys(map(_type_of, part)) for part in (value.keys(), value.values()))
        return f"dict[{' | '.join(keys) or 'str'}, {' | '.join(values) or 'int'}]"
    return "None" if value is None else type(value).__name__
