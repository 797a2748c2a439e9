"""The table of what people really write: its cases, its halves, and what it counts."""

from benchmarks.edges.__main__ import Case, cases, count, unseen_by
from benchmarks.edges.judge import JUDGES


def test_the_cases_are_many_of_every_kind_and_none_twice():
    found = cases()
    assert {case.kind for case in found} == set(JUDGES)
    assert sum(case.group == "reported" for case in found) > 600
    own = [case for case in found if case.group != "reported"]
    assert len(own) >= 300
    for name in ("own", "fresh", "second", "third"):
        groups = [case.group for case in own if case.group.startswith(name)]
        assert 0.4 < groups.count(f"{name}, unseen") / len(groups) < 0.6
    assert len({(case.kind, str(case.input)) for case in own}) == len(own)


def test_the_halves_depend_on_the_input_alone():
    assert unseen_by(["1", "2"]) == unseen_by(["1", "2"])
    assert len({unseen_by([str(n), "0"]) for n in range(20)}) == 2


def test_counting_tells_false_equals_from_false_differences():
    own = [Case(kind="maths", input=[], right=right, group="own") for right in ("equal", "different", "equal")]
    found = count(own, ["equal", "equal", "different"])
    assert found == {"cases": 3, "right": 1, "share": 0.333, "called_equal_wrongly": 1, "kept_apart_wrongly": 1}
