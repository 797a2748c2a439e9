"""Memory of this process, read from Linux's own account."""

from __future__ import annotations

from pathlib import Path

STATUS = Path("/proc/self/status")
MEGABYTE = 1024  # in the units of the file, kilobytes


def reset_peak() -> None:
    """Let the peak start from what is held now."""
    Path("/proc/self/clear_refs").write_text("5")


def held_and_peak() -> tuple[int, int]:
    """Megabytes held now, and at most since the last reset."""
    values = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    held, peak = (int(values[name].split()[0]) for name in ("VmRSS", "VmHWM"))
    return round(held / MEGABYTE), round(peak / MEGABYTE)
