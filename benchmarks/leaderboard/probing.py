"""What the model itself has to say about answers that it gave: the evidence that some estimators need beside them.

Reads token distributions, attention and hidden states by running answers through the model once more, asks it whether
they are true and how sure it is, puts questions in other words, and has multiple-choice options explained. Called by
the evidence stage, for models of `HuggingFaceSampler` only.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from semuq.numerics import FloatArray
from semuq.sampling.loading import Loaded, load
from semuq.sampling.reading import attending_eagerly, to_previous

WORDINGS = ("Please tell me: {question}", "I would like to know this. {question}", "{lower}")
"""The same question in other words, by rules: a small model's paraphrases ask something else too often."""
ANSWERS_PER_WORDING = 2
EXPLANATIONS, EXPLANATION_TOKENS = 5, 32
ALTERNATIVES = 5
"""Of each token, for claim-conditioned probability."""

TRUE = """Question: What is the capital of Italy?
Proposed answer: Rome
True or false: true

Question: Who painted the Mona Lisa?
Proposed answer: Pablo Picasso
True or false: false

Question: In which year did World War II end?
Proposed answer: 1918
True or false: false

Question: Which sport is played at Wimbledon?
Proposed answer: Tennis
True or false: true

"""
SURE = """Question: What is the capital of Italy?
Answer: Rome
Confidence from 0 to 9: 9

Question: In which year was the painter Joos van Craesbeeck born?
Answer: 1599
Confidence from 0 to 9: 2

Question: Who painted the Mona Lisa?
Answer: Pablo Picasso
Confidence from 0 to 9: 4

Question: Which sport is played at Wimbledon?
Answer: Tennis
Confidence from 0 to 9: 8

"""
EXPLAINED = """Question: Which gas do plants take in for photosynthesis?
A. Oxygen
B. Carbon dioxide
C. Helium
D. Nitrogen
Explanation: Plants make sugar out of water and of carbon dioxide from the air, and give off oxygen.
Is that a good explanation of the answer? yes
Answer: B

Question: What is 3 * 4?
A. 7
B. 34
C. 9
D. 12
Explanation: Putting the digits side by side gives 34.
Is that a good explanation of the answer? no
Answer: D

Question: Which of these is a metal?
A. Iron
B. Sulfur
C. Neon
D. Chlorine
Explanation: Metals conduct electricity; iron does, the others do not.
Is that a good explanation of the answer? yes
Answer: A

"""


@dataclass(frozen=True, kw_only=True)
class Read:
    """One answer of T tokens, the end of its line among them, as the model reads it.

    Args:
        pieces: of its text alone.
        logprobs, entropies, certainties, logits: (T,) as `SampleSet` has them.
        attentions: (T, layers, 1) to the token before, of the head in each layer that RAUQ chooses.
        hidden: (d,) the middle layer's state at the last token of its text.
        alternatives: for each token of its text, (text up to it, log-prob) of the likeliest that might stand there, the
            token itself first.
    """

    pieces: tuple[str, ...]
    logprobs: FloatArray
    entropies: FloatArray
    certainties: FloatArray
    logits: FloatArray
    attentions: FloatArray
    hidden: FloatArray
    alternatives: tuple[tuple[tuple[str, float], ...], ...]


