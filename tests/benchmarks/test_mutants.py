"""Mutants: what is changed on a line, and that a loaded module runs the change."""

from __future__ import annotations

import sys
import types

import pytest

from benchmarks.mutants.__main__ import drawn, is_asked
from benchmarks.mutants.mutations import mutants_of
from benchmarks.mutants.swap import swapped

TEXT = '''"""A module."""
from dataclasses import dataclass
from functools import cached_property, lru_cache

LIMIT = 3


@dataclass(frozen=True, kw_only=True)
class Sum:
    """Adds."""

    start: int = 1

    @cached_property
    def doubled(self):
        return self.start * 2

    @property
    def less(self):
        return self.start - LIMIT

    @staticmethod
    def least(values):
        return min(values) < 2


@lru_cache
def raised(x, power=2):
    def inner():
        return x + power

    return inner()
'''


@pytest.fixture
def module(tmp_path):
    made = types.ModuleType("mutated_module")
    sys.modules[made.__name__] = made
    (tmp_path / "mutated_module.py").write_text(TEXT)
    exec(compile(TEXT, "mutated_module.py", "exec"), vars(made))
    yield made
    del sys.modules[made.__name__]


@pytest.mark.parametrize(
    ("before", "after", "tell", "was", "now"),
    [
        ("self.start * 2", "self.start / 2", lambda own: own.Sum().doubled, 2, 0.5),
        ("self.start - LIMIT", "self.start + LIMIT", lambda own: own.Sum().less, -2, 4),
        ("min(values) < 2", "min(values) <= 2", lambda own: own.Sum.least([2]), False, True),
        ("start: int = 1", "start: int = (1 + 1)", lambda own: own.Sum().start, 1, 2),
        ("x + power", "x - power", lambda own: own.raised(5), 7, 3),
        ("power=2", "power=(2 + 1)", lambda own: own.raised(5), 7, 8),
        ("LIMIT = 3", "LIMIT = (3 + 1)", lambda own: own.Sum().less, -2, -3),
    ],
)
def test_a_loaded_module_runs_the_change(module, before, after, tell, was, now):
    held = module.Sum  # a test that has the class already is shown the change too
    assert tell(module) == was
    assert TEXT.count(before) == 1
    module.raised.cache_clear()
    assert swapped("mutated_module", "mutated_module.py", TEXT.replace(before, after))
    assert tell(module) == now
    assert sys.modules["mutated_module"] is module
    assert module.Sum is held


def test_a_function_that_a_factory_made_before_runs_the_change_too(module):
    made = "def times(factor):\n    def times_it(x):\n        return x * factor\n    return times_it\n"
    exec(made, vars(module))
    double = module.times(2)
    assert double(4) == 8
    assert swapped("mutated_module", "mutated_module.py", TEXT + made.replace("x * factor", "x / factor"))
    assert double(4) == 2


def test_the_same_text_changes_nothing(module):
    assert not swapped("mutated_module", "mutated_module.py", TEXT)


def test_mutants_change_one_line_each_and_leave_words_alone(module, tmp_path):
    found = mutants_of(tmp_path / "mutated_module.py", tmp_path)
    changes = {(own.line, own.before, own.after) for own in found}
    assert (16, "*", "/") in changes
    assert (24, "<", "<=") in changes
    assert (5, "3", "(3 + 1)") in changes
    assert not [own for own in found if own.line in (1, 2, 3, 10)]
    for own in found:
        lines = own.source(TEXT).splitlines()
        assert [i for i, (a, b) in enumerate(zip(TEXT.splitlines(), lines, strict=True), 1) if a != b] == [own.line]


def test_a_mutant_is_known_again_when_lines_above_it_come_or_go(module, tmp_path):
    names = [own.name for own in mutants_of(tmp_path / "mutated_module.py", tmp_path)]
    assert "mutated_module.py: return self.start [* -> /] 2" in names
    assert len(set(names)) == len(names)
    (tmp_path / "mutated_module.py").write_text(TEXT.replace("LIMIT = 3\n", "# Why.\n\nLIMIT = 3\n"))
    assert [own.name for own in mutants_of(tmp_path / "mutated_module.py", tmp_path)] == names


def test_a_line_that_stands_twice_has_two_mutants(tmp_path):
    (tmp_path / "twice.py").write_text("a = 1 + 2\na = 1 + 2\n")
    names = [own.name for own in mutants_of(tmp_path / "twice.py", tmp_path)]
    assert names[0] == "twice.py: a = 1 [+ -> -] 2"
    assert "twice.py: a = 1 [+ -> -] 2 (2)" in names


def test_what_was_drawn_stays_drawn_and_what_is_gone_is_drawn_anew():
    names = [f"m{number}" for number in range(50)]
    first = drawn({}, names, 10, seed=0)
    assert len(first) == 10
    known = {name: {"caught": True} for name in first} | {"gone": {"caught": False}}
    again = drawn(known, names, 12, seed=0)
    assert first.keys() < again.keys()
    assert "gone" not in again
    assert sum(row == {} for row in again.values()) == 2
    assert drawn(known, names, 5, seed=0).keys() == first.keys()


@pytest.mark.parametrize(
    ("row", "again", "wanted"),
    [
        ({}, None, True),
        ({"caught": False}, None, False),
        ({"caught": False}, "survivors", True),
        ({"caught": True}, "survivors", False),
        ({"caught": True}, "all", True),
    ],
)
def test_who_is_asked_again(row, again, wanted):
    assert is_asked(row, again) is wanted
