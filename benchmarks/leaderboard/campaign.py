"""`python -m benchmarks.leaderboard.campaign`: the answers of all models, in the order of `campaign.toml`.

Takes hours, does nothing twice, and may be killed at any moment: the next run goes on. Finished parts are packed into
`answers/`, as `python -m benchmarks.leaderboard sample` does for one model.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.leaderboard.models import Model, read_model
from benchmarks.leaderboard.questions import read_datasets
from benchmarks.leaderboard.sampling import Store, sample

HERE = Path(__file__).parent


def main(
    plan: Annotated[Path, typer.Option(help="What to ask whom, in which order.")] = HERE / "campaign.toml",
    work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/leaderboard"),
    kept: Annotated[Path, typer.Option(help="Folder of the packed answers.")] = HERE / "answers",
) -> None:
    """Sample step after step."""
    for step in tomllib.loads(plan.read_text(encoding="utf-8"))["step"]:
        run(step["model"], step["sets"], step["questions"], work, kept, say=typer.echo)


def run(model: str, sets: list[str], questions: int, work: Path, kept: Path, *, say: Callable[[str], None]) -> None:
    """The first questions of some sets to one model."""
    asked = _model(model)
    store = Store(work=work / asked.name, kept=kept / asked.name)
    say(f"{model}: {questions} questions of {', '.join(sets)}")
    sample(read_datasets(sets), asked, store, limit=questions, seconds=None, say=lambda text: say(f"{model}: {text}"))


@lru_cache(maxsize=1)
def _model(name: str) -> Model:
    """Loaded once for the steps that follow each other."""
    return read_model(name)


if __name__ == "__main__":
    typer.run(main)
