"""The machine a figure was made on, for the record: cores, kind, and the instructions that decide the speed."""

from __future__ import annotations

import os
import platform
from pathlib import Path

TOLD = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")


def hardware() -> str:
    """One line.

    >>> hardware().split("-core ")[0].isdigit()
    True
    """
    told = Path("/proc/cpuinfo")
    known = set(told.read_text(encoding="utf-8").split()) if told.is_file() else set()
    found = [name for name in TOLD if name in known]
    return f"{os.cpu_count()}-core {platform.machine()} CPU" + (f" ({', '.join(found)})" if found else "")
