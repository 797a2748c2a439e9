"""A small transformer of our own configuration and a tokenizer of single characters, for tiny recipes.

Both are made, not loaded: a Llama of a few hundred thousand weights that a laptop core trains in
seconds, so that an experiment can afford many seeds.
"""

from __future__ import annotations

from typing import Any

from semuq.checks import within
from semuq.errors import InvalidParameter

__all__ = ["character_tokenizer", "tiny_llama"]

PAD, BOS, EOS = "<pad>", "<s>", "</s>"


def character_tokenizer(alphabet: str) -> Any:
    """A transformers tokenizer whose tokens are the characters of the alphabet, each prompt opened by BOS.

    Decoding gives the characters back without anything between them; a character that is not in the
    alphabet is an error of the caller, and becomes the padding token.

    >>> tokenizer = character_tokenizer("0123+=")
    >>> ids = tokenizer("12+3=")["input_ids"]
    >>> ids, tokenizer.decode(ids, skip_special_tokens=True)
    ([1, 4, 5, 7, 6, 8], '12+3=')
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    if not alphabet or len(set(alphabet)) != len(alphabet):
        raise InvalidParameter(f"alphabet: expected distinct characters, got {alphabet!r}")
    vocabulary = {token: index for index, token in enumerate([PAD, BOS, EOS, *alphabet])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=PAD))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=512,
    )


def tiny_llama(tokenizer: Any, *, seed: int, hidden: int = 64, layers: int = 2, heads: int = 4) -> Any:
    """A LlamaForCausalLM with random weights for that tokenizer; the same seed gives the same weights.

    Args:
        tokenizer: from `character_tokenizer`.
        seed: of the initial weights; torch's own generator is left as it was.
        hidden: width; the inner width of a layer is four times that.
        layers: how many.
        heads: attention heads, a divisor of `hidden`.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    within("tiny_llama", 1, hidden=hidden, layers=layers, heads=heads)
    if hidden % (2 * heads):
        raise InvalidParameter(f"tiny_llama.hidden: expected a multiple of 2 * heads = {2 * heads}, got {hidden}")
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=128,
        tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config)
