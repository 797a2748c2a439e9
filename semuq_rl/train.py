"""`python -m semuq_rl.train --recipe NAME`: the command around `semuq_rl.runs.run`.

Results go to standard output, progress to standard error. Exit status: 0 done, 1 could not (one line
says why), 2 wrong usage, 130 interrupted with the checkpoint kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from semuq.cli.console import complain, explain, foreseen, progress_console, result_console
from semuq.errors import InvalidParameter
from semuq_rl.runs.recipe import Recipe, read_recipe, recipe_names

__all__ = ["app", "main"]

app = typer.Typer(
    name="semuq_rl.train",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SAVES = 5
"""Checkpoints in a run unless --save-every says otherwise."""


@app.command()
@foreseen
def train(
    recipe: Annotated[str, typer.Option("--recipe", "-r", help="A recipe by name, or the path of a .toml file.")] = "",
    sets: Annotated[
        list[str] | None, typer.Option("--set", "-s", help="Override a field, as in trainer.learning_rate=1e-4.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the run; runs/NAME-SEED by default.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")] = False,
    save_every: Annotated[int, typer.Option(min=0, help="Steps between checkpoints; 0: a fifth of the run.")] = 0,
    tensorboard: Annotated[bool, typer.Option(help="Write TensorBoard events into the folder.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, show the plan, train nothing.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Name the recipes and stop.")] = False,
) -> None:
    """Train a language model by GRPO, its advantages changed by what it is uncertain about."""
    console = result_console()
    if listing:
        for name in recipe_names():
            console.print(f"{name:28} {read_recipe(name).about}", markup=False, soft_wrap=True)
        return
    if not recipe:
        raise typer.BadParameter("expected a name or a .toml file; --list names the recipes", param_hint="--recipe")
    with _usage():
        chosen = read_recipe(recipe, sets or [])
    folder = out or Path("runs") / f"{chosen.name}-{chosen.seed}"
    if dry_run:
        with _usage():
            _show(chosen, folder)
        return
    _train(chosen, folder, resume=resume, save_every=save_every, tensorboard=tensorboard)


def main() -> None:
    """Run the command line of this process."""
    app(prog_name="python -m semuq_rl.train")


@contextmanager
def _usage() -> Iterator[None]:
    """A recipe that cannot be is wrong usage: one line, status 2."""
    try:
        yield
    except InvalidParameter as error:
        complain(explain(error))
        raise typer.Exit(2) from None


def _show(recipe: Recipe, folder: Path) -> None:
    from semuq_rl.runs.rehearsal import rehearse
    from semuq_rl.runs.run import plan

    planned = plan(recipe, folder, report_to="none")
    rehearse(planned)
    config, console = planned.config, result_console()
    example = planned.task.problems(1, recipe.seed)[0]
    facts = {
        "recipe": f"{recipe.name}: {recipe.about}",
        "folder": folder,
        "task": planned.task,
        "a problem": f"{example.prompt!r}, answer {example.answer!r}",
        "model": recipe.model,
        "imitation": recipe.imitation if recipe.imitation.steps else "none",
        "signal": planned.signal or "none",
        "modulator": planned.modulator or "none",
        "loss": f"{config.loss_type}, rewards scaled by {config.scale_rewards}",
        "steps": f"{config.max_steps} of {planned.prompts_per_step} prompts x {config.num_generations} rollouts",
        "checkpoints": f"every {planned.steps_per_batch} optimiser steps at the earliest, a generation batch",
        "processes": f"{config.world_size} assumed; with P processes a step has P times the prompts of one",
        "evaluation": recipe.evaluation,
    }
    if config.use_vllm and find_spec("vllm") is None:
        facts["vllm"] = "wanted and not installed here"
    for name, value in facts.items():
        console.print(f"{name:11} {value}", markup=False, soft_wrap=True)


def _train(recipe: Recipe, folder: Path, *, resume: bool, save_every: int, tensorboard: bool) -> None:
    from semuq_rl.runs.curves import write_curves
    from semuq_rl.runs.resume import last_checkpoint, same_recipe
    from semuq_rl.runs.run import plan, process_rank, run

    with _usage():
        plan(recipe, folder, report_to="none")
        if resume:
            same_recipe(recipe, folder)
    first = process_rank() == 0
    if first and not resume and (folder / "log.jsonl").exists():
        raise InvalidParameter(
            f"--out: expected a new folder, got {str(folder)!r} which holds a run; pass --resume to go on with it, "
            "or another folder"
        )
    console = progress_console()
    steps = recipe.trainer.get("max_steps", 0)
    if first and resume and last_checkpoint(folder) is None:
        console.print(f"no checkpoint in {folder}: starting from the beginning", markup=False)
    summary = run(
        recipe,
        folder,
        resume=resume,
        save_every=save_every or max(1, int(steps) // SAVES),
        report_to="tensorboard" if tensorboard else "none",
        progress=lambda message: console.print(message, markup=False),
    )
    if not first:
        return
    page = folder / "curves.html"
    write_curves(folder / "log.jsonl", page, title=recipe.name, facts=recipe.as_dict(), summary=summary)
    result_console().print_json(json.dumps(summary))
    console.print(f"curves: {page}", markup=False)
    if not summary["finished"]:
        console.print(f"stopped after step {summary['steps']}; the same command with --resume goes on", markup=False)
        raise typer.Exit(130)


if __name__ == "__main__":
    main()
