"""Put a changed module's code into the module that is loaded: whoever holds one of its functions runs the change."""

from __future__ import annotations

import gc
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

__all__ = ["swapped"]

_SPECIAL = ("__call__", "__eq__", "__hash__", "__init__", "__len__", "__post_init__")
_PLAIN = (int, float, complex, str, bytes, bool, tuple, frozenset, type(None))


def swapped(name: str, path: str, text: str) -> bool:
    """Change the loaded module to what this text says, in place; False if nothing of it could be changed.

    Code and defaults of functions and methods are replaced, and numbers, texts and tuples of module and classes.
    """
    old = sys.modules[name]
    new = types.ModuleType(name)
    new.__file__ = path
    sys.modules[name] = new  # dataclasses look their module up
    try:
        exec(compile(text, path, "exec"), vars(new))
    finally:
        sys.modules[name] = old
    return any([*_replace(vars(old), vars(new), lambda key, value: setattr(old, key, value), name)])


def _replace(old: Any, new: Any, write: Any, module: str) -> Iterator[bool]:
    for key, fresh in list(new.items()):
        own = old.get(key)
        if key.startswith("__") and key not in (
            "__init__",
            "__post_init__",
            "__call__",
            "__eq__",
            "__hash__",
            "__len__",
        ):
            continue
        if isinstance(fresh, type) and fresh.__module__ == module and isinstance(own, type):
            yield from _replace(vars(own), vars(fresh), _writer(own), module)
        elif (code := _function(own)) is not None and (changed := _function(fresh)) is not None:
            if changed.__module__ == module or key == "__init__":
                yield _take(code, changed)
        elif isinstance(fresh, _PLAIN) and isinstance(own, _PLAIN) and repr(own) != repr(fresh):
            write(key, fresh)
            yield True


def _writer(kind: type) -> Any:
    return lambda key, value: type.__setattr__(kind, key, value)


def _function(value: Any) -> types.FunctionType | None:
    """The function in a method, a property or a decorated function."""
    for name in ("__func__", "fget", "func", "__wrapped__"):
        inner = inspect.getattr_static(value, name, None) if value is not None else None
        if inner is not None and callable(getattr(value, name, None)):
            value = getattr(value, name)
    return value if isinstance(value, types.FunctionType) else None


def _take(old: types.FunctionType, new: types.FunctionType) -> bool:
    same = _told(old) == _told(new)
    if not same:
        inner = list(_nested(old.__code__, new.__code__))
        old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__
        for before, after in inner:
            for holder in gc.get_referrers(before):  # functions that were made already, by a factory
                if isinstance(holder, types.FunctionType):
                    holder.__code__ = after
    return not same


def _nested(old: types.CodeType, new: types.CodeType) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """The codes of functions in a function that differ, old and new, at any depth."""
    for before, after in zip(old.co_consts, new.co_consts, strict=False):
        if isinstance(before, types.CodeType) and isinstance(after, types.CodeType) and before != after:
            yield before, after
            yield from _nested(before, after)


def _told(function: types.FunctionType) -> tuple[Any, ...]:
    return function.__code__, repr(function.__defaults__), repr(function.__kwdefaults__)
