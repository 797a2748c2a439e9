"""Weights that come as one GGUF file: found by name, checked by hash, unpacked once into bfloat16.

For models that no hub is needed for. The file is looked for in $SEMUQ_WEIGHTS, else in the `weights` folder of the
cache; its unpacked copy is kept beside it. Read by `models`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semuq.errors import InvalidModel
from semuq.models.cachedir import cache_dir


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A GGUF file.

    Args:
        file: its name.
        sha256: of its bytes.
        source: where it comes from, for the record.
        ends: special tokens that end an answer; a GGUF file names one of them only.
    """

    file: str
    sha256: str
    source: str
    ends: Sequence[str]


def unpacked(weights: Weights) -> str:
    """The folder of the weights in bfloat16, with the tokenizer; made at the first call.

    Raises:
        InvalidModel: the file is not there, or is another.
    """
    folder = Path(os.environ.get("SEMUQ_WEIGHTS") or cache_dir() / "weights")
    packed, whole = folder / weights.file, folder / f"{Path(weights.file).stem}-{weights.sha256[:12]}"
    if whole.is_dir():
        return str(whole)
    if not packed.is_file():
        raise InvalidModel(
            f"weights: expected {weights.file} in {folder}, found none; get it from {weights.source}, or set "
            "SEMUQ_WEIGHTS to its folder"
        )
    with packed.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != weights.sha256:
        raise InvalidModel(f"weights: expected sha256 {weights.sha256} of {weights.file}, got {found}; get it again")
    _unpack(packed, whole, weights.ends)
    return str(whole)


def _unpack(packed: Path, whole: Path, ends: Sequence[str]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    read = AutoModelForCausalLM.from_pretrained(packed.parent, gguf_file=packed.name, dtype=torch.bfloat16)
    config = read.config
    if hasattr(config, "quantization_config"):  # counts as quantised, which cannot be saved; its weights are plain
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.load_state_dict(read.state_dict())
    tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
    model.generation_config = read.generation_config
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(list(ends))
    fresh = whole.with_name(f"{whole.name}.{os.getpid()}.tmp")
    model.save_pretrained(fresh)
    tokenizer.save_pretrained(fresh)
    fresh.rename(whole)
