import re
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq.errors import InvalidParameter, InvalidSamples, MissingExtra
from semuq.grading import ContainsAlias, ExactMatchGrader, RougeL, TokenF1, TokenRecall, default_grader
from semuq.samples import SampleSet

GRADERS = [
    ExactMatchGrader(),
    ExactMatchGrader(normalise=False),
    ContainsAlias(),
    TokenRecall(),
    TokenRecall(threshold=0.5),
    TokenF1(),
    RougeL(),
    RougeL(words="normalised"),
]
WORDS = st.lists(st.sampled_from(["paris", "lyon", "of", "42", "jane", "austen"]), max_size=6).map(" ".join)


def lcs(a, b):
    """Longest common subsequence by plain recursion."""
    if not a or not b:
        return 0
    return lcs(a[1:], b[1:]) + 1 if a[0] == b[0] else max(lcs(a[1:], b), lcs(a, b[1:]))


@pytest.mark.parametrize("grader", GRADERS, ids=repr)
@settings(deadline=None)  # the first call imports rouge-score, which takes its time
@given(answer=st.text(max_size=30), golds=st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_grades_are_in_the_unit_interval_and_the_best_alias_counts(grader, answer, golds):
    grade = grader.grade("q", answer, golds)
    assert 0 <= grade <= 1
    assert grade == max(grader.grade("q", answer, [gold]) for gold in golds)


@pytest.mark.parametrize("grader", GRADERS, ids=repr)
def test_the_gold_answer_is_right_and_another_is_wrong(grader):
    assert grader.grade("q", "Jane Austen", ["Charlotte", "Jane Austen"]) == 1
    assert grader.grade("q", "Mary Shelley", ["Jane Austen"]) == 0
    assert grader.grade("q", "", ["Jane Austen"]) == 0


@settings(deadline=None)
@given(answer=WORDS, gold=WORDS)
def test_word_overlap_by_loops(answer, gold):
    said, wanted = answer.split(), gold.split()
    rest, common = list(wanted), 0
    for word in said:
        if word in rest:
            rest.remove(word)
            common += 1
    if said and wanted:
        precision, recall = common / len(said), common / len(wanted)
        f1 = 2 * precision * recall / (precision + recall) if common else 0
        assert TokenRecall().grade("q", answer, [gold]) == pytest.approx(recall)
        assert TokenF1().grade("q", answer, [gold]) == pytest.approx(f1)
        rouge = 2 * lcs(said, wanted) / (len(said) + len(wanted))
        assert RougeL().grade("q", answer, [gold]) == pytest.approx(rouge)
        assert RougeL(words="normalised").grade("q", answer, [gold]) == pytest.approx(rouge)
        boundary = re.search(rf"\b{gold}\b", answer) is not None
        assert ContainsAlias().grade("q", answer, [gold]) == boundary


def test_numbers_are_whole_words_and_keep_their_sign():
    assert ContainsAlias().grade("q", "There are 105.", ["10"]) == 0
    assert ExactMatchGrader().grade("q", "-5", ["5"]) == 0


def test_scripts_without_spaces():
    assert ContainsAlias().grade("q", "首都は東京です", ["東京"]) == 1
    assert RougeL(words="normalised").grade("q", "東京", ["東京"]) == 1
    assert RougeL().grade("q", "東京", ["東京"]) == 0  # as published: a-z and 0-9 only


def test_gold_answers_without_words():
    for grader in (ContainsAlias(), TokenRecall(), TokenF1()):
        assert grader.grade("q", "?!", ["?!"]) == grader.grade("q", "", [""]) == 1
        assert grader.grade("q", "word", [""]) == 0


def test_a_batch_of_samples_by_their_own_references():
    batch = [
        SampleSet(prompt="a", texts=("Paris", "Lyon"), references=("Paris",)),
        SampleSet(prompt="b", texts=("42",), references=("41", "42")),
    ]
    grades = ExactMatchGrader().grade_samples(batch)
    assert [one.tolist() for one in grades] == [[1, 0], [1]]
    assert ExactMatchGrader().grade_samples([]) == []


def test_default_grader_decides():
    answers = ["It was Jane Austen", "no idea", "Austen, Jane", "Jane Eyre"]
    grades = default_grader().grade_batch(["q"] * 4, answers, [["Jane Austen"]] * 4)
    assert grades.tolist() == [1, 0, 1, 0]
    assert grades.dtype == np.float64


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: g.grade("q", "a", []), r"references\[0\]: expected at least one gold answer"),
        (lambda g: g.grade("q", "a", "gold"), r"references\[0\]: expected a list of gold answers, got str"),
        (lambda g: g.grade("q", None, ["a"]), r"answers\[0\]: expected str, got NoneType"),
        (lambda g: g.grade("q", "a", ["a", 3]), r"references\[0\]\[1\]: expected str, got int"),
        (lambda g: g.grade_batch(["q"], ["a", "b"], [["a"]]), "got 1 prompts, 2 answers, 1 lists"),
        (lambda g: g.grade_batch("q", ["a"], [["a"]]), "prompts: expected a list, got str; use `grade`"),
    ],
)
def test_errors(call, message):
    with pytest.raises(InvalidSamples, match=message):
        call(ExactMatchGrader())


def test_options():
    with pytest.raises(InvalidParameter, match="words: expected one of"):
        RougeL(words="x")
    with pytest.raises(InvalidParameter, match="stem: expected False"):
        RougeL(words="normalised", stem=True)
    with pytest.raises(InvalidParameter, match="threshold: expected None or a share"):
        TokenRecall(threshold=0)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(MissingExtra, match=r"pip install 'semuq\[rouge\]'"):
        RougeL().grade("q", "a", ["a"])
