"""What all tiny models are made of: a tokenizer of whole words, and weights that a seed fixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast


def word_level(words: Sequence[str], *, unknown: str, split: Any = None, **options: Any) -> PreTrainedTokenizerFast:
    """A tokenizer with an id per word, in this order; words are what white space parts, or `split`."""
    core = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token=unknown))
    core.pre_tokenizer = split or pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token=unknown, **options)


def seeded(make: Callable[[], Any], seed: int = 0) -> Any:
    """What `make` makes with this seed; torch's own generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()
