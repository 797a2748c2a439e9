"""`python -m benchmarks.gpu`: checks, then measures, in under eight minutes; a dry run on a CPU with `--tiny`."""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from unittest import mock

import torch
import typer

from benchmarks.gpu.card import card
from benchmarks.gpu.equality import equality
from benchmarks.gpu.growth import cached, growth
from benchmarks.gpu.models import NAMES, Made, make
from benchmarks.gpu.page import page
from benchmarks.gpu.peers import peers
from benchmarks.gpu.record import Record
from benchmarks.gpu.sampling import end_to_end
from benchmarks.gpu.setup import Setup
from benchmarks.gpu.speed import compare_attentions, compare_compiled, speed
from benchmarks.gpu.table import lines
from benchmarks.gpu.training import lacking, training

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "scorer_gpu.json"
PAGE = ROOT / "docs" / "scorer-gpu.md"


def main(
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
    minutes: Annotated[float, typer.Option(help="Begin nothing that would end later.")] = 7.5,
    tiny: Annotated[bool, typer.Option(help="Tiny models on the CPU: does it run?")] = False,
    docs: Annotated[Path | None, typer.Option(help="Where the page goes; left out, beside the others.")] = None,
) -> None:
    """Measure the entailment pass on a GPU."""
    if not tiny and not torch.cuda.is_available():
        raise typer.BadParameter("no GPU is to be seen here; `--tiny` runs everything on the CPU")
    device = torch.device("cpu") if tiny else torch.device("cuda", 0)
    setup = Setup(device=device, tiny=tiny, deadline=time.monotonic() + 60 * minutes, repeats=1 if tiny else 3)
    record = Record(out, {"command": "python -m benchmarks.gpu", "tiny": tiny, "seed": 0}, typer.echo)
    # Also keeps what was tuned on this card out of other runs, and needs no package to find the user's own.
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, SEMUQ_CACHE_DIR=folder):
        measure(setup, record)
    results = json.loads(out.read_text(encoding="utf-8"))
    target = docs or (PAGE if out == RESULTS else None)
    if target is not None:
        target.write_text(page(results), encoding="utf-8")
    for line in lines(results):
        typer.echo(line)


def measure(setup: Setup, record: Record) -> None:
    """All sections, the most important first: checks, speeds and peers of each model, then growth, then compilers."""
    found = record.section("card", setup, lambda: card(setup), needs=5)
    rate = found["matrix_flops_per_second"] if found else float("nan")
    # The packaged model first: it needs no minute, and most of what can be wrong shows with it.
    for name in NAMES:
        with_model(name, setup, record, lambda made: of_model(made, setup, record, rate))
    with_model("embedded", setup, record, lambda made: of_many(made, setup, record))
    why = lacking(setup)
    if why:
        record.skip("training", why)
    else:
        record.section("training", setup, lambda: training(setup), needs=60)
    with_model("deberta-large", setup, record, lambda made: late(made, setup, record))


def of_model(made: Made, setup: Setup, record: Record, rate: float) -> None:
    """What is measured of every model, and more of two of them."""
    name = made.name
    record.section(f"equality, {name}", setup, lambda: equality(made, setup, ("runs", "varlen")), needs=20)
    for context in ("none", "question"):
        record.section(f"speed, {name}, {context}", setup, lambda c=context: speed(made, setup, c, rate), needs=15)
    record.section(f"attention, {name}", setup, lambda: compare_attentions(made, setup, ("runs", "varlen")), needs=10)
    if name in ("embedded", "deberta-large"):
        record.section(f"peers, {name}", setup, lambda: peers(made, setup), needs=60)
        record.section(f"end to end, {name}", setup, lambda: end_to_end(made, setup), needs=40)


def of_many(made: Made, setup: Setup, record: Record) -> None:
    """Many questions."""
    record.section("cache", setup, lambda: cached(made, setup), needs=30)
    record.section("growth", setup, lambda: growth(made, setup), needs=60)


def late(made: Made, setup: Setup, record: Record) -> None:
    """What takes a compiler first, and may well fail."""
    record.section("flex", setup, lambda: compare_attentions(made, setup, ("runs", "flex")), needs=60)
    record.section("equality of flex", setup, lambda: equality(made, setup, ("flex",)), needs=60)
    if setup.tiny:
        record.skip("compile", "a compiler for CPUs takes minutes and says nothing of cards")
        return
    record.section("compile", setup, lambda: compare_compiled(made, setup), needs=90)


def with_model(name: str, setup: Setup, record: Record, use: Callable[[Made], None]) -> None:
    """Make a model, use it, and give its memory back."""
    made: list[Any] = []
    record.section(f"making {name}", setup, lambda: made.append(make(name, setup)), needs=15)
    if made:
        use(made.pop())
    gc.collect()
    if setup.device.type == "cuda":
        torch.cuda.empty_cache()


if __name__ == "__main__":
    typer.run(main)
