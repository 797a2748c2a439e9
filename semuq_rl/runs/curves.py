"""The page at the end of a run: its curves as inline SVG, one HTML file that loads nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from semuq_rl.runs.log import read_log

__all__ = ["write_curves"]

WIDTH, HEIGHT, MARGIN, LEFT = 520, 200, 44, 88
"""Pixels; on the left a number such as -1.234e-05 must fit."""

CHOSEN = {
    "greedy": "Held-out accuracy, greedy",
    "reward": "Reward of the rollouts",
    "frac_reward_zero_std": "Share of questions without gradient",
    "entropy": "Entropy of the policy, nats per token",
    "modulation/signal_mean": "Signal: how uncertain the questions are, 0 to 1",
    "modulation/multiplier_mean": "Multiplier of the advantages",
    "loss": "Loss",
    "grad_norm": "Norm of the gradient",
}
"""Curves that come first, with what they are called; the others follow under their own names."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One drawn curve.

    Args:
        title: what it is.
        points: SVG coordinates, "x,y x,y".
        low, high: the values at the lower and upper edge.
        first, last: the steps at the left and right edge.
        values: (step, value), for the table under it.
    """

    title: str
    points: str
    low: str
    high: str
    first: int
    last: int
    values: tuple[tuple[int, str], ...]


def write_curves(log: Path, out: Path, *, title: str, facts: Mapping[str, Any], summary: Mapping[str, Any]) -> int:
    """Write the page from a run's log; returns the number of curves.

    Args:
        log: `log.jsonl` of a run.
        out: the page, replaced as a whole.
        title: its heading.
        facts: shown as they are, for instance the recipe.
        summary: the same, above the curves.
    """
    records = read_log(log)
    names = list(dict.fromkeys([*CHOSEN, *(key for record in records for key in record)]))
    curves = [curve for name in names if (curve := _curve(CHOSEN.get(name, name), _series(records, name)))]
    environment = Environment(
        loader=PackageLoader("semuq_rl.runs", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("curves.html.jinja").render(
        title=title,
        curves=curves,
        summary=dict(summary),
        facts=json.dumps(facts, indent=1, ensure_ascii=False, default=str),
        width=WIDTH,
        height=HEIGHT,
        margin=MARGIN,
        left=LEFT,
    )
    fresh = out.with_name(out.name + ".tmp")
    fresh.write_text(page, encoding="utf-8")
    fresh.replace(out)
    return len(curves)


def _series(records: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    if name in ("step", "k"):
        return []
    return [
        (record["step"], float(record[name]))
        for record in records
        if isinstance(record.get(name), int | float) and not isinstance(record[name], bool)
    ]


def _curve(title: str, series: Sequence[tuple[int, float]]) -> Curve | None:
    """None for fewer than two points: there is nothing to draw."""
    if len(series) < 2:
        return None
    steps, values = [step for step, _ in series], [value for _, value in series]
    low, high = min(values), max(values)
    spread, width = (high - low) or 1.0, (steps[-1] - steps[0]) or 1
    points = " ".join(
        f"{LEFT + (WIDTH - LEFT - MARGIN / 2) * (step - steps[0]) / width:.1f},"
        f"{HEIGHT - MARGIN / 2 - (HEIGHT - MARGIN) * (value - low) / spread:.1f}"
        for step, value in series
    )
    return Curve(
        title=title,
        points=points,
        low=f"{low:.4g}",
        high=f"{high:.4g}",
        first=steps[0],
        last=steps[-1],
        values=tuple((step, f"{value:.4g}") for step, value in series),
    )
