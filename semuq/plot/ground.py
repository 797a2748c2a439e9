"""What every plot stands on: axes without global state, and colours that show on white and on black."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semuq.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLUSTERS", "INK", "OTHER", "RIGHT", "UNGRADED", "WRONG", "axes", "labelled"]

INK = "#7d8289"
"""Text and lines: as far from white as from the ground of a dark page."""

RIGHT, WRONG, UNGRADED, OTHER = "#2f86c9", "#d9640d", "#8a929c", "#199e77"
"""By what is known of the answers; and a second curve."""

CLUSTERS = ("#2f86c9", "#d18f00", "#199e77", "#c56a9b", "#48a9dd", "#d9640d", "#9a8a2c", "#7f858d")
"""Of clusters, over and over."""


def axes(ax: Axes | None, size: tuple[float, float] = (5.2, 3.8)) -> Axes:
    """The axes that were given, or those of a new figure that belongs to nobody else.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("semuq.plot needs the package matplotlib; pip install 'semuq[plot]'") from error
    made = Figure(figsize=size, layout="constrained", facecolor="none").subplots()
    made.set_facecolor("none")
    made.tick_params(colors=INK, labelsize=9)
    for side, spine in made.spines.items():
        spine.set_color(INK)
        spine.set_visible(side in ("left", "bottom"))
    for text in (made.xaxis.label, made.yaxis.label, made.title):
        text.set_color(INK)
    return made


def labelled(ax: Axes, x: str, y: str, *, legend: bool = True) -> Axes:
    """The axes with names on them and a legend without a box."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if legend and ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False, labelcolor=ax.xaxis.label.get_color(), fontsize=9)
    return ax