class Prober:
    """A model to be asked about its own answers.

    Args:
        model, tokenizer, device: as for `HuggingFaceSampler`; read in float32, what is loaded already as it is.
        seed: of what is sampled.
    """

    def __init__(self, model: Any = None, tokenizer: Any = None, device: Any = None, *, seed: int = 0) -> None:
        given = isinstance(model, torch.nn.Module | tuple)
        self.loaded: Loaded = load(model, tokenizer, device, None if given else torch.float32)
        self.seed = seed
        self._known: dict[str, tuple[list[int], Any]] = {}

    @property
    def identity(self) -> str:
        """Names the model, its weights and the seed."""
        return f"{self.loaded.fingerprint}/seed={self.seed}"

    @torch.inference_mode()
    def read(self, prompt: str, texts: Sequence[str]) -> list[Read]:
        """Each answer behind the prompt, with the end of its line; equal texts once."""
        distinct = list(dict.fromkeys(texts))
        tokens = [self._tokens(f" {text}" if text else "") for text in distinct]
        rows = [[*own, *self._tokens("\n")] for own in tokens]
        middle = self.loaded.model.config.num_hidden_layers // 2
        with attending_eagerly(self.loaded.model):  # the fast kernels do not say what they looked at
            output = self._run("answer", prompt, rows, output_attentions=True)
        looked = self._looked_back(output.attentions, prompt, rows)
        found = {}
        for row, text in enumerate(distinct):
            # The state at a token predicts the next one; place 0 is the prompt's last token.
            logits = self._logits(output.last_hidden_state[row, : len(rows[row])])
            logprobs = logits.log_softmax(-1)
            places = torch.arange(len(rows[row])), torch.tensor(rows[row])
            found[text] = Read(
                pieces=tuple(self.loaded.tokenizer.decode([token]) for token in rows[row]),
                logprobs=logprobs[places].double().numpy(),
                entropies=-(logprobs.exp() * logprobs).sum(-1).double().numpy(),
                certainties=(-np.log(logprobs.shape[-1]) - logprobs.mean(-1)).double().numpy(),
                logits=logits[places].double().numpy(),
                attentions=looked[row],
                hidden=output.hidden_states[middle][row, len(tokens[row])].double().numpy(),
                alternatives=self._alternatives(tokens[row], logprobs),
            )
        return [found[text] for text in texts]

    @torch.inference_mode()
    def states(self, prompt: str, text: str, layers: Sequence[int]) -> FloatArray:
        """(layers, d) the states of some layers at the last token of an answer's text."""
        own = self._tokens(f" {text}") if text else []
        output = self._run("answer", prompt, [own])
        return torch.stack([output.hidden_states[layer][0, len(own)] for layer in layers]).double().numpy()

    @torch.inference_mode()
    def layers(self, prompt: str, texts: Sequence[str]) -> FloatArray:
        """(n, layers, d) of each answer, as `layer_states` of a SampleSet are: means over the tokens of its text.

        Equal texts are read once, and what prompts begin with alike too.
        """
        distinct = list(dict.fromkeys(texts))
        rows = [self._tokens(f" {text}") for text in distinct]
        states = self._run("layers", prompt, rows).hidden_states[1:]
        found = {
            text: torch.stack([own[row, 1 : 1 + len(rows[row])].float().mean(0) for own in states]).double().numpy()
            for row, text in enumerate(distinct)
        }
        return np.stack([found[text] for text in texts])

    def true(self, question: str, texts: Sequence[str]) -> FloatArray:
        """(n,) probability of "true" against "false", asked behind four examples."""
        tails = [f" {text}\nTrue or false:" for text in texts]
        return self._choose("true", f"{TRUE}Question: {question}\nProposed answer:", tails, (" true", " false"))[:, 0]

    def sure(self, question: str, texts: Sequence[str]) -> FloatArray:
        """(n,) mean of the digit that the model states its confidence with, in ninths.

        The mean over its distribution, which is that of many replies: its most probable digit hardly ever changes.
        """
        tails = [f" {text}\nConfidence from 0 to 9: " for text in texts]
        shares = self._choose("sure", f"{SURE}Question: {question}\nAnswer:", tails, tuple("0123456789"))
        means: FloatArray = shares @ np.arange(10) / 9
        return means

    def reworded(
        self, prompts: Sequence[str], questions: Sequence[str], max_new_tokens: int
    ) -> list[list[dict[str, Any]]]:
        """For each question: it in other words, each with answers. The prompts begin alike and hold the question."""
        start = prompts[0].rpartition(questions[0])[0]
        worded, tails = [], []
        for prompt, question in zip(prompts, questions, strict=True):
            worded.append([form.format(question=question, lower=question.rstrip("?").lower()) for form in WORDINGS])
            tails += [f"{own}{prompt.rpartition(question)[2]}" for own in worded[-1]]
        answers = iter(self._sample("wording", start, tails, ANSWERS_PER_WORDING, max_new_tokens))
        return [[{"prompt": own, "texts": next(answers)} for own in wordings] for wordings in worded]

    def explained(self, questions: Sequence[str], letters: str) -> list[dict[str, Any]]:
        """For each multiple-choice question: explanations, the distribution over letters after each, and its worth."""
        asked = [f"Question: {question}\nExplanation:" for question in questions]
        found = []
        for tail, texts in zip(
            asked, self._sample("explanation", EXPLAINED, asked, EXPLANATIONS, EXPLANATION_TOKENS), strict=True
        ):
            tails = [f" {text}\nIs that a good explanation of the answer?" for text in texts]
            worth = self._choose("worth", f"{EXPLAINED}{tail}", tails, (" yes", " no"))[:, 0]
            answered = [f"{own} yes\nAnswer:" for own in tails]
            shares = self._choose("worth", f"{EXPLAINED}{tail}", answered, tuple(f" {letter}" for letter in letters))
            found.append(
                {
                    "texts": texts,
                    "answer_probabilities": shares.round(5).tolist(),
                    "explanation_entailment": worth.round(5).tolist(),
                }
            )
        return found

    def _tokens(self, text: str) -> list[int]:
        return list(self.loaded.tokenizer(text, add_special_tokens=False).input_ids) if text else []

    @torch.inference_mode()
    def _choose(self, kind: str, prefix: str, tails: Sequence[str], options: Sequence[str]) -> FloatArray:
        """(tails, options) probabilities of the options' first tokens, which differ, made to add up to 1."""
        distinct = list(dict.fromkeys(tails))
        first = [self._tokens(option)[0] for option in options]
        rows = [self._tokens(tail) for tail in distinct]
        last = self._run(kind, prefix, rows).last_hidden_state
        ends = torch.stack([last[row, len(own)] for row, own in enumerate(rows)])
        shares = self._logits(ends)[:, first].softmax(-1).double().numpy()
        return np.stack([shares[distinct.index(tail)] for tail in tails])

    @torch.inference_mode()
    def _run(self, kind: str, prefix: str, rows: Sequence[Sequence[int]], **wanted: bool) -> Any:
        """The model's output with the states of all layers (rows, 1 + T, d); place 0 is the prefix's last token."""
        head = self._tokens(prefix)
        cache = self._cached(kind, head[:-1])
        cache.batch_repeat_interleave(len(rows))
        longest = max(len(own) for own in rows)
        ids = torch.tensor([[head[-1], *own, *[0] * (longest - len(own))] for own in rows])
        # Padding is behind everything that could see it, so no mask is needed.
        return self.loaded.model.model(
            input_ids=ids, past_key_values=cache, use_cache=True, output_hidden_states=True, **wanted
        )

    def _looked_back(self, seen: Any, prompt: str, rows: Sequence[Sequence[int]]) -> list[FloatArray]:
        """For each row (T, layers, 1): the head of each layer that looks back most over the answer, as RAUQ has it."""
        before = len(self._tokens(prompt))
        found = []
        for row, own in enumerate(rows):
            # Rows of attention begin at the prompt's last token, columns at its first.
            each = to_previous(seen, row, 1, 1 + len(own), before - 1)
            heads = each[1:].sum(axis=0).argmax(axis=-1)
            found.append(np.take_along_axis(each, heads[None, :, None], axis=2))
        return found

    def _alternatives(self, tokens: Sequence[int], logprobs: torch.Tensor) -> tuple[tuple[tuple[str, float], ...], ...]:
        found = []
        for place, token in enumerate(tokens):
            best = [other for other in logprobs[place].topk(ALTERNATIVES).indices.tolist() if other != token]
            among = [token, *best[: ALTERNATIVES - 1]]
            texts = [self.loaded.tokenizer.decode([*tokens[:place], other]).strip() for other in among]
            found.append(tuple(zip(texts, logprobs[place, among].tolist(), strict=True)))
        return tuple(found)

    @torch.inference_mode()
    def _sample(self, kind: str, prefix: str, tails: Sequence[str], n: int, max_new_tokens: int) -> list[list[str]]:
        """n lines behind each tail, at temperature 1."""
        head = self._tokens(prefix)
        own = [self._tokens(tail) for tail in tails]
        longest = max(map(len, own))
        cache = self._cached(kind, head)
        cache.batch_repeat_interleave(len(own))
        ids = torch.tensor([[0] * (longest - len(tail)) + tail for tail in own])
        seen = torch.tensor([[1] * len(head) + [0] * (longest - len(tail)) + [1] * len(tail) for tail in own])
        place = (seen.cumsum(-1) - 1).clamp(min=0)[:, len(head) :]
        random = torch.Generator().manual_seed(self.seed)
        ended, drawn = torch.zeros(len(own) * n, dtype=torch.bool), []
        for step in range(max_new_tokens):
            output = self.loaded.model.model(
                input_ids=ids, attention_mask=seen, position_ids=place, past_key_values=cache, use_cache=True
            )
            cache, last = output.past_key_values, output.last_hidden_state[:, -1]
            if step == 0:  # each question is read once, then answered n times
                cache.batch_repeat_interleave(n)
                last, seen, place = (part.repeat_interleave(n, 0) for part in (last, seen, place))
            ids = torch.multinomial(self._logits(last).softmax(-1), 1, generator=random)
            drawn.append(ids)
            ended |= torch.tensor([self._ends(token) for token in ids[:, 0].tolist()])
            if ended.all():
                break
            seen = torch.cat([seen, seen.new_ones(len(seen), 1)], dim=1)
            place = place[:, -1:] + 1
        texts = [_line(self.loaded.tokenizer.decode(line, skip_special_tokens=True)) for line in torch.cat(drawn, 1)]
        return [texts[start : start + n] for start in range(0, len(texts), n)]

    def _ends(self, token: int) -> bool:
        return token in self.loaded.stop or "\n" in self.loaded.tokenizer.decode([token])

    @torch.inference_mode()
    def _cached(self, kind: str, head: Sequence[int]) -> Any:
        """Keys and values of a text, from those of what it shares with the last one of its kind."""
        known, cache = self._known.get(kind, ([], None))
        shared = 0
        while shared < min(len(known), len(head) - 1) and known[shared] == head[shared]:
            shared += 1
        cache = DynamicCache() if not shared else copy.deepcopy(cache)
        if shared and shared < len(known):
            cache.crop(shared - len(known))
        ids = torch.tensor([list(head[shared:])])
        cache = self.loaded.model.model(input_ids=ids, past_key_values=cache, use_cache=True).past_key_values
        self._known[kind] = (list(head), cache)
        return copy.deepcopy(cache)

    def _logits(self, states: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.loaded.model.get_output_embeddings()(states).float()
        return logits


def _line(text: str) -> str:
    """The first line of a text, or what there is after an empty one that a model may begin with."""
    return text.split("\n", 1)[0].strip()
