"""Small models with random weights, one for each architecture that is packed, positions laid out as in real ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DebertaConfig,
    DebertaForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    ElectraConfig,
    ElectraForSequenceClassification,
    ModernBertConfig,
    ModernBertForSequenceClassification,
    MPNetConfig,
    MPNetForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from semuq.relations.entailment.assembly import Tokens

VOCABULARY = 40
SIZE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "num_labels": 3,
    "initializer_range": 0.15,
}
DEBERTA = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "type_vocab_size": 0,
    "max_position_embeddings": 512,
}
V3 = {**DEBERTA, "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": True}
ENDS = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
MODERN = {**ENDS, "max_position_embeddings": 512, "local_attention": 32}

KINDS: dict[str, tuple[type, type, dict[str, Any]]] = {
    "bert": (BertForSequenceClassification, BertConfig, {}),
    "roberta": (RobertaForSequenceClassification, RobertaConfig, {"type_vocab_size": 1}),
    "xlm-roberta": (XLMRobertaForSequenceClassification, XLMRobertaConfig, {"type_vocab_size": 1}),
    "electra": (ElectraForSequenceClassification, ElectraConfig, {"embedding_size": 64}),
    "electra-small": (ElectraForSequenceClassification, ElectraConfig, {"embedding_size": 32}),
    "mpnet": (MPNetForSequenceClassification, MPNetConfig, {}),
    "deberta": (DebertaForSequenceClassification, DebertaConfig, DEBERTA),
    "deberta-v3": (DebertaV2ForSequenceClassification, DebertaV2Config, V3),
    "deberta-v2-xlarge": (
        DebertaV2ForSequenceClassification,
        DebertaV2Config,
        {**V3, "share_att_key": False, "conv_kernel_size": 3, "conv_act": "gelu"},
    ),
    "deberta-v2-odd": (
        DebertaV2ForSequenceClassification,
        DebertaV2Config,
        {**V3, "pos_att_type": ["c2p"], "position_buckets": -1, "position_biased_input": True, "type_vocab_size": 2},
    ),
    "modernbert": (ModernBertForSequenceClassification, ModernBertConfig, MODERN),
    "modernbert-mean": (
        ModernBertForSequenceClassification,
        ModernBertConfig,
        {**MODERN, "classifier_pooling": "mean", "num_hidden_layers": 4},
    ),
}


def make(kind: str, **changes: Any) -> Any:
    """A model of a kind, always the same one, with biases that are not zero."""
    model, config, own = KINDS[kind]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = model(config(**{**SIZE, **own, **changes})).eval()
        for name, parameter in made.named_parameters():
            if parameter.ndim == 1 and "weight" not in name:
                torch.nn.init.normal_(parameter, std=0.1)
    return made


def made_tokens(model: Any, lengths: list[int], seed: int = 0) -> Tokens:
    """Random pairs of these lengths; none holds a padding token."""
    rng = np.random.default_rng(seed)
    total = int(np.sum(lengths))
    segments = 2 if getattr(model.config, "type_vocab_size", 0) == 2 else 1
    return Tokens(
        ids=rng.integers(4, VOCABULARY, total),
        segments=rng.integers(0, segments, total),
        lengths=np.array(lengths, dtype=np.int64),
    )


def one_by_one(model: Any, tokens: Tokens) -> np.ndarray:
    """transformers' own forward pass, a pair at a time, without padding."""
    logits, start = [], 0
    takes_segments = getattr(model.config, "type_vocab_size", 0) > 0
    for length in tokens.lengths.tolist():
        ids, segments = (torch.from_numpy(own[start : start + length])[None] for own in (tokens.ids, tokens.segments))
        inputs = {"token_type_ids": segments} if takes_segments else {}
        with torch.inference_mode():
            logits.append(model(input_ids=ids, attention_mask=torch.ones_like(ids), **inputs).logits[0].numpy())
        start += length
    return np.array(logits)
