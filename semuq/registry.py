"""Registries: one list for each kind of thing that is chosen by name, and one grammar for the names.

`ESTIMATORS`, `RELATIONS`, `SAMPLERS`, `METRICS` and `GRADERS` are registries; the command line, recipes, benchmarks,
the documentation and the contract tests read them. Text such as `KernelLanguageEntropy(kernel=Heat(t=0.5))` is
parsed, never evaluated: a name must be a member or one of its parts, an argument one of its parameters, a value a
literal or again such a call.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from semuq.errors import InvalidParameter

__all__ = ["REGISTRIES", "Registry", "from_name"]

Member = TypeVar("Member")
Parts = dict[str, Callable[..., Any]]

REGISTRIES = (
    "semuq.estimators:ESTIMATORS",
    "semuq.relations:RELATIONS",
    "semuq.sampling:SAMPLERS",
    "semuq.grading:GRADERS",
    "semuq.metrics:METRICS",
)
"""Where the registries are; each is imported when a name is looked for in it."""


class Registry(Generic[Member]):
    """The members of one kind, in order: their names, and how text becomes one of them.

    Args:
        kind: what a member is called in messages, such as "estimator".
        members: the classes (or functions), or short names for them; "package.module:Name" is imported on first use.
        make: what becomes of a member and its arguments; by default the member is called with them.

    >>> from semuq.estimators import ESTIMATORS
    >>> ESTIMATORS.read("KernelLanguageEntropy(kernel=Heat(t=0.5))").kernel
    Heat(t=0.5)
    >>> ESTIMATORS.read("Entropy")
    Traceback (most recent call last):
    semuq.errors.InvalidParameter: estimator: expected one of `semuq estimators`, got 'Entropy'; did you mean ...?
    """

    def __init__(
        self,
        kind: str,
        members: Iterable[Callable[..., Any]] | Mapping[str, Callable[..., Any] | str],
        *,
        listed: str = "",
        make: Callable[..., Member] | None = None,
    ) -> None:
        self.kind = kind
        self._listed = listed
        self._make = make or (lambda member, **given: member(**given))
        if isinstance(members, Mapping):
            self._members = dict(members)
        else:
            self._members = {_name(member): member for member in members}

    def __iter__(self) -> Iterator[Any]:
        """The classes (or functions) themselves."""
        return (self[name] for name in self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, item: object) -> bool:
        """Whether it is the name of a member, short or its own, or a member itself, as iteration gives them."""
        if isinstance(item, str):
            return item in self._members or item in self._long_names()
        return any(item is member for member in self)

    def __getitem__(self, name: str) -> Any:
        """The class (or function) of this name, short or its own.

        Raises:
            InvalidParameter: there is none; the message has the nearest.
        """
        key = name if name in self._members else self._long_names().get(name)
        if key is None:
            raise self._unknown(name)
        found = self._members[key]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = self._members[key] = getattr(importlib.import_module(module), attribute)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """What each member is called in text; nothing is imported for it."""
        return tuple(self._members)

    def read(self, text: str) -> Member:
        """The one member that the text describes, such as "exact" or "ExactMatch(normalise=False)".

        Raises:
            InvalidParameter: no such member, parameter or value; a limit of the member's own.
        """
        found = self.read_all(text)
        if len(found) != 1:
            raise InvalidParameter(f"{self.kind}: expected one name, got {len(found)} in {text!r:.80}")
        return found[0]

    def read_all(self, text: str) -> tuple[Member, ...]:
        """The members in a comma-separated list of names, with or without arguments.

        Raises:
            InvalidParameter: not such a list, or as `read`.
        """
        try:
            body = ast.parse(f"[{text.strip()}\n]", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            first = next(iter(self.names))
            raise InvalidParameter(
                f'{self.kind}: expected names such as "{first}" or "{first}(...)", got {text!r:.80}'
            ) from error
        nodes = body.elts if isinstance(body, ast.List) else []
        if not nodes:
            raise InvalidParameter(f"{self.kind}: expected at least one name, got none{self._see()}")
        return tuple(self._read_node(node) for node in nodes)

    def short(self, name: str) -> str:
        """A `repr` without arguments at their defaults; the `repr` of a stranger stays as it is.

        >>> from semuq.estimators import ESTIMATORS
        >>> ESTIMATORS.short("DiscreteSemanticEntropy(equivalence='strict', clustering='greedy')")
        'DiscreteSemanticEntropy'
        """
        try:
            made: Any = self.read(name)
        except (InvalidParameter, ValueError):
            return name
        changed = [
            f"{item.name}={getattr(made, item.name)!r}"
            for item in fields(made)
            if item.init and item.repr and getattr(made, item.name) != _default(item)
        ]
        return type(made).__name__ + (f"({', '.join(changed)})" if changed else "")

    def behind(self, name: str) -> Any | None:
        """The class behind the `repr` of a member; None if there is none of that name here."""
        bare = name.partition("(")[0]
        if bare not in self:
            return None
        return self[bare]

    def _read_node(self, node: ast.expr) -> Member:
        call = node if isinstance(node, ast.Call) else ast.Call(func=node, args=[], keywords=[])
        name = call.func.id if isinstance(call.func, ast.Name) else ast.unparse(call.func)
        member = self[name]
        given = _arguments(call, member, self._parts())
        return self._make(member, **given)

    def _parts(self) -> Parts:
        """What may stand inside a member: the dataclasses of the modules of all members that were imported."""
        modules = {member.__module__ for member in self._members.values() if not isinstance(member, str)}
        return {
            name: value
            for module in modules
            for name, value in vars(sys.modules[module]).items()
            if isinstance(value, type) and is_dataclass(value) and not name.startswith("_")
        }

    def _long_names(self) -> dict[str, str]:
        return {
            member.partition(":")[2] if isinstance(member, str) else _name(member): key
            for key, member in self._members.items()
        }

    def _unknown(self, name: str) -> InvalidParameter:
        wanted = f"one of `{self._listed}`" if self._listed else f"one of {', '.join(self.names)}"
        near = nearest(name, {**self._long_names(), **dict.fromkeys(self.names)})
        return InvalidParameter(f"{self.kind}: expected {wanted}, got {name!r:.60}{near}")

    def _see(self) -> str:
        return f"; see `{self._listed}`" if self._listed else ""


def from_name(text: str) -> Any:
    """What the text names, of whatever kind: an estimator, a relation, a sampler, a grader or a metric.

    Raises:
        InvalidParameter: nothing of that name exists, or a parameter or value is not one it takes.

    >>> from_name("KernelLanguageEntropy(kernel=Heat(t=0.3))").kernel, from_name("exact")
    (Heat(t=0.3), ExactMatch(normalise=True))
    """
    name = text.partition("(")[0].strip()
    registries = [_registry(place) for place in REGISTRIES]
    for registry in registries:
        if name in registry:
            return registry.read(text)
    known = [known for registry in registries for known in registry.names]
    raise InvalidParameter(
        f"name: expected an estimator, relation, sampler, grader or metric, got {name!r:.60}{nearest(name, known)}"
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean X?" for the nearest known name, the empty string if none is near."""
    lower = {item.lower(): item for item in known}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    return f"; did you mean {lower[close[0]]}?" if close else ""


