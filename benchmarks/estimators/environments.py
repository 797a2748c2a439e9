"""A virtual environment for each peer, made once: their pinned dependencies contradict one another and ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semuq.models.cachedir import cache_dir

__all__ = ["PEERS", "Peer", "interpreter", "run"]

TORCH = "torch==2.13.0"
SCRIPTS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Peer:
    """A package with its version, what else pip is asked for, and the scripts that run with it.

    Args:
        pythons: commands of Pythons that it runs on, where not on this one; the first that is there is taken.
        formulas: whether its methods are among those that `benchmarks.estimators peers` compares number by number.
    """

    name: str
    version: str
    extra: tuple[str, ...] = ()
    binary_only: bool = False
    pythons: tuple[str, ...] = ()
    formulas: bool = True

    @property
    def requirements(self) -> tuple[str, ...]:
        """What pip installs, torch first: unpinned it brings gigabytes of GPU libraries."""
        return (TORCH, f"{self.name}=={self.version}", *self.extra)

    @property
    def values_script(self) -> Path:
        """The script that computes its values."""
        return SCRIPTS / f"{self.name.replace('-', '_')}_values.py"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("lm-polygraph", "0.7.0"),
        # A newer pyarrow refuses the NumPy that uqlm pins.
        Peer("uqlm", "0.6.7", ("pyarrow<22",), binary_only=True),
        Peer("truthtorchlm", "0.1.19", ("pyarrow<22",), binary_only=True),
        # It cannot be imported on Python 3.12.1, whose dataclasses add __weakref__ twice.
        Peer("probly", "0.9.1", ("transformers==5.23.0",), pythons=("python3.14", "python3.13"), formulas=False),
    )
}


def interpreter(peer: Peer, folder: Path | None = None) -> Path:
    """The Python of a peer's environment, built if need be (minutes).

    Raises:
        subprocess.CalledProcessError: pip could not install it.
        FileNotFoundError: it needs another Python, which is not there.
    """
    home = (folder or cache_dir() / "estimator-benchmark") / peer.name
    python, ready = home / "bin" / "python", home / "ready"
    wanted = " ".join(peer.requirements)
    if not ready.is_file() or ready.read_text() != wanted:
        print(f"installing {wanted}", flush=True)
        subprocess.run([_python_for(peer), "-m", "venv", "--clear", home], check=True)
        only = ("--only-binary", ":all:") if peer.binary_only else ()
        subprocess.run([python, "-m", "pip", "install", "--quiet", *only, *peer.requirements], check=True)
        ready.write_text(wanted)
    return python


def _python_for(peer: Peer) -> str:
    found = [where for command in peer.pythons if (where := shutil.which(command))]
    if peer.pythons and not found:
        raise FileNotFoundError(f"{peer.name} {peer.version} runs on {' or '.join(peer.pythons)}: none is on the path")
    return found[0] if found else sys.executable


def run(python: Path, script: Path, given: Any, *arguments: str) -> Any:
    """What a script prints as JSON, given JSON; it must not find this project's packages, but only its own."""
    done = subprocess.run(
        [python, "-I", script, *arguments], input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)
