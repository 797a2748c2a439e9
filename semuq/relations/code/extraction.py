"""Where the program stands in an answer: a fenced block, the text itself, or what continues the stub in the prompt."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from semuq.markup import visible
from semuq.samples.thoughts import split_thought

__all__ = ["does_nothing", "entry_point_of", "program_of", "stub_of"]

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^(?:from|import|def|async def|class|@)\b|^@", re.MULTILINE)
_INDENT = "    "
MEMORY = 4_096
"""Answers whose programs are remembered: each is looked for to see whether there is one, and to run it."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def entry_point_of(prompt: str) -> str | None:
    """The function that a prompt asks for: the last one that its stub defines; None where it has none.

    >>> entry_point_of("def helper(a): return a" + chr(10) + "def double(n: int) -> int:" + chr(10) + "    ...")
    'double'
    >>> entry_point_of("Write a function that doubles a number.")
    """
    stub = stub_of(prompt)
    names = [node.name for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)] if stub else []
    return names[-1] if names else None


def stub_of(prompt: str) -> str | None:
    """The part of a prompt that is Python with a function in it: the whole prompt, or a fenced block of it."""
    for text in (prompt, prompt.rstrip() + f"\n{_INDENT}pass\n", *_fenced(prompt)):
        tree = _parsed(text)
        if tree and any(isinstance(node, ast.FunctionDef) for node in tree.body):
            return text
    return None


@lru_cache(MEMORY)
def program_of(text: str, entry_point: str, prompt: str = "") -> str | None:
    r"""The program in an answer, with what the stub in the prompt imports and defines in front of it.

    Tried in turn, and the first that parses and defines the entry point is taken: fenced blocks, alone and together;
    the text; the text from where code begins to where it ends; the prompt with the text behind it, whose first line is
    indented if that was lost. Thoughts are skipped.

    Returns: source that defines the entry point, or None if there is none.

    >>> program_of("Sure:\n```python\ndef f(n):\n    return n\n```", "f")
    'def f(n):\n    return n\n'
    >>> program_of("return n", "f", "def f(n: int) -> int:\n    '''The number itself.'''\n")
    "def f(n: int) -> int:\n    '''The number itself.'''\n    return n\n"
    >>> program_of("I do not know.", "f")
    """
    stub = stub_of(prompt)
    answer = visible(split_thought(text).answer if "</" in text else text)
    for candidate in _candidates(answer, prompt):
        tree = _parsed(candidate)
        if tree and _defines(tree, entry_point):
            alone = candidate.strip("\n") + "\n"
            return alone if not stub or candidate.startswith(prompt) else f"{stub}\n{alone}"
    for candidate in _continued(answer, prompt if stub else ""):
        tree = _parsed(candidate)
        if tree and _defines(tree, entry_point):
            return candidate.rstrip() + "\n"
    return None


def does_nothing(program: str, entry_point: str) -> bool:
    """Whether the function is only announced: `pass`, `...` or `raise NotImplementedError`, beside its docstring.

    >>> does_nothing("def f(n):" + chr(10) + "    'Doubles.'" + chr(10) + "    pass", "f")
    True
    >>> does_nothing("def f(n): return None", "f")
    False
    """
    tree = _parsed(program)
    defined = (
        [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == entry_point] if tree else []
    )
    return bool(defined) and all(_announces(node) for node in defined[-1].body)


def _announces(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _candidates(text: str, prompt: str) -> Iterator[str]:
    blocks = _fenced(text)
    for place, block in enumerate(blocks):
        if place and re.search(r"\b(?:def|class)\b|=", block):  # helpers stand in a block of their own
            yield "\n".join(blocks[: place + 1])
        yield block
    yield text
    if begin := _CODE.search(text):
        lines = text[begin.start() :].splitlines()
        yield from ("\n".join(lines[:stop]) for stop in range(len(lines), 0, -1))


def _continued(text: str, prompt: str) -> Iterator[str]:
    """The prompt with the text behind it: as it is if it is indented, else with the first or with all lines indented.

    Samplers strip answers, and what is not indented would be no part of the function.
    """
    if not prompt:
        return
    head = prompt.rstrip("\n") + "\n"
    for body in filter(str.strip, (text, *_fenced(text))):
        tree = _parsed(body)
        if tree and all(isinstance(node, _DEFINITIONS) for node in tree.body):
            continue  # another function, not the body of this one
        lines = body.strip("\n").splitlines()
        if lines[0][:1].isspace():
            yield head + "\n".join(lines) + "\n"
        yield head + _INDENT + body.strip() + "\n"
        yield head + "\n".join(_INDENT + line for line in lines) + "\n"


def _fenced(text: str) -> list[str]:
    return [found[3] for found in _FENCE.finditer(text)]


def _defines(tree: ast.Module, name: str) -> bool:
    return any(
        (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)
        or (isinstance(node, ast.Assign) and any(isinstance(own, ast.Name) and own.id == name for own in node.targets))
        for node in tree.body
    )


def _parsed(text: str) -> ast.Module | None:
    """The tree, or None where it is no Python; a `return` outside of a function only the compiler refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a model's "\d"
        try:
            compile(text, "<answer>", "exec", dont_inherit=True)
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
