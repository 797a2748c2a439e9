"""The smallest policy that TRL trains: a random Llama over single characters."""

from datasets import Dataset
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split
from transformers import LlamaConfig, LlamaForCausalLM
from trl import GRPOConfig

from tests.tiny.parts import seeded, word_level

LETTERS = "0123456789+= "
PROMPTS = ("1+1=", "2+3=", "4+4=", "5+2=")


def tokenizer():
    return word_level(
        ["<pad>", "<eos>", "<unk>", *LETTERS],
        unknown="<unk>",
        split=Split(Regex(""), behavior="isolated"),
        pad_token="<pad>",
        eos_token="<eos>",
        padding_side="left",
    )


def model(seed=0):
    config = LlamaConfig(
        vocab_size=3 + len(LETTERS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    return seeded(lambda: LlamaForCausalLM(config), seed)


def dataset(prompts=PROMPTS):
    return Dataset.from_dict({"prompt": list(prompts)})


def even_digits(completions, **columns):
    """Varies within a group even for a random policy."""
    return [sum(letter in "02468" for letter in text) / 10 for text in completions]


def table_of(answers, logprobs=None, truncated=(), **extra):
    """A rollout function for TRL that gives these answers, row by row, whatever is asked; some without their end."""

    def rollouts(prompts, trainer):
        encode = trainer.processing_class.encode
        first = trainer.accelerator.process_index * len(prompts)
        rows = slice(first, first + len(prompts))
        return {
            "prompt_ids": [encode(prompt) for prompt in prompts],
            "completion_ids": [
                encode(answer) + [1] * (row not in truncated) for row, answer in enumerate(answers[rows], first)
            ],
            "logprobs": logprobs and logprobs[rows],
            **{name: values[rows] for name, values in extra.items()},
        }

    return rollouts


QUIET = {
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "disable_tqdm": True,
    "dataloader_pin_memory": False,
}
"""What any trainer of TRL is told in a test: a CPU, no bars, nothing kept."""


def config(folder, **changes):
    options = {
        **QUIET,
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 6,
        "learning_rate": 1e-2,
        "max_steps": 3,
        "logging_steps": 1,
        "loss_type": "dr_grpo",
        "scale_rewards": "none",
        "seed": 7,
        **changes,
    }
    return GRPOConfig(**options)


def weights(trained):
    return {name: value.detach().clone() for name, value in trained.state_dict().items()}