def _registry(place: str) -> Registry[Any]:
    module, _, name = place.partition(":")
    found: Registry[Any] = getattr(importlib.import_module(module), name)
    return found


def _name(member: Any) -> str:
    name: str = member.__name__
    return name


def _arguments(call: ast.Call, member: Callable[..., Any], parts: Parts) -> dict[str, Any]:
    """The keyword arguments of a call, each checked to be a parameter."""
    owner, known = _name(member), _parameters(member)
    positional = [own for own in known if isinstance(member, type) and known[own] is not inspect.Parameter.KEYWORD_ONLY]
    if len(call.args) > len(positional):
        raise InvalidParameter(f"{owner}: expected keyword arguments such as {list(known)[:2]}, got a bare value")
    given = {name: _value(node, f"{owner}.{name}", parts) for name, node in zip(positional, call.args, strict=False)}
    for keyword in call.keywords:
        if keyword.arg not in known or keyword.arg in given:
            raise InvalidParameter(
                f"{owner}: expected one of its parameters {list(known)}, got {keyword.arg!r}"
                f"{nearest(keyword.arg or '', known)}"
            )
        given[keyword.arg] = _value(keyword.value, f"{owner}.{keyword.arg}", parts)
    missing = [name for name in _required(member) if name not in given]
    if missing:
        raise InvalidParameter(f"{owner}: expected a value for {', '.join(missing)}, got none")
    return given


def _parameters(member: Callable[..., Any]) -> dict[str, Any]:
    """Parameter -> its kind, but for what a function is given when it is called: data, without a default."""
    found = inspect.signature(member).parameters.values()
    return {own.name: own.kind for own in found if isinstance(member, type) or not _is_data(own)}


def _required(member: Callable[..., Any]) -> list[str]:
    """The parameters that have no default."""
    found = inspect.signature(member).parameters.values()
    gathers = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    wanted = [own for own in found if own.default is own.empty and own.kind not in gathers]
    return [own.name for own in wanted if isinstance(member, type) or not _is_data(own)]


def _is_data(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY


def _value(node: ast.expr, where: str, parts: Parts) -> Any:
    if isinstance(node, ast.Name) and node.id == "inf":  # as `repr` writes it
        return math.inf
    if isinstance(node, ast.Name) and (node.id in parts or any(node.id in own for own in map(_registry, REGISTRIES))):
        node = ast.Call(func=node, args=[], keywords=[])  # a name with nothing given, as it may stand alone
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        if name in parts:
            member = parts[name]
            return member(**_arguments(node, member, parts))
        for registry in map(_registry, REGISTRIES):
            if name in registry:
                return registry.read(ast.unparse(node))
        raise InvalidParameter(f"{where}: expected one of {sorted(parts)}, got {name!r:.60}{nearest(name, parts)}")
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, where, parts) for item in node.elts)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameter(
            f"{where}: expected a plain value such as 0.5, 'text' or True, got {ast.unparse(node)!r:.60}"
        ) from error


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default
