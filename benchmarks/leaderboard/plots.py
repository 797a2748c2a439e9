"""Three plots as SVG text, drawn from the results file; they take the page's own colour for text and lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.pictures import COLOURS, FAINT, TEXT, picture

LINE, WIDTH = 12.0, 5.8
"""Height of a line and mean width of a sign, in the text's own size."""
FASTEST = -2
"""Power of ten of the shortest time, in milliseconds, that is told from none."""


def rank_plot(ranks: Mapping[str, Sequence[float] | None], baselines: Sequence[str]) -> str:
    """Mean ranks with their intervals, best first; baselines in another colour."""
    rows = sorted(((name, own) for name, own in ranks.items() if own), key=lambda row: row[1][0])
    if not rows:
        return "<p>No set has both right and wrong answers, so there are no ranks.</p>"
    left, right, top, step = 190.0, 650.0, 12.0, 18.0
    bottom = top + step * len(rows)
    most = max(len(rows), 2)

    def x(rank: float) -> float:
        return left + (rank - 1) / (most - 1) * (right - left)

    parts = [
        f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top}" y2="{bottom}" {FAINT}/>'
        f'<text x="{x(tick):.1f}" y="{bottom + 14:.0f}" text-anchor="middle" {TEXT}>{tick}</text>'
        for tick in range(1, most + 1, max(1, most // 8))
    ]
    for place, (name, (value, low, high)) in enumerate(rows):
        y = top + step * (place + 0.5)
        colour = COLOURS[1] if name in baselines else COLOURS[0]
        parts.append(
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" {TEXT}>{escape(name)}</text>'
            f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="2"/>'
            f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="4" fill="{colour}">'
            f"<title>{escape(name)}: {value:.1f} [{low:.1f}, {high:.1f}]</title></circle>"
        )
    return picture(680, bottom + 22, "Mean rank of each contestant with its 95% interval", parts)


def cost_plot(points: Sequence[tuple[str, float, float]], baselines: Sequence[str], named: Sequence[str] = ()) -> str:
    """(name, milliseconds per question, AUROC) as dots, time on a logarithmic axis.

    Names stand beside the baselines, `named`, and whoever nobody cheaper beats; the others show theirs on hover.
    """
    if not points:
        return "<p>No set has both right and wrong answers, so there is nothing to plot.</p>"
    left, right, top, bottom = 46.0, 650.0, 10.0, 330.0
    times = [max(math.log10(max(own[1], 1e-9)), FASTEST) for own in points]
    first, last = math.floor(min(times)), max(math.ceil(max(times)), math.floor(min(times)) + 1)
    low, high = min(own[2] for own in points), max(own[2] for own in points)
    low, high = math.floor(low * 20) / 20, max(math.ceil(high * 20) / 20, math.floor(low * 20) / 20 + 0.05)

    def place(time: float, value: float) -> tuple[float, float]:
        return (
            left + (time - first) / (last - first) * (right - left),
            bottom - (value - low) / (high - low) * (bottom - top),
        )

    parts = []
    for power in range(first, last + 1):
        x, _ = place(power, low)
        label = f"{10.0**power:g} ms" if power > FASTEST else f"up to {10.0**power:g}"
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" {FAINT}/>'
            f'<text x="{x:.1f}" y="{bottom + 16:.0f}" text-anchor="middle" {TEXT}>{label}</text>'
        )
    for tick in range(round(low * 20), round(high * 20) + 1):
        _, y = place(first, tick / 20)
        parts.append(
            f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" {FAINT}/>'
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" {TEXT}>{tick / 20:.2f}</text>'
        )
    beaten = {
        name
        for name, milliseconds, value in points
        if any(other <= milliseconds and better > value for _, other, better in points)
    }
    labels: list[tuple[float, float, str]] = []
    for (name, milliseconds, value), time in zip(points, times, strict=True):
        x, y = place(time, value)
        colour = COLOURS[1] if name in baselines else COLOURS[0]
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" fill-opacity="0.7">'
            f"<title>{escape(name)}: AUROC {value:.3f}, {milliseconds:.2f} ms a question</title></circle>"
        )
        if name in baselines or name in named or name not in beaten:
            late = x > left + 0.7 * (right - left)  # there the name stands in front
            labels.append((x - 8 - WIDTH * len(name) if late else x + 8, y + 4, name))
    parts += [f'<text x="{x:.1f}" y="{y:.1f}" {TEXT}>{escape(name)}</text>' for x, y, name in _below_each_other(labels)]
    return picture(680, bottom + 26, "AUROC against the time of scoring one question", parts)


def _below_each_other(labels: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Labels in the order of their height, each moved down as far as keeps it off those above it."""
    found: list[tuple[float, float, str]] = []
    for x, y, name in sorted(labels, key=lambda own: own[1]):
        for a, b, other in found:
            if y < b + LINE and x < a + WIDTH * len(other) and a < x + WIDTH * len(name):
                y = b + LINE
        found.append((x, y, name))
    return found


def curve_plot(
    curves: Mapping[str, Mapping[str, Sequence[float]]], titles: Mapping[str, str], names: Sequence[str]
) -> str:
    """A panel per set: accuracy of what is still answered, against the share answered."""
    width, height, across = 220.0, 150.0, 3
    shown = (*names, "(oracle)")
    parts = []
    for place, (key, own) in enumerate(curves.items()):
        left, top = 30 + (place % across) * width, 20 + (place // across) * (height + 40)
        inner = width - 40
        parts.append(f'<text x="{left:.0f}" y="{top - 6:.0f}" {TEXT}>{escape(titles[key])}</text>')
        for tick in (0.0, 0.5, 1.0):
            y = top + height * (1 - tick)
            parts.append(
                f'<line x1="{left:.0f}" x2="{left + inner:.0f}" y1="{y:.1f}" y2="{y:.1f}" {FAINT}/>'
                f'<text x="{left - 4:.0f}" y="{y + 4:.1f}" text-anchor="end" {TEXT}>{tick:g}</text>'
            )
        for share, label in ((1 / len(own["(oracle)"]), "5%"), (1.0, "100%")):
            parts.append(
                f'<text x="{left + share * inner:.1f}" y="{top + height + 13:.0f}" text-anchor="middle" {TEXT}>'
                f"{label}</text>"
            )
        for colour, name in zip(COLOURS[: len(names)] + COLOURS[-1:], shown, strict=True):
            if name not in own:
                continue
            line = own[name]
            path = " ".join(
                f"{left + (i + 1) / len(line) * inner:.1f},{top + height * (1 - value):.1f}"
                for i, value in enumerate(line)
            )
            dash = ' stroke-dasharray="3 3"' if name == "(oracle)" else ""
            parts.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}>'
                f"<title>{escape(name)}</title></polyline>"
            )
    rows = math.ceil(len(curves) / across)
    base = 20 + rows * (height + 40)
    for i, (colour, name) in enumerate(zip(COLOURS[: len(names)] + COLOURS[-1:], shown, strict=True)):
        x = 30 + (i % 3) * width
        y = base + 18 * (i // 3)
        parts.append(
            f'<line x1="{x:.0f}" x2="{x + 20:.0f}" y1="{y:.0f}" y2="{y:.0f}" stroke="{colour}" stroke-width="3"/>'
            f'<text x="{x + 26:.0f}" y="{y + 4:.0f}" {TEXT}>{escape(name)}</text>'
        )
    return picture(690, base + 34, "Accuracy of the answers kept, against the share kept", parts)
