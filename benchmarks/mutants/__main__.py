"""Change one line of a formula; do the tests notice?

    python -m benchmarks.mutants --count 240 --out benchmarks/results/mutants.json [--tests FOLDER] [--only-survivors]

Draws single-line mutants of estimators, metrics, decisions and modulators, and runs the test files that read the
module until one fails. The JSON is written as it goes and a run is resumed. `--tests FOLDER` takes the tests of another
checkout, whose modules should be the same, and `--only-survivors` asks them about the mutants that this checkout's
tests let live: where those are a subset of the others, what they catch the others catch.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.mutants.mutations import Mutant, modules, mutants_of
from benchmarks.mutants.trial import ROOT, prepare, trials

PACKAGES = ("semuq/estimators", "semuq/metrics", "semuq/decisions", "semuq_rl/modulators")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "mutants.json")
    parser.add_argument("--tests", type=Path, default=ROOT)
    parser.add_argument("--only-survivors", action="store_true")
    parser.add_argument("--jobs", type=int, default=1, help="modules at once")
    parser.add_argument("--of", default="", help="ask only about drawn mutants below this folder, as semuq/metrics")
    given = parser.parse_args()

    everyone = [mutant for path in modules(ROOT, PACKAGES) for mutant in mutants_of(path, ROOT)]
    drawn = random.Random(given.seed).sample(everyone, min(given.count, len(everyone)))
    found: dict[str, Any] = json.loads(given.out.read_text()) if given.out.exists() else {}
    column = "caught_by_other_tests" if given.only_survivors else "caught"
    rows = found.setdefault("mutants", {})
    asked = defaultdict(list)
    for mutant in drawn:
        if not mutant.path.startswith(given.of):
            continue
        row = rows.setdefault(mutant.name, {})
        if column not in row and not (given.only_survivors and row.get("caught", True)):
            asked[mutant.path].append(mutant)

    def judge(item: tuple[str, list[Mutant]]) -> None:
        for mutant, caught in trials(*item, given.tests):
            rows[mutant.name][column] = caught
            print("caught  " if caught else "SURVIVED", mutant.name, flush=True)
            given.out.write_text(json.dumps(_summary(found, len(everyone), given.seed), indent=1) + "\n")

    prepare(given.tests)
    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(judge, asked.items()))
    given.out.write_text(json.dumps(_summary(found, len(everyone), given.seed), indent=1) + "\n")


def _summary(found: dict[str, Any], possible: int, seed: int) -> dict[str, Any]:
    rows = found["mutants"].values()
    caught = sum(row.get("caught", False) for row in rows)
    return {
        "about": "single-line mutants of estimators, metrics, decisions and modulators; caught = a test fails",
        "machine": "any: counts do not depend on the machine or its instruction set",
        "seed": seed,
        "possible": possible,
        "drawn": sum("caught" in row for row in rows),
        "caught": caught,
        "asked_of_other_tests": sum("caught_by_other_tests" in row for row in rows),
        "caught_by_other_tests_alone": sum(row.get("caught_by_other_tests", False) for row in rows),
        "survivors": [name for name, row in found["mutants"].items() if not row.get("caught", True)],
        "mutants": found["mutants"],
    }


if __name__ == "__main__":
    main()
