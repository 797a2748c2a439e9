"""`cache_dir`: the one folder where semuq keeps what is slow to make and safe to lose."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_dir"]

ENVIRONMENT_VARIABLE = "SEMUQ_CACHE_DIR"


def cache_dir() -> Path:
    """The user's cache folder for semuq, or `$SEMUQ_CACHE_DIR` where that is set and not empty.

    Only a path: nothing is created, so reading it cannot fail on a read-only disk. Everything below
    it can be deleted at any time.

    Example:
        >>> from unittest.mock import patch
        >>> with patch.dict(os.environ, {"SEMUQ_CACHE_DIR": "elsewhere"}):
        ...     print(cache_dir())
        elsewhere
    """
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("semuq", appauthor=False))
