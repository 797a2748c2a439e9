"""`SampleSet`: one question and the answers a model gave to it.

The first station of the flow: samplers produce these, JSONL files hold them (`semuq.samples.jsonl`), and
everything downstream reads them. A batch is a sequence of SampleSets, of any sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidSamples
from semuq.samples.fields import (
    LOGPROB_TOLERANCE,
    check_text,
    logprobs,
    per_answer,
    per_token,
    shares,
    string_lists,
    strings,
    token_vectors,
    vectors,
)

__all__ = ["LOGPROB_TOLERANCE", "SampleSet", "as_batch"]

FloatArray = NDArray[np.float64]

_PER_ANSWER = (
    "token_logprobs",
    "embeddings",
    "token_entropies",
    "token_certainties",
    "token_relevance",
    "hidden_states",
    "token_states",
    "token_texts",
    "p_true",
    "stated_confidences",
    "answer_probabilities",
    "explanation_entailment",
    "claims",
)
"""Optional fields with one entry per answer, in the order of the answers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleSet:
    """One question, the sampled answers to it, and what else is known about them.

    Args:
        prompt: the question as the model saw it (chat template not included).
        texts: n >= 1 answers. An empty answer is legal, an empty list is not.
        token_logprobs: for each answer the natural log-probs of its tokens, ragged, finite and <= 0
            (up to `LOGPROB_TOLERANCE` above 0 is rounding and becomes 0); None if the model gave none.
        embeddings: (n, d) sentence embeddings of the answers, if already known.
        token_entropies: n ragged arrays: the entropy of the next-token distribution at each token, nats.
        token_certainties: n ragged arrays: KL(uniform || next-token distribution) at each token, nats;
            -log V - mean_v log p_v over a vocabulary of V.
        token_relevance: n ragged arrays: how much the meaning of the answer hangs on each token, >= 0
            (see `semuq.estimators.tokens.relevance_by_removal`).
        hidden_states: (n, d) a state of the model for each answer, such as the middle layer's at its last token.
        token_states: n ragged arrays (tokens, d): the last layer's state at each token.
        token_texts: for each answer the texts of its tokens.
        p_true: (n,) the probability the model gives to "true" when asked whether its answer is true.
        stated_confidences: (n,) the confidence the model states in words, as a number in [0, 1].
        answer_probabilities: (n, options) for a question with fixed options: the model's distribution over
            them, given explanation i.
        explanation_entailment: (n,) the probability that the question entails explanation i.
        claims: for each answer the short statements it makes, if it has been taken apart.
        perturbations: the same question in other words, each with the answers to it.
        perturbation: for one of these, how its question was changed, such as "W1" (see `semuq.sampling.perturbations`).
        prompt_logprobs: natural log-probs of the tokens of the prompt but the first, as the model reads it.
        references: gold answers; read by graders, never by estimators.
        id: a name for the question in tables and files; a whole number is taken as text.
        metadata: anything else; carried along, never interpreted.

    Raises:
        InvalidSamples: a length, type or value is wrong; the message names the field and the answer.

    Example:
        >>> SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"))
        SampleSet(prompt='Capital of France?', n=2)
    """

    prompt: str
    texts: tuple[str, ...]
    token_logprobs: tuple[FloatArray, ...] | None = None
    embeddings: FloatArray | None = None
    token_entropies: tuple[FloatArray, ...] | None = None
    token_certainties: tuple[FloatArray, ...] | None = None
    token_relevance: tuple[FloatArray, ...] | None = None
    hidden_states: FloatArray | None = None
    token_states: tuple[FloatArray, ...] | None = None
    token_texts: tuple[tuple[str, ...], ...] | None = None
    p_true: FloatArray | None = None
    stated_confidences: FloatArray | None = None
    answer_probabilities: FloatArray | None = None
    explanation_entailment: FloatArray | None = None
    claims: tuple[tuple[str, ...], ...] | None = None
    perturbations: tuple[SampleSet, ...] | None = None
    perturbation: str | None = None
    prompt_logprobs: FloatArray | None = None
    references: tuple[str, ...] = ()
    id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.prompt, str):
            raise InvalidSamples(f"prompt: expected str, got {type(self.prompt).__name__}; pass the question's text")
        check_text("prompt", self.prompt)
        texts = strings("texts", self.texts)
        if not texts:
            raise InvalidSamples("texts: expected at least one answer, got none; sample the model first")
        set_field = object.__setattr__
        set_field(self, "texts", texts)
        set_field(self, "references", strings("references", self.references))
        number: Any = self.id
        if isinstance(number, int | np.integer) and not isinstance(number, bool):
            set_field(self, "id", str(number))  # tables number their rows
        if self.id is not None and not isinstance(self.id, str):
            raise InvalidSamples(f"id: expected str or None, got {type(self.id).__name__}; pass str(id)")
        if self.perturbation is not None and not isinstance(self.perturbation, str):
            raise InvalidSamples(f"perturbation: expected its name or None, got {type(self.perturbation).__name__}")
        if self.token_logprobs is not None:
            set_field(self, "token_logprobs", _logprobs(self.token_logprobs, texts))
        if self.prompt_logprobs is not None:
            set_field(self, "prompt_logprobs", logprobs("prompt_logprobs", self.prompt_logprobs))
        n = len(texts)
        for name in ("embeddings", "hidden_states"):
            if getattr(self, name) is not None:
                set_field(self, name, vectors(name, getattr(self, name), n))
        for name in ("token_entropies", "token_certainties", "token_relevance"):
            if getattr(self, name) is not None:
                set_field(self, name, per_token(name, getattr(self, name), texts, self.token_logprobs))
        for name in ("p_true", "stated_confidences", "explanation_entailment"):
            if getattr(self, name) is not None:
                set_field(self, name, per_answer(name, getattr(self, name), n))
        if self.answer_probabilities is not None:
            set_field(self, "answer_probabilities", shares("answer_probabilities", self.answer_probabilities, n))
        if self.token_states is not None:
            aligned = self.token_logprobs or self.token_entropies
            set_field(self, "token_states", token_vectors("token_states", self.token_states, texts, aligned))
        if self.token_texts is not None:
            aligned = self.token_logprobs or self.token_entropies
            set_field(self, "token_texts", string_lists("token_texts", self.token_texts, n, aligned))
        if self.claims is not None:
            set_field(self, "claims", string_lists("claims", self.claims, n))
        if self.perturbations is not None:
            set_field(self, "perturbations", _perturbations(self.perturbations))
        if not isinstance(self.metadata, Mapping):
            raise InvalidSamples(f"metadata: expected a mapping, got {type(self.metadata).__name__}; pass a dict")
        set_field(self, "metadata", MappingProxyType(dict(self.metadata)))

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __repr__(self) -> str:
        prompt = self.prompt if len(self.prompt) <= 60 else self.prompt[:57] + "..."
        known = [name for name in (*_PER_ANSWER, "perturbations", "prompt_logprobs") if getattr(self, name) is not None]
        return f"SampleSet(prompt={prompt!r}, n={len(self)}{''.join(f', {name}' for name in known)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SampleSet):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.prompt, self.texts))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, ({**self._fields(), "metadata": dict(self.metadata)},))

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def take(self, positions: Sequence[int]) -> SampleSet:
        """The same question with the answers at these positions, in this order, repeated where repeated."""
        values = {**self._fields(), "metadata": dict(self.metadata)}
        for name in ("texts", *_PER_ANSWER):
            if values[name] is not None:
                values[name] = [values[name][position] for position in positions]
        return SampleSet(**values)

    def extended(self, more: SampleSet) -> SampleSet:
        """The same question with the answers of another set behind these.

        A field that only one of both has is left out. Lists in the metadata with an entry per answer go on; all other
        metadata stay those of this set.

        Raises:
            InvalidSamples: the other set answers another prompt.
        """
        if more.prompt != self.prompt:
            raise InvalidSamples(f"more: expected answers to {self.prompt!r:.40}, got answers to {more.prompt!r:.40}")
        values: dict[str, Any] = self._fields()
        for name in ("texts", *_PER_ANSWER):
            parts = getattr(self, name), getattr(more, name)
            values[name] = None if parts[0] is None or parts[1] is None else [*parts[0], *parts[1]]
        values["metadata"] = {
            key: [*value, *more.metadata[key]]
            if isinstance(value, list) and len(value) == len(self) and len(more.metadata.get(key) or ()) == len(more)
            else value
            for key, value in self.metadata.items()
        }
        return SampleSet(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and strings, as one line of a JSONL file holds them; absent fields are left out."""
        record: dict[str, Any] = {"prompt": self.prompt, "texts": list(self.texts)}
        for name in _PER_ANSWER:
            if getattr(self, name) is not None:
                record[name] = _plain(getattr(self, name))
        if self.perturbations is not None:
            record["perturbations"] = [other.to_dict() for other in self.perturbations]
        if self.perturbation is not None:
            record["perturbation"] = self.perturbation
        if self.prompt_logprobs is not None:
            record["prompt_logprobs"] = self.prompt_logprobs.tolist()
        if self.references:
            record["references"] = list(self.references)
        if self.id is not None:
            record["id"] = self.id
        if self.metadata:
            record["metadata"] = dict(self.metadata)
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> SampleSet:
        """The inverse of `to_dict`; also takes a row of a Hugging Face dataset with these columns.

        Raises:
            InvalidSamples: a field is missing, unknown or malformed.
        """
        if not isinstance(record, Mapping):
            raise InvalidSamples(f"record: expected an object with 'prompt' and 'texts', got {type(record).__name__}")
        for name in ("prompt", "texts"):
            if name not in record:
                raise InvalidSamples(f"'{name}' is missing; every record needs 'prompt' and 'texts'")
        unknown = sorted(set(record) - set(cls.__dataclass_fields__))
        if unknown:
            raise InvalidSamples(f"unknown fields {unknown}; put what semuq does not read under 'metadata'")
        values = {name: value for name, value in record.items() if value is not None}
        return cls(**values)


def _rebuild(fields: dict[str, Any]) -> SampleSet:
    return SampleSet(**fields)


def as_batch(samples: SampleSet | Sequence[SampleSet]) -> tuple[SampleSet, ...]:
    """A single SampleSet or a sequence of them, as a tuple.

    Raises:
        InvalidSamples: an element is something else.
    """
    if isinstance(samples, SampleSet):
        return (samples,)
    if isinstance(samples, str | bytes | Mapping):
        raise InvalidSamples(
            f"samples: expected a SampleSet or a sequence of them, got {type(samples).__name__}; "
            "build one with SampleSet(prompt=..., texts=[...])"
        )
    batch = tuple(samples)
    for index, item in enumerate(batch):
        if not isinstance(item, SampleSet):
            raise InvalidSamples(
                f"samples[{index}]: expected a SampleSet, got {type(item).__name__}; "
                "build one with SampleSet(prompt=..., texts=[...])"
            )
    return batch


def _plain(value: Any) -> Any:
    """Arrays and tuples as lists, all the way down."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _perturbations(values: Any) -> tuple[SampleSet, ...]:
    if isinstance(values, str | bytes | Mapping | SampleSet) or not isinstance(values, Sequence):
        raise InvalidSamples(f"perturbations: expected a list of SampleSets, got {type(values).__name__}")
    built = [SampleSet.from_dict(value) if isinstance(value, Mapping) else value for value in values]
    for index, value in enumerate(built):
        if not isinstance(value, SampleSet):
            raise InvalidSamples(f"perturbations[{index}]: expected a SampleSet, got {type(value).__name__}")
    return tuple(built)


def _logprobs(values: Any, texts: tuple[str, ...]) -> tuple[FloatArray, ...]:
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        raise InvalidSamples(
            f"token_logprobs: expected {len(texts)} arrays (one per answer), got {type(values).__name__}"
        )
    if len(values) != len(texts):
        raise InvalidSamples(
            f"token_logprobs: expected {len(texts)} arrays (one per answer), got {len(values)}; "
            "pass None if the model gave none"
        )
    return tuple(_logprob_array(index, value, texts[index]) for index, value in enumerate(values))


def _logprob_array(index: int, value: Any, text: str) -> FloatArray:
    name = f"token_logprobs[{index}]"
    if value is None:
        raise InvalidSamples(
            f"{name}: expected an array, got None; pass token_logprobs=None if some answers have no log-probs"
        )
    array = logprobs(name, value)
    if array.size == 0 and text:
        raise InvalidSamples(f"{name}: expected a log-prob per token of {text!r:.40}, got none")
    return array
