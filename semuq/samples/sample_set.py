"""`SampleSet`: one question and the answers a model gave to it.

The first station of the flow: samplers produce these, JSONL files hold them (`semuq.samples.jsonl`), and
everything downstream reads them. A batch is a sequence of SampleSets, of any sizes.
"""

from __future__ import annotations

# ruff: noqa: RUF009 (the calls make fields, as `dataclasses.field` does)
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from semuq.cards import Card, Meaning, html_card, wordings_of
from semuq.errors import InvalidSamples
from semuq.numerics import FloatArray
from semuq.samples import fields as read
from semuq.samples.answers import Answer, answer_fields
from semuq.samples.fields import LOGPROB_TOLERANCE
from semuq.samples.messages import Conversation, noted, question_of
from semuq.samples.replies import Refused, Unreadable, read_choices, record_of
from semuq.samples.vllm import read_vllm

__all__ = ["LOGPROB_TOLERANCE", "SampleSet", "as_batch"]

Reader = Callable[[str, Any, "SampleSet"], Any]


def _optional(reader: Reader, *, per_answer: bool = True) -> Any:
    """A field that may be absent: how a value is read, and whether it has an entry for each answer."""
    return field(default=None, metadata={"reader": reader, "per_answer": per_answer})


def _as_many(reader: Callable[[str, Any, int], Any]) -> Reader:
    """A reader of as many entries as there are answers."""
    return lambda name, value, own: reader(name, value, len(own.texts))


def _per_token(reader: Callable[[str, Any, Sequence[str], Any], Any]) -> Reader:
    """A reader of an entry per token of each answer, as many as there are log-probs, where those are known."""

    def read_aligned(name: str, value: Any, own: SampleSet) -> Any:
        # Fields are read in their order: what stands before this one has been read.
        known = [own.token_logprobs, None if name == "token_entropies" else own.token_entropies]
        fields = [field for field in known if field is not None]
        aligned = [next((array for array in one if array is not None), None) for one in zip(*fields, strict=True)]
        return reader(name, value, own.texts, aligned or None)

    return read_aligned


