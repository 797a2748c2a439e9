"""`rehearse`: TRL's trainer put together around a model of no size, so that `--dry-run` meets what the run would.

GRPOTrainer checks combinations of settings in its constructor, and torch the optimiser's when that is made. Both
are done here as the run does them, with a Llama of one layer in place of a policy that would have to be loaded; no
step is taken.
"""

from __future__ import annotations

import copy
import string
import tempfile
from typing import Any

from semuq.errors import InvalidParameter, SemuqError
from semuq_rl.runs.build import load_policy, with_adapters
from semuq_rl.runs.run import Plan, reference_of
from semuq_rl.trainer.host_warnings import without_host_warnings

__all__ = ["rehearse"]

REFUSALS = (ValueError, TypeError, ImportError, NotImplementedError, RuntimeError)
"""What TRL, transformers and torch raise on settings that they cannot take."""


@without_host_warnings()
def rehearse(planned: Plan) -> None:
    """Make trainer, optimiser and learning-rate schedule of a plan, and throw them away.

    vLLM is left out: it would start.

    Raises:
        InvalidParameter: TRL, transformers or torch refuse the settings; the message is theirs.
    """
    from datasets import Dataset

    from semuq_rl.trainer.trainer import UncertaintyGRPOTrainer

    model, tokenizer = _stand_in(planned)
    with tempfile.TemporaryDirectory() as folder:
        config = copy.copy(planned.config)
        config.output_dir, config.use_vllm = folder, False
        try:
            with reference_of(model, config):
                trainer = UncertaintyGRPOTrainer(
                    model=model,
                    reward_funcs=_nothing,
                    args=config,
                    train_dataset=Dataset.from_dict({"prompt": ["1"]}),
                    processing_class=tokenizer,
                    modulator=planned.modulator,
                    signal=planned.signal,
                )
            trainer.create_optimizer_and_scheduler(config.max_steps)
        except SemuqError:
            raise
        except REFUSALS as error:
            raise InvalidParameter(f"trainer: TRL cannot train with these settings: {error}") from None


def _stand_in(planned: Plan) -> tuple[Any, Any]:
    """The policy itself where it is tiny, else a smaller one."""
    from semuq_rl.runs.tiny import character_tokenizer, tiny_llama

    if planned.recipe.model.source == "tiny":
        return load_policy(planned.recipe, planned.task)
    tokenizer = character_tokenizer(string.printable)
    model = tiny_llama(tokenizer, seed=0, hidden=4, layers=1, heads=1)
    return (with_adapters(model, planned.recipe) if planned.recipe.model.lora_rank else model), tokenizer


def _nothing(completions: list[str], **_: object) -> list[float]:
    return [0.0] * len(completions)
