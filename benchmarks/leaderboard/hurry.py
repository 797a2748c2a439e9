"""The first table: what to use, by what one has, chosen by the figures of the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.leaderboard.families import Family, family
from benchmarks.leaderboard.tables import inline, linked, table_of

SHOWN = 2
ENOUGH = 60
"""Questions of a model, over the sets that count, below which its first places say nothing."""


def hurry(models: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each kind of thing at hand, a column for each model: its best two by mean AUROC, with intervals."""
    shown = {name: found for name, found in models.items() if questions(found) >= ENOUGH}
    heads = ("you have", *(f"{name}<br><small>{questions(found)} questions</small>" for name, found in shown.items()))
    rows = [(str(kind), *("; ".join(best(found, kind)) or "-" for found in shown.values())) for kind in Family]
    return table_of(heads, [row for row in rows if set(row[1:]) != {"-"}])


def questions(found: Mapping[str, Any]) -> int:
    """How many questions the mean of a model rests on."""
    return sum(found["sets"][name]["questions"] for name in found["overall_sets"])


def best(found: Mapping[str, Any], kind: Family) -> list[str]:
    """The best of a family with a model, from the main table; from the one with further evidence where it is needed."""
    subset = found.get("subset")
    for table, label in (
        (found["settings"]["greedy"]["overall"], ""),
        (subset["greedy"]["overall"] if subset else {}, " (few questions)"),
    ):
        members = [name for name in table if family(name) is kind and table[name]["auroc"]]
        if members:
            first = sorted(members, key=lambda name: -table[name]["auroc"][0])[:SHOWN]
            return [f"{linked(name)} {inline(table[name]['auroc'])}{label}" for name in first]
    return []
