# The public names, listed here and nowhere else: `lazy_loader` reads this file when one is first asked for.
import typing

import semuq.registry

from .base import Decoding as Decoding
from .base import Sampler as Sampler
from .callable import AsyncCallableSampler as AsyncCallableSampler
from .callable import CallableSampler as CallableSampler
from .gguf import GGUFSampler as GGUFSampler
from .huggingface import HuggingFaceSampler as HuggingFaceSampler
from .openai import OpenAISampler as OpenAISampler
from .vllm import VLLMSampler as VLLMSampler

SAMPLERS: semuq.registry.Registry[typing.Any]
