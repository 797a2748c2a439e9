"""The canonical form of what a call gave: two calls behaved alike if their forms are equal texts.

Read by the worker process alone; nothing here may trust the values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any

__all__ = ["canonical"]

LONGEST = 200
"""Characters; a longer form is its beginning and a hash."""
DEEPEST = 50
MOST_ITEMS = 1000
"""Of an iterator, which may have no end."""
MOST_BITS = 1000
"""Of a whole number that is written in decimal digits."""


def canonical(value: Any) -> str:
    """A text that equal values share: types are told apart, floats have nine digits, sets and keys are sorted.

    A list is no tuple, 1 is neither 1.0 nor True. A subclass of a built-in type counts as that type, so that a Counter
    is a dict. An iterator stands for its items, up to 1,000. Functions are alike, as their code is not looked at. An
    object is its class with its attributes.

    >>> canonical({"b": [1, 0.1 + 0.2], "a": {3, 1}})
    "{'a': {1, 3}, 'b': [1, 0.3]}"
    >>> canonical((True, None, range(3)))
    '(True, None, range(0, 3))'
    """
    form = _form(value, 0)
    if len(form) <= LONGEST:
        return form
    return f"{form[: LONGEST // 2]}... #{hashlib.sha256(form.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _form(value: Any, depth: int) -> str:
    if depth > DEEPEST:
        return "..."
    if value is None or isinstance(value, bool | str | bytes | bytearray):
        return repr(value)
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, int):
        return str(int(value)) if value.bit_length() <= MOST_BITS else hex(value)
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, complex):
        return f"complex({_real(value.real)}, {_real(value.imag)})"
    if isinstance(value, range):
        return repr(value)
    deeper = depth + 1
    if isinstance(value, Mapping):
        items = sorted((_form(key, deeper), _form(own, deeper)) for key, own in value.items())
        return "{" + ", ".join(f"{key}: {own}" for key, own in items) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(_form(item, deeper) for item in value)) + "}" if value else "set()"
    if isinstance(value, list):
        return "[" + ", ".join(_form(item, deeper) for item in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(_form(item, deeper) for item in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, Iterator):
        return f"iterator({', '.join(_form(item, deeper) for item in islice(value, MOST_ITEMS))})"
    return _object(value, deeper)


def _real(value: float) -> str:
    """Nine digits, with a point so that it is no whole number; both zeros are one."""
    form = format(value + 0.0, ".9g")
    return form if any(sign in form for sign in ".en") else f"{form}.0"


def _object(value: Any, depth: int) -> str:
    kind = type(value)
    if callable(value):
        return "callable"
    if kind.__module__.partition(".")[0] == "numpy":
        plain = value.tolist()
        return _form(plain, depth) if not isinstance(plain, list) else f"array({_form(plain, depth)})"
    if hasattr(value, "__dict__"):
        return f"{kind.__name__}{_form(vars(value), depth)}"
    form = repr(value)
    return kind.__name__ if " at 0x" in form else f"{kind.__name__}({form})"  # an address says nothing
