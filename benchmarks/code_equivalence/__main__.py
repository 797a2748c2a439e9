"""Run the sampled programs, score, and write the results and the page.

    python -m benchmarks.code_equivalence [--model NAME] [--minutes 20] [--only-tables]

**This runs programs that a language model wrote**, under the limits of `semuq.relations.code.ProcessRunner`, which are
no security boundary. It goes on where it was stopped: what was measured of a problem grows in `runs/` and is packed
into `answers/`, so that `--only-tables` runs nothing. Design and criteria: `design.md`. Writes
benchmarks/results/code_equivalence.json and docs/code-results.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from importlib.metadata import version

import numpy as np

from benchmarks.code_equivalence.page import write_page
from benchmarks.code_equivalence.problems import HERE, Problem, problems
from benchmarks.code_equivalence.sampling import Answers, Row
from benchmarks.code_equivalence.tables import figures
from benchmarks.machine import hardware
from semuq.relations.code.extraction import does_nothing, program_of

RESULT = HERE.parent / "results" / "code_equivalence.json"
PLANNED = {"qwen2.5-coder-0.5b": 300, "qwen2.5-coder-1.5b": 100}


def main() -> None:
    """Measure what has not been measured, then the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.code_equivalence")
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--minutes", type=float, help="stop running programs after this long; the same command goes on")
    parser.add_argument("--only-tables", action="store_true", help="run no program")
    asked = parser.parse_args()
    measured = Answers(asked.model, "measured")
    if not asked.only_tables:
        _measure(asked.model, measured, asked.minutes)
    records = records_of(asked.model)
    kept = json.loads(RESULT.read_text()) if RESULT.is_file() else {"models": {}}
    found = {
        **figures(records),
        "planned": PLANNED[asked.model],
        "measured_with": records[0]["with"],
        "hardware": hardware(),
    }
    kept["models"][asked.model] = found
    kept["not_run"] = [name for name in PLANNED if name not in kept["models"]]
    RESULT.write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_page(kept)
    print(found["verdict"])


def records_of(model: str) -> list[Row]:
    """What was measured of each problem, and which of the answers announce the function without writing it."""
    measured, first = Answers(model, "measured").read(), Answers(model, "first").read()
    return [_with_announced(measured[own.id], own, first[own.id]) for own in problems() if own.id in measured]


def _with_announced(record: Row, problem: Problem, answers: Row) -> Row:
    def none(text: str) -> bool:
        program = program_of(text, problem.entry_point, problem.prompt)
        return program is not None and does_nothing(program, problem.entry_point)

    greedy = answers["metadata"]["greedy"]["texts"][0]
    return {**record, "announced": [none(text) for text in answers["texts"]], "greedy_announced": none(greedy)}


def _measure(model: str, measured: Answers, minutes: float | None) -> None:
    from benchmarks.code_equivalence.arms import Arms

    arms = Arms.made()
    first, second = Answers(model, "first").read(), Answers(model, "second").read()
    known = {"semuq": version("semuq"), "numpy": np.__version__, "python": platform.python_version()}
    end = None if minutes is None else time.monotonic() + 60 * minutes
    wanted = [problem for problem in problems() if problem.id in first]
    try:
        measured.fill(
            wanted,
            lambda part: [
                {**arms.measure(problem, first[problem.id], second.get(problem.id)), "with": known} for problem in part
            ],
            end,
            chunk=1,
        )
    finally:
        measured.keep()


if __name__ == "__main__":
    main()
