"""Nothing lost, nothing silently wrong: counts.

    python -m benchmarks.reliability [--only PART] [--again] [--scale 1.0]

Hostile inputs at each public entry, SIGKILL at random moments, several writers, a server of which every fifth reply
fails, limits of time, memory and disk. Each figure has its count and an exact one-sided 95% upper bound on the failure
rate; all are in benchmarks/results/reliability.json. Each part runs in a process of its own, chunk by chunk. What a
chunk finds is kept at once, and the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.reliability.running import Part, chunks
from benchmarks.reliability.tally import Tally

RESULTS = Path(__file__).parents[1] / "results" / "reliability.json"


def _part(act: str, full: int, chunk: int, limit: float) -> Part:
    return Part(act=f"benchmarks.reliability.{act}", full=full, chunk=chunk, limit=limit)


PARTS = {
    "hostile inputs, SampleSet": _part("hostile:sample_sets", 10_000, 1000, 3600),
    "hostile inputs, JSONL scoring": _part("hostile:scored_files", 10_000, 1000, 3600),
    "hostile inputs, fit": _part("hostile:fits", 10_000, 500, 3600),
    "hostile inputs, decide": _part("hostile:decisions", 10_000, 500, 3600),
    "hostile inputs, report": _part("hostile:reports", 10_000, 1000, 3600),
    "hostile inputs, replies of servers": _part("hostile:replies", 10_000, 1000, 3600),
    "hostile inputs, recipes": _part("hostile:recipes", 10_000, 1000, 3600),
    "hostile inputs, relations, twenty scripts": _part("hostile:relations", 10_000, 1000, 3600),
    "kills of score": _part("kills:score_kills", 50, 10, 3600),
    "kills of sample": _part("kills:sample_kills", 50, 10, 3600),
    "kills of a comparison that writes a cache": _part("kills:cache_kills", 50, 10, 3600),
    "kills of training": _part("kills:training_kills", 50, 10, 3600),
    "two and eight writers of one output": _part("writers:of_output", 20, 4, 3600),
    "two and eight writers of one cache": _part("writers:of_cache", 20, 4, 3600),
    "out of memory": _part("memory:out_of_memory", 30, 6, 3600),
    "a large file in a small memory": _part("memory:large_file", 100_000, 100_000, 3600),
    "full disk": _part("disk:full_disk", 60, 20, 3600),
    "cache on a read-only or a full disk": _part("disk:cache_without_room", 12, 4, 3600),
    "clock going backwards": _part("disk:clock", 20, 10, 3600),
    "faults of a server": _part("faults:server_faults", 1000, 1000, 3600),
    "never ending": _part("limits:never_ending", 100, 10, 3600),
}
"""What is tried, and how often."""


def main() -> None:
    """Count, and keep what is counted after every chunk."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full counts")
    parser.add_argument("--only", action="append", choices=PARTS, help="may be given several times")
    parser.add_argument("--again", action="store_true", help="forget what these parts have counted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    for name in options.only or PARTS:
        part, record = PARTS[name], _known(options.out).get(name, {})
        if options.again or record.get("seed") != options.seed:
            record = {}
        tally = Tally.from_dict(record) if record else Tally()
        done, seconds = record.get("chunks", 0), record.get("processor_seconds", 0.0)
        wanted = max(1, round(part.full * options.scale))
        # Each part has its own stream, so that one run alone tries what it tries among the others.
        for found in chunks(part, [options.seed, zlib.crc32(name.encode())], done, wanted):
            tally.add(found.tally)
            done, seconds = done + 1, round(seconds + found.seconds, 1)
            made = {"seed": options.seed, "chunks": done, "processor_seconds": seconds}
            _keep(options.out, name, {"full_count": part.full, **tally.as_dict(), **made})
        print(
            f"{name}: {tally.failed} of {tally.tried}, {seconds:.0f} s of processor time", file=sys.stderr, flush=True
        )


def _known(path: Path) -> dict[str, Any]:
    """The parts that have been counted, or begun."""
    return json.loads(path.read_text())["parts"] if path.exists() else {}


def _keep(path: Path, name: str, record: dict[str, Any]) -> None:
    """Put a part's figures among the others', in the order of `PARTS`; another run may be counting another part."""
    known = _known(path) | {name: record}
    report = {
        "question": "how often is something lost, torn, changed, or ended by a traceback",
        "command": "python -m benchmarks.reliability",
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": {own: version(own) for own in ("semuq", "numpy", "openai", "torch", "transformers", "trl")}
        | {"python": platform.python_version()},
        "parts": {own: known[own] for own in PARTS if own in known},
    }
    fresh = path.with_suffix(f".{os.getpid()}.part")
    fresh.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    fresh.replace(path)


if __name__ == "__main__":
    main()
