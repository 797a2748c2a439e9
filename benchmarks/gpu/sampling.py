"""Sampling the answers against scoring them: which share of the time is ours.

Language models in the size of SmolLM2-135M and of Qwen2.5-1.5B with random weights, since trained ones are too
large to bring; they write as many tokens as real answers have, so sampling takes what it takes.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from benchmarks.gpu.models import TINY, Made
from benchmarks.gpu.setup import Setup
from benchmarks.gpu.speed import relation_of

ANSWERS = 20
NEW_TOKENS = 16
AT_ONCE = 64
"""Prompts of a call, each with all its answers."""


def language_models(setup: Setup) -> dict[str, Any]:
    """Name -> a function that makes the model."""
    if setup.tiny:
        return {"tiny": lambda: LlamaForCausalLM(LlamaConfig(**TINY, num_key_value_heads=1, vocab_size=31_000))}
    return {
        "SmolLM2-135M": lambda: LlamaForCausalLM(
            LlamaConfig(
                hidden_size=576,
                intermediate_size=1536,
                num_hidden_layers=30,
                num_attention_heads=9,
                num_key_value_heads=3,
                vocab_size=49_152,
                tie_word_embeddings=True,
            )
        ),
        "Qwen2.5-1.5B": lambda: Qwen2ForCausalLM(
            Qwen2Config(
                hidden_size=1536,
                intermediate_size=8960,
                num_hidden_layers=28,
                num_attention_heads=12,
                num_key_value_heads=2,
                vocab_size=151_936,
                tie_word_embeddings=True,
            )
        ),
    }


def end_to_end(made: Made, setup: Setup) -> dict[str, Any]:
    """Seconds to sample and to score 250 questions with 20 answers; the scored answers are the real ones."""
    samples = setup.samples(setup.size(250, 2), setup.size(ANSWERS, 4), "question")
    relation = relation_of(made, setup, "question")
    relation.compare(samples[:1])
    scoring, _ = setup.seconds(lambda: relation.compare(samples))
    lazily, _ = setup.seconds(lambda: relation.cluster(samples))
    found: dict[str, Any] = {"scoring_seconds": scoring, "clusters_seconds": lazily, "models": {}}
    for name, build in language_models(setup).items():
        with setup.device:
            torch.manual_seed(0)
            model = build().eval()
        model.to(torch.bfloat16 if setup.device.type == "cuda" else torch.float32)
        encoded = made.tokenizer(
            [own.prompt for own in samples], padding=True, padding_side="left", return_tensors="pt"
        )
        _generate(model, encoded, slice(0, 2), setup)
        seconds, tokens = setup.seconds(
            lambda model=model, encoded=encoded: sum(
                _generate(model, encoded, slice(start, start + AT_ONCE), setup)
                for start in range(0, len(samples), AT_ONCE)
            )
        )
        found["models"][name] = {
            "sampling_seconds": seconds,
            "tokens_per_second": tokens / seconds,
            "share_of_scoring": scoring / (scoring + seconds),
            "share_of_clusters": lazily / (lazily + seconds),
        }
        del model
    return found


def _generate(model: Any, encoded: Any, own: slice, setup: Setup) -> int:
    """Tokens written."""
    with torch.inference_mode():
        written = model.generate(
            input_ids=encoded["input_ids"][own].to(setup.device),
            attention_mask=encoded["attention_mask"][own].to(setup.device),
            do_sample=True,
            num_return_sequences=setup.size(ANSWERS, 2),
            max_new_tokens=NEW_TOKENS,
            min_new_tokens=NEW_TOKENS,
            pad_token_id=0,
        )
    return int(written.shape[0]) * NEW_TOKENS
