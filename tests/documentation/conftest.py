"""The site, built once for all tests that look at it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLOSED = "http://127.0.0.1:9"
"""Where nobody answers: a build that asks the network for something fails."""


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, from `mkdocs build --strict` without a network.

    Without `--quiet` too: what is not logged is not counted, and then nothing is strict.
    """
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    proxies = dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"), CLOSED
    )
    built = subprocess.run(command, cwd=ROOT, env={**os.environ, **proxies}, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder
