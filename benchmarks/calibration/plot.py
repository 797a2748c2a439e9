"""Reliability diagrams as SVG text: what was predicted against what happened, a panel per calibrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.pictures import TEXT, picture

FAINT = 'stroke="currentColor" stroke-opacity="0.25"'
BLUE = "#3b7dd8"
ACROSS, SIDE, LEFT, TOP = 3, 160.0, 34.0, 22.0


def reliability_plot(panels: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Panels of points with their intervals, each against the diagonal of a forecaster that keeps its word."""
    parts = []
    for place, (name, own) in enumerate(panels.items()):
        left, top = LEFT + place % ACROSS * (SIDE + 60), TOP + place // ACROSS * (SIDE + 62)

        def x(share: float, left: float = left) -> float:
            return left + share * SIDE

        def y(share: float, top: float = top) -> float:
            return top + (1 - share) * SIDE

        parts.append(
            f'<rect x="{x(0):.1f}" y="{y(1):.1f}" width="{SIDE}" height="{SIDE}" fill="none" {FAINT}/>'
            f'<line x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(1):.1f}" y2="{y(1):.1f}" {FAINT} stroke-dasharray="3 3"/>'
            f'<text x="{x(0):.1f}" y="{y(1) - 6:.1f}" {TEXT}>{escape(name)}</text>'
            f'<text x="{x(0.5):.1f}" y="{y(0) + 28:.1f}" text-anchor="middle" {TEXT}>predicted to be wrong</text>'
        )
        parts += [
            f'<text x="{x(tick):.1f}" y="{y(0) + 13:.1f}" text-anchor="middle" {TEXT}>{tick:g}</text>'
            f'<text x="{x(0) - 5:.1f}" y="{y(tick) + 4:.1f}" text-anchor="end" {TEXT}>{tick:g}</text>'
            for tick in (0.0, 0.5, 1.0)
        ]
        points = zip(own["predicted"], own["observed"], own["low"], own["high"], strict=True)
        for predicted, observed, low, high in points:
            parts.append(
                f'<line x1="{x(predicted):.1f}" x2="{x(predicted):.1f}" y1="{y(low):.1f}" y2="{y(high):.1f}" '
                f'stroke="{BLUE}" stroke-width="1.5"/>'
                f'<circle cx="{x(predicted):.1f}" cy="{y(observed):.1f}" r="3.5" fill="{BLUE}">'
                f"<title>predicted {predicted:.2f}, wrong {observed:.2f} [{low:.2f}, {high:.2f}]</title></circle>"
            )
    width, height = LEFT + ACROSS * (SIDE + 60), TOP + -(-len(panels) // ACROSS) * (SIDE + 62)
    return picture(width, height, "Reliability diagrams", parts)
