"""Plots of one scored question: its answers as a graph, and the kernel that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from semuq.errors import InvalidParameter
from semuq.estimators.kernel import KernelLanguageEntropy
from semuq.estimators.kernel.language import graph_density
from semuq.numerics import FloatArray, von_neumann_entropy
from semuq.plot.ground import CLUSTERS, INK, axes
from semuq.scoring.record import QuestionScore
from semuq.scoring.verdict import representative
from semuq.text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from semuq.relations.base import RelationScores

__all__ = ["kernel", "question"]

FAINTEST = 0.05
"""Entailment below this is not drawn."""


def question(score: QuestionScore, *, seed: int = 0, ax: Axes | None = None) -> Axes:
    """One question as a graph: its answers, coloured by meaning, with an edge where one entails the other.

    A line without an arrow is entailment both ways, an arrow one way; the fainter, the less probable. Answers lie near
    each other (Fruchterman and Reingold's layout of the weighted semantic graph) where they agree. The legend has a
    wording of each meaning with its share.

    Args:
        score: a question that was scored with its matrices.
        seed: of the layout.
        ax: where to draw; None makes a figure.

    Raises:
        InvalidParameter: the score holds no matrices.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> from semuq.scoring import score_stream
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"))
        >>> ax = question(next(score_stream([samples], None, ExactMatch())))
        >>> ax.get_title(), ax.get_legend_handles_labels()[1]
        ('Capital of France?', ['67% Paris', '33% Lyon'])
    """
    relation = _relation(score)
    places = _layout(relation, seed)
    ax = axes(ax, (5.6, 4.4))
    entailment = relation.entailment
    for one in range(len(score)):
        for other in range(one):
            _edge(ax, places[one], places[other], float(entailment[one, other]), float(entailment[other, one]))
    for rank, label in enumerate(score.heaviest_first):
        own = places[[answer for answer, cluster in enumerate(score.clusters) if cluster == label]]
        said = shorten(representative(score.texts, score.clusters, label), 40) or "(empty)"
        ax.scatter(
            own[:, 0],
            own[:, 1],
            s=240,
            color=CLUSTERS[rank % len(CLUSTERS)],
            zorder=3,
            label=f"{score.cluster_masses[label]:.0%} {said}",
        )
    for number, (x, y) in enumerate(places, start=1):
        ax.text(x, y, str(number), ha="center", va="center", color="white", fontsize=9, fontweight="bold", zorder=4)
    ax.set_title(_plain(shorten(score.prompt, 70)), fontsize=10)
    ax.set_axis_off()
    ax.margins(0.12)
    ax.legend(
        frameon=False,
        markerscale=0.5,
        labelcolor=ax.title.get_color(),
        fontsize=8,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
    )
    return ax


def kernel(score: QuestionScore, estimator: KernelLanguageEntropy | None = None, *, ax: Axes | None = None) -> Axes:
    """The kernel of kernel language entropy as a heat map: how much each two answers are the same, from 0 to 1.

    It is the density matrix rho whose von Neumann entropy is the score, times n; answers of one meaning stand together.

    Args:
        score: a question that was scored with its matrices.
        estimator: whose kernel; None takes `KernelLanguageEntropy()`.
        ax: where to draw; None makes a figure.

    Raises:
        InvalidParameter: the score holds no matrices.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> from semuq.scoring import score_stream
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"))
        >>> kernel(next(score_stream([samples], None, ExactMatch()))).get_title()
        'entropy 0.997 nats'
    """
    relation = _relation(score)
    density = graph_density(estimator or KernelLanguageEntropy(), relation)
    rank = {label: place for place, label in enumerate(score.heaviest_first)}
    order = sorted(range(len(score)), key=lambda answer: (rank[score.clusters[answer]], answer))
    alike = len(score) * density[np.ix_(order, order)]
    ax = axes(ax, (4.8, 4.0))
    image = ax.imshow(alike, cmap="viridis", vmin=0, vmax=1)
    numbers = [str(answer + 1) for answer in order]
    ax.set_xticks(range(len(order)), numbers)
    ax.set_yticks(range(len(order)), numbers)
    ax.set(xlabel="answer", ylabel="answer")
    ax.set_title(f"entropy {float(von_neumann_entropy(density)):.3f} nats", fontsize=10)
    bar: Any = ax.get_figure()
    scale = bar.colorbar(image, ax=ax, shrink=0.85)
    scale.ax.tick_params(colors=ax.xaxis.label.get_color(), labelsize=8)
    scale.outline.set_visible(False)
    return ax


def _relation(score: QuestionScore) -> RelationScores:
    if not isinstance(score, QuestionScore):
        raise InvalidParameter(f"score: expected a QuestionScore, got {type(score).__name__}; see semuq.scoring")
    if score.relation_scores is None:
        raise InvalidParameter("score: expected one with its matrices, got one without; score with matrices=True")
    return score.relation_scores


def _layout(relation: RelationScores, seed: int) -> FloatArray:
    """(n, 2) places: near where answers agree. A little attraction between all keeps strangers on the page."""
    import networkx as nx

    weights = relation.weights("soft") / 2
    graph = nx.from_numpy_array(weights + 0.05 * (1 - np.eye(len(relation))))
    places = nx.spring_layout(graph, seed=seed, iterations=200)
    return np.array([places[node] for node in range(len(relation))])


def _edge(ax: Any, one: FloatArray, other: FloatArray, there: float, back: float) -> None:
    """A line as strong as the weaker direction, and an arrow along the stronger by what it has more."""
    both = min(there, back)
    if both > FAINTEST:
        ax.plot(*zip(one, other, strict=True), color=INK, alpha=0.75 * both, linewidth=1.6, zorder=1)
    more = abs(there - back)
    if more > FAINTEST:
        start, end = (one, other) if there > back else (other, one)
        style = {"arrowstyle": "-|>", "color": INK, "alpha": 0.75 * more, "shrinkA": 9, "shrinkB": 9, "linewidth": 1.1}
        ax.annotate("", end, start, arrowprops=style, zorder=2)


def _plain(text: str) -> str:
    """Text in which matplotlib sees no formula."""
    return text.replace("$", r"\$")
