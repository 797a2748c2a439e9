"""How much of what people really write is judged right, kind by kind?

    python -m benchmarks.edges [--label after] [--kinds maths,letters] [--files fresh,second] [--show]

Runs every case of `cases/` through the public functions with their defaults and counts, for each kind: right, unlike
texts called one ("called equal wrongly"), like ones kept apart. Of each file but `reported` and `read` one half was
never looked at while the rules were made (", unseen"; the hash of the input decides which). `fresh` was written before
anybody of those who wrote it had read the rules, `second` after they were mended by the other half of `fresh`, and
`third` (pairs of short answers) by another hand, which saw neither the rules nor any case, after all of that.
`--show` lists the mistakes, never those of an unseen half. All kinds together are written to
benchmarks/results/edges.json under the label, beside what is there from before.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.edges.judge import JUDGES, SAME, plain
from benchmarks.machine import hardware

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
RESULTS = ROOT / "benchmarks" / "results" / "edges.json"
FILES = ("reported", "own", "fresh", "second", "third", "read")
READ = ("reported", "read")
"""Files that were read whole while the rules were made."""
SETS = tuple(name for file in FILES for name in ((file,) if file in READ else (file, f"{file}, unseen")))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input, what is right, and the set it belongs to."""

    kind: str
    input: Any
    right: Any
    group: str


def cases(files: Sequence[str] = FILES) -> list[Case]:
    """Every case, in the order of the files."""
    found = []
    for name in files:
        for line in (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            unseen = name not in READ and unseen_by(row["input"])
            group = f"{name}, unseen" if unseen else name
            found.append(Case(kind=row["kind"], input=row["input"], right=row["right"], group=group))
    return found


def unseen_by(text: Any) -> bool:
    """Whether a case belongs to the half that the rules were not made with."""
    return hashlib.sha256(json.dumps(text, ensure_ascii=False).encode()).digest()[0] % 2 == 0


def count(own: Sequence[Case], said: Sequence[Any]) -> dict[str, Any]:
    """Right, called equal wrongly and kept apart wrongly, of cases of one kind."""
    pairs = [(_plainly(case), value) for case, value in zip(own, said, strict=True)]
    right = sum(wanted == value for wanted, value in pairs)
    merged = sum(wanted != value and value in SAME for wanted, value in pairs)
    counted = {"cases": len(pairs), "right": right, "share": round(right / len(pairs), 3) if pairs else None}
    if own and own[0].kind in ("extraction", "letters"):
        return counted
    return counted | {"called_equal_wrongly": merged, "kept_apart_wrongly": len(pairs) - right - merged}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label", default="after", help="the name of this run in the results")
    parser.add_argument("--kinds", default=",".join(JUDGES), help="which kinds, comma-separated")
    parser.add_argument("--files", default=",".join(FILES), help="which files of cases, comma-separated")
    parser.add_argument("--show", action="store_true", help="list the mistakes of the sets that may be looked at")
    options = parser.parse_args()
    wanted = options.kinds.split(",")
    started = time.process_time()
    table: dict[str, dict[str, Any]] = {}
    for kind in wanted:
        own = [case for case in cases(options.files.split(",")) if case.kind == kind]
        said = JUDGES[kind]([case.input for case in own]) if own else []
        table[kind] = {}
        for group in SETS:
            rows = [(case, value) for case, value in zip(own, said, strict=True) if case.group == group]
            if rows:
                table[kind][group] = count([case for case, _ in rows], [value for _, value in rows])
                print(f"{kind:20} {group:12} {table[kind][group]}", flush=True)
            if options.show and not group.endswith("unseen"):
                for case, value in rows:
                    if _plainly(case) != value:
                        print(f"   {case.input!r}: {case.right!r}, got {value!r}")
    if set(wanted) == set(JUDGES):
        document = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        document[options.label] = {
            "command": f"python -m benchmarks.edges --label {options.label} --files {options.files}",
            "machine": hardware(),
            "processor_seconds": round(time.process_time() - started),
            "versions": {name: version(name) for name in ("math-verify", "sympy", "transformers")}
            | {"python": platform.python_version()},
            "kinds": table,
        }
        RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _plainly(case: Case) -> Any:
    return plain(case.right) if case.kind == "extraction" else case.right


if __name__ == "__main__":
    main()
