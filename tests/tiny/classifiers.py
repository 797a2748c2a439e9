"""Tiny classifiers with random weights and real tokenizer classes, one per family."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise

import torch
from transformers import (
    AutoModelForSequenceClassification,
    BartConfig,
    BartTokenizer,
    BertConfig,
    BertTokenizer,
    DebertaConfig,
    DebertaTokenizer,
    DebertaV2Config,
    DebertaV2Tokenizer,
    ModernBertConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaTokenizer,
    T5Config,
    T5Tokenizer,
)

from tests.tiny.parts import seeded

FAMILIES = ("bert", "roberta", "deberta", "deberta-v2", "bart", "modernbert", "t5")

LABELS = {0: "contradiction", 1: "neutral", 2: "entailment"}
WORDS = [
    "the",
    "capital",
    "of",
    "france",
    "is",
    "paris",
    "lyon",
    "it",
    "a",
    "city",
    "q",
    "what",
    "who",
    "when",
    "no",
    "yes",
    "42",
    "43",
    "not",
]
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


@cache
def tiny(family: str):
    """(model, tokenizer) of a family, always the same weights."""
    tokenizer = _tokenizer(family)
    model = seeded(lambda: AutoModelForSequenceClassification.from_config(_config(family, tokenizer)))
    # Spread the logits: at initialisation they hardly differ, and equality tests would see nothing.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in ("classifier.weight", "classifier.out_proj.weight", "classification_head.out_proj.weight"):
                parameter.mul_(8)
    return model.eval(), tokenizer


def _config(family: str, tokenizer):
    common = {
        "vocab_size": len(tokenizer),
        "num_labels": 3,
        "id2label": LABELS,
        "label2id": {label: index for index, label in LABELS.items()},
        "pad_token_id": tokenizer.pad_token_id,
    }
    if family == "bert":
        return BertConfig(**SIZE, **common, max_position_embeddings=128)
    if family == "roberta":
        ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
        return RobertaConfig(**SIZE, **common, **ends, max_position_embeddings=130, type_vocab_size=1)
    if family == "deberta":
        return DebertaConfig(
            **SIZE, **common, max_position_embeddings=128, relative_attention=True, pos_att_type=["p2c", "c2p"]
        )
    if family == "deberta-v2":
        return DebertaV2Config(
            **SIZE,
            **common,
            max_position_embeddings=128,
            relative_attention=True,
            pos_att_type=["p2c", "c2p"],
            position_buckets=16,
            type_vocab_size=0,
        )
    if family == "bart":
        ends = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id")}
        return BartConfig(
            **common,
            **ends,
            decoder_start_token_id=tokenizer.eos_token_id,
            forced_eos_token_id=None,
            d_model=32,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=48,
            decoder_ffn_dim=48,
            max_position_embeddings=128,
        )
    if family == "modernbert":
        ends = {name: getattr(tokenizer, name) for name in ("cls_token_id", "sep_token_id")}
        return ModernBertConfig(
            **SIZE,
            **common,
            **ends,
            bos_token_id=tokenizer.cls_token_id,
            eos_token_id=tokenizer.sep_token_id,
            max_position_embeddings=128,
            global_attn_every_n_layers=2,
            local_attention=32,
            initializer_range=0.5,
        )
    return T5Config(
        **common,
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        n_positions=128,
    )


def _tokenizer(family: str):
    if family == "bert":
        return BertTokenizer(vocab=_wordpiece(), model_max_length=128)
    if family == "deberta-v2":
        return DebertaV2Tokenizer(
            vocab=_unigram(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]), unk_id=1, model_max_length=128
        )
    if family == "t5":
        return T5Tokenizer(vocab=_unigram(["<pad>", "</s>", "<unk>"]), extra_ids=0, model_max_length=128)
    if family in ("deberta", "modernbert"):
        vocab, merges = _byte_bpe(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        tokenizer = DebertaTokenizer(vocab=vocab, merges=merges, model_max_length=128)
        if family == "deberta":
            return tokenizer
        # ModernBERT ships a generic fast tokenizer: byte-level BPE, [CLS] A [SEP] B [SEP], no segments.
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer.backend_tokenizer,
            cls_token="[CLS]",
            sep_token="[SEP]",
            pad_token="[PAD]",
            unk_token="[UNK]",
            mask_token="[MASK]",
            model_max_length=128,
            model_input_names=["input_ids", "attention_mask"],
        )
    vocab, merges = _byte_bpe(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    kind = RobertaTokenizer if family == "roberta" else BartTokenizer
    return kind(vocab=vocab, merges=merges, model_max_length=128)


def _wordpiece() -> dict[str, int]:
    characters = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'-()[]:/<>+=_"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *("##" + c for c in characters), *WORDS]
    return {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}


def _unigram(special: list[str]) -> list[tuple[str, float]]:
    characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?!'-()[]:/<>+=_"
    scored = [("▁", -3.0)] + [("▁" + word, -4.0) for word in WORDS] + [(c, -8.0) for c in characters]
    return [(piece, 0.0) for piece in special] + scored


def _byte_bpe(special: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    printable = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    extra = [chr(256 + index) for index in range(256 - len(printable))]
    counts: Counter[tuple[str, str]] = Counter()
    for word in WORDS:
        for left, right in pairwise("Ġ" + word):
            counts[left, right] += 1
    merges = [merge for merge, _ in counts.most_common(40)]
    pieces = [*special, *printable, *extra, *("".join(merge) for merge in merges)]
    return {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}, merges
