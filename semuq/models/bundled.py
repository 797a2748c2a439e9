"""Reading the embedded model: files are checked against their digests, int8 weights become float32 again.

The weights are stored as int8 with one float32 scale per row (output channel, or token of the vocabulary):
`w[i, :] = scale[i] * q[i, :]`. Biases and layer norms are stored as they are.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semuq.errors import InvalidModel

if TYPE_CHECKING:
    from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

__all__ = ["EMBEDDED", "load_embedded", "weights_hash"]

EMBEDDED = Path(__file__).parent / "entailment"
"""The folder of the embedded model: weights, config, tokenizer, manifest and card."""

WEIGHTS = "weights.safetensors"
MANIFEST = "manifest.json"
SCALE = ".scale"
"""What the name of a tensor of row scales ends in; the tensor it belongs to is named before it."""


def load_embedded(folder: Path = EMBEDDED) -> tuple[BertForSequenceClassification, PreTrainedTokenizerFast]:
    """The embedded model in float32 and evaluation mode, and its tokenizer.

    Args:
        folder: where the files are; another folder must hold a model written in the same way.

    Returns:
        A `BertForSequenceClassification` with the labels contradiction, entailment and neutral (in the order
        that its `config.id2label` says) and a fast tokenizer. Every call gives new objects. Its probabilities are
        calibrated: the logits are divided by `config.entailment_temperature`, fitted on held-out pairs, and
        `config.entailment_threshold` says from which probability on entailment is to be believed.

    Raises:
        InvalidModel: a file is missing or damaged, or does not fit the config.

    Cost. About a third of a second and 90 MB.

    Example:
        >>> import torch
        >>> model, tokenizer = load_embedded()
        >>> pair = tokenizer("The lights are on.", "The lights are off.", return_tensors="pt")
        >>> with torch.inference_mode():
        ...     label = model(**pair).logits.argmax().item()
        >>> model.config.id2label[label]
        'contradiction'
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    check_files(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = BertConfig.from_pretrained(folder)
    try:
        stored = load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise InvalidModel(f"{folder / WEIGHTS}: expected tensors, got {error}; install semuq again") from error
    with torch.device("meta"):  # no time lost on random weights
        model = BertForSequenceClassification(config)
    weights = restored(stored)
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if expected != found:
        wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        name = wrong[0]
        raise InvalidModel(
            f"{folder / WEIGHTS}: expected {name} of shape {expected.get(name)}, got {found.get(name)} "
            f"({len(wrong)} such tensors); install semuq again"
        )
    model.load_state_dict(weights, assign=True)
    with torch.no_grad():  # a temperature is a scale of the logits, so of the last layer
        for weight in model.classifier.parameters():
            weight /= getattr(config, "entailment_temperature", 1.0)
    positions = torch.arange(config.max_position_embeddings)[None]
    model.bert.embeddings.position_ids = positions
    model.bert.embeddings.token_type_ids = torch.zeros_like(positions)
    return model.eval(), tokenizer


def settings(folder: Path = EMBEDDED) -> dict[str, Any]:
    """The config as it is written, read without the model: `entailment_threshold` among others.

    Raises:
        InvalidModel: it is missing or no JSON.
    """
    try:
        return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InvalidModel(f"{folder / 'config.json'}: expected the model's config, got {error}") from error


def weights_hash(folder: Path = EMBEDDED) -> str:
    """Hex digest (BLAKE2b, 16 bytes) of the weight file: equal hashes mean equal weights.

    Raises:
        InvalidModel: there is no weight file.
    """
    return digest_of(folder / WEIGHTS)


def restored(stored: dict[str, Any]) -> dict[str, Any]:
    """Float32 tensors from stored ones: int8 rows times their scales, everything else as it is."""
    return {
        name: tensor.float() * stored[name + SCALE][:, None] if name + SCALE in stored else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }


def check_files(folder: Path) -> None:
    """Compares the files with the digests in the manifest.

    Raises:
        InvalidModel: the manifest or a file is missing, unreadable, or other than the manifest says.
    """
    try:
        digests: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["blake2b"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidModel(
            f"{folder / MANIFEST}: expected a manifest with the digests of the model's files, got "
            f"{type(error).__name__}: {error}; install semuq again"
        ) from error
    for name, expected in digests.items():
        got = digest_of(folder / name)
        if got != expected:
            raise InvalidModel(
                f"{folder / name}: expected a file with BLAKE2b {expected}, got {got}: it is damaged or was changed; "
                "install semuq again"
            )


def digest_of(path: Path) -> str:
    """BLAKE2b of a file, 16 bytes, in hex."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        raise InvalidModel(
            f"{path}: expected a file of the embedded model, got {error}; install semuq again"
        ) from error
