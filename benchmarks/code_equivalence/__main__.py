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
from benchmarks.code_equivalence.problems import HERE, problems
from benchmarks.code_equivalence.sampling import Answers
from benchmarks.code_equivalence.tables import figures
from benchmarks.machine import hardware

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
    have = measured.read()
    records = [have[problem.id] for problem in problems() if problem.id in have]
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
