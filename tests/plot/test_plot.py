"""Plots draw the numbers of `semuq.metrics`, on the axes they are given, and keep nothing anywhere."""

import importlib
import re
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from semuq import InvalidParameter, KernelLanguageEntropy, Matern, MissingExtra, SampleSet, cross_fit, metrics
from semuq.scoring import score_stream
from semuq.testing.cases import NoisyEntailment

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from semuq import plot

RNG = np.random.default_rng(0)
CORRECT = RNG.random(200) < 0.6
SCORES = RNG.integers(0, 12, 200) / 12 + 0.8 * ~CORRECT
WRONG = cross_fit(SCORES, CORRECT)


@pytest.fixture(scope="module")
def scored():
    samples = SampleSet(prompt="Where is $x_i$?", texts=("Paris", "paris", "Lyon", "$\\frac", "Paris", ""))
    return next(score_stream([samples], None, NoisyEntailment()))


def all_plots(scored, **options):
    return {
        "roc": plot.roc(SCORES, CORRECT, **options),
        "risk_coverage": plot.risk_coverage(SCORES, CORRECT, **options),
        "rejection": plot.rejection(SCORES, CORRECT, **options),
        "histogram": plot.histogram(SCORES, CORRECT, **options),
        "reliability": plot.reliability(WRONG, CORRECT, **options),
        "question": plot.question(scored, **options),
        "kernel": plot.kernel(scored, **options),
    }


def test_every_plot_is_on_the_list_and_can_be_saved(scored, tmp_path):
    drawn = all_plots(scored)
    assert sorted(drawn) == plot.__all__
    for name, ax in drawn.items():
        ax.figure.savefig(tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.svg").read_text().startswith("<?xml")


def test_given_axes_are_drawn_on_and_returned_and_others_are_new(scored):
    figure = Figure()
    ax = figure.subplots()
    assert all(own is ax for own in all_plots(scored, ax=ax).values())
    assert len({id(own.figure) for own in all_plots(scored).values()}) == 7


@pytest.mark.slow
def test_no_pyplot_is_loaded_and_none_of_matplotlib_by_semuq_itself():
    code = (
        "import sys, semuq; assert 'matplotlib' not in sys.modules; from semuq import plot;"
        "assert 'matplotlib' not in sys.modules; plot.roc([0.1, 0.4, 0.35, 0.8], [1, 1, 0, 0]);"
        "assert 'matplotlib.figure' in sys.modules; assert 'matplotlib.pyplot' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == ""


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"pip install 'semuq\[plot\]'"):
        plot.roc(SCORES, CORRECT)


def test_curves_are_those_of_the_metrics():
    curve = metrics.risk_coverage(SCORES, CORRECT)
    ax = plot.risk_coverage(SCORES, CORRECT)
    np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), np.column_stack([curve.coverage, curve.risk]))
    assert ax.get_legend_handles_labels()[1] == [f"AURC {curve.area:.3f}"]
    band = ax.collections[0].get_paths()[0].vertices
    assert {*np.round(curve.low, 12), *np.round(curve.high, 12)} <= {*np.round(band[:, 1], 12)}
    ax = plot.rejection(SCORES, CORRECT)
    np.testing.assert_allclose(
        ax.get_lines()[0].get_xydata(), np.column_stack([1 - curve.coverage, 1 - curve.risk]), atol=1e-15
    )
    assert ax.get_legend_handles_labels()[1] == [
        f"AUARC {metrics.auarc(SCORES, CORRECT):.3f}",
        f"at best {metrics.auarc_oracle(SCORES, CORRECT):.3f}",
    ]
    rejected, right = ax.get_lines()[2].get_xydata().T
    accuracy = CORRECT.mean()
    np.testing.assert_allclose(right, np.minimum(accuracy / (1 - rejected), 1))
    roc = metrics.roc_curve(SCORES, CORRECT)
    (line,) = [own for own in plot.roc(SCORES, CORRECT).get_lines() if own.get_label().startswith("AUROC")]
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([roc.flagged, roc.found]))
    interval = metrics.bootstrap(metrics.auroc, SCORES, CORRECT, n_resamples=2_000)
    assert line.get_label() == f"AUROC {interval}"


def test_a_reliability_diagram_has_the_bins_and_intervals_of_the_metric():
    found = metrics.reliability_diagram(WRONG, CORRECT, bins=6)
    ax = plot.reliability(WRONG, CORRECT, bins=6)
    (bars,) = ax.containers
    np.testing.assert_array_equal(bars[0].get_xydata(), np.column_stack([found.predicted, found.observed]))
    ends = np.array([segment[:, 1] for segment in bars[2][0].get_segments()])
    np.testing.assert_allclose(ends, np.column_stack([found.low, found.high]), atol=1e-12)


