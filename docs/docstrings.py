"""Docstrings as griffe reads them: an example as code, and an entry for each parameter where one describes several."""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["Docstrings", "readable"]

_EXAMPLE = re.compile(r"^(?P<indent> *)Example:$", re.MULTILINE)
_BARE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)
_ARGS = re.compile(r"^(?P<indent> *)Args:\n(?:(?P=indent) +\S.*\n?|\n(?=(?P=indent) +\S))+", re.MULTILINE)
_TOGETHER = re.compile(
    r"^(?P<indent> *)(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)+):(?P<text>.*(?:\n(?P=indent) +\S.*)*)$", re.MULTILINE
)


def readable(text: str) -> str:
    """The docstring with the headings and entries that griffe knows.

    >>> print(readable("Add.\\n\\nArgs:\\n    a, b: whole\\n        numbers.\\n\\nExample:\\n    ..."))
    Add.
    <BLANKLINE>
    Args:
        a: whole
            numbers.
        b: whole
            numbers.
    <BLANKLINE>
    Examples:
        ...
    """
    text = _EXAMPLE.sub(r"\g<indent>Examples:", text)
    text = _BARE.sub(r"```pycon\n\g<0>\n```", text)  # one without a heading
    return _ARGS.sub(lambda section: _TOGETHER.sub(_one_by_one, section[0]), text)


def _one_by_one(entry: re.Match[str]) -> str:
    return "\n".join(f"{entry['indent']}{name}:{entry['text']}" for name in entry["names"].split(", "))


class Docstrings(griffe.Extension):
    """Makes every docstring of the API pages readable."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the text before it is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = readable(obj.docstring.value)
