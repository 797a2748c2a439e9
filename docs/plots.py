"""Draws the plots of the page on `semuq.plot` when the documentation is built, by the snippet that the page shows."""

from __future__ import annotations

import contextlib
import runpy
import tempfile
from pathlib import Path

SNIPPET = Path(__file__).parent / "snippets" / "plots.py"


def drawn() -> dict[str, bytes]:
    """The name of each picture and its SVG."""
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.chdir(folder):
            runpy.run_path(str(SNIPPET))
        return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.svg"))}


def main() -> None:
    """Write the pictures into the build."""
    import mkdocs_gen_files

    for name, picture in drawn().items():
        with mkdocs_gen_files.open(f"plots/{name}", "wb") as file:
            file.write(picture)


if __name__ == "<run_path>":
    main()
