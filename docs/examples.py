"""The examples of docstrings as code: their heading is the singular, which griffe takes for a remark in Markdown."""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["Examples"]

_HEADING = re.compile(r"^(\s*)Example:$", re.MULTILINE)


class Examples(griffe.Extension):
    """Shows what follows `Example:` in a docstring of the API pages as a session of Python."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Give the heading the name that griffe knows."""
        if obj.docstring is not None:
            obj.docstring.value = _HEADING.sub(r"\1Examples:", obj.docstring.value)
