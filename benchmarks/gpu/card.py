"""What the card can do, measured in the same run: the rate of its matrix units and of its memory."""

from __future__ import annotations

import os
import platform
import statistics
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from benchmarks.gpu.setup import Setup

PACKAGES = ("torch", "transformers", "sentence-transformers", "tokenizers", "triton", "numpy", "flash-attn")
REPEATS = 20


def card(setup: Setup) -> dict[str, Any]:
    """Name, versions, bf16 matrix rate on random numbers, and copy bandwidth."""
    size = setup.size(8192, 128)
    dtype = torch.bfloat16 if setup.device.type == "cuda" else torch.float32
    a, b = (torch.randn(size, size, device=setup.device, dtype=dtype) for _ in range(2))
    multiply = _median(setup, lambda: a @ b)
    source = torch.randn(setup.size(2**29, 2**16), device=setup.device)
    target = torch.empty_like(source)
    copying = _median(setup, lambda: target.copy_(source))
    return {
        "name": torch.cuda.get_device_name() if setup.device.type == "cuda" else platform.processor() or "CPU",
        "cores": os.cpu_count(),
        "matrix_dtype": str(dtype).removeprefix("torch."),
        "matrix_flops_per_second": 2 * size**3 / multiply,
        "copy_bytes_per_second": 2 * source.nbytes / copying,
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "cuda": torch.version.cuda,
    }


def _median(setup: Setup, run: Any) -> float:
    for _ in range(3):
        run()
    times = []
    for _ in range(3):
        seconds, _ = setup.seconds(lambda: [run() for _ in range(REPEATS)])
        times.append(seconds / REPEATS)
    return statistics.median(times)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
