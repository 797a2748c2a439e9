"""`quiet_loading`: files from this disk load without the host library's progress bars.

A download from a hub keeps its bar. The host's setting is put back after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["quiet_loading"]


@contextmanager
def quiet_loading(source: str | Path) -> Iterator[None]:
    """Keep transformers' progress bars off standard error if `source` is a folder or file here."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    if not Path(source).exists():
        yield
        return
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
