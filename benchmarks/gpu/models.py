"""The models: the packaged one, and three sizes that people use, with random weights and real position layouts.

All read the packaged model's WordPiece tokenizer, since no other can be had without a download. Weights are random,
so their scores mean nothing; their speed is that of trained ones.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    ModernBertConfig,
    ModernBertForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from benchmarks.gpu.setup import Setup
from semuq.models import load_embedded

LABELS = ("entailment", "neutral", "contradiction")
SEED = 0
TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


@dataclass(frozen=True, eq=False)
class Made:
    """A model with its tokenizer, and what its arithmetic depends on."""

    name: str
    title: str
    model: Any
    tokenizer: Any
    width: int
    layers: int
    inner: int
    gated: bool = False
    terms: int = 1

    @property
    def pair(self) -> tuple[Any, Any]:
        """As `Entailment` takes it."""
        return self.model, self.tokenizer

    def flops(self, lengths: list[int]) -> float:
        """Of one pass over pairs of these lengths, as little as can be done: without padding, last layer for one token.

        A product of matrices counts two for each multiplication. `terms` are the products of attention: one, and
        DeBERTa's two with positions.
        """
        d, tokens, pairs = self.width, sum(lengths), len(lengths)
        feed = (3 if self.gated else 2) * d * self.inner
        squares = sum(length * length for length in lengths)
        body = (self.layers - 1) * (2 * tokens * (4 * d * d + feed) + 2 * (1 + self.terms) * squares * d)
        last = 2 * tokens * 2 * d * d + 2 * pairs * (2 * d * d + feed) + 2 * (1 + self.terms) * tokens * d
        return float(body + last)


NAMES = ("embedded", "deberta-large", "roberta-large", "modernbert-base")


def make(name: str, setup: Setup) -> Made:
    """A model on the device of the setup, in float32."""
    embedded, tokenizer = load_embedded()
    if name == "embedded" and not setup.tiny:
        config = embedded.config
        return Made(
            name,
            "the packaged model: BERT, 6 layers of 384",
            embedded.to(setup.device),
            tokenizer,
            config.hidden_size,
            config.num_hidden_layers,
            config.intermediate_size,
        )
    vocabulary = {"vocab_size": embedded.config.vocab_size, "pad_token_id": 0, "num_labels": 3}
    large = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    base = {"hidden_size": 768, "num_hidden_layers": 22, "num_attention_heads": 12, "intermediate_size": 1152}
    size = TINY if setup.tiny else base if name == "modernbert-base" else large
    # Large enough for the first token to hear of the others, which training sees to otherwise.
    spread = 1.4 / math.sqrt(size["hidden_size"]) if name == "modernbert-base" else setup.size(2, 30) / 100
    common = {**vocabulary, **size, "max_position_embeddings": 512, "initializer_range": spread}
    if name == "deberta-large":
        kind, config, title = DebertaV2ForSequenceClassification, DebertaV2Config(**common, **_V3), "DeBERTa-v3-large"
        config.pooler_hidden_size = config.hidden_size
    elif name == "embedded":
        kind, config, title = BertForSequenceClassification, BertConfig(**common), "nothing: a tiny BERT in its place"
    elif name == "roberta-large":
        kind, title = RobertaForSequenceClassification, "RoBERTa-large"
        config = RobertaConfig(**{**common, "max_position_embeddings": 514}, type_vocab_size=2)
    else:
        kind, title = ModernBertForSequenceClassification, "ModernBERT-base"
        ends = {"cls_token_id": 101, "sep_token_id": 102, "bos_token_id": 101, "eos_token_id": 102}
        config = ModernBertConfig(**common, **ends)
        tokenizer = copy.copy(tokenizer)
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: index for index, label in enumerate(LABELS)}
    devices = [setup.device] if setup.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(SEED)
        with setup.device:  # random numbers are made where they are needed: a large model takes a CPU many seconds
            model = kind(config).eval()
        # Larger than at the start of training, so that pairs differ in their probabilities.
        wide = 2 if name == "deberta-large" else 8  # its pooled states have no tanh around them
        torch.nn.init.normal_(_last(model).weight, std=wide / math.sqrt(config.hidden_size))
    return Made(
        name,
        f"random weights in the size of {title}",
        model,
        tokenizer,
        config.hidden_size,
        config.num_hidden_layers,
        config.intermediate_size,
        gated=name == "modernbert-base",
        terms=3 if name == "deberta-large" else 1,
    )


def _last(model: Any) -> Any:
    return getattr(model.classifier, "out_proj", model.classifier)


_V3 = {
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "max_relative_positions": -1,
    "position_biased_input": False,
    "type_vocab_size": 0,
    "layer_norm_eps": 1e-7,
}
