"""Which instructions a run was computed with, since floating-point results are those of one kind of processor.

On the same seed two processors sum in another order, sample another token somewhere, and go apart from there: runs
repeat bit for bit on one instruction set of one maker only. Pinning the set is not enough: with everything of `PINNED`
an Intel and an AMD processor made other weights of the same seed. A run writes down its own (`machine.json`) and warns
when it goes on elsewhere; an experiment pins a set, and compares only what began from the same weights.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import warnings
from pathlib import Path

from semuq.errors import InvalidParameter
from semuq_rl.runs.resume import write_whole

__all__ = ["MACHINE", "PINNED", "instruction_set", "note_machine", "pin_instructions"]

PINNED = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "1"}
"""torch's own kernels, MKL's and oneDNN's, on any x86 processor since 2013; one thread, whose sums have one order."""

MACHINE = "machine.json"


def instruction_set() -> str:
    """What torch's kernels use here, whose processor it is, and whether it is pinned: "AVX2 (AuthenticAMD), pinned".

    >>> instruction_set().split()[0] in ("AVX512", "AVX2", "DEFAULT", "NO", "ZVECTOR", "SVE256")
    True
    """
    import torch

    pinned = all(os.environ.get(name, "").lower() == value.lower() for name, value in PINNED.items())
    return f"{torch.backends.cpu.get_cpu_capability()} ({_maker()})" + (", pinned" if pinned else "")


def note_machine(out: Path) -> str:
    """Write down with what a run is computed, and return it; what it was begun with, and a warning, if that differs."""
    path, here = out / MACHINE, instruction_set()
    if not path.is_file():
        write_whole(path, {"instructions": here})
        return here
    begun = str(json.loads(path.read_text(encoding="utf-8"))["instructions"])
    if begun != here:
        warnings.warn(
            f"{out}: begun with {begun}, goes on with {here}: sound, but other numbers than a run without a break has",
            stacklevel=2,
        )
    return begun


def pin_instructions() -> None:
    """Make this process compute with AVX2 and one thread; the libraries read it once, when they are loaded.

    Raises:
        InvalidParameter: torch has been imported already, or the processor cannot.
    """
    if "torch" in sys.modules:
        raise InvalidParameter(
            "pin_instructions: expected to come before torch is imported, which has chosen its kernels by then; "
            f"set {' '.join(f'{name}={value}' for name, value in PINNED.items())} in the environment"
        )
    os.environ.update(PINNED)
    found = instruction_set()
    if not found.startswith("AVX2"):
        raise InvalidParameter(f"pin_instructions: expected a processor with AVX2, got {found}; results would differ")


def _maker() -> str:
    """As the processor says it on Linux, else the architecture."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith(("vendor_id", "CPU implementer"))]
    return named[0] if named else platform.machine()
