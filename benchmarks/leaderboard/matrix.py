"""The table of a model: contestants by what they need, AUROC over the sets that count and on each set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.leaderboard.families import Family, family
from benchmarks.leaderboard.tables import cell, dense, linked, table_of

LEVEL = 0.05


def matrix(found: Mapping[str, Any], setting: str) -> str:
    """A block for each family, best mean first; a mark where the difference to semantic entropy survives Holm."""
    own = found["settings"][setting]
    sets = {name: facts["title"] for name, facts in found["sets"].items()}
    tested = own.get("against_semantic_entropy") or {"by": {}}
    rows: list[tuple[str, ...]] = []
    for kind in Family:
        members = [name for name in own["overall"] if family(name) is kind]
        if not members:
            continue
        rows.append((f"**{kind}**", *[""] * (2 + len(sets))))
        rows += [
            (
                linked(name),
                cell(own["overall"][name]["auroc"]),
                _mark(tested["by"].get(name)),
                *(cell(own["sets"][where].get(name, {}).get("auroc")) for where in sets),
            )
            for name in sorted(members, key=lambda name: -(own["overall"][name]["auroc"] or [-1])[0])
        ]
    return dense(table_of(("contestant", "mean", "to semantic entropy", *sets.values()), rows))


def _mark(test: Mapping[str, float] | None) -> str:
    if test is None:
        return ""
    sign = "better" if test["difference"] > 0 else "worse"
    beyond = f" ({sign})" if test["p_holm"] < LEVEL else ""
    return f"{test['difference']:+.3f}{beyond}<br><small>p {test['p']:.2g}, Holm {test['p_holm']:.2g}</small>"
