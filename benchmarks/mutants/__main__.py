"""Change one line of a formula; do the tests notice?

    python -m benchmarks.mutants --count 240 --out benchmarks/results/mutants.json [--tests FOLDER] [--only-survivors]

Draws single-line mutants of estimators, metrics, decisions and modulators. Each is imported in place of its module in a
process forked from one that has the libraries loaded, and the test files that read the module run until one fails. The
JSON is written as it goes and a run is resumed. `--tests FOLDER` takes the tests of another checkout, and
`--only-survivors` asks them about the mutants that this checkout's tests let live: where those are a subset of the
others, what they catch the others catch.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.mutants.mutations import Mutant, modules, mutants_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("semuq/estimators", "semuq/metrics", "semuq/decisions", "semuq_rl/modulators")
ALWAYS = ("tests/testing/test_laws.py",)
"""Contract tests, run for every estimator behind the files of its own."""

LIMIT = 180
"""Seconds after which a mutant that never ends counts as caught."""


class Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from changed text."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Of the one module alone."""
        return importlib.util.spec_from_loader(fullname, self, origin=str(self.path)) if fullname == self.name else None

    def exec_module(self, module: Any) -> None:
        """Run the changed text."""
        module.__file__ = str(self.path)
        exec(compile(self.text, str(self.path), "exec"), module.__dict__)


def tests_for(mutant: Mutant, tests: Path) -> list[str]:
    """The test files that name the mutant's module or one of its public names, nearest first."""
    path = ROOT / mutant.path
    dotted = mutant.path.removesuffix(".py").replace("/", ".")
    public = re.search(r"__all__ = \[(.*?)\]", path.read_text(), re.DOTALL)
    names = {dotted.rpartition(".")[0], *re.findall(r'"(\w+)"', public[1] if public else "")}
    wanted = re.compile("|".join([rf"\b{re.escape(dotted)}\b", *(rf"\b{name}\b" for name in names if "." not in name)]))
    room = mutant.path.split("/")[1]
    found = [
        file
        for file in sorted((tests / "tests").rglob("test_*.py"))
        if room in file.parts and wanted.search(file.read_text())
    ]
    named = [file for file in found if path.stem in file.stem]
    ordered = [*named, *(file for file in found if file not in named)]
    laws = [tests / own for own in ALWAYS if room == "estimators" and (tests / own).exists()]
    return [str(file) for file in [*ordered, *laws]]


def survives(mutant: Mutant | None, files: Sequence[str], tests: Path) -> bool:
    """Whether all tests pass although the line is changed; with None, whether they pass as things are."""
    child = os.fork()
    if child == 0:
        _run(mutant, files, tests)
    began = time.monotonic()
    while time.monotonic() - began < LIMIT:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(mutant: Mutant | None, files: Sequence[str], tests: Path) -> None:
    import pytest

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.chdir(tests)
    sys.path[:0] = [str(tests), str(ROOT)] if tests != ROOT else [str(ROOT)]
    if mutant is not None:
        path, name = ROOT / mutant.path, mutant.path.removesuffix(".py").replace("/", ".")
        sys.meta_path.insert(0, Replaced(name, path, mutant.source(path.read_text())))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not browser", "-o", "addopts="]
    os._exit(int(pytest.main([*options, *files])))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "mutants.json")
    parser.add_argument("--tests", type=Path, default=ROOT)
    parser.add_argument("--only-survivors", action="store_true")
    given = parser.parse_args()

    everyone = [mutant for path in modules(ROOT, PACKAGES) for mutant in mutants_of(path, ROOT)]
    drawn = random.Random(given.seed).sample(everyone, min(given.count, len(everyone)))
    found: dict[str, Any] = json.loads(given.out.read_text()) if given.out.exists() else {}
    column = "caught_by_other_tests" if given.only_survivors else "caught"
    for library in ("networkx", "pandas", "scipy.stats", "sklearn.isotonic"):
        importlib.import_module(library)  # once, for all children

    sound: dict[str, bool] = {}
    rows = found.setdefault("mutants", {})
    for mutant in drawn:
        row = rows.setdefault(mutant.name, {})
        if column in row or (given.only_survivors and row.get("caught", True)):
            continue
        files = tests_for(mutant, given.tests)
        # A file that fails as things are would catch whatever it is shown.
        sound |= {file: survives(None, [file], given.tests) for file in files if file not in sound}
        able = [file for file in files if sound[file]]
        row[column] = bool(able) and not survives(mutant, able, given.tests)
        print("caught  " if row[column] else "SURVIVED", mutant.name, flush=True)
        given.out.write_text(json.dumps(_summary(found, len(everyone), given.seed), indent=1) + "\n")
    print("left out, since they fail without any change:", [file for file, passes in sound.items() if not passes])
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
        "caught_by_other_tests_alone": sum(row.get("caught_by_other_tests", False) for row in rows),
        "survivors": [name for name, row in found["mutants"].items() if not row.get("caught", True)],
        "mutants": found["mutants"],
    }


if __name__ == "__main__":
    main()
