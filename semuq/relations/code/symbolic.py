"""Inputs that tell two programs apart, searched for by CrossHair: it runs them on symbols and asks a solver.

A second look at programs that agreed on all inputs. Only what CrossHair finds counts: that it finds nothing in its
time says nothing, and to merge on that put two problems in three of HumanEval into one cluster.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from semuq.errors import MissingExtra

__all__ = ["distinguishing_inputs", "require_crosshair"]

GRACE_SECONDS = 20.0
"""For starting it, beyond the seconds that it searches."""

_SEARCH = """\
import json, resource, sys
import crosshair.core_and_libs
from crosshair.auditwall import engage_auditwall
from crosshair.diff_behavior import ExceptionEquivalenceType, diff_behavior
from crosshair.fnutil import FunctionInfo
from crosshair.options import DEFAULT_OPTIONS, AnalysisOptionSet
sys.path[:0] = [sys.argv[1]]
memory = int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
engage_auditwall()
print("ready", flush=True)
import first, second
functions = [FunctionInfo(module, sys.argv[2], module.__dict__[sys.argv[2]]) for module in (first, second)]
seconds = float(sys.argv[3])
options = DEFAULT_OPTIONS.overlay(AnalysisOptionSet(per_condition_timeout=seconds, per_path_timeout=seconds / 4))
found = diff_behavior(*functions, options, ExceptionEquivalenceType.SAME_TYPE)
print(json.dumps([] if isinstance(found, str) else [one.args for one in found]))
"""
MEMORY = 4 << 30
"""Bytes of address space: the solver takes more than the programs."""


def require_crosshair() -> None:
    """Refuse early where CrossHair is missing.

    Raises:
        MissingExtra: it is not installed.
    """
    if find_spec("crosshair") is None:
        raise MissingExtra("crosshair: expected the package, got none; pip install 'semuq[code]'")


def distinguishing_inputs(first: str, second: str, entry_point: str, *, seconds: float) -> list[tuple[Any, ...]]:
    """Arguments on which two functions may differ, as CrossHair found them; run them to know.

    Args:
        first, second: sources that define the function, with annotations.
        entry_point: its name.
        seconds: to search.

    Returns: at most a few; none where nothing was found, the search failed, or what was found is no literal.

    Raises:
        MissingExtra: CrossHair is not installed.
        RuntimeError: it is, and does not start.
    """
    require_crosshair()
    with tempfile.TemporaryDirectory(prefix="semuq-code-") as folder:
        for name, source in (("first", first), ("second", second)):
            (Path(folder) / f"{name}.py").write_text(source, encoding="utf-8")
        command = [sys.executable, "-I", "-c", _SEARCH, folder, entry_point, str(seconds), str(MEMORY)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=seconds + GRACE_SECONDS,
                env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=folder,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return []
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if lines[:1] != ["ready"]:
        raise RuntimeError(f"crosshair: expected it to start, got {done.stderr.decode('utf-8', 'replace')[-300:]!r}")
    return _literals(lines[-1]) if done.returncode == 0 else []  # programs that break the search tell nothing


def _literals(line: str) -> list[tuple[Any, ...]]:
    try:
        found: Sequence[dict[str, str]] = json.loads(line)
        return [tuple(ast.literal_eval(value) for value in own.values()) for own in found]
    except (ValueError, SyntaxError, TypeError):  # printed by the programs, or no literals
        return []
