"""Plots as SVG text, drawn from the results file; they take the page's own colour for text and lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.pictures import COLOURS, FAINT, TEXT, picture

Bar = tuple[str, float, float, float]
"""What is compared, and its ratio: median, smallest, largest."""


def ratio_bars(bars: Sequence[Bar], title: str) -> str:
    """Ratios as bars from 1, on a logarithmic axis, with their spread as a line."""
    left, right, top, step = 250.0, 640.0, 8.0, 24.0
    bottom = top + step * len(bars)
    low = min(1.0, *(own[2] for own in bars)) * 0.95
    high = max(2.0, *(own[3] for own in bars)) * 1.1

    def x(ratio: float) -> float:
        return left + (math.log(ratio) - math.log(low)) / (math.log(high) - math.log(low)) * (right - left)

    ticks = [tick for tick in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    parts = [
        f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top}" y2="{bottom}" {FAINT}/>'
        f'<text x="{x(tick):.1f}" y="{bottom + 14:.0f}" text-anchor="middle" {TEXT}>{tick:g}x</text>'
        for tick in ticks
    ]
    for place, (name, value, smallest, largest) in enumerate(bars):
        y = top + step * (place + 0.5)
        start, end = sorted((x(1.0), x(value)))
        parts.append(
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" {TEXT}>{escape(name)}</text>'
            f'<rect x="{start:.1f}" y="{y - 7:.1f}" width="{end - start:.1f}" height="14" fill="{COLOURS[0]}" '
            f'fill-opacity="0.75"><title>{escape(name)}: {value:.2f} [{smallest:.2f}, {largest:.2f}]</title></rect>'
            f'<line x1="{x(smallest):.1f}" x2="{x(largest):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
            f'stroke-width="2"/><text x="{max(end, x(largest)) + 5:.1f}" y="{y + 4:.1f}" {TEXT}>{value:.1f}</text>'
        )
    return picture(690, bottom + 20, title, parts)


def growth_curves(curves: Mapping[str, Sequence[tuple[float, float]]], across: str, upwards: str, title: str) -> str:
    """Lines over two logarithmic axes; a point for each measurement."""
    left, right, top, bottom = 60.0, 650.0, 10.0, 290.0
    xs = [x for line in curves.values() for x, _ in line]
    ys = [y for line in curves.values() for _, y in line]
    x_span, y_span = _span(xs), _span(ys)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            left + (math.log10(x) - x_span[0]) / (x_span[1] - x_span[0]) * (right - left),
            bottom - (math.log10(y) - y_span[0]) / (y_span[1] - y_span[0]) * (bottom - top),
        )

    parts = []
    for x in sorted(set(xs)):
        at, _ = place(x, ys[0])
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}" {FAINT}/>'
            f'<text x="{at:.1f}" y="{bottom + 15:.0f}" text-anchor="middle" {TEXT}>{x:,g}</text>'
        )
    for power in range(math.ceil(y_span[0]), math.floor(y_span[1]) + 1):
        _, at = place(xs[0], 10.0**power)
        parts.append(
            f'<line x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" {FAINT}/>'
            f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end" {TEXT}>{10.0**power:g}</text>'
        )
    for index, (name, line) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = [place(*point) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}">'
            f"<title>{escape(name)}: {value:.3g}</title></circle>"
            for (x, y), (_, value) in zip(points, line, strict=True)
        ]
        key = left + (index % 3) * 200, bottom + 50 + 16 * (index // 3)
        parts.append(
            f'<line x1="{key[0]:.0f}" x2="{key[0] + 20:.0f}" y1="{key[1] - 4:.0f}" y2="{key[1] - 4:.0f}" '
            f'stroke="{colour}" stroke-width="3"/>'
            f'<text x="{key[0] + 25:.0f}" y="{key[1]:.0f}" {TEXT}>{escape(name)}</text>'
        )
    parts.append(
        f'<text x="{(left + right) / 2:.0f}" y="{bottom + 31:.0f}" text-anchor="middle" {TEXT}>{across}</text>'
    )
    middle = (top + bottom) / 2
    parts.append(
        f'<text x="14" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 14 {middle:.0f})" {TEXT}>'
        f"{upwards}</text>"
    )
    return picture(680, bottom + 60 + 16 * ((len(curves) - 1) // 3), title, parts)


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Powers of ten around the values, a little wider than they are."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.05 * (high - low), 0.1)
    return low - room, high + room
