"""The five sets: as many problems as their papers say, each with a reference."""

import pytest

from semuq.errors import InvalidParameter
from semuq_rl.tasks.maths import SETS, load_set


@pytest.mark.parametrize(
    ("name", "size"), [("aime24", 30), ("amc", 83), ("math500", 500), ("minerva", 272), ("olympiadbench", 675)]
)
def test_a_set_has_the_published_size_and_no_empty_field(name, size):
    problems = load_set(name)
    assert len(problems) == size == SETS[name]
    assert len({problem.id for problem in problems}) == size
    assert all(problem.problem.strip() and problem.references and all(problem.references) for problem in problems)


def test_a_list_of_answers_becomes_the_references_each_once():
    by_id = {problem.id: problem.references for problem in load_set("minerva")}
    assert ("0.01", "0.02") in by_id.values()
    assert all(len(set(references)) == len(references) for references in by_id.values())


def test_the_limit_takes_the_first():
    assert load_set("amc", limit=3) == load_set("amc")[:3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "aime25"}, "sets: expected one of aime24, amc, math500, minerva, olympiadbench, got 'aime25'"),
        ({"name": "amc", "limit": 0}, "limit: expected a whole number >= 1, got 0"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(InvalidParameter, match="^" + message):
        load_set(**arguments)
