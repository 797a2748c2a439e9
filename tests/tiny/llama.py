"""A language model of 29 words with random weights, and its tokenizer."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
)

from tests.tiny.parts import seeded, word_level

SPECIAL = ["<unk>", "<eos>", "<system>", "<user>", "<assistant>"]
WORDS = "what is the capital of france paris lyon it a city who wrote and 42 43 not yes no red blue one two three"
VOCABULARY = [*SPECIAL, *WORDS.split()]
TEMPLATE = (
    "{% for turn in messages %}<{{ turn.role }}> {{ turn.content }} <eos> {% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
CONTEXT = 64
EOS = SPECIAL.index("<eos>")


def tokenizer(*, chat: bool = True, eos: bool = True) -> PreTrainedTokenizerFast:
    """Whitespace-separated words; no pad token, as many causal models have none."""
    made = word_level(
        VOCABULARY,
        unknown="<unk>",
        eos_token="<eos>" if eos else None,
        additional_special_tokens=["<system>", "<user>", "<assistant>"],
    )
    made.chat_template = TEMPLATE if chat else None
    return made


def model(*, seed: int = 0, eos: int | None = EOS, **changes: object) -> LlamaForCausalLM:
    return _made(LlamaForCausalLM, LlamaConfig, seed, eos, changes)


def sliding(window: int, *, seed: int = 0) -> MistralForCausalLM:
    """One whose layers look back `window` places only."""
    return _made(MistralForCausalLM, MistralConfig, seed, EOS, {"sliding_window": window})


def _made(kind: Any, config: Any, seed: int, eos: int | None, changes: dict[str, object]) -> Any:
    described = config(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=eos,
        pad_token_id=None,
        **changes,
    )
    made = seeded(lambda: kind(described), seed)
    # Spread the logits, and lengthen the reach of attention: a padding error must show.
    with torch.no_grad():
        made.lm_head.weight.mul_(12)
        for layer in made.model.layers:
            layer.self_attn.o_proj.weight.mul_(20)
            layer.self_attn.v_proj.weight.mul_(5)
    return made.eval()


def pair(**changes: object) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    return model(**changes), tokenizer()
