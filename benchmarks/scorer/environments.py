"""A virtual environment for each peer, made once: their pinned dependencies contradict one another and ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TORCH = "torch==2.13.0"


@dataclass(frozen=True)
class Environment:
    """What pip is asked for, after torch, which is the same everywhere."""

    name: str
    requirements: tuple[str, ...]
    binary_only: bool = False


ENVIRONMENTS = {
    environment.name: environment
    for environment in (
        Environment("lm-polygraph", ("lm-polygraph==0.7.0",)),
        # A newer pyarrow refuses the NumPy that uqlm pins.
        Environment("uqlm", ("uqlm==0.6.7", "pyarrow<22"), binary_only=True),
        # It calls `encode_plus`, which transformers 5 no longer has, though its requirements allow it.
        Environment("truthtorchlm", ("truthtorchlm==0.1.19", "transformers<5"), binary_only=True),
        Environment(
            "runtimes",
            ("onnxruntime==1.32.0", "onnx==1.23.2", "onnxscript==0.7.2", "openvino==2026.4.1", "transformers==5.23.0"),
        ),
    )
}


def interpreter(name: str | None, cache: Path, say: Callable[[str], None]) -> Path:
    """The Python of an environment, built if need be; None is the one that runs this.

    Raises:
        subprocess.CalledProcessError: pip could not install it.
    """
    if name is None:
        return Path(sys.executable)
    environment = ENVIRONMENTS[name]
    folder = cache / "venvs" / name
    python = folder / "bin" / "python"
    ready = folder / "ready"
    wanted = " ".join((TORCH, *environment.requirements))
    if not ready.is_file() or ready.read_text() != wanted:
        say(f"{name}: installing {wanted} (minutes)")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        with (cache / f"{name}.pip.log").open("w") as log:
            for step in ((TORCH, "numpy"), (TORCH, *environment.requirements)):
                flags = ("--only-binary", ":all:") if environment.binary_only else ()
                subprocess.run([*pip, *flags, *step], check=True, stdout=log, stderr=log)
        ready.write_text(wanted)
    return python
