"""`UncertaintyGRPOTrainer`: TRL's `GRPOTrainer` whose advantages pass through a modulator.

The only change is what happens to the advantages after the host has made them: generation, rewards,
scaling, losses, PEFT, vLLM and evaluation are TRL's own.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

import numpy as np

from semuq.checks import whole
from semuq.errors import InvalidParameter, MissingEvidence, MissingExtra
from semuq.evidence import Need
from semuq_rl.groups import GroupBatch
from semuq_rl.groups.answers import Extract
from semuq_rl.groups.signals import Signal, SignalResult
from semuq_rl.groups.variants import VariantGroups
from semuq_rl.modulators import Modulator, identity
from semuq_rl.modulators.dynamic_sampling import informative
from semuq_rl.modulators.step import modulate
from semuq_rl.trainer.log import COLUMNS, PREFIX, signal_metrics, step_columns, step_metrics

try:
    from trl import GRPOTrainer
except ImportError as error:
    raise MissingExtra("UncertaintyGRPOTrainer needs trl: pip install 'semuq[rl]'") from error

from semuq_rl.trainer.checkpoint import KeepModulatorState
from semuq_rl.trainer.gather import Rollouts, gather_rollouts, measure_together
from semuq_rl.trainer.resample import check_resampling, resampled
from semuq_rl.trainer.tokens import EVIDENCE, Steps, turns
from semuq_rl.trainer.uninformative import check_masking, mask_uninformative, without_uninformative
from semuq_rl.trainer.wordings import check_wordings, wording_sampler

__all__ = ["UncertaintyGRPOTrainer"]

_log = logging.getLogger(__name__)

_REASONS_SHOWN = 10


class UncertaintyGRPOTrainer(GRPOTrainer):  # type: ignore[misc]  # trl is untyped
    """GRPO that learns more or less from a rollout by what else is known of its group.

    As `trl.GRPOTrainer`, and after each generation, in training only: the rollouts of all processes
    are put together as a `GroupBatch`, the signal is measured on each group, the modulator changes
    the advantages, and each process takes its own rows. Advantages are modulated after TRL has
    scaled them, so `scale_rewards` does not take a factor back.

    Args:
        *args: as for `trl.GRPOTrainer`.
        modulator: what to do to the advantages; None changes nothing.
        signal: how uncertain a question is; needed if the modulator reads it. Without a modulator
            it is measured and logged only.
        extract: a rollout -> its answer or None; takes the place of `signal.extract`.
        steps: for modulators that read `steps` (EMPG): (token ids, who wrote each) of a rollout ->
            the step each token belongs to. The default starts one at each return from a tool.
        groups: which rows of the data set are wordings of one question; V wordings times G rollouts are then one
            group, for TRL's centring, the signal and the modulator. Evaluation is not grouped.
        resample_rounds: draw other questions in place of those whose rewards are all equal, at most so often a
            generation (DAPO's dynamic sampling); what is left then stays.
        mask_uninformative: leave what is left of such groups out of the loss, from its denominators and its KL term
            too: the loss is that of the other groups alone.
        **kwargs: as for `trl.GRPOTrainer`.

    Raises:
        MissingEvidence: the modulator reads a signal and there is none, or something that no rollout
            of TRL carries.
        InvalidParameter: the modulator compares questions of a batch, and there is one.

    Degenerate cases. A rollout without a reward (None or NaN from every reward function) has
    advantage 0 and is left out, of the signal too. A step without any reward is not modulated. A
    group that cannot be scored keeps its advantages.

    Cost. One pass of the signal per generation, shared among the processes. One forward pass more
    if entropies are needed, or log-probs that neither sampler nor host has.

    Example: docs/rl/trainer.md.
    """

    num_generations: int

    def __init__(
        self,
        *args: Any,
        modulator: Modulator | None = None,
        signal: Signal | None = None,
        extract: Extract | None = None,
        steps: Steps = turns,
        groups: VariantGroups | None = None,
        resample_rounds: int = 0,
        mask_uninformative: bool = False,
        **kwargs: Any,
    ) -> None:
        whole("UncertaintyGRPOTrainer", 0, resample_rounds=resample_rounds)
        self.modulator = identity() if modulator is None else modulator
        self.signal = replace(signal, extract=extract) if signal and extract else signal
        self._idle = modulator is None and signal is None
        self._steps = steps
        self._needs = _needs(self.modulator, self.signal)
        self._kept_state = KeepModulatorState(self.modulator)
        self._rewards_per_func: Any = None
        self._reasons_shown: set[str] = set()
        self._groups, self._resample_rounds, self._masks = groups, resample_rounds, mask_uninformative
        self._inputs: list[Any] = []
        self._drawn_rewards: Any = None
        super().__init__(*args, **kwargs)
        self._rollouts = self.num_generations
        self._width = self._rollouts * (groups.wordings if groups else 1)
        if groups is not None:
            check_wordings(self, groups)
        if resample_rounds:
            check_resampling(self)
        if mask_uninformative:
            check_masking(self)
        _check_questions(self.modulator, self.args.generation_batch_size // self._width)
        self.add_callback(self._kept_state)

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        if self._groups is None:
            return super()._get_train_sampler(dataset)
        return wording_sampler(self, self._groups, self.train_dataset if dataset is None else dataset)

    def _generate(self, prompts: list[Any]) -> Any:
        drawn = super()._generate(prompts)
        if not (self._resample_rounds and self.model.training):
            return drawn
        drawn, self._drawn_rewards, metrics = resampled(
            self,
            drawn,
            prompts,
            self._inputs,
            rounds=self._resample_rounds,
            rollouts=self._rollouts,
            wordings=self._width // self._rollouts,
            generate=super()._generate,
            score=super()._calculate_rewards,
        )
        self._log_metrics(metrics)
        return drawn

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        if self._drawn_rewards is None:
            self._rewards_per_func = super()._calculate_rewards(*args, **kwargs)
        else:
            self._rewards_per_func, self._drawn_rewards = self._drawn_rewards, None
        if self.model.training:
            # TRL reads after the rewards how many rows it centres together, and by the gathering of them.
            self.num_generations = self._width
        return self._rewards_per_func

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        self._inputs = inputs
        try:
            output: dict[str, Any] = self._modulated(inputs)
            if self._masks and self.model.training:
                left = mask_uninformative(self, output, self._rewards_per_func, self._width)
                self._log_metrics({"groups_in_loss": left})
            return output
        finally:
            self.num_generations = self._rollouts

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        return without_uninformative(self, super()._compute_loss(model, inputs), inputs)

    def _modulated(self, inputs: Any) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._idle:
            return output
        start = time.perf_counter()
        if self.model.training:
            rollouts = gather_rollouts(self, output, self._rewards_per_func, needs=self._needs, steps=self._steps)
            if rollouts.batch is not None:
                self._modulate(output, rollouts, rollouts.batch)
                self._log_metrics({"seconds": time.perf_counter() - start})
                return output
        # The host adds a row per rollout to its table, in evaluation too.
        rows = len(output["advantages"]) * self.accelerator.num_processes
        self._log_columns(dict.fromkeys(COLUMNS, [None] * rows))
        return output

    def _modulate(self, output: dict[str, Any], rollouts: Rollouts, batch: GroupBatch) -> None:
        result: SignalResult | None = None
        if self.signal is not None:
            start = time.perf_counter()
            result = measure_together(self.signal, batch, self.accelerator)
            self._log_metrics({"signal_seconds": time.perf_counter() - start, **signal_metrics(result, batch)})
            self._warn(result)
        step = modulate(
            batch, self.modulator, self._kept_state.state, signal=result, optimizer_step=int(self.state.global_step)
        )
        self._kept_state.state, after = step.state, step.after
        if batch.logprobs_source is not None:
            self._log_metrics({f"logprobs_{batch.logprobs_source}": 1.0})
        self._log_metrics(step_metrics(step.before, after, step.present, informative(batch.rewards, batch.mask)))
        extract = self.signal.extract if self.signal else None
        self._log_columns(step_columns(after, batch, rollouts.kept, result, extract))
        if after is step.before:
            return
        host = output["advantages"]
        everyone = np.zeros((*rollouts.advantages.shape, *after.shape[2:]))
        everyone[rollouts.kept] = after
        own = everyone.reshape(-1, *after.shape[2:])[rollouts.rows]
        # Padding beyond this process's longest completion came from the gathering.
        output["advantages"] = host.new_tensor(own[:, : output["completion_ids"].size(1)] if own.ndim == 2 else own)

    def _log_metrics(self, metrics: dict[str, float]) -> None:
        for name, value in metrics.items():
            self._metrics["train"][PREFIX + name].append(value)

    def _log_columns(self, columns: dict[str, list[Any]]) -> None:
        if not self.log_completions:
            return
        for name, values in columns.items():
            self._logs["extra"][PREFIX + name].extend(values)

    def _warn(self, result: SignalResult) -> None:
        for reason in result.reasons.values():
            if reason not in self._reasons_shown and len(self._reasons_shown) < _REASONS_SHOWN:
                self._reasons_shown.add(reason)
                if self.accelerator.is_main_process:
                    _log.warning(
                        "a group has no signal and keeps its advantages: %s (told once; counted in %sgroups_failed)",
                        reason,
                        PREFIX,
                    )


def _needs(modulator: Modulator, signal: Signal | None) -> frozenset[str]:
    """The evidence to gather."""
    needs = set(modulator.claims.needs | (modulator.claims.uses & EVIDENCE))
    foreign = sorted(needs - EVIDENCE - {"signal"})
    if foreign:
        raise MissingEvidence(
            f"modulator: {modulator} needs {', '.join(foreign)}, which a training step does not have; "
            f"it has signal, {', '.join(sorted(EVIDENCE))}"
        )
    if "signal" in needs and signal is None:
        raise MissingEvidence(
            f"signal: {modulator} needs one, got None; pass "
            "signal=Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())"
        )
    estimator = signal.estimator.needs if signal else frozenset()
    if Need.LIKELIHOODS in estimator:
        needs |= {"logprobs"}
    if Need.TOKEN_ENTROPIES in estimator:
        needs |= {"entropies"}
    if modulator.claims.level == "token":
        needs |= {"token_mask"}
    return frozenset(needs)


def _check_questions(modulator: Modulator, questions: int) -> None:
    """Refuse what has no effect on a batch of one question."""
    for part in modulator.parts or (modulator,):
        claims = part.claims
        if questions == 1 and claims.batch_statistics and claims.level == "prompt":
            raise InvalidParameter(
                f"modulator: {part} compares the questions of a generation batch, and there is one of "
                "num_generations rollouts: its factor cancels; raise generation_batch_size"
            )