def test_a_histogram_has_the_counts_of_the_metric_by_grade():
    marks = [None if index % 5 == 0 else bool(own) for index, own in enumerate(CORRECT)]
    found = metrics.score_histogram(SCORES, marks, bins=10)
    ax = plot.histogram(SCORES, marks, bins=10)
    heights = [[bar.get_height() for bar in container] for container in ax.containers]
    assert heights == [found.right.tolist(), found.wrong.tolist(), found.ungraded.tolist()]
    assert sum(map(sum, heights)) == len(SCORES)
    assert plot.histogram(SCORES).get_legend() is None


def test_further_curves_on_the_same_axes_get_other_colours():
    ax = plot.roc(SCORES, CORRECT, label="one")
    plot.roc(-SCORES, CORRECT, label="other", ax=ax)
    colours = [line.get_color() for line in ax.get_lines() if not line.get_label().startswith("_")]
    assert len(set(colours)) == 2


def test_the_graph_has_a_node_for_each_answer_in_the_colour_of_its_meaning(scored):
    ax = plot.question(scored)
    assert sum(len(own.get_offsets()) for own in ax.collections) == len(scored)
    assert len(ax.collections) == len(scored.cluster_masses)
    numbers = sorted(text.get_text() for text in ax.texts if text.get_text())
    assert numbers == ["1", "2", "3", "4", "5", "6"]
    again = plot.question(scored)
    for one, other in zip(ax.collections, again.collections, strict=True):
        np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())


def test_lines_are_entailment_both_ways_and_arrows_what_one_way_has_more(scored):
    entailment = scored.relation_scores.entailment
    ax = plot.question(scored)
    pairs = [(entailment[i, j], entailment[j, i]) for i in range(len(scored)) for j in range(i)]
    assert len(ax.get_lines()) == sum(min(pair) > 0.05 for pair in pairs)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == sum(abs(one - other) > 0.05 for one, other in pairs)


def test_the_kernel_is_that_of_the_score_with_meanings_side_by_side(scored):
    for estimator in (KernelLanguageEntropy(), KernelLanguageEntropy(kernel=Matern(), edges="soft")):
        samples = SampleSet(prompt=scored.prompt, texts=scored.texts)
        ax = plot.kernel(scored, estimator)
        assert ax.get_title() == f"entropy {estimator.score(samples, NoisyEntailment()):.3f} nats"
        shown = np.asarray(ax.images[0].get_array())
        np.testing.assert_allclose(np.diagonal(shown), 1)
        np.testing.assert_allclose(shown, shown.T)
        order = [int(text.get_text()) - 1 for text in ax.get_xticklabels()]
        assert sorted(order) == list(range(6))
        clusters = [scored.clusters[answer] for answer in order]
        assert sum(a != b for a, b in pairwise(clusters)) == len(set(clusters)) - 1


def test_a_question_without_matrices_is_refused(scored):
    (bare,) = score_stream([SampleSet(prompt="?", texts=("a", "b"))], None, NoisyEntailment(), matrices=False)
    with pytest.raises(InvalidParameter, match="score with matrices=True"):
        plot.question(bare)
    with pytest.raises(InvalidParameter, match="score: expected a QuestionScore, got SampleSet"):
        plot.kernel(SampleSet(prompt="?", texts=("a",)))


@pytest.mark.parametrize("ground", ["#ffffff", "#000000", "#1e2129"])
def test_text_and_curves_stand_out_from_a_light_and_a_dark_ground(scored, ground):
    """At least 3:1, WCAG's measure for graphics and large text; no colour can have 4.5 against both white and black."""
    for ax in all_plots(scored).values():
        assert ax.figure.get_facecolor()[3] == 0
        drawn = [*(own for own in ax.figure.findobj(Text) if own.get_text()), *ax.get_lines()]
        for colour in {to_hex(own.get_color()) for own in drawn} - {"#ffffff"}:  # white are the numbers on the nodes
            assert contrast(colour, ground) >= 3, (colour, ground)


def contrast(one, other):
    def luminance(colour):
        channels = [int(pair, 16) / 255 for pair in re.findall("..", colour[1:7])]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_threads_draw_side_by_side():
    alone = plot.roc(SCORES, CORRECT).get_lines()[1].get_xydata()
    found = [None] * 4

    def draw(place):
        found[place] = plot.roc(SCORES, CORRECT)

    threads = [threading.Thread(target=draw, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(ax.figure) for ax in found}) == 4
    for ax in found:
        np.testing.assert_array_equal(ax.get_lines()[1].get_xydata(), alone)


def test_the_page_shows_every_plot_and_the_build_draws_it():
    root = Path(__file__).parents[2] / "docs"
    spec = importlib.util.spec_from_file_location("plots", root / "plots.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    drawn = module.drawn()
    assert sorted(name.removesuffix(".svg") for name in drawn) == plot.__all__
    assert sorted(re.findall(r"\(plots/(\w+)\.svg\)", (root / "plot.md").read_text())) == plot.__all__
    assert all(picture.startswith(b"<?xml") for picture in drawn.values())
