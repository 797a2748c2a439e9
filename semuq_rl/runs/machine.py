"""Which instructions a run was computed with, since floating-point results are those of one instruction set.

On the same seed two processors sum in another order, sample another token somewhere, and go apart from there: runs
repeat bit for bit on one instruction set only. A run writes down its own; an experiment pins one.
"""

from __future__ import annotations

import os
import sys

from semuq.errors import InvalidParameter

__all__ = ["PINNED", "instruction_set", "pin_instructions"]

PINNED = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "1"}
"""torch's own kernels, MKL's and oneDNN's, on any x86 processor since 2013; one thread, whose sums have one order."""


def instruction_set() -> str:
    """The set that torch's kernels use here, with what is pinned of it: "AVX512" or "AVX2, pinned".

    >>> instruction_set().split(",")[0] in ("AVX512", "AVX2", "DEFAULT", "NO AVX", "ZVECTOR", "SVE256")
    True
    """
    import torch

    pinned = all(os.environ.get(name, "").lower() == value.lower() for name, value in PINNED.items())
    return torch.backends.cpu.get_cpu_capability() + (", pinned" if pinned else "")


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
