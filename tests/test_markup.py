"""Wrappings around an answer: a fence is taken off by its ends, however many marks there are."""

import pytest

from semuq.markup import bare


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("```\nParis\n```", "Paris"),
        ("```python\nx = 1\n```", "x = 1"),
        ("````\na ``` b\n````", "a ``` b"),
        ("```Paris```", "Paris"),
        ("````Paris```", "`Paris"),
        ("```Paris", "```Paris"),
        ("``Paris``", "``Paris``"),
    ],
)
def test_a_fence_around_the_whole_is_dropped(text, inside):
    assert bare(text) == inside


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("The answer is <b>Paris</b>.", "The answer is Paris."),
        ("<b>", "<b>"),
        ('{"answers": ["A", "D"]}', "A, D"),
        ("<answer>20</answer> Wait, I missed a term.\n<answer>26</answer>", "26"),
        ("<answer>20</answer>\nQuestion: And 2 + 2?\n<answer>4</answer>", "20"),
    ],
)
def test_emphasis_lists_and_corrections_are_read(text, inside):
    assert bare(text) == inside


@pytest.mark.parametrize("text", ["`" * 100_000 + "!", "```" + " " * 100_000 + "x", "`" * 50_000 + "x"])
def test_marks_without_end_are_read_in_time_that_grows_with_them(text):
    assert bare(text).endswith(text[-1])  # it took hours, as the cube of their number
