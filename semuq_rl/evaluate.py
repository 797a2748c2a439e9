"""`python -m semuq_rl.evaluate`: greedy accuracy on the five sets of the SEED-GRPO and Dr.GRPO papers.

    python -m semuq_rl.evaluate --model FOLDER --sets math500,aime24 --template qwen_math -o out.jsonl

Writes a line per problem to the output, and the counts with their intervals to a .json file beside it. Start
it again after an interruption and it goes on. `--n 8 --temperature 0.7` gives pass@k.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semuq.cli.console import foreseen, progress_console, result_console
from semuq.errors import InvalidParameter
from semuq_rl.tasks.maths.sets import SETS

if TYPE_CHECKING:
    from semuq_rl.evaluation.generation import Generator
    from semuq_rl.evaluation.runner import Plan, Settings

__all__ = ["app"]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_PER_SET = ", ".join(f"{name} ({size})" for name, size in SETS.items())


@app.command()
@foreseen
def main(
    model: Annotated[str, typer.Option(help="Folder or hub name of a causal language model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The JSONL file of rollouts and grades.")],
    sets: Annotated[str, typer.Option(help=f"Comma-separated, or all: {_PER_SET}.")] = "all",
    template: Annotated[str, typer.Option(help="How a question is put: qwen_math, r1 or no.")] = "qwen_math",
    max_tokens: Annotated[int, typer.Option(help="Longest rollout.", min=1)] = 3000,
    n: Annotated[int, typer.Option(help="Rollouts per problem; more than one need a temperature.", min=1)] = 1,
    temperature: Annotated[float, typer.Option(help="0 is greedy.", min=0)] = 0.0,
    top_p: Annotated[float, typer.Option(help="Keep the most probable tokens of this mass.", min=0, max=1)] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the sampling.", min=0)] = 0,
    limit: Annotated[int | None, typer.Option(help="Only the first so many problems of each set.", min=1)] = None,
    backend: Annotated[str, typer.Option(help="transformers or vllm.")] = "transformers",
    device: Annotated[str | None, typer.Option(help="For transformers: cpu, cuda, ...")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, bfloat16, ...")] = None,
    batch_size: Annotated[int, typer.Option(help="For transformers: rollouts at a time.", min=1)] = 16,
    tensor_parallel: Annotated[int, typer.Option(help="For vllm: GPUs that share the model.", min=1)] = 1,
    chunk: Annotated[int, typer.Option(help="Problems between two writes.", min=1)] = 64,
    restart: Annotated[bool, typer.Option("--restart", help="Write the output anew.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, load no model.")] = False,
) -> None:
    """Answer the problems of the evaluation sets with a model and grade the answers."""
    from semuq.relations.maths.decide import require_math_verify
    from semuq_rl.evaluation.results import summarise
    from semuq_rl.evaluation.runner import Settings, evaluate, plan

    settings = Settings(
        sets=tuple(SETS) if sets == "all" else tuple(name.strip() for name in sets.split(",")),
        template=template,
        n=n,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        limit=limit,
    )
    if backend not in ("transformers", "vllm"):
        raise InvalidParameter(f"backend: expected 'transformers' or 'vllm', got {backend!r}")
    require_math_verify()
    if restart and not dry_run:
        output.unlink(missing_ok=True)
    if dry_run:
        _show(plan(settings, output), settings, model, backend)
        return
    generator = _generator(backend, model, device, dtype, batch_size, tensor_parallel)
    console = progress_console()
    rows = evaluate(
        generator,
        settings,
        output,
        chunk=chunk,
        progress=lambda done, total: console.print(f"{done} of {total} problems", soft_wrap=True),
    )
    summary = _document(summarise(rows), settings, generator.identity)
    target = output.with_suffix(".json")
    target.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    _table(summary)
    console.print(f"{target}: the counts; {output}: {len(rows)} problems", soft_wrap=True)


def _generator(
    backend: str, model: str, device: str | None, dtype: str | None, batch_size: int, tensor_parallel: int
) -> Generator:
    if backend == "vllm":
        from semuq_rl.evaluation.vllm import VLLMGenerator

        return VLLMGenerator(model, dtype=dtype or "bfloat16", tensor_parallel=tensor_parallel)
    import torch

    from semuq_rl.evaluation.generation import TransformersGenerator

    precisions = {None: None, "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if dtype not in precisions:
        raise InvalidParameter(f"dtype: expected float32, bfloat16 or float16, got {dtype!r}")
    precision = precisions[dtype]
    return TransformersGenerator(model, device=device, dtype=precision, batch_size=batch_size)


def _document(summary: dict[str, Any], settings: Settings, generator: str) -> dict[str, Any]:
    from dataclasses import asdict

    versions = {name: version(name) for name in ("semuq", "torch", "transformers", "math-verify")}
    return {"generator": generator, "settings": asdict(settings), "versions": versions, **summary}


def _show(todo: Plan, settings: Settings, model: str, backend: str) -> None:
    from semuq_rl.tasks.maths.templates import template

    console = result_console()
    for name, problems in todo.problems.items():
        done = sum(problem.id in todo.done for problem in problems)
        console.print(f"{name}: {len(problems)} problems, {done} done", soft_wrap=True)
    left = list(todo.open())
    console.print(
        f"{model} ({backend}): {len(left) * settings.n} rollouts of at most {settings.max_tokens} tokens left"
    )
    if left:
        console.print("The first prompt:")
        console.print(template(settings.template).prompt(left[0][1].problem), markup=False, soft_wrap=True)


def _table(summary: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("set", "problems", "right", "95% interval", "no answer", "cut", "tokens")
    for name, own in summary["sets"].items():
        low, high = own["interval"]
        table.add_row(
            name,
            str(own["problems"]),
            f"{own['accuracy']:.1%}",
            f"{low:.1%} to {high:.1%}",
            f"{own['no_answer']:.0%}",
            f"{own['cut']:.0%}",
            f"{own['tokens']:.0f}",
        )
    console = result_console()
    console.print(table)
    for name, own in summary["sets"].items():
        for k, found in own.get("pass_at_k", {}).items():
            low, high = found["interval"]
            console.print(f"{name}: pass@{k} {found['value']:.1%} ({low:.1%} to {high:.1%})")
    if "average" in summary and len(summary["sets"]) > 1:
        low, high = summary["average"]["interval"]
        console.print(f"average of the sets: {summary['average']['accuracy']:.1%} ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    app(prog_name="python -m semuq_rl.evaluate")
