"""Whatever is passed for scores and correctness, metrics, calibrators, rules and monitors refuse it by name."""

import functools

import numpy as np
import pytest

from semuq.decisions.calibration import CALIBRATORS, Platt, cross_fit
from semuq.decisions.conformal import SelectiveAnswering, conformal_quantile, risk_control_threshold
from semuq.errors import InvalidParameter
from semuq.metrics import (
    METRICS,
    auarc,
    auarc_oracle,
    auarc_random,
    auroc,
    average_precision,
    bootstrap,
    brier,
    brier_decomposition,
    indication_diagram,
    paired_difference,
    prr,
    reliability_diagram,
    risk_coverage,
    second_pass_curve,
)
from semuq.monitoring.cusum import Cusum

NAMED = {
    metric.__name__: metric
    for metric in (
        *METRICS,
        auarc_oracle,
        auarc_random,
        brier_decomposition,
        indication_diagram,
        reliability_diagram,
        risk_coverage,
    )
}
CONSUMERS = NAMED | {
    "bootstrap": functools.partial(bootstrap, auroc, n_resamples=20),
    "paired_difference": lambda scores, correct: paired_difference(auroc, scores, scores, correct, n_resamples=20),
    "second_pass_curve": lambda scores, correct: second_pass_curve(scores, correct, correct),
    "cross_fit": functools.partial(cross_fit, folds=2),
    "SelectiveAnswering": SelectiveAnswering(alpha=0.1).fit,
    "risk_control_threshold": functools.partial(risk_control_threshold, alpha=0.1),
    **{cls.__name__: cls().fit for cls in CALIBRATORS},
}
SCORES_ALONE = {
    "conformal_quantile": functools.partial(conformal_quantile, alpha=0.1),
    "Cusum.estimate": functools.partial(Cusum.estimate, arl=100),
    "predict_proba": Platt().fit([0.1, 0.9], [1, 0]).predict_proba,
    "decide": SelectiveAnswering(alpha=0.5).fit([0.1, 0.9], [1, 0]).decide,
}
BAD = {
    "nothing": [],
    "none": None,
    "a number": 0.5,
    "a table": [[0.1, 0.2], [0.3, 0.4]],
    "ragged": [[0.1], [0.2, 0.3]],
    "a hole": [0.1, None],
    "nan": [0.1, float("nan")],
    "words": ["high", "low"],
    "numbers as text": ["0.1", "0.2"],
    "dates": np.array(["2020", "2021"], dtype="datetime64[Y]"),
    "complex": [0.1, 0.2 + 1j],
    "a generator": (value for value in (0.1, 0.2)),
    "a dictionary": {0.1: 0.2, 0.3: 0.4},
}
OUTSIDE = (2, -1, float("inf"), float("-inf"))


def refused(call, values, match):
    for value in values:
        with pytest.raises(InvalidParameter, match=match):
            call(value)


@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
def test_bad_scores_are_refused_by_name(consumer):
    refused(lambda bad: consumer(bad, [True, False]), BAD.values(), "^scores")


@pytest.mark.parametrize("consumer", SCORES_ALONE.values(), ids=SCORES_ALONE)
def test_bad_scores_alone_are_refused_by_name(consumer):
    refused(consumer, BAD.values(), "^scores")


@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
def test_bad_correctness_is_refused_by_name(consumer):
    refused(lambda bad: consumer([0.1, 0.2], bad), BAD.values(), "^correct")


@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
def test_correctness_outside_its_range_is_refused_by_its_place(consumer):
    refused(lambda value: consumer([0.1, 0.2], [True, value]), OUTSIDE, r"^correct\[1\]")


@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
def test_lengths_that_differ_are_refused(consumer):
    with pytest.raises(InvalidParameter, match=r"^correct: expected 3 values"):
        consumer([0.1, 0.2, 0.3], [True, False])


@pytest.mark.parametrize("score", [None, "0.3", b"1", [0.1], 1j, np.array([0.1, 0.2])])
def test_a_stream_names_a_score_that_is_none(score):
    monitor = Cusum(mu0=0, sigma0=1, arl=100)
    with pytest.raises(InvalidParameter, match=r"^score: expected a number"):
        monitor.run([0.1, score])
    with pytest.raises(InvalidParameter, match=r"^scores: expected a stream"):
        monitor.run(0.5)


@pytest.mark.parametrize("metric", [auroc, average_precision, auarc, prr, brier])
def test_a_million_answers_are_no_matter(metric):
    rng = np.random.default_rng(0)
    scores = rng.random(1_000_000)
    assert 0 <= metric(scores, rng.random(1_000_000) > scores) <= 1
