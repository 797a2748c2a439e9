"""`docs/rl/experiment.md` from the results: tables, learning curves as SVG, and the words around them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.rl.arms import ARMS, EXPLORATORY_STARTS, SECONDARY_STARTS
from benchmarks.rl.conclusions import first_lines, premise_verdict, sentence
from benchmarks.rl.statistics import LEVEL

__all__ = ["PAGE", "learning_curves", "write_page"]

PAGE = Path(__file__).parents[2] / "docs" / "rl" / "experiment.md"
PREMISE = Path(__file__).parents[1] / "results" / "rl_premise.json"
COLOURS = ("#3b7dd8", "#3fa45b", "#d8743b", "#8a8a8a", "#b04fb3")
WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT = 480, 260, 48, 28, 12


def write_page(report: Mapping[str, Any], page: Path = PAGE) -> None:
    """Fill the template in and write the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown; the only foreign text, names of arms, is our own
    )
    environment.filters |= {"signed": lambda value: f"{value:+.3f}", "share": lambda value: f"{value:.3f}"}
    curves = {task: learning_curves(task, arms) for task, arms in report["learning"].items() if arms}
    premise = json.loads(PREMISE.read_text(encoding="utf-8"))
    text = environment.get_template("page.md.jinja").render(
        r=report,
        premise=premise,
        premise_verdict=premise_verdict,
        arms=ARMS,
        curves=curves,
        sentence=sentence,
        first_lines=first_lines(report, premise),
        first_survivors=sum(test["p_holm"] < LEVEL for test in report["first"]["tests"]),
        secondary_starts=SECONDARY_STARTS,
        exploratory_starts=EXPLORATORY_STARTS,
    )
    page.write_text(text, encoding="utf-8")


def learning_curves(task: str, arms: Mapping[str, Mapping[str, float]]) -> str:
    """Mean greedy accuracy by generation, a line per arm, as one SVG element; the names of the arms stand on top."""
    steps = sorted({int(step) for curve in arms.values() for step in curve})
    values = [value for curve in arms.values() for value in curve.values()]
    low, high = min(values), max(values)
    top = 24 + 20 * ((len(arms) + 1) // 2)

    def place(step: int, value: float) -> str:
        x = LEFT + (step - steps[0]) / (steps[-1] - steps[0]) * (WIDTH - LEFT - RIGHT)
        return f"{x:.1f},{HEIGHT - BOTTOM - (value - low) / ((high - low) or 1) * (HEIGHT - BOTTOM - top):.1f}"

    parts = [
        f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" font-size="14" fill="currentColor">{value:.2f}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="currentColor" stroke-opacity="0.2"/>'
        for y, value in ((top, high), (HEIGHT - BOTTOM, low))
    ]
    parts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 8}" font-size="14" fill="currentColor">generation {steps[0]}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end" font-size="14" fill="currentColor">'
        f"{steps[-1]}</text>"
    )
    for index, (name, curve) in enumerate(arms.items()):
        points = " ".join(place(int(step), curve[step]) for step in sorted(curve, key=int))
        colour, x, y = COLOURS[index % len(COLOURS)], LEFT + index % 2 * 210, 18 + 20 * (index // 2)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<line x1="{x}" x2="{x + 22}" y1="{y - 5}" y2="{y - 5}" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{x + 30}" y="{y}" font-size="14" fill="currentColor">{escape(name)}</text>'
        )
    label = f"{task}: mean greedy accuracy on held-out problems by generation"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width:{WIDTH + 120}px;width:100%" role="img" '
        f'aria-label="{escape(label)}"><title>{escape(label)}</title>{"".join(parts)}</svg>'
    )
