"""Files of what was fitted: JSON that says what it is, numbers and names only, no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semuq.errors import InvalidParameter

__all__ = ["read_json"]


def read_json(path: str | Path, kind: str, version: int) -> dict[str, Any]:
    """The object in a file that says it is of this kind and of this version or an earlier one.

    Raises:
        InvalidParameter: it is something else.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"{path}: expected a {kind} file in JSON, got something unreadable ({error})") from error
    if not isinstance(record, dict) or record.get("format") != kind:
        found = record.get("format") if isinstance(record, dict) else type(record).__name__
        raise InvalidParameter(f"{path}: expected a file of format {kind!r}, got {found!r}; is it another file?")
    found = record.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= version:
        raise InvalidParameter(f"{path}: expected version 1 to {version}, got {found!r}; a newer semuq may read it")
    return record
