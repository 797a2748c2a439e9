"""Samplers: a prompt goes in, a SampleSet with n answers comes out. First station of the flow.

Names are listed in `__init__.pyi` and imported on first use (PEP 562): `import semuq.sampling` loads no torch.
"""

from __future__ import annotations

from typing import Any

import lazy_loader

from semuq.registry import Registry

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

SAMPLERS: Registry[Any] = Registry(
    "sampler",
    {
        "huggingface": "semuq.sampling.huggingface:HuggingFaceSampler",
        "openai": "semuq.sampling.openai:OpenAISampler",
        "vllm": "semuq.sampling.vllm:VLLMSampler",
        "gguf": "semuq.sampling.gguf:GGUFSampler",
        "callable": "semuq.sampling.callable:CallableSampler",
        "async-callable": "semuq.sampling.callable:AsyncCallableSampler",
    },
)
"""Every sampler of the package, by its short name."""
