"""What a run found, written to its file after every section, so that a run that is cut off still counts."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gpu.setup import Setup


@dataclass(eq=False)
class Record:
    """Sections by name, each with its status: "done", "failed" or "skipped".

    Args:
        path: the JSON file.
        head: what is true of the whole run.
        say: shows a line of progress.
    """

    path: Path
    head: dict[str, Any]
    say: Callable[[str], None]
    sections: dict[str, Any] = field(default_factory=dict)

    def section(self, name: str, setup: Setup, run: Callable[[], Any], *, needs: float) -> Any | None:
        """Run one; a failure is written down and the run goes on. None unless it is done.

        Args:
            needs: seconds that have to be left.
        """
        if setup.left < needs:
            return self.skip(name, f"{setup.left:.0f} s left, {needs:.0f} s needed")
        start = time.perf_counter()
        try:
            found = run()
        except Exception as error:  # written down: what comes after must not be lost with it
            told = traceback.format_exc().splitlines()[-8:]
            failed = {"status": "failed", "error": f"{type(error).__name__}: {error}"[:1_000], "trace": told}
            return self._keep(name, failed, time.perf_counter() - start)
        self._keep(name, {"status": "done", "found": found}, time.perf_counter() - start)
        return found

    def skip(self, name: str, why: str) -> None:
        """Write down that a section was not run."""
        self._keep(name, {"status": "skipped", "why": why})

    def _keep(self, name: str, section: dict[str, Any], seconds: float = 0.0) -> None:
        self.sections[name] = {**section, "section_seconds": seconds}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(self.path.name + ".draft")
        draft.write_text(json.dumps({**self.head, "sections": self.sections}, indent=1) + "\n", encoding="utf-8")
        draft.replace(self.path)
        why = section.get("error") or section.get("why") or ""
        self.say(f"{name}: {section['status']} in {seconds:.1f} s {why}")
