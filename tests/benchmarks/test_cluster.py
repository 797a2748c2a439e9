"""The benchmark of Ray's workers: what its record says of runs whose figures are known."""

import pytest

from benchmarks.cluster.__main__ import record, timed
from semuq import SampleSet

RUN = {"start": 1.0, "rate": 2.0, "cores_had": 1.0, "rate_per_core": 2.0, "seconds": 9.0}


def test_ratios_are_taken_within_a_round():
    pytest.importorskip("ray")
    batch = [SampleSet(prompt="?", texts=("a", "b"))]
    slow = {**RUN, "rate": 1.0, "cores_had": 0.5}
    runs = {"one process": [RUN, slow], "one worker": [RUN, slow], "two workers": [{**RUN, "rate": 4.0}, slow]}
    found = record(batch, runs, equal=True)
    assert found["two_for_one"] == {"value": 1.5, "low": 1.0, "high": 2.0}
    assert found["two_for_one_per_core"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert (found["ways"]["two_workers"]["rate"], found["repeats"], found["equal"]) == (2.5, 2, True)


def test_the_first_line_parts_the_start_from_the_work():
    def lines(batch):
        for own in batch:
            assert sum(number * number for number in range(300_000)) > 0
            yield own

    found, own = timed(lines, [b"a", b"b", b"c"])
    assert own == [b"a", b"b", b"c"]
    assert 0 < found["start"] < found["seconds"]
    assert found["cores_had"] > 0
