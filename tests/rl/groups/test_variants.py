"""Wordings of a question: laid next to each other, and refused where a group is cut."""

import pytest
from datasets import Dataset

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl import VariantGroups

GROUPS = VariantGroups(column="question", wordings=2)


def rows(*questions):
    return Dataset.from_dict({"prompt": [f"w{place}" for place in range(len(questions))], "question": list(questions)})


def test_wordings_are_laid_next_to_each_other_in_the_order_of_questions():
    arranged = GROUPS.arrange(rows("b", "a", "c", "a", "b", "c"))
    assert arranged["question"] == ["b", "b", "a", "a", "c", "c"]
    assert arranged["prompt"] == ["w0", "w4", "w1", "w3", "w2", "w5"]
    GROUPS.check(arranged)
    assert GROUPS.arrange(arranged)["prompt"] == arranged["prompt"]


def test_cut_groups_are_refused():
    with pytest.raises(InvalidSamples, match="question='b': expected 2 wordings, got 1; add the others or leave"):
        GROUPS.arrange(rows("a", "a", "b"))
    with pytest.raises(
        InvalidSamples, match=r"question='a': expected its wordings in 2 rows from 0 on, got rows \[0, 2"
    ):
        GROUPS.check(rows("a", "b", "a", "b"))
    with pytest.raises(InvalidSamples, match="id: no such column in the data set; it has prompt, question"):
        VariantGroups(column="id", wordings=2).arrange(rows("a", "a"))
    with pytest.raises(InvalidParameter, match=r"VariantGroups.wordings: expected a whole number >= 1, got 0"):
        VariantGroups(column="question", wordings=0)
    with pytest.raises(InvalidParameter, match=r"VariantGroups.column: expected a name, got 3"):
        VariantGroups(column=3, wordings=2)
