"""Loading three-way entailment models: any sequence-classification model whose labels can be told apart.

The order of the labels is read from the model's config and never assumed; a model without a trained
head, or with labels that mean nothing to us, is refused.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semuq.errors import InvalidModel
from semuq.models.quiet import quiet_loading

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

__all__ = [
    "LABELS",
    "LoadedModel",
    "ModelSource",
    "files_hash",
    "label_columns",
    "load_model",
    "weights_hash",
]

LABELS = ("entailment", "neutral", "contradiction")
"""The order of labels everywhere in semuq; a model's own order is mapped onto it."""

_MODEL_FILES = (".safetensors", ".bin", ".json", ".model", ".txt")

ModelSource = str | Path | tuple[Any, Any] | None


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model in evaluation mode, its tokenizer, and which logit means what.

    Args:
        columns: index of the logit of entailment, neutral and contradiction.
        max_length: the longest input the model takes, in tokens.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    columns: tuple[int, int, int]
    max_length: int

    def cast(self, device: torch.device, dtype: torch.dtype, *, exact_head: bool = False) -> LoadedModel:
        """The same on another device or in another precision; a model that must change is copied first.

        `exact_head` leaves what comes after the encoder as precise as it is.
        """
        if self.model.dtype == dtype and self.model.device == device:
            return self
        model = copy.deepcopy(self.model).to(device)
        if not exact_head:
            return replace(self, model=model.to(dtype))
        encoder = getattr(model, model.base_model_prefix)
        pooler = copy.deepcopy(getattr(encoder, "pooler", None))
        encoder.to(dtype)
        if pooler is not None:
            encoder.pooler = pooler
        return replace(self, model=model)


def load_model(source: ModelSource, labels: Mapping[str, str] | None = None) -> LoadedModel:
    """Load a model by hub name, folder or as (model, tokenizer); None is the embedded one.

    Args:
        source: what to load.
        labels: what the model's own label names mean, for models whose config does not say it.

    Raises:
        InvalidModel: it cannot be read, has no trained head, or its labels cannot be mapped.
    """
    if isinstance(source, tuple):
        model, tokenizer = source
        name = type(model).__name__
    elif source is None:
        from semuq.models import load_embedded

        model, tokenizer = load_embedded()
        name = "embedded"
    else:
        name = str(source)
        model, tokenizer = _from_pretrained(name)
    return LoadedModel(
        model=model.eval(),
        tokenizer=tokenizer,
        columns=label_columns(model.config.id2label, labels, name),
        max_length=_max_length(model.config, tokenizer),
    )


def files_hash(source: ModelSource) -> str | None:
    """Hex digest of the files of the embedded model or of a folder, without loading them; None for other sources."""
    if source is None:
        from semuq.models import EMBEDDED

        source = EMBEDDED
    if not isinstance(source, str | Path) or not Path(source).is_dir():
        return None
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(source).iterdir()):
        if path.suffix in _MODEL_FILES:
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()


def weights_hash(model: Any) -> str:
    """Hex digest of labels, names, types and bytes of all parameters."""
    import torch

    digest = hashlib.blake2b(repr(sorted(model.config.id2label.items())).encode(), digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def label_columns(id2label: Mapping[int, str], labels: Mapping[str, str] | None, name: str) -> tuple[int, int, int]:
    """The logit index of entailment, neutral and contradiction.

    >>> label_columns({0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}, None, "deberta-large-mnli")
    (2, 1, 0)
    """
    labels = {own.casefold(): meaning for own, meaning in (labels or {}).items()}
    found: dict[str, int] = {}
    for index, own in id2label.items():
        meaning = labels.get(str(own).casefold(), str(own).casefold())
        matches = [label for label in LABELS if meaning.startswith(label[:6])]
        if len(matches) == 1 and matches[0] not in found:
            found[matches[0]] = int(index)
    if len(found) < 3 or len(id2label) != 3:
        raise InvalidModel(
            f"model {name!r}: cannot tell which of its labels {dict(id2label)} mean entailment, neutral and "
            "contradiction; pass labels={'A': 'entailment', 'B': 'neutral', 'C': 'contradiction'}, or take a "
            "three-way entailment model"
        )
    return found["entailment"], found["neutral"], found["contradiction"]


def _from_pretrained(name: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        with quiet_loading(name):
            model, info = AutoModelForSequenceClassification.from_pretrained(
                name, dtype=torch.float32, output_loading_info=True
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InvalidModel(
            f"model {name!r}: expected the name or folder of a sequence-classification model with a fast tokenizer, "
            f"got {type(error).__name__}: {str(error).splitlines()[0]:.200}; check the name, or the files in the folder"
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:
        raise InvalidModel(
            f"model {name!r}: expected trained weights for every layer, got none for {missing[:4]} (an encoder "
            "without an entailment head?); take a checkpoint fine-tuned on NLI"
        )
    return model, tokenizer


def _max_length(config: Any, tokenizer: Any) -> int:
    """The smaller of what tokenizer and position table allow; 512 where neither says."""
    limits = []
    if tokenizer.model_max_length and tokenizer.model_max_length < 1_000_000:
        limits.append(int(tokenizer.model_max_length))
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        # RoBERTa and its kin count positions from pad_token_id + 1.
        shifted = "roberta" in config.model_type or config.model_type in ("camembert", "xmod")
        limits.append(positions - (config.pad_token_id + 1) if shifted else positions)
    return min(limits, default=512)
