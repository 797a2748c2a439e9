"""Change one line of a formula; do the tests notice?

    python -m benchmarks.mutants --count 200 --out benchmarks/results/mutants.json [--again survivors] [--tests FOLDER]

Draws single-line mutants of estimators, metrics, decisions and modulators, and runs the test files that read the
module until one fails. The JSON is written as it goes and a run is resumed: a mutant stays drawn as long as its line
stands, and another is drawn where a line is gone. `--again survivors` asks anew about those that lived, after tests
were added; `--again all` about all, after tests were made leaner. `--tests FOLDER` asks the tests of another checkout
about the mutants that live here, where its module is the same: what they catch is what this checkout's tests lost.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.mutants.equivalent import EQUIVALENT
from benchmarks.mutants.mutations import Mutant, modules, mutants_of
from benchmarks.mutants.trial import ROOT, prepare, trials

PACKAGES = ("semuq/estimators", "semuq/metrics", "semuq/decisions", "semuq_rl/modulators")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "mutants.json")
    parser.add_argument("--again", choices=("survivors", "all"))
    parser.add_argument("--tests", type=Path, default=ROOT)
    parser.add_argument("--jobs", type=int, default=1, help="modules at once")
    parser.add_argument("--of", default="", help="ask only about drawn mutants below this folder, as semuq/metrics")
    given = parser.parse_args()

    everyone = {mutant.name: mutant for path in modules(ROOT, PACKAGES) for mutant in mutants_of(path, ROOT)}
    found: dict[str, Any] = json.loads(given.out.read_text()) if given.out.exists() else {}
    rows = drawn(found.get("mutants", {}), list(everyone), given.count, given.seed)
    others = given.tests.resolve() != ROOT
    column = "caught_by_other_tests" if others else "caught"
    asked = defaultdict(list)
    for name, row in rows.items():
        mutant = everyone[name]
        wanted = not row.get("caught", True) and same(mutant, given.tests) if others else is_asked(row, given.again)
        if wanted and mutant.path.startswith(given.of) and not (others and column in row):
            asked[mutant.path].append(mutant)

    def judge(item: tuple[str, list[Mutant]]) -> None:
        for mutant, caught in trials(*item, given.tests):
            rows[mutant.name][column] = caught
            print("caught  " if caught else "SURVIVED", mutant.name, flush=True)
            write()

    def write() -> None:
        given.out.write_text(json.dumps(_summary(rows, len(everyone), given.seed), indent=1) + "\n")

    prepare(given.tests)
    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(judge, asked.items()))
    write()


def drawn(known: dict[str, Any], names: list[str], count: int, seed: int) -> dict[str, Any]:
    """The rows of the mutants to ask about: those known whose line still stands, filled up to the count by drawing."""
    kept = {name: row for name, row in known.items() if name in set(names)}
    rest = [name for name in names if name not in kept]
    fresh = random.Random(seed).sample(rest, min(max(count - len(kept), 0), len(rest)))
    return {name: kept.get(name, {}) for name in names if name in kept or name in set(fresh)}


def is_asked(row: dict[str, Any], again: str | None) -> bool:
    """Whether this checkout's tests are asked: never yet, or anew."""
    return "caught" not in row or again == "all" or (again == "survivors" and not row["caught"])


def same(mutant: Mutant, tests: Path) -> bool:
    """Whether another checkout has the very module."""
    other = tests / mutant.path
    return other.exists() and other.read_text() == (ROOT / mutant.path).read_text()


def _summary(rows: dict[str, Any], possible: int, seed: int) -> dict[str, Any]:
    lived = [name for name, row in rows.items() if not row.get("caught", True)]
    return {
        "about": "single-line mutants of estimators, metrics, decisions and modulators; caught = a test fails",
        "machine": "any: counts do not depend on the machine or its instruction set",
        "seed": seed,
        "possible": possible,
        "drawn": sum("caught" in row for row in rows.values()),
        "caught": sum(row.get("caught", False) for row in rows.values()),
        "asked_of_other_tests": sum("caught_by_other_tests" in row for row in rows.values()),
        "caught_by_other_tests_alone": sum(rows[name].get("caught_by_other_tests", False) for name in lived),
        "changes_nothing": len([name for name in lived if name in EQUIVALENT]),
        "equivalent": {name: EQUIVALENT[name] for name in lived if name in EQUIVALENT},
        "survivors": [name for name in lived if name not in EQUIVALENT],
        "mutants": rows,
    }


if __name__ == "__main__":
    main()
