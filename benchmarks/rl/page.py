"""`docs/rl/experiment.md` from the results: tables, learning curves as SVG, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.rl.arms import ARMS, EXPLORATORY_STARTS, SECONDARY_STARTS
from benchmarks.rl.conclusions import first_lines, sentence
from benchmarks.rl.statistics import LEVEL

__all__ = ["PAGE", "learning_curves", "write_page"]

PAGE = Path(__file__).parents[2] / "docs" / "rl" / "experiment.md"
COLOURS = ("#3b7dd8", "#3fa45b", "#d8743b", "#8a8a8a", "#b04fb3")
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 240, 44, 24


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
    text = environment.get_template("page.md.jinja").render(
        r=report,
        arms=ARMS,
        curves=curves,
        sentence=sentence,
        first_lines=first_lines(report),
        first_survivors=sum(test["p_holm"] < LEVEL for test in report["first"]["tests"]),
        secondary_starts=SECONDARY_STARTS,
        exploratory_starts=EXPLORATORY_STARTS,
    )
    page.write_text(text, encoding="utf-8")


def learning_curves(task: str, arms: Mapping[str, Mapping[str, float]]) -> str:
    """Mean greedy accuracy by generation, a line per arm, as one SVG element."""
    steps = sorted({int(step) for curve in arms.values() for step in curve})
    values = [value for curve in arms.values() for value in curve.values()]
    low, high = min(values), max(values)

    def place(step: int, value: float) -> str:
        x = LEFT + (step - steps[0]) / (steps[-1] - steps[0]) * (WIDTH - LEFT - 130)
        return f"{x:.1f},{HEIGHT - BOTTOM - (value - low) / ((high - low) or 1) * (HEIGHT - BOTTOM - 12):.1f}"

    parts = [
        f'<text x="{LEFT - 6}" y="{y}" text-anchor="end" font-size="11" fill="currentColor">{value:.2f}</text>'
        for y, value in ((16, high), (HEIGHT - BOTTOM, low))
    ]
    parts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 6}" font-size="11" fill="currentColor">generation {steps[0]}</text>'
        f'<text x="{WIDTH - 130}" y="{HEIGHT - 6}" text-anchor="end" font-size="11" fill="currentColor">'
        f"{steps[-1]}</text>"
    )
    for index, (name, curve) in enumerate(arms.items()):
        points = " ".join(place(int(step), curve[step]) for step in sorted(curve, key=int))
        colour, y = COLOURS[index % len(COLOURS)], 24 + 18 * index
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
            f'<text x="{WIDTH - 118}" y="{y}" font-size="12" fill="{colour}">{escape(name)}</text>'
        )
    label = f"{task}: mean greedy accuracy on held-out problems by generation"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"<title>{escape(label)}</title>{''.join(parts)}</svg>"
    )
