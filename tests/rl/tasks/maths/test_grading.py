r"""Graders on a sample of the five sets; `python -m benchmarks.rl_graders` does the same on all of them."""

import pytest

from benchmarks.rl_graders.__main__ import cases, judge, wrapped
from benchmarks.rl_graders.rewritings import right_forms, value, wrong_forms
from semuq.errors import InvalidSamples
from semuq_rl.tasks.maths import SETS, grade, grade_groups, load_set

pytest.importorskip("math_verify", reason="graders need math-verify (pip install 'semuq[maths]')")

STEP = {"aime24": 5, "amc": 10, "math500": 60, "minerva": 60, "olympiadbench": 90}


def test_references_of_the_short_sets_are_right_in_every_place():
    problems = [problem for name in ("aime24", "amc") for problem in load_set(name)]
    counts = wrapped(problems)
    assert counts["references"] == 113
    assert set(counts.values()) == {113}


@pytest.mark.slow
def test_a_sample_of_every_set_is_graded_as_it_should():
    tried = [case for name in SETS for case in cases(load_set(name)[:: STEP[name]])]
    plain = [case for case in tried if value(case.references[0]) is not None]
    assert len(plain) > 250
    wrong = [case for case, (right, _) in zip(plain, judge(plain), strict=True) if right != case.right]
    assert wrong == []


@pytest.mark.parametrize(
    ("reference", "text", "right"),
    [
        ("204", r"It takes \boxed{204} minutes.", True),
        ("025", r"\boxed{25}", True),
        ("025", r"\boxed{52}", False),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{(3, \pi/2)}", True),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{(\pi/2, 3)}", False),
        ("$\\frac{1}{2 n+2}$", r"\boxed{\frac{1}{2(n+1)}}", True),
        ("p - q", r"\boxed{-q + p}", True),
        ("p - q", r"\boxed{q - p}", False),
        ("1,3,5", r"\boxed{\{5, 3, 1\}}", True),
        ("1,3,5", r"\boxed{1, 3}", False),
        ("$8 \\%$", r"\boxed{8\%}", True),
        (r"\text{Evelyn}", r"\boxed{Evelyn}", True),
        (r"\text{Evelyn}", r"\boxed{Angela}", False),
        (r"7 \times 10^{37}", r"\boxed{7e37}", True),
    ],
)
def test_grades(reference, text, right):
    assert [own.right for own in grade([text], [reference])] == [right]


def test_one_of_several_references_is_enough():
    assert [own.right for own in grade([r"\boxed{0.02}", r"\boxed{0.03}"], ["0.01", "0.02"])] == [True, False]


def test_no_answer_is_wrong_and_none():
    (found,) = grade(["I do not know."], ["4"])
    assert (found.right, found.answer, found.undecided) == (False, None, False)


def test_what_cannot_be_read_is_wrong_and_counted():
    (found,) = grade([r"\boxed{\begin{cases} ? \end{cases}}"], ["x^2 + 1"])
    assert (found.right, found.undecided) == (False, True)


def test_groups_are_graded_as_they_are_alone():
    groups = [([r"\boxed{2}", r"\boxed{1}"], ["2"]), ([r"\boxed{2}"], ["1", r"\frac{4}{2}"])]
    assert grade_groups(groups) == [grade(texts, references) for texts, references in groups]


@pytest.mark.parametrize("references", ["4", []])
def test_references_are_a_list_of_at_least_one(references):
    with pytest.raises(InvalidSamples, match=r"^references\[0\]: expected at least one right answer in a list"):
        grade([r"\boxed{4}"], references)


@pytest.mark.parametrize(
    ("answer", "rule", "text"),
    [
        (r"\frac{1}{2}", "exact decimal", "0.5"),
        ("0.25", "fraction of a decimal", r"\frac{25}{100}".replace("25}{100", "1}{4")),
        ("1,3,5", "order of a set", "5, 3, 1"),
        ("10080", "thousands", "10,080"),
    ],
)
def test_rewritings_say_the_same(answer, rule, text):
    assert (rule, text) in right_forms(answer)


@pytest.mark.parametrize("answer", ["204", r"\frac{3}{4}", "(3,2)", "1,3,5", "x^2+1", r"\text{even}"])
def test_wrong_forms_are_other_numbers_or_other_texts(answer):
    forms = wrong_forms(answer)
    assert forms
    for _, text in forms:
        assert text != answer
        assert value(answer) is None or value(text) != value(answer)
