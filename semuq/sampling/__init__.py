"""Samplers: a prompt goes in, a SampleSet with n answers comes out. First station of the flow.

Names are imported on first use (PEP 562): `import semuq.sampling` loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "Decoding": "semuq.sampling.base",
    "HuggingFaceSampler": "semuq.sampling.huggingface",
    "OpenAISampler": "semuq.sampling.openai",
    "Sampler": "semuq.sampling.base",
}

__all__ = ["Decoding", "HuggingFaceSampler", "OpenAISampler", "Sampler"]

if TYPE_CHECKING:
    from semuq.sampling.base import Decoding as Decoding
    from semuq.sampling.base import Sampler as Sampler
    from semuq.sampling.huggingface import HuggingFaceSampler as HuggingFaceSampler
    from semuq.sampling.openai import OpenAISampler as OpenAISampler


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'semuq.sampling' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
