"""Contestants for the tests: the bare model under other names, one of them wrong."""

from __future__ import annotations

from benchmarks.scorer.worker.bare import Bare
from benchmarks.scorer.worker.contestant import Outcome


class Right(Bare):
    """Notes every run in a file beside the model, so that a test can count them."""

    packages = ("pytest",)

    def load(self, folder):
        super().load(folder)
        self._log = folder / "runs.log"

    def run(self, batch, mode):
        with self._log.open("a") as file:
            file.write(f"{len(batch.prompts)}\n")
        print("what a package prints does not disturb the protocol")
        return super().run(batch, "one")


class Wrong(Right):
    """Takes contradiction for entailment."""

    def outcome(self):
        own = super().outcome()
        return Outcome(own.cost, ((ids, found[::-1]) for ids, found in own.found))
