"""From rows to the results file: medians and spreads, ratios within repeats, counts, targets."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.scorer.contestants import CONTESTANTS
from benchmarks.scorer.settings import Setting
from benchmarks.scorer.store import Row
from benchmarks.scorer.targets import ratio_of

INSTRUCTIONS = ("avx2", "fma", "f16c", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8")
COUNTS = ("pairs", "forwards", "tokens", "padded", "truncated")
AGAINST = {"matrix": "semuq", "clusters": "semuq-clusters"}


def summarise(setting: Setting, rows: Sequence[Row]) -> dict[str, Any]:
    """One setting; only repeats that everybody finished."""
    times = [row for row in rows if row["kind"] == "time"]
    whole = [
        repeat
        for repeat in range(setting.repeats)
        if {row["contestant"] for row in times if row["repeat"] == repeat} >= set(setting.contestants)
    ]
    contestants: dict[str, Any] = {}
    for name in setting.contestants:
        own = [row for row in times if row["contestant"] == name and row["repeat"] in whole]
        if own:
            contestants[name] = _contestant(sorted(own, key=lambda row: row["repeat"]))
    for name, own in contestants.items():
        base = AGAINST[CONTESTANTS[name].makes]
        if base in contestants and base != name:
            low, value, high = ratio_of(contestants, name, base)
            own["times_semuq"] = {"value": value, "low": low, "high": high}
    return {
        **{name: value for name, value in vars(setting).items() if name not in ("contestants", "repeats", "name")},
        "repeats": len(whole),
        "contestants": contestants,
    }


def _contestant(rows: Sequence[Row]) -> dict[str, Any]:
    seconds = [row["seconds"] for row in rows]
    last = rows[-1]
    tokens = last["tokens"] + last["padded"]
    return {
        "seconds": seconds,
        "median": statistics.median(seconds),
        **{name: last[name] for name in COUNTS},
        "padded_share": last["padded"] / tokens if tokens else 0.0,
        "peak_mb": max(row["peak_mb"] for row in rows),
        "before_mb": max(row["before_mb"] for row in rows),
        "clock_seconds": statistics.median(row["clock_seconds"] for row in rows),
        "largest_difference": max(row["difference"] for row in rows),
    }


def hardware() -> dict[str, Any]:
    """The class of machine, and the instructions that decide which arithmetic is fast."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.is_file() else ""
    flags = set(re.findall(r"\w+", (re.search(r"^flags\s*:(.*)$", text, re.M) or [None, ""])[1]))
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.M)
    return {
        "processor": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "not_there": [name for name in INSTRUCTIONS if name not in flags],
        "torch_uses": torch.backends.cpu.get_cpu_capability(),
        "gpu": "none",
    }


def rounded(value: Any) -> Any:
    """Four significant digits: more is noise."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: rounded(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(own) for own in value]
    return value


def as_json(results: Mapping[str, Any]) -> str:
    """Indented, with lists of numbers and small objects on one line."""
    text = json.dumps(rounded(results), indent=1)
    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    return re.sub(r"\{\s+([^\[\]{}]*?)\s+\}", lambda found: f"{{{' '.join(found[1].split())}}}", text) + "\n"
