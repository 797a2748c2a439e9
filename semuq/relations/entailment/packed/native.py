"""Compiling `encoder.c` for the processor at hand, once, with the C compiler of the machine.

The result is kept in the user's cache folder under a name that holds the source, the command and the
processor, so that a changed file, another compiler flag or another machine makes another one.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from semuq.models.cachedir import cache_dir

__all__ = ["FLAGS", "KernelUnavailable", "load_kernel", "processor"]

SOURCE = Path(__file__).with_name("encoder.c")
FLAGS = ("-O3", "-march=native", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
"""No -ffast-math: a NaN must stay one, and rounding by adding a large number must stay rounding."""
SECONDS = 120
"""The longest that a compiler may take."""


class KernelUnavailable(Exception):
    """There is no compiler, or the processor lacks what the kernel needs; the message says which."""


@lru_cache(maxsize=1)
def load_kernel() -> ctypes.CDLL:
    """The compiled kernel.

    Raises:
        KernelUnavailable: it cannot be compiled or loaded here.
    """
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if compiler is None:
        raise KernelUnavailable("no C compiler: neither $CC nor cc is on the path")
    if platform.machine() not in ("x86_64", "AMD64"):
        raise KernelUnavailable(f"the kernel is written for x86-64 with AVX2, not for {platform.machine()}")
    name = hashlib.blake2b(
        "\0".join((SOURCE.read_text(encoding="utf-8"), compiler, *FLAGS, processor())).encode(), digest_size=12
    ).hexdigest()
    library = cache_dir() / "kernels" / f"encoder-{name}.so"
    try:
        if library.is_file():
            return _declared(ctypes.CDLL(str(library)))
        library.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Built beside its place and then moved there, so that a second process never loads half a file.
        with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
            draft = Path(scratch) / library.name
            _compile(compiler, draft)
            draft.replace(library)
        return _declared(ctypes.CDLL(str(library)))
    except OSError as error:
        raise KernelUnavailable(f"{library}: {error}") from error


def processor() -> str:
    """What tells two processors with different instructions apart."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []  # not Linux
    told = {line.split(":", 1)[0].strip(): line for line in lines if line.startswith(("flags", "model name"))}
    return "\n".join((platform.machine(), platform.processor(), *told.values()))


def _compile(compiler: str, to: Path) -> None:
    command = [compiler, *FLAGS, "-o", str(to), str(SOURCE), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise KernelUnavailable(f"{compiler}: not done after {SECONDS} s") from error
    if done.returncode:
        told = next((line for line in done.stderr.splitlines() if "error" in line), "no message")
        raise KernelUnavailable(f"{compiler} ended with {done.returncode}: {told:.200}")


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    library.lanes.restype = ctypes.c_int64
    library.encode.restype = ctypes.c_int
    library.linear.restype = ctypes.c_int
    return library
