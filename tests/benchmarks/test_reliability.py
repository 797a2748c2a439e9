"""The count of reliability: chunks add up, go on where they were stopped, and what dies or hangs is a failure."""

import numpy as np
import pytest

from benchmarks.reliability.running import Part, chunks
from benchmarks.reliability.tally import Tally
from semuq.binomial import clopper_pearson_upper
from tests.benchmarks import reliability_parts


def part(name, limit=60.0):
    return Part(act=f"tests.benchmarks.reliability_parts:{name}", full=5, chunk=2, limit=limit)


def test_chunks_are_those_of_their_numbers_wherever_one_begins():
    whole = [found.tally for found in chunks(part("counted"), [7], 0, 5)]
    assert [own.tried for own in whole] == [2, 2, 1]
    (last,) = chunks(part("counted"), [7], 2, 5)
    assert last.tally == whole[2] == reliability_parts.counted(np.random.default_rng([7, 2]), 1)


@pytest.mark.parametrize(("name", "limit", "why"), [("dying", 60.0, "died"), ("hanging", 1.0, "not done within 1 s")])
def test_a_chunk_that_does_not_come_back_is_a_failure(name, limit, why):
    found = [own.tally for own in chunks(part(name, limit), [7], 1, 5)]
    assert [(own.tried, own.failed) for own in found] == [(2, 0), (1, 1)]
    assert why in found[1].examples[0]


def test_tallies_add_up_and_come_back_from_their_record():
    one = Tally("it", 3, 1, ["a"], {"n": 2, "most": 0.5, "kinds": {"x": 1}, "disk": "a"})
    other = Tally("it", 4, 0, [], {"n": 5, "most": 0.25, "kinds": {"x": 2, "y": 1}, "disk": "a"})
    one.add(other)
    assert (one.tried, one.failed, one.examples) == (7, 1, ["a"])
    assert one.figures == {"n": 7, "most": 0.5, "kinds": {"x": 3, "y": 1}, "disk": "a"}
    record = one.as_dict()
    assert record["rate_at_most"] == float(f"{clopper_pearson_upper(1, 7, 0.05):.3g}")
    assert Tally.from_dict(record) == one
