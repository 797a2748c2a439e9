"""Numbers in the documentation come from `benchmarks/results/*.json`: `{{ entailment_model:mnli.accuracy:.1% }}`."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"

_NUMBER = re.compile(r"\{\{\s*(?P<file>[\w.-]+):(?P<path>[^:}]+?)(?::(?P<format>[^}\s]+))?\s*\}\}")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the numbers of a page; an unknown one fails the build."""
    return fill(markdown)


def fill(text: str) -> str:
    """Replace every `{{ file:path.to.value:format }}` by the value in that results file."""
    return _NUMBER.sub(lambda match: look_up(match["file"], match["path"], match["format"] or ""), text)


def look_up(file: str, path: str, form: str = "") -> str:
    """The formatted value at a dotted path of a results file; keys may hold dots themselves, as names of models do."""
    value = _load(file)
    while path:
        key = path.partition(".")[0]
        if isinstance(value, dict):
            key = max((own for own in value if f"{path}.".startswith(f"{own}.")), key=len, default=key)
        value, path = value[int(key)] if isinstance(value, list) else value[key], path[len(key) + 1 :]
    return format(value, form)


@cache
def _load(file: str) -> Any:
    return json.loads((RESULTS / f"{file}.json").read_text())
