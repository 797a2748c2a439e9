"""A sentence-transformers folder: a random BERT of 12 dimensions, few words, mean pooling."""

from __future__ import annotations

import json
from pathlib import Path

from transformers import BertConfig, BertModel

from tests.tiny.parts import seeded, word_level

WORDS = ["[PAD]", "[UNK]", "Paris", "Lyon", "it", "is", "the", "capital", "of", "france", "not"]


def save_encoder(folder: Path) -> None:
    word_level(WORDS, unknown="[UNK]", pad_token="[PAD]").save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    seeded(lambda: BertModel(config)).save_pretrained(folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    pooling = {"word_embedding_dimension": 12, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16}))
