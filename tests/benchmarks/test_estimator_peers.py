"""The values of other packages on record: each equals ours, or is reproduced by a stated difference."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.estimators.comparisons import COMPARISONS
from benchmarks.estimators.inputs import inputs
from benchmarks.estimators.verdicts import summary, verdicts

RECORDED = json.loads((Path(__file__).parents[2] / "benchmarks" / "results" / "estimator_peers.json").read_text())


@pytest.fixture(scope="module")
def judged():
    return list(verdicts(RECORDED))


def test_no_difference_is_unexplained(judged):
    unexplained = [
        f"{own.comparison.package} {own.comparison.method}, {own.case.name}: {own.theirs} there, {own.ours} here"
        for own in judged
        if not own.explained
    ]
    assert not unexplained, "\n".join(unexplained)


def test_no_stated_difference_is_idle(judged):
    used = Counter(id(own.difference) for own in judged)
    for comparison in COMPARISONS:
        for difference in comparison.differences:
            assert used[id(difference)], (
                f"{comparison.package} {comparison.method}: nothing differs by {difference.why}"
            )


def test_the_record_is_of_these_inputs_and_methods(judged):
    assert RECORDED["inputs"] == json.loads(json.dumps(inputs(RECORDED["seed"])))
    compared = {(own.package, own.method) for own in COMPARISONS}
    assert compared == {(package, method) for package, values in RECORDED["values"].items() for method in values}
    assert RECORDED["comparisons"] == summary(RECORDED)


@pytest.mark.parametrize(
    ("package", "method", "name", "theirs", "ours"),
    [
        ("truthtorchlm", "SemanticEntropy", "five repetitions of a certain answer", -3.2189, 0.0),
        ("truthtorchlm", "KernelLanguageEntropy (heat)", "one text 5 times", -45.3760, 0.6798),
        ("truthtorchlm", "KernelLanguageEntropy (heat)", "5 contradictions", 0.0, 1.6094),
        ("lm-polygraph", "KernelLanguageEntropy", "one answer", float("-inf"), 0.0),
        ("uqlm", "discrete semantic entropy", "a third answer that fits both others", 0.6931, 0.6365),
    ],
)
def test_known_bugs_are_on_record(judged, package, method, name, theirs, ours):
    (own,) = [
        own
        for own in judged
        if (own.comparison.package, own.comparison.method, own.case.name) == (package, method, name)
    ]
    assert own.theirs == pytest.approx(theirs, abs=1e-3)
    assert own.ours == pytest.approx(ours, abs=1e-4)
    assert own.difference is not None
    assert own.difference.right == "ours"
