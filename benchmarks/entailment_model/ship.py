"""Packs a trained model into the library: `python -m benchmarks.entailment_model.ship --model OUT/model`.

Matrices become int8 with one scale per row, everything else stays float32. Writes weights, config, tokenizer
and the manifest of digests that the loader checks. `evaluate` measures what the rounding costs.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from semuq.models.bundled import EMBEDDED, MANIFEST, SCALE, WEIGHTS, digest_of

TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
FILES = (WEIGHTS, "config.json", *TOKENIZER)
KEPT_SETTINGS = ("model_max_length", "do_lower_case", "tokenizer_class", "pad_token", "unk_token", "cls_token",
                 "sep_token", "mask_token", "strip_accents", "tokenize_chinese_chars")  # fmt: skip


def quantised(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """int8 rows and their scales: q = round(w / s), s = max |w| of the row / 127."""
    result = {}
    for name, weight in sorted(weights.items()):
        if weight.ndim < 2:
            result[name] = weight.float().contiguous()
            continue
        scale = weight.float().abs().amax(1).clamp_min(1e-12) / 127
        result[name] = (weight.float() / scale[:, None]).round().clamp(-127, 127).to(torch.int8).contiguous()
        result[name + SCALE] = scale
    return result


def state(folder: Path = EMBEDDED, **facts: object) -> None:
    """Write facts into the config of a packed model, such as its temperature, and renew the manifest."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | facts
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_manifest(folder)


def write_manifest(folder: Path) -> None:
    """The digests of the files of a packed model."""
    manifest = {"blake2b": {name: digest_of(folder / name) for name in FILES}}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=EMBEDDED)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    save_file(quantised(load_file(options.model / "model.safetensors")), options.out / WEIGHTS)
    config = json.loads((options.model / "config.json").read_text(encoding="utf-8"))
    config["classifier_dropout"] = None
    config |= {"entailment_scripts": ["LATIN"], "entailment_temperature": 1.0, "entailment_threshold": 0.5}
    for name in ("_name_or_path", "gradient_checkpointing", "torch_dtype", "dtype"):
        config.pop(name, None)
    (options.out / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    shutil.copy(options.model / "tokenizer.json", options.out / "tokenizer.json")
    settings = json.loads((options.model / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings = {name: settings[name] for name in KEPT_SETTINGS if name in settings}
    text = json.dumps(settings, indent=1, sort_keys=True) + "\n"
    (options.out / "tokenizer_config.json").write_text(text, encoding="utf-8")
    write_manifest(options.out)
    print({name: (options.out / name).stat().st_size for name in FILES})


if __name__ == "__main__":
    main()
