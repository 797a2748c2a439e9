"""Iterated asking: the question again, with an answer to it in the prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from semuq.checks import whole
from semuq.samples import SampleSet
from semuq.sampling.base import Sampler

__all__ = ["repeated_question", "with_second_answers"]


def repeated_question(question: str, answer: str) -> str:
    """The prompt of Abbasi-Yadkori et al. with one answer shown.

    >>> print(repeated_question("Capital of France?", "Lyon"))
    Consider the following question:
    Question: Capital of France?
    One answer to this question is: Lyon
    Provide an answer to the following question:
    Question: Capital of France?
    Answer:
    """
    return (
        f"Consider the following question:\nQuestion: {question}\nOne answer to this question is: {answer}\n"
        f"Provide an answer to the following question:\nQuestion: {question}\nAnswer:"
    )


def with_second_answers(
    sampler: Sampler,
    samples: Sequence[SampleSet],
    *,
    n: int = 4,
    shown: int | None = None,
    ask: Callable[[str, str], str] = repeated_question,
) -> list[SampleSet]:
    """`second_answers`: those that the model gives behind each of its answers, which `PromptMutualInformation` needs.

    Args:
        sampler: of the model that gave the answers.
        samples: questions with their answers.
        n: second answers behind each, >= 1.
        shown: how many of the answers are shown, from the first on; None is all. The others get none.
        ask: the prompt for a question and an answer to it.

    Raises:
        InvalidParameter: `n` or `shown` is not a whole number >= 1.

    Degenerate cases. Equal answers to a question are shown once, and share their second answers.

    Cost. n answers to each distinct pair of question and answer.

    References: Abbasi-Yadkori et al., arXiv:2406.02543.
    """
    whole(None, 1, n=n)
    if shown is not None:
        whole(None, 1, shown=shown)
    prompts = [[ask(own.prompt, text) for text in own.texts[:shown]] for own in samples]
    distinct = list(dict.fromkeys(prompt for each in prompts for prompt in each))
    found = dict(zip(distinct, sampler.sample(distinct, n=n), strict=True)) if distinct else {}
    return [
        replace(
            own,
            second_answers=(*(found[prompt].texts for prompt in each), *[()] * (len(own) - len(each))),
        )
        for own, each in zip(samples, prompts, strict=True)
    ]
