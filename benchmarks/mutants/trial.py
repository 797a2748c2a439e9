"""Run the tests that read a module on one mutant of it after the other.

The tests are collected once, in a process forked from one that has the libraries loaded. Each mutant is then put into
the loaded module by a fork of that process, which runs tests until one fails. A test that fails without any change
catches nothing: it is left out, and the mutant is tried again.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutants.mutations import Mutant
from benchmarks.mutants.swap import swapped

__all__ = ["prepare", "trials"]

ROOT = Path(__file__).parents[2]
LAWS = "tests/testing/test_laws.py"
"""Contract tests: behind the files of its own, an estimator's module is held to the laws by its own estimators."""
LOADED = ("hypothesis.strategies", "networkx", "pandas", "scipy.stats", "sklearn.isotonic", "torch")
LOADED += ("semuq.evidence", "semuq.relations", "semuq.samples", "semuq.checks")
"""What is loaded once, for all: libraries, and rooms below all that is mutated."""
PROFILE = "mutants"
"""Of hypothesis: a failure is enough, the smallest one is not looked for."""
LIMIT = 120
"""Seconds of processor time after which a mutant that never ends counts as caught, however busy the machine."""
OPTIONS = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-m", "not slow and not browser", "-o", "addopts="]
OPTIONS += ["--doctest-modules", f"--hypothesis-profile={PROFILE}", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


def prepare(tests: Path) -> None:
    """Load what all trials share, the packages from the checkout whose tests run."""
    from hypothesis import Phase, settings

    sys.path[:0] = [str(tests), str(ROOT)]
    for name in LOADED:
        importlib.import_module(name)
    settings.register_profile(PROFILE, deadline=None, database=None, phases=(Phase.explicit, Phase.generate))


def trials(path: str, mutants: Sequence[Mutant], tests: Path) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant of a module, and whether a test of this checkout catches it."""
    files = tests_for(path, tests)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _collect(path, mutants, files, tests, write)
    os.close(write)
    with os.fdopen(read) as lines:
        yield from ((mutants[own["mutant"]], own["caught"]) for own in map(json.loads, lines))
    os.waitpid(child, 0)


def tests_for(path: str, tests: Path) -> list[str]:
    """The module's own examples, and the test files that name it or one of its public names, nearest first.

    For estimators the laws stand behind.
    """
    room, stem = path.split("/")[1], Path(path).stem
    names = [re.escape(path.removesuffix(".py").replace("/", ".")), *public_names(path)]
    wanted = re.compile("|".join(rf"\b{name}\b" for name in names))
    found = [
        file
        for file in sorted((tests / "tests").rglob("test_*.py"))
        if room in file.parts and wanted.search(file.read_text())
    ]
    found.sort(key=lambda file: stem not in file.stem)
    laws = [tests / LAWS] if room == "estimators" else []
    return [str(file) for file in [tests / path, *found, *laws]]


def public_names(path: str) -> list[str]:
    """What a module lists as its own."""
    public = re.search(r"__all__ = \[(.*?)\]", (ROOT / path).read_text(), re.DOTALL)
    return re.findall(r'"(\w+)"', public[1] if public else "")


def _collect(path: str, mutants: Sequence[Mutant], files: Sequence[str], tests: Path, write: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.chdir(tests)
    pytest.main([*OPTIONS, *files], plugins=[_Trials(path, mutants, write)])
    os._exit(0)


class _Trials:
    """A plugin of pytest: instead of running the tests, run them for one mutant after the other."""

    def __init__(self, path: str, mutants: Sequence[Mutant], write: int) -> None:
        self.path, self.mutants, self.write = path, mutants, write
        self.kinds = tuple(f"test_contract[{name}(" for name in public_names(path))
        self.unsound: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Of the laws, only those of the module's own estimators."""
        items[:] = [item for item in items if LAWS not in item.nodeid or item.name.startswith(self.kinds)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """One line for each mutant: whether it was caught."""
        for place, mutant in enumerate(self.mutants):
            failed = self._failed(session, mutant, session.items)
            while failed and failed not in ("limit", "loading"):
                (item,) = [own for own in session.items if own.nodeid == failed]
                if not self._failed(session, None, [item]):
                    break
                self.unsound.add(failed)
                failed = self._failed(session, mutant, session.items)
            os.write(self.write, json.dumps({"mutant": place, "caught": bool(failed)}).encode() + b"\n")
        return True

    def _failed(self, session: pytest.Session, mutant: Mutant | None, items: Sequence[Any]) -> str:
        """The first test that fails, "limit" where none ends; "" if all pass."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
            with contextlib.suppress(BaseException):
                os.write(write, self._first_failing(session, mutant, items).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as line:
            failed = line.read()
        return failed or ("limit" if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) else "")

    def _first_failing(self, session: pytest.Session, mutant: Mutant | None, items: Sequence[Any]) -> str:
        if mutant is not None:
            name, source = self.path.removesuffix(".py").replace("/", "."), (ROOT / self.path).read_text()
            try:
                swapped(name, str(ROOT / self.path), mutant.source(source))
            except Exception:  # the changed module cannot be loaded at all
                return "loading"
        asked = [item for item in items if item.nodeid not in self.unsound]
        for item, following in zip(asked, [*asked[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return str(item.nodeid)
        return ""
