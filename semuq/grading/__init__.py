"""Graders: is an answer right, given the gold answers? The labels that metrics and calibration need."""

from __future__ import annotations

from semuq.grading.base import Grader
from semuq.grading.choice import MultipleChoiceLetter, chosen_letter
from semuq.grading.entailment import EntailmentGrader
from semuq.grading.judge import JudgeGrader
from semuq.grading.lexical import ContainsAlias, ExactMatchGrader, RougeL, TokenF1, TokenRecall

__all__ = [
    "ContainsAlias",
    "EntailmentGrader",
    "ExactMatchGrader",
    "Grader",
    "JudgeGrader",
    "MultipleChoiceLetter",
    "RougeL",
    "TokenF1",
    "TokenRecall",
    "chosen_letter",
    "default_grader",
]


def default_grader() -> Grader:
    """The grader for short answers that agrees best with people without asking a language model.

    Chosen by `benchmarks.grading`: of six graders that read words, the share of the gold answer's words has
    the highest accuracy and AUROC against people, on short answers and on long ones; 0.3 is the threshold
    of the highest accuracy over all answers to the questions it was chosen on.

    >>> default_grader()
    TokenRecall(threshold=0.3)
    """
    return TokenRecall(threshold=0.3)