def _once(reader: Callable[[str, Any], Any]) -> Any:
    """A reader of one value for the whole question."""
    return _optional(lambda name, value, own: reader(name, value), per_answer=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleSet:
    """One question, the sampled answers to it, and what else is known about them.

    Args:
        prompt: the question as the model saw it (chat template not included).
        texts: n >= 1 answers. An empty answer is legal, an empty list is not.
        token_logprobs: for each answer the natural log-probs of its tokens, ragged, finite and <= 0
            (up to `LOGPROB_TOLERANCE` above 0 is rounding and becomes 0); None if the model gave none, and in place of
            those of one answer that are not known: an estimator that needs them all then has no score, which is NaN.
        embeddings: (n, d) sentence embeddings of the answers, if already known.
        token_entropies: n ragged arrays: the entropy of the next-token distribution at each token, nats; None as there.
        token_certainties: n ragged arrays: KL(uniform || next-token distribution) at each token, nats;
            -log V - mean_v log p_v over a vocabulary of V.
        token_relevance: n ragged arrays: how much the meaning of the answer hangs on each token, >= 0
            (see `semuq.estimators.tokens.relevance_by_removal`).
        hidden_states: (n, d) a state of the model for each answer, such as the middle layer's at its last token.
        layer_states: (n, L, d) each layer's state for each answer, the mean over its tokens.
        token_states: n ragged arrays (tokens, d): the last layer's state at each token.
        token_texts: for each answer the texts of its tokens.
        p_true: (n,) the probability the model gives to "true" when asked whether its answer is true.
        stated_confidences: (n,) the confidence the model states in words, as a number in [0, 1].
        answer_probabilities: (n, options) for a question with fixed options: the model's distribution over
            them, given explanation i.
        explanation_entailment: (n,) the probability that the question entails explanation i.
        claims: for each answer the short statements it makes, if it has been taken apart.
        second_answers: for each answer those that the model gave with it in the prompt (see `semuq.sampling.iterated`).
        perturbations: the same question in other words, each with the answers to it.
        perturbation: for one of these, how its question was changed, such as "W1" (see `semuq.sampling.perturbations`).
        prompt_logprobs: natural log-probs of the tokens of the prompt but the first, as the model reads it.
        token_logits: n ragged arrays: the logit of each token, as the model's last layer gives it, before the softmax.
        token_attentions: n ragged arrays (tokens, layers, heads): how much each head looks from a token at the one
            before it, in [0, 1]; the first token's at the end of the prompt.
        token_claim_logprobs: n ragged arrays <= 0: the log of the share that tokens of the same claim have among those
            that claim the same or its opposite (see `semuq.estimators.claim_conditioned.with_claim_logprobs`).
        answer: the answer that will be given, which is what correctness is about; often the greedy one.
        answer_logprobs: natural log-probs of its tokens.
        answer_confidence: the model's confidence in it, stated or P(true), in [0, 1].
        distractors: other answers that the model can be made to consider.
        distractor_confidences: (distractors,) the confidence it has in each, asked by itself, in [0, 1].
        other_models: answers of other models to the same prompt, a SampleSet for each model.
        clarifications: the question in each of the senses it may have, with the answers to it.
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
    token_logprobs: tuple[FloatArray | None, ...] | None = _optional(
        lambda name, value, own: read.token_logprobs(name, value, own.texts)
    )
    embeddings: FloatArray | None = _optional(_as_many(read.vectors))
    token_entropies: tuple[FloatArray | None, ...] | None = _optional(_per_token(read.per_token_or_none))
    token_certainties: tuple[FloatArray, ...] | None = _optional(_per_token(read.per_token))
    token_relevance: tuple[FloatArray, ...] | None = _optional(_per_token(read.per_token))
    hidden_states: FloatArray | None = _optional(_as_many(read.vectors))
    layer_states: FloatArray | None = _optional(_as_many(read.layers))
    token_states: tuple[FloatArray, ...] | None = _optional(_per_token(read.token_vectors))
    token_texts: tuple[tuple[str, ...], ...] | None = _optional(_per_token(read.token_strings))
    p_true: FloatArray | None = _optional(_as_many(read.per_answer))
    stated_confidences: FloatArray | None = _optional(_as_many(read.per_answer))
    answer_probabilities: FloatArray | None = _optional(_as_many(read.shares))
    explanation_entailment: FloatArray | None = _optional(_as_many(read.per_answer))
    claims: tuple[tuple[str, ...], ...] | None = _optional(_as_many(read.string_lists))
    second_answers: tuple[tuple[str, ...], ...] | None = _optional(_as_many(read.string_lists))
    token_logits: tuple[FloatArray, ...] | None = _optional(_per_token(read.token_numbers))
    token_attentions: tuple[FloatArray, ...] | None = _optional(_per_token(read.attentions))
    token_claim_logprobs: tuple[FloatArray, ...] | None = _optional(_per_token(read.token_logs))
    perturbations: tuple[SampleSet, ...] | None = _once(lambda name, value: _questions(name, value))
    perturbation: str | None = _once(read.text)
    prompt_logprobs: FloatArray | None = _once(read.logprobs)
    answer: str | None = _once(read.text)
    answer_logprobs: FloatArray | None = _once(read.logprobs)
    answer_confidence: float | None = _once(read.share)
    distractors: tuple[str, ...] | None = _once(read.strings)
    distractor_confidences: FloatArray | None = _optional(
        lambda name, value, own: read.shares_of(name, value, own.distractors), per_answer=False
    )
    other_models: tuple[SampleSet, ...] | None = _once(lambda name, value: _questions(name, value))
    clarifications: tuple[SampleSet, ...] | None = _once(lambda name, value: _questions(name, value))
    references: tuple[str, ...] = ()
    id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.prompt, str):
            raise InvalidSamples(f"prompt: expected str, got {type(self.prompt).__name__}; pass the question's text")
        read.check_text("prompt", self.prompt)
        texts = read.strings("texts", self.texts)
        if not texts:
            raise InvalidSamples("texts: expected at least one answer, got none; sample the model first")
        set_field = object.__setattr__
        set_field(self, "texts", texts)
        set_field(self, "references", read.strings("references", self.references))
        number: Any = self.id
        if isinstance(number, int | np.integer) and not isinstance(number, bool):
            set_field(self, "id", str(number))  # tables number their rows
        if self.id is not None and not isinstance(self.id, str):
            raise InvalidSamples(f"id: expected str or None, got {type(self.id).__name__}; pass str(id)")
        for item in _OPTIONAL:
            value = getattr(self, item.name)
            if value is not None:
                set_field(self, item.name, item.metadata["reader"](item.name, value, self))
        if not isinstance(self.metadata, Mapping):
            raise InvalidSamples(f"metadata: expected a mapping, got {type(self.metadata).__name__}; pass a dict")
        set_field(self, "metadata", MappingProxyType(dict(self.metadata)))

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __repr__(self) -> str:
        prompt = self.prompt if len(self.prompt) <= 60 else self.prompt[:57] + "..."
        known = "".join(f", {item.name}" for item in _OPTIONAL if getattr(self, item.name) is not None)
        return f"SampleSet(prompt={prompt!r}, n={len(self)}{known})"

    def _repr_html_(self) -> str:
        known = [item.name for item in _OPTIONAL if getattr(self, item.name) is not None]
        numbers = {"Answers": f"{len(self):,}", **({"Id": self.id} if self.id else {})}
        return html_card(
            Card(
                id=self.id or "",
                prompt=self.prompt,
                meanings=(Meaning(mass=None, count=None, wordings=wordings_of(enumerate(self.texts, start=1))),),
                n=len(self),
                numbers=numbers | ({"With": ", ".join(known)} if known else {}),
                references=self.references,
            )
        )

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

    def with_answer(self, greedy: SampleSet) -> SampleSet:
        """The same question with the one answer of another set, often greedy, as the `answer` that will be given.

        Raises:
            InvalidSamples: the other set has several answers, or answers another prompt.
        """
        if len(greedy) != 1 or greedy.prompt != self.prompt:
            raise InvalidSamples(
                f"greedy: expected one answer to {self.prompt!r:.40}, got {len(greedy)} to {greedy.prompt!r:.40}"
            )
        logprobs = None if greedy.token_logprobs is None else greedy.token_logprobs[0]
        return replace(self, answer=greedy.texts[0], answer_logprobs=logprobs)

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
        for item in _OPTIONAL:
            if getattr(self, item.name) is not None:
                record[item.name] = _plain(getattr(self, item.name))
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

        A log-prob that is null, not finite or above 0 costs that answer its log-probs, which become None, and no other;
        `metadata["unusable_logprobs"]` then says per answer why.

        Raises:
            InvalidSamples: a field is missing, unknown or malformed; the log-probs of no answer can be used.
        """
        if not isinstance(record, Mapping):
            raise InvalidSamples(f"record: expected an object with 'prompt' and 'texts', got {type(record).__name__}")
        for name in ("prompt", "texts"):
            if record.get(name) is None:
                raise InvalidSamples(f"'{name}' is missing; every record needs 'prompt' and 'texts'")
        unknown = sorted(set(record) - set(cls.__dataclass_fields__))
        if unknown:
            raise InvalidSamples(f"unknown fields {unknown}; put what semuq does not read under 'metadata'")
        values = {name: value for name, value in record.items() if value is not None}
        if "token_logprobs" in values:
            texts = read.strings("texts", values["texts"])
            usable, reasons = read.usable_logprobs("token_logprobs", values["token_logprobs"], texts)
            values["token_logprobs"] = usable
            if any(reasons) and isinstance(values.get("metadata", {}), Mapping):
                values["metadata"] = {"unusable_logprobs": reasons, **values.get("metadata", {})}
        return cls(**values)

    @classmethod
    def from_openai(
        cls, response: Any, prompt: str | Sequence[Mapping[str, Any]], *, top_logprobs: int | None = None
    ) -> SampleSet:
        """The answers in a response that you have already, of OpenAI or of any server that speaks its API.

        Args:
            response: a chat completion or a legacy completion, as the client returned it or as a plain dict.
            prompt: what was asked, a text or the messages: no response holds it.
            top_logprobs: how many of the most probable tokens were asked for; None takes the fewest listed at any
                token. Where they are all there, `token_entropies` are the lower bounds that `entropies_from_top` gives.

        `token_logprobs` are there where an answer has usable ones, None in place of the others'; `metadata` holds the
        `model`, `finish_reasons`, which answers were `truncated`, and what was thought, as those of `OpenAISampler`,
        and, where choices held an error or nothing, how many (`choices_without_answer`).

        Raises:
            InvalidSamples: no response of these kinds, a piece of a stream, or none but errors in place of answers.

        Example:
            >>> choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in ("Paris", "Lyon")]
            >>> SampleSet.from_openai({"model": "m", "choices": choices}, "Capital of France?").texts
            ('Paris', 'Lyon')
        """
        record = record_of(response)
        if record is None:
            raise InvalidSamples(
                f"response: expected a (chat) completion of OpenAI's client or a dict, got {type(response).__name__}"
            )
        try:
            answers = read_choices(record, top_logprobs)
        except (Unreadable, Refused) as error:
            raise InvalidSamples(f"response: expected answers, got an error ({error})") from error
        if not answers:
            raise InvalidSamples(f"response: expected at least one choice, got fields {sorted(record)!r:.80}")
        lost = len(record["choices"]) - len(answers)
        model = record.get("model")
        noted_of_it = {"model": model if isinstance(model, str) else None, "choices_without_answer": lost}
        return cls._of_answers(answers, prompt, {name: own for name, own in noted_of_it.items() if own})

    @classmethod
    def from_vllm(cls, output: Any, prompt: str | Sequence[Mapping[str, Any]] | None = None) -> SampleSet:
        """The answers in one `RequestOutput` of vLLM's `LLM.generate` or `LLM.chat`.

        Args:
            output: of one prompt; with `SamplingParams(n=..., logprobs=...)` the answers have log-probs.
            prompt: what was asked, a text or the messages; None is the output's own text, which is the prompt behind
                the chat template.

        vLLM's log-probs are those of the model's own distribution, unless it was told otherwise (`logprobs_mode`), and
        the token that ends an answer is among them. With `logprobs` >= 2, `token_entropies` are lower bounds
        from the tokens that are listed. `prompt_logprobs` are read where they were asked for.

        Raises:
            InvalidSamples: no such output, one without answers, or none with a prompt.
        """
        read_output = read_vllm(output)
        asked = read_output.prompt if prompt is None else prompt
        if asked is None:
            raise InvalidSamples("prompt: expected the question's text, got None, and the output has token ids alone")
        made = cls._of_answers(read_output.answers, asked, {})
        return replace(made, prompt_logprobs=read_output.prompt_logprobs)

    @classmethod
    def _of_answers(cls, answers: Sequence[Answer], prompt: Any, metadata: Mapping[str, Any]) -> SampleSet:
        asked = prompt if isinstance(prompt, str) else Conversation.of(prompt, "prompt")
        own = answer_fields(answers)
        told = {**metadata, **own.pop("metadata"), **noted(asked)}
        return cls(prompt=question_of(asked), **own, metadata=told)


_OPTIONAL = tuple(item for item in fields(SampleSet) if "reader" in item.metadata)
"""The fields that may be absent, in the order in which they are read."""

_PER_ANSWER = tuple(item.name for item in _OPTIONAL if item.metadata["per_answer"])
"""Those with one entry per answer, in the order of the answers."""


def _rebuild(values: dict[str, Any]) -> SampleSet:
    return SampleSet(**values)


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
    """Arrays, tuples and questions as lists and dictionaries, all the way down."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, SampleSet):
        return value.to_dict()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _questions(name: str, values: Any) -> tuple[SampleSet, ...]:
    if isinstance(values, str | bytes | Mapping | SampleSet) or not isinstance(values, Sequence):
        raise InvalidSamples(f"{name}: expected a list of SampleSets, got {type(values).__name__}")
    built = [SampleSet.from_dict(value) if isinstance(value, Mapping) else value for value in values]
    for index, value in enumerate(built):
        if not isinstance(value, SampleSet):
            raise InvalidSamples(f"{name}[{index}]: expected a SampleSet, got {type(value).__name__}")
    return tuple(built)
