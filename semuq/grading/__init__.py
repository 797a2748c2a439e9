"""Graders: is an answer right, given the gold answers? The labels that metrics and calibration need."""

from __future__ import annotations

from semuq.grading.base import Grader
from semuq.grading.choice import MultipleChoiceLetter
from semuq.grading.code import FunctionalCorrectness
from semuq.grading.entailment import EntailmentGrader
from semuq.grading.judge import JudgeGrader
from semuq.grading.lexical import ContainsAlias, ExactMatchGrader, RougeL, TokenF1, TokenRecall
from semuq.grading.short import ShortAnswer
from semuq.registry import Registry
from semuq.relations.letters import chosen_letter

__all__ = [
    "GRADERS",
    "ContainsAlias",
    "EntailmentGrader",
    "ExactMatchGrader",
    "FunctionalCorrectness",
    "Grader",
    "JudgeGrader",
    "MultipleChoiceLetter",
    "RougeL",
    "ShortAnswer",
    "TokenF1",
    "TokenRecall",
    "chosen_letter",
    "default_grader",
]

GRADERS: Registry[Grader] = Registry(
    "grader",
    (
        ShortAnswer,
        TokenRecall,
        ContainsAlias,
        ExactMatchGrader,
        TokenF1,
        RougeL,
        MultipleChoiceLetter,
        FunctionalCorrectness,
        EntailmentGrader,
        JudgeGrader,
    ),
)
"""Every grader of the package."""


def default_grader() -> Grader:
    """The grader for short answers that agrees best with people without asking a language model.

    Chosen by `benchmarks.grading`: of six graders that read words, the share of the gold answer's words has the
    highest balanced accuracy and AUROC against people. Balanced, the mean of the two rates of agreement, because
    the rate of right answers of the model to be graded is not known: a threshold of 0.3 agrees more often with
    people where four of five answers are right, and takes one wrong answer in six for right ("John Lennon" for
    any other John), which is ruinous where most are wrong. From 0.7 to 1 balanced accuracy is flat.

    Before words are counted, values, labels, denials and alternatives are decided by rule (`ShortAnswer`).

    >>> default_grader()
    ShortAnswer(threshold=0.8)
    """
    return ShortAnswer(threshold=0.8)
