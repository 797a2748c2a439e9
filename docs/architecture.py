"""Draws the layers of the two packages, as the import contract in pyproject.toml has them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
WIDTH, HEIGHT, GAP, PAD = 760, 34, 10, 8


def layers(package: str) -> list[list[str]]:
    """The rooms of each layer, from the top, as the contract names them; without those that are still to be built."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [own for own in contracts if own["type"] == "layers" and own["containers"] == [package]]
    found = [[room.strip().strip("()") for room in layer.split(":")] for layer in contract["layers"]]
    here = {path.name.removesuffix(".py") for path in (ROOT / package).iterdir()}
    return [rooms for layer in found if (rooms := [room for room in layer if room in here])]


def drawing(package: str) -> str:
    """The layers as a picture: boxes of one row do not depend on those above."""
    rows = layers(package)
    height = len(rows) * (HEIGHT + GAP) + GAP
    boxes = "\n".join(part for number, rooms in enumerate(rows) for part in _row(number, rooms))
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="The layers of {package}" '
        f'style="max-width:{WIDTH}px;width:100%;font:13px sans-serif">\n{boxes}\n</svg>'
    )


def _row(number: int, rooms: list[str]) -> Iterator[str]:
    width = (WIDTH - GAP * (len(rooms) + 1)) / len(rooms)
    top = GAP + number * (HEIGHT + GAP)
    for place, room in enumerate(rooms):
        left = GAP + place * (width + GAP)
        yield (
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{HEIGHT}" rx="6" fill="none" '
            f'stroke="currentColor" stroke-opacity="0.45"/>'
            f'<text x="{left + width / 2:.1f}" y="{top + HEIGHT / 2 + 5:.1f}" text-anchor="middle" '
            f'fill="currentColor">{escape(room)}</text>'
        )


FLOW = """\
# Architecture

## The flow of data

```text
 prompt ── Sampler ──▶ SampleSet ─┐
  (or answers that already exist) │
                                  ▼
                Relation.compare   every distinct pair of a whole batch, once; cached
                                  ▼
                Evidence           likelihoods, matrices, clusters, embeddings: computed on first use, and kept
                                  ▼
                Estimator.score    one number a question; higher = more uncertain
                  │    │    │
                  │    │    ├──▶ metrics      is it a good ranking, is it calibrated
                  │    │    ├──▶ decisions    a probability of being wrong; answer or abstain
                  │    │    ├──▶ inference    ask again, start anew, ask next, stop early
                  │    │    └──▶ report, command line
                  ▼    ▼
 semuq_rl:  a group of rollouts ──▶ Signal ──▶ modulators ──▶ advantages, changed, into the trainer's loss
```

Data goes one way. Nothing upstream knows who consumes it. Samplers, relations, estimators, metrics, graders and
modulators each have one list; text such as `Entailment(context='none')` names a member with its parameters everywhere.

## The layers

Imports run downwards only; a tool checks it on every change, cycles of types included. Rooms of one row may use each
other one way.
"""


def main() -> None:
    """Write the page."""
    import mkdocs_gen_files

    with mkdocs_gen_files.open("architecture.md", "w") as page:
        page.write(FLOW)
        for package in ("semuq", "semuq_rl"):
            page.write(f"\n### {package}\n\n{drawing(package)}\n")


if __name__ == "<run_path>":
    main()
