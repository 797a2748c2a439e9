"""`WeightedDPOTrainer`: TRL's `DPOTrainer` for pairs that are the right way round only with a chance.

The only change is the loss: conservative DPO with a chance per pair, from a column of the data set. Data, reference
model, PEFT, logs and every setting that does not change the loss are TRL's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from semuq.errors import InvalidParameter, InvalidSamples, MissingExtra
from semuq_rl.preferences import weighted_dpo_loss

try:
    from trl import DPOTrainer
except ImportError as error:
    raise MissingExtra("WeightedDPOTrainer needs trl: pip install 'semuq[rl]'") from error

__all__ = ["WeightedDPOTrainer"]

_KEY = "pair_confidence"
"""Of a collated batch."""


class WeightedDPOTrainer(DPOTrainer):  # type: ignore[misc]  # trl is untyped
    """DPO that learns from each pair as much as its confidence is worth.

    Formula. -g log sigmoid(beta m) - (1 - g) log sigmoid(-beta m), mean over pairs; m the log-ratio of policy to
    reference of the chosen answer less that of the rejected one (`weighted_dpo_loss`), g from the column. With g = 1
    everywhere the weights are those of `trl.DPOTrainer`, bit for bit; with 1/2 a pair has no slope at m = 0; below 1/2
    it is learned the other way round.

    Args:
        *args: as for `trl.DPOTrainer`.
        confidence: the column of the data set with g in [0, 1], such as `preference_confidence` gives.
        **kwargs: as for `trl.DPOTrainer`.

    Raises:
        InvalidParameter: a setting that makes another loss of it (`loss_type` other than "sigmoid", `ld_alpha`,
            `use_weighting`, another divergence).
        ValueError: of TRL, the policy is its own reference, whose margin is 0 for ever.
        InvalidSamples: the column is missing, or holds something outside [0, 1].

    Cost. None beside TRL's: log-probs are taken from its own two forward passes.

    References: RBRM, arXiv:2503.10093, with a confidence per pair in place of one per batch, and a frozen reference.

    Example: docs/rl/more.md.
    """

    data_collator: Any
    _signature_columns: Any

    def __init__(self, *args: Any, confidence: str = "confidence", **kwargs: Any) -> None:
        self.confidence = confidence
        super().__init__(*args, **kwargs)
        settings = {
            "loss_type": (list(self.loss_types), ["sigmoid"]),
            "loss_weights": (list(self.loss_weights), [1.0]),
            "ld_alpha": (self.ld_alpha, None),
            "use_weighting": (self.use_weighting, False),
            "f_divergence_type": (self.f_divergence_type, "reverse_kl"),
        }
        for name, (got, wanted) in settings.items():
            if got != wanted:
                raise InvalidParameter(
                    f"args.{name}: expected {wanted!r}, got {got!r}; pairs are weighed in DPO's own loss only"
                )
        evaluated = self.eval_dataset if isinstance(self.eval_dataset, dict) else {"eval": self.eval_dataset}
        for name, dataset in {"train": self.train_dataset, **evaluated}.items():
            if dataset is not None:
                _check_column(name, dataset, confidence)
        self.data_collator = _Collator(self.data_collator, confidence)

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()
        if self.confidence not in self._signature_columns:
            self._signature_columns = [*self._signature_columns, self.confidence]

    def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
        """As the host's, which hands all of a batch to the model."""
        return super().compute_ref_log_probs(model, _without(inputs))

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        policy = self.accelerator.unwrap_model(model)
        with _recorded(policy, self.ref_model) as seen:
            result = super()._compute_loss(model, _without(inputs), return_outputs)
        length = inputs["completion_mask"].size(1) - 1
        logps = [own[:, -length:].sum(dim=1) for own in seen]
        if self.precompute_ref_logps:
            reference = torch.cat([inputs["ref_chosen_logps"], inputs["ref_rejected_logps"]])
        else:
            reference = logps[1]
        chosen, rejected = (logps[0] - reference).chunk(2)
        confidence = inputs[_KEY].to(chosen.dtype)
        margin = chosen - rejected
        plain = weighted_dpo_loss(margin, torch.ones_like(margin), beta=self.beta)
        # What the host has made is the loss at confidence 1: added is only the difference, which is 0 there.
        change = (weighted_dpo_loss(margin, confidence, beta=self.beta) - plain).mean()
        mode = "train" if self.model.training else "eval"
        self._metrics[mode]["confidence"].append(self.accelerator.gather(confidence).mean().item())
        return (result[0] + change, result[1]) if return_outputs else result + change


@dataclass(frozen=True)
class _Collator:
    """The host's, and the confidences of the pairs."""

    host: Any
    column: str

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        values = torch.tensor([float(own[self.column]) for own in examples])
        return {**self.host(examples), _KEY: values}


def _without(inputs: Any) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name != _KEY}


@contextmanager
def _recorded(*models: Any) -> Iterator[list[Any]]:
    """The log-probs of tokens that the models give meanwhile, in order."""
    seen: list[Any] = []

    def keep(model: Any, args: Any, kwargs: dict[str, Any], output: Any) -> None:
        if kwargs.get("fused_lm_head"):
            seen.append(output.log_probs)

    hooks = [own.register_forward_hook(keep, with_kwargs=True) for own in models if own is not None]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _check_column(name: str, dataset: Any, column: str) -> None:
    columns = dataset.column_names
    if columns is None:  # a stream that does not tell: its rows will
        return
    if column not in columns:
        raise InvalidSamples(
            f"{name} data set: expected a column {column!r} of confidences in [0, 1], got {', '.join(columns)}; add "
            "preference_confidence(...), or name another with confidence="
        )
    if hasattr(dataset, "__len__"):
        values = np.asarray(dataset[column], dtype=np.float64)
        bad = ~((values >= 0) & (values <= 1))
        if bad.any():
            raise InvalidSamples(
                f"{name} data set, row {bad.argmax()}: expected {column} in [0, 1], got {values[bad][0]}"
            )
