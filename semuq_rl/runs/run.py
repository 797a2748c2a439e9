"""One training run from a recipe: imitation, held-out measurements, TRL's trainer, log, checkpoints, resume.

The command `python -m semuq_rl.train` and the experiment in `benchmarks/rl` both come through `run`.
A run writes into its folder: `recipe.json`, `machine.json`, `start/` (the weights after imitation), `checkpoint-N/`,
`log.jsonl`, `summary.json`.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from semuq.errors import InvalidParameter, SemuqError
from semuq_rl.runs.assess import greedy_right, sampled_right
from semuq_rl.runs.build import build_modulator, build_signal, build_task, grpo_config, load_policy
from semuq_rl.runs.imitation import imitate
from semuq_rl.runs.log import RunLog
from semuq_rl.runs.machine import MACHINE, instruction_set, note_machine
from semuq_rl.runs.recipe import Recipe
from semuq_rl.runs.resume import RECIPE, last_checkpoint, same_recipe, write_whole
from semuq_rl.tasks import Problem, Task
from semuq_rl.trainer.host_warnings import without_host_warnings

__all__ = ["Plan", "plan", "prepare_start", "run"]

HELD_OUT_SEED = 1_000_003
"""Held-out problems are the same for every seed of a recipe, so that runs compare."""


WEIGHTS = "weights.pt"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A recipe put together and found sound, with no weight loaded yet."""

    recipe: Recipe
    task: Task
    signal: Any
    modulator: Any
    config: Any

    @property
    def steps_per_batch(self) -> int:
        """Optimiser steps after which a generation batch and a step end together: where a run can be resumed."""
        once = self.config.steps_per_generation * self.config.num_iterations
        return int(math.lcm(once, self.config.gradient_accumulation_steps) // self.config.gradient_accumulation_steps)

    @property
    def prompts_per_step(self) -> int:
        """Different prompts in one optimiser step."""
        updates = (
            self.config.steps_per_generation * self.config.num_iterations // self.config.gradient_accumulation_steps
        )
        return int(self._prompts_per_generation // max(1, updates))

    @property
    def prompts(self) -> int:
        """Prompts in the whole run, of all processes; whole generation batches, as TRL drops what is left over."""
        once = self.config.steps_per_generation * self.config.num_iterations
        generations = -(-self.config.max_steps * self.config.gradient_accumulation_steps // once)
        return int(generations * self._prompts_per_generation)

    @property
    def _prompts_per_generation(self) -> int:
        return int(self.config.generation_batch_size // self.config.num_generations)


def plan(recipe: Recipe, out: Path, **own: Any) -> Plan:
    """Check everything about a run that can be checked without weights.

    Raises:
        InvalidParameter: names the field.
    """
    task = build_task(recipe.task)
    modulator = build_modulator(recipe.modulator, seed=recipe.seed)
    signal = build_signal(recipe.signal, task.answer)
    if modulator is not None and "signal" in modulator.claims.needs and signal is None:
        raise InvalidParameter(
            f"signal: {modulator} needs one, found none; add [signal] with estimator = 'SemanticEntropy'"
        )
    own = {"max_completion_length": task.max_tokens, "shuffle_dataset": False, "use_cpu": _no_accelerator(), **own}
    config = grpo_config(recipe, out, **{key: value for key, value in own.items() if key not in recipe.trainer})
    if config.max_steps < 1:
        raise InvalidParameter(f"trainer.max_steps: expected an integer >= 1, got {config.max_steps}; set it")
    return Plan(recipe=recipe, task=task, signal=signal, modulator=modulator, config=config)


@without_host_warnings()
def run(
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    save_every: int = 0,
    report_to: str = "none",
    quiet: bool = False,
    progress: Callable[[str], None] = lambda message: None,
    start: Path | None = None,
) -> dict[str, Any]:
    """Train, and return the summary that is also written to `out/summary.json`.

    Of several processes that train together the first writes; the others wait for the weights after imitation.

    Args:
        recipe: what to do.
        out: the folder of the run.
        resume: go on from the last whole checkpoint in `out`, if there is one, with the settings it was begun with.
        save_every: steps between checkpoints, rounded up to whole generation batches, within which a run cannot be
            resumed; 0 for none but the last.
        report_to: "tensorboard" writes `out/tensorboard`, or where TENSORBOARD_LOGGING_DIR says.
        quiet: no progress bar.
        progress: told what is being done, in the first process of a launch.
        start: a folder with weights after imitation, shared between runs; made if it is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    if resume:
        same_recipe(recipe, out)
    batch = plan(recipe, out).steps_per_batch
    planned = plan(
        recipe,
        out,
        report_to=report_to,
        save_strategy="steps" if save_every else "no",
        save_steps=-(-save_every // batch) * batch or 500,
        disable_tqdm=quiet,
    )
    checkpoint = last_checkpoint(out) if resume else None
    begun = time.perf_counter()
    task = planned.task
    first = process_rank() == 0
    progress = progress if first else _silent
    model, tokenizer = load_policy(recipe, task)
    with planned.config.main_process_first(local=False, desc="imitation"):
        _start(model, tokenizer, task, recipe, start or out / "start", progress)
        log = RunLog(out / "log.jsonl", keep_to=checkpoint[0] if checkpoint else None, writes=first)
    if first and not (resume and (out / RECIPE).is_file()):
        write_whole(out / RECIPE, recipe.as_dict())
        (out / MACHINE).unlink(missing_ok=True)
    instructions = note_machine(out) if first else instruction_set()
    held_out = task.problems(recipe.evaluation.problems, HELD_OUT_SEED, "held-out")
    measure = _Measure(model, tokenizer, task, held_out, recipe, log)
    if checkpoint is None:
        progress("measuring held-out accuracy before RL")
        measure.greedy(0)
        measure.sampled(0)
    trainer = _trainer(planned, model, tokenizer, measure, log)
    progress(f"training {planned.config.max_steps} steps")
    trainer.train(resume_from_checkpoint=str(checkpoint[1]) if checkpoint else None)
    done = int(trainer.state.global_step)
    if done >= planned.config.max_steps:
        measure.greedy(done)
        measure.sampled(done)
        if save_every:
            trainer.save_model(str(out / "final"))
    summary = {"finished": done >= planned.config.max_steps, "steps": done} | summarise(log.records)
    summary["instructions"] = instructions
    summary["seconds"] = round(time.perf_counter() - begun, 1)
    if first:
        write_whole(out / "summary.json", summary)
    return summary


def prepare_start(recipe: Recipe, folder: Path, progress: Callable[[str], None] = lambda message: None) -> None:
    """Make the weights after imitation in `folder`, unless they are there; runs with the same seed can share them."""
    if recipe.imitation.steps and not (folder / WEIGHTS).is_file():
        task = build_task(recipe.task)
        model, tokenizer = load_policy(recipe, task)
        _start(model, tokenizer, task, recipe, folder, progress)


def summarise(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """First and last held-out measurements of a log, and the area under the learning curve (mean greedy accuracy)."""
    greedy = {record["step"]: record["greedy"] for record in records if "greedy" in record}
    sampled = {record["step"]: record for record in records if "pass_at_k" in record}
    result: dict[str, Any] = {}
    if greedy:
        steps = sorted(greedy)
        values = [greedy[step] for step in steps]
        result |= {"greedy_before": values[0], "greedy_after": values[-1]}
        if len(steps) > 1:
            result["area"] = round(float(np.trapezoid(values, steps) / (steps[-1] - steps[0])), 5)
    if sampled:
        result |= {
            "pass_at_k_before": sampled[min(sampled)]["pass_at_k"],
            "pass_at_k_after": sampled[max(sampled)]["pass_at_k"],
        }
    return result


def process_rank() -> int:
    """Which of the processes of a launch this is; the first writes."""
    return int(os.environ.get("RANK", "0"))


def render_prompts(tokenizer: Any, problems: Sequence[Problem], chat: bool) -> list[str]:
    """The prompts as the model reads them."""
    if not chat:
        return [problem.prompt for problem in problems]
    return [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": problem.prompt}], tokenize=False, add_generation_prompt=True
        )
        for problem in problems
    ]


class _Measure:
    """Held-out measurements of one run, written to its log; each is made once per step."""

    def __init__(
        self, model: Any, tokenizer: Any, task: Task, problems: Sequence[Problem], recipe: Recipe, log: RunLog
    ) -> None:
        self.model, self.tokenizer, self.task, self.problems = model, tokenizer, task, problems
        self.recipe, self.log = recipe, log
        self.prompts = render_prompts(tokenizer, problems, recipe.model.chat)
        self.measured = {record["step"] for record in log.records if "greedy" in record}

    def due(self, step: int) -> bool:
        return step % self.recipe.evaluation.every == 0

    def greedy(self, step: int) -> None:
        if step in self.measured:
            return
        self.measured.add(step)
        right = greedy_right(
            self.model, self.tokenizer, self.task, self.problems, self.prompts, batch=self.recipe.evaluation.batch
        )
        levels = np.array([problem.level for problem in self.problems])
        by_level = {str(level): round(float(right[levels == level].mean()), 4) for level in np.unique(levels)}
        self.log.write(step, greedy=round(float(right.mean()), 5), by_level=by_level)

    def sampled(self, step: int) -> None:
        spec = self.recipe.evaluation
        # A run that was killed after its last step has been measured then.
        if not spec.sampled or any(record["step"] == step and "pass_at_k" in record for record in self.log.records):
            return
        right = sampled_right(
            self.model,
            self.tokenizer,
            self.task,
            self.problems[: spec.sampled],
            self.prompts[: spec.sampled],
            samples=spec.samples,
            seed=self.recipe.seed,
            batch=spec.batch,
        )
        self.log.write(
            step,
            pass_at_k=round(float(right.any(axis=1).mean()), 5),
            pass_at_1=round(float(right.mean()), 5),
            k=spec.samples,
        )


def _start(
    model: Any, tokenizer: Any, task: Task, recipe: Recipe, folder: Path, progress: Callable[[str], None]
) -> None:
    """Weights after imitation: read if they were made before, else made and kept (written aside, then renamed)."""
    import torch

    if not recipe.imitation.steps:
        return
    kept = folder / WEIGHTS
    if kept.is_file():
        model.load_state_dict(torch.load(kept, weights_only=True))
        return
    every = max(1, recipe.imitation.steps // 5)

    def tell(step: int, loss: float) -> None:
        if step % every == 0:
            progress(f"imitation {step}/{recipe.imitation.steps}, loss {loss:.3f}")

    steps = imitate(model, tokenizer, task, recipe.imitation, seed=recipe.seed, progress=tell)
    progress(f"imitation took {steps} steps")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{WEIGHTS}.tmp"
    torch.save(model.state_dict(), fresh)
    fresh.replace(kept)


def _trainer(planned: Plan, model: Any, tokenizer: Any, measure: _Measure, log: RunLog) -> Any:
    from datasets import Dataset
    from transformers import PrinterCallback, ProgressCallback
    from transformers.integrations import TensorBoardCallback

    from semuq_rl.runs.callbacks import Bar, Recorder, Stopper
    from semuq_rl.trainer.trainer import UncertaintyGRPOTrainer

    recipe, task = planned.recipe, planned.task
    quiet = planned.config.disable_tqdm
    # RL sees problems that imitation did not: another seed of the training stream.
    problems = list(islice(task.stream(recipe.seed + 500_000), planned.prompts))
    prompts = render_prompts(tokenizer, problems, recipe.model.chat)

    def right(completions: list[str], problem: list[int], **_: Any) -> list[float]:
        return [float(own) for own in task.right_all([problems[index] for index in problem], completions)]

    try:
        with reference_of(model, planned.config):
            trainer = UncertaintyGRPOTrainer(
                model=model,
                reward_funcs=right,
                args=planned.config,
                train_dataset=Dataset.from_dict({"prompt": prompts, "problem": list(range(len(problems)))}),
                processing_class=tokenizer,
                callbacks=[Recorder(measure, log), Stopper(every=planned.steps_per_batch)],
                modulator=planned.modulator,
                signal=planned.signal,
                extract=task.answer,
            )
    except SemuqError:
        raise
    except (ValueError, NotImplementedError, ImportError) as error:
        raise InvalidParameter(f"trainer: TRL cannot train with these settings: {error}") from None
    # With a progress bar transformers prints every log line to standard output, and without one too; ours go to the
    # file, and standard output is for results.
    trainer.remove_callback(PrinterCallback if quiet else ProgressCallback)
    if not quiet:
        trainer.add_callback(Bar())
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback) and callback.logging_dir is None:
            callback.logging_dir = str(log.path.parent / "tensorboard")
    return trainer


@contextmanager
def reference_of(model: Any, config: Any) -> Iterator[None]:
    """While a trainer is made with trainer.beta > 0: let TRL load as reference what the policy is now.

    TRL reads the reference from where the policy's configuration says that it came from. A policy that was made here,
    or has learned by imitation, came from nowhere, or from weights that it no longer has.
    """
    if not config.beta:
        yield
        return
    before = model.config._name_or_path
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        model.config._name_or_path = folder
        try:
            yield
        finally:
            model.config._name_or_path = before


def _silent(message: str) -> None:
    """Say nothing."""


def _no_accelerator() -> bool:
    import torch

    return not torch.accelerator.is_available()
