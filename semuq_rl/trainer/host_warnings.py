"""Warnings that TRL causes in transformers: nobody who trains can act on them, so a run does not show them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_host_warnings"]

RENAMED = "`is_gradient_checkpointing` is deprecated"
"""TRL asks for this property of a model, by the name that transformers 5 has given up, in every step."""


@contextmanager
def without_host_warnings() -> Iterator[None]:
    """Leave these out while TRL works; every other warning is shown."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", RENAMED, FutureWarning)
        yield
