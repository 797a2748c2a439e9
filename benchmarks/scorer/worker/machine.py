"""Memory of this process, and what the rest of the machine is doing meanwhile: from Linux's own account."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/status")
LOAD = Path("/proc/stat")
MEGABYTE = 1024  # in the units of the file, kilobytes
IDLE = (3, 4)  # columns of the first line: idle, and waiting for a disk


def reset_peak() -> None:
    """Let the peak start from what is held now."""
    Path("/proc/self/clear_refs").write_text("5")


def held_and_peak() -> tuple[int, int]:
    """Megabytes held now, and at most since the last reset."""
    values = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    held, peak = (int(values[name].split()[0]) for name in ("VmRSS", "VmHWM"))
    return round(held / MEGABYTE), round(peak / MEGABYTE)


@dataclass(frozen=True)
class Clock:
    """Processor seconds since the start: of all cores, busy, and of this process."""

    everything: float
    busy: float
    own: float

    @classmethod
    def now(cls) -> Clock:
        columns = [int(value) for value in LOAD.read_text().splitlines()[0].split()[1:9]]
        ticks = os.sysconf("SC_CLK_TCK")
        times = os.times()
        idle = sum(columns[column] for column in IDLE)
        return cls(sum(columns) / ticks, (sum(columns) - idle) / ticks, times.user + times.system)

    def others_since(self, start: Clock) -> float:
        """The share of the machine's processor time that others took since `start`."""
        spent = self.everything - start.everything
        others = (self.busy - start.busy) - (self.own - start.own)
        return max(0.0, others / spent) if spent else 0.0
