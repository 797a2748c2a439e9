"""A command of the benchmarks, run as its docstring says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def output(module, *arguments):
    """What `python -m module` prints; an error where it fails."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
