"""Estimators as text: read safely from `KernelLanguageEntropy(kernel=Heat(t=0.5))`, and written briefly.

For the command line and the report. Text is parsed, never evaluated: a name must be an estimator,
a keyword one of its fields, a value a literal, an estimator, or one of the dataclasses of the estimators' modules.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from semuq.errors import InvalidParameter
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import Estimator

__all__ = ["family", "parse_estimators", "short_names"]


def parse_estimators(text: str) -> tuple[Estimator, ...]:
    """The estimators in a comma-separated list of names, with or without keyword arguments.

    Raises:
        InvalidParameter: not such a list; an unknown name comes with the nearest known one.

    >>> parse_estimators("DiscreteSemanticEntropy(clustering='components')")
    (DiscreteSemanticEntropy(equivalence='strict', clustering='components'),)
    """
    try:
        body = ast.parse(f"[{text.strip()}\n]", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidParameter(
            f'estimators: expected a list such as "SemanticEntropy,KernelLanguageEntropy(kernel=Heat(t=0.5))", '
            f"got {text!r:.80}"
        ) from error
    nodes = body.elts if isinstance(body, ast.List) else []
    if not nodes:
        raise InvalidParameter("estimators: expected at least one name, got none; see `semuq estimators`")
    return tuple(_instance(node) for node in nodes)


def family(name: str) -> type[Estimator] | None:
    """The class behind the `repr` of an estimator; None if this version of semuq has none of that name."""
    return _known().get(name.partition("(")[0])


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Each `repr` -> the same without arguments at their defaults; a `repr` of another's estimator stays.

    >>> from semuq import DiscreteSemanticEntropy
    >>> list(short_names([repr(DiscreteSemanticEntropy())]).values())
    ['DiscreteSemanticEntropy']
    """
    return {name: _short_name(name) for name in names}


def _short_name(name: str) -> str:
    try:
        (estimator,) = parse_estimators(name)
    except (InvalidParameter, ValueError):
        return name
    changed = [
        f"{item.name}={getattr(estimator, item.name)!r}"
        for item in fields(estimator)
        if getattr(estimator, item.name) != _default(item)
    ]
    return type(estimator).__name__ + (f"({', '.join(changed)})" if changed else "")


def _default(item: Any) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


def _instance(node: ast.expr) -> Estimator:
    call = node if isinstance(node, ast.Call) else ast.Call(func=node, args=[], keywords=[])
    cls = _look_up(call, _known(), "estimators")
    made = _call(call, cls, _parts())
    assert isinstance(made, Estimator)  # by construction: cls comes from ESTIMATORS
    return made


def _call(call: ast.Call, cls: type[Any], parts: dict[str, type[Any]]) -> Any:
    known = [item.name for item in fields(cls)]
    values = {}
    if call.args:
        raise InvalidParameter(f"{cls.__name__}: expected keyword arguments such as {known[:2]}, got a bare value")
    for keyword in call.keywords:
        if keyword.arg not in known:
            raise InvalidParameter(
                f"{cls.__name__}: expected one of its parameters {known}, "
                f"got {keyword.arg!r}{_nearest(keyword.arg, known)}"
            )
        values[keyword.arg] = _value(keyword.value, f"{cls.__name__}.{keyword.arg}", parts)
    return cls(**values)


def _parts() -> dict[str, type[Any]]:
    """What may stand inside an estimator: the dataclasses of the estimators' modules, and estimators (an ensemble)."""
    return {
        name: value
        for cls in ESTIMATORS
        for name, value in vars(sys.modules[cls.__module__]).items()
        if is_dataclass(value) and isinstance(value, type) and not name.startswith("_")
    } | _known()


def _value(node: ast.expr, where: str, parts: dict[str, type[Any]]) -> Any:
    if isinstance(node, ast.Call):
        return _call(node, _look_up(node, parts, where), parts)
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, where, parts) for item in node.elts)
    if isinstance(node, ast.Name) and node.id == "inf":  # as `repr` writes it
        return math.inf
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameter(
            f"{where}: expected a plain value such as 0.5, 'text' or True, got {ast.unparse(node)!r:.60}"
        ) from error


def _look_up(call: ast.Call, known: dict[str, type[Any]], where: str) -> type[Any]:
    name = call.func.id if isinstance(call.func, ast.Name) else ast.unparse(call.func)
    if name not in known:
        raise InvalidParameter(f"{where}: expected one of {sorted(known)}, got {name!r:.60}{_nearest(name, known)}")
    return known[name]


def _nearest(name: str | None, known: Iterable[str]) -> str:
    lower = {item.lower(): item for item in known}
    close = get_close_matches((name or "").lower(), lower, n=1, cutoff=0.5)
    return f"; did you mean {lower[close[0]]}?" if close else ""


def _known() -> dict[str, type[Estimator]]:
    return {cls.__name__: cls for cls in ESTIMATORS}
