"""A stand-in for a Qwen2.5 model: the same classes, random weights, a few thousand parameters, made on the spot.

To walk a recipe or an evaluation from end to end where the real weights are not, or before a machine with GPUs
is rented:

    python -m semuq_rl.evaluation.stand_in FOLDER
    python -m semuq_rl.evaluate --model FOLDER --sets aime24 --max-tokens 32 --limit 4 -o try.jsonl
"""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["write_stand_in"]

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CORPUS = ("the answer is ", "\\boxed{}", "</think> <answer> </answer>", "\\frac{1}{2}", "Please reason step by step")


def write_stand_in(
    folder: str | Path, *, hidden: int = 32, layers: int = 2, context: int = 4096, seed: int = 0
) -> Path:
    """Write weights, config and tokenizer into a folder, as `save_pretrained` of the real model would.

    Args:
        folder: made if it is not there.
        hidden: width, a multiple of 8.
        layers: how many.
        context: longest text in tokens; Qwen2.5-Math has 4,096.
        seed: of the weights.

    Returns:
        The folder.
    """
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(_CORPUS * 4, vocab_size=320, min_frequency=2, special_tokens=[], show_progress=False)
    trained.save_model(str(target))
    tokenizer = Qwen2Tokenizer(vocab=str(target / "vocab.json"), merges=str(target / "merges.txt"))
    tokenizer.add_special_tokens({"additional_special_tokens": list(SPECIAL)})
    tokenizer.eos_token = tokenizer.pad_token = SPECIAL[0]
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(target)
    end = tokenizer.convert_tokens_to_ids(SPECIAL[0])
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        Qwen2ForCausalLM(config).save_pretrained(target)
    return target


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m semuq_rl.evaluation.stand_in FOLDER")
    sys.stdout.write(f"{write_stand_in(sys.argv[1])}\n")
