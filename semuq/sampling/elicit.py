"""Asking a model about its own answers: is it true, how sure are you, does the explanation follow, what does it claim.

Each function takes a sampler and SampleSets, asks all questions in one call, and returns the same SampleSets with
the field that estimators read. What could not be read from a reply has a stated outcome and is counted in `metadata`.
A sampler with `option_probabilities` (`HuggingFaceSampler`) is asked for probabilities, any other for words.
Answers are quoted as data, as `semuq.relations.judge` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, overload, runtime_checkable

import numpy as np

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray
from semuq.samples import SampleSet, as_batch
from semuq.samples.thoughts import split_thought
from semuq.sampling.base import Sampler
from semuq.sampling.prompting import DATA, _ask, _flat, _noted, _replies, parse_reply, quote

__all__ = ["OptionSampler", "sample_explanations", "with_p_true", "with_stated_confidences"]


_P_TRUE = """\
{data}
Question: {question}
Proposed answer: {answer}
Is the proposed answer true? Reply with one word, yes or no."""
_CONFIDENCE = """\
{data}
Question: {question}
Your answer: {answer}
How likely is it, in percent, that your answer is correct? Reply with one number from 0 to 100."""
_WEIGH = """\
{data}
Question: {question}
Your answer: {answer}
In at most three sentences: what speaks for this answer being correct, and what against it?"""
_WEIGHED = """\
{data}
Question: {question}
Your answer: {answer}
What speaks for and against it: {weighed}
How likely is it, in percent, that your answer is correct? Reply with one number from 0 to 100."""
_EXPLAIN = """\
{data}
Question: {question}
Options: {options}
Think it through: explain step by step which option is right and why."""
_FOLLOWS = """\
{data}
Question: {question}
Options: {options}
Explanation: {explanation}
Does the explanation follow from the question, without error? Reply with one word, yes or no."""
_CHOOSE = """\
{data}
Question: {question}
Options: {options}
Explanation: {explanation}
Given this explanation, which option is right? Reply with its letter alone."""
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*%?")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@runtime_checkable
class OptionSampler(Sampler, Protocol):
    """A sampler that can also say how probably an answer begins with each of several options."""

    def option_probabilities(self, prompts: Sequence[str], options: Sequence[str]) -> FloatArray:
        """(prompts, options), rows that sum to 1."""
        ...


@overload
def with_p_true(sampler: Sampler, samples: SampleSet, *, n: int = 1) -> SampleSet: ...
@overload
def with_p_true(sampler: Sampler, samples: Sequence[SampleSet], *, n: int = 1) -> list[SampleSet]: ...
def with_p_true(
    sampler: Sampler, samples: SampleSet | Sequence[SampleSet], *, n: int = 1
) -> SampleSet | list[SampleSet]:
    """`p_true`: how probably the model says that each answer is true.

    Args:
        sampler: of the model that gave the answers. An `OptionSampler` gives the probability of "yes" against "no";
            of any other p is the share of n replies that begin with yes.
        samples: questions with answers.
        n: replies to each question, where there are no probabilities.

    Degenerate cases. A reply that begins with neither word counts as no: what cannot be read is no assurance.
    `metadata["p_true_unread"]` counts such replies.

    Cost. One pass, or n replies, for each distinct answer.

    Example:
        >>> from semuq import PTrue
        >>> class Agrees:
        ...     identity = "agrees"
        ...     def sample(self, prompts, *, n=10):
        ...         return [SampleSet(prompt=own, texts=("Yes.",) * n) for own in prompts]
        >>> PTrue().score(with_p_true(Agrees(), SampleSet(prompt="Capital of France?", texts=("Paris",))))
        0.0

    References: Kadavath et al., arXiv:2207.05221, Sec. 3; the wording is ours.
    """
    batch = as_batch(samples)
    asked = [[_ask(_P_TRUE, own, text) for text in own.texts] for own in batch]
    shares = _yes(sampler, [prompt for each in asked for prompt in each], n)
    return _filled(samples, batch, asked, shares, "p_true")


@overload
def with_stated_confidences(
    sampler: Sampler, samples: SampleSet, *, n: int = 1, reasoning: bool = False
) -> SampleSet: ...
@overload
def with_stated_confidences(
    sampler: Sampler, samples: Sequence[SampleSet], *, n: int = 1, reasoning: bool = False
) -> list[SampleSet]: ...
def with_stated_confidences(
    sampler: Sampler, samples: SampleSet | Sequence[SampleSet], *, n: int = 1, reasoning: bool = False
) -> SampleSet | list[SampleSet]:
    """`stated_confidences`: how sure the model says it is of each answer, the mean of n replies.

    Args:
        sampler: of the model that gave the answers.
        samples: questions with answers.
        n: replies for each answer.
        reasoning: the model is asked first what speaks for and against the answer, and then for the number, with
            what it said in sight; the sampler has to leave it room for some sentences (100 tokens).

    Degenerate cases. The first number of a reply from 0 to 100 counts, in percent; a reply without one counts 0, and
    `metadata["stated_confidences_unread"]` counts such replies.

    Cost. n replies for each distinct answer; with `reasoning` 2 n, in two rounds.

    Example:
        >>> class Weighs:
        ...     identity = "weighs"
        ...     def sample(self, prompts, *, n=10):
        ...         said = ["90%" if "percent" in own else "A capital has many people." for own in prompts]
        ...         return [SampleSet(prompt=own, texts=(one,) * n) for own, one in zip(prompts, said)]
        >>> asked = SampleSet(prompt="Capital of France?", texts=("Paris",))
        >>> with_stated_confidences(Weighs(), asked, reasoning=True).stated_confidences.tolist()
        [0.9]

    References: Tian et al., Just Ask for Calibration, EMNLP 2023, arXiv:2305.14975, "2S" and, with `reasoning`, its
        chain of thought before the number; the wordings are ours.
    """
    batch = as_batch(samples)
    asked = [[_ask(_WEIGH if reasoning else _CONFIDENCE, own, text) for text in own.texts] for own in batch]
    replies = _replies(sampler, _flat(asked), n)
    if reasoning:
        replies = _weighed(sampler, batch, asked, replies)
    found = {prompt: _mean(map(_percent, texts)) for prompt, texts in replies.items()}
    return _filled(samples, batch, asked, found, "stated_confidences")


def _weighed(
    sampler: Sampler,
    batch: Sequence[SampleSet],
    asked: Sequence[Sequence[str]],
    replies: Mapping[str, Sequence[str]],
) -> dict[str, tuple[str, ...]]:
    """For each first prompt, what is said to a second one that holds each reply to the first."""
    second = {
        prompt: [_ask(_WEIGHED, own, text, weighed=quote(split_thought(said).answer)) for said in replies[prompt]]
        for own, prompts in zip(batch, asked, strict=True)
        for text, prompt in zip(own.texts, prompts, strict=True)
    }
    said = _replies(sampler, _flat(list(second.values())), 1)
    return {prompt: tuple(said[own][0] for own in each) for prompt, each in second.items()}


def sample_explanations(
    sampler: Sampler, questions: Sequence[tuple[str, Sequence[str]]], *, n: int = 5, judge: Sampler | None = None
) -> list[SampleSet]:
    """Explanations of multiple-choice questions, with all that Cycles of Thought asks of them.

    For each question n explanations are sampled (`texts`); the model is asked whether each follows from the question
    (`explanation_entailment`) and which option is right given it (`answer_probabilities`).

    Args:
        sampler: explains.
        questions: (question, options), two to 26 options.
        n: explanations of each question.
        judge: is asked about the explanations; None is `sampler`. An `OptionSampler` gives probabilities; of any
            other, one reply is taken for certain.

    Raises:
        InvalidParameter: a question has fewer than two or more than 26 options.

    Degenerate cases. A reply with neither yes nor no: the explanation does not follow. A reply without a letter of an
    option: all options alike. `metadata["explanations_unread"]` counts both.

    Cost. n explanations per question, and two passes or replies for each distinct one.

    References: Becker, Soatto, Cycles of Thought, arXiv:2406.03441; the wording is ours.
    """
    judge = sampler if judge is None else judge
    for index, (question, options) in enumerate(questions):
        if isinstance(options, str) or not 2 <= len(options) <= len(_LETTERS):
            raise InvalidParameter(
                f"questions[{index}]: expected 2 to 26 options for {question!r:.40}, got {options!r:.60}"
            )
    listed = [
        "; ".join(f"{letter}. {quote(own)}" for letter, own in zip(_LETTERS, options, strict=False))
        for _, options in questions
    ]
    fields = [
        {"data": DATA, "question": quote(question), "options": own}
        for (question, _), own in zip(questions, listed, strict=True)
    ]
    explained = sampler.sample([_EXPLAIN.format(**own) for own in fields], n=n)
    results = []
    for (question, options), own, field in zip(questions, explained, fields, strict=True):
        follows = [_FOLLOWS.format(**field, explanation=quote(text)) for text in own.texts]
        choose = [_CHOOSE.format(**field, explanation=quote(text)) for text in own.texts]
        entailed = _yes(judge, follows, 1)
        chosen = _options(judge, choose, _LETTERS[: len(options)])
        results.append(
            SampleSet(
                prompt=question,
                texts=own.texts,
                token_logprobs=own.token_logprobs,
                explanation_entailment=np.array([entailed[prompt][0] for prompt in follows]),
                answer_probabilities=np.array([chosen[prompt][0] for prompt in choose]),
                metadata=_noted(
                    own,
                    "explanations_unread",
                    sum(entailed[prompt][1] for prompt in follows) + sum(chosen[prompt][1] for prompt in choose),
                ),
            )
        )
    return results


def _yes(sampler: Sampler, prompts: Sequence[str], n: int) -> dict[str, tuple[float, int]]:
    """For each prompt the probability of yes, and how many replies were neither."""
    distinct = list(dict.fromkeys(prompts))
    if isinstance(sampler, OptionSampler):
        upper, lower = (sampler.option_probabilities(distinct, own)[:, 0] for own in (("Yes", "No"), ("yes", "no")))
        # Both spellings mean the same; the mean of the two odds' shares keeps the answer symmetric in them.
        return {prompt: (float(p), 0) for prompt, p in zip(distinct, (upper + lower) / 2, strict=True)}
    read = {prompt: [parse_reply(own) for own in texts] for prompt, texts in _replies(sampler, distinct, n).items()}
    return {
        prompt: (sum(own is True for own in each) / len(each), sum(own is None for own in each))
        for prompt, each in read.items()
    }


def _options(sampler: Sampler, prompts: Sequence[str], letters: str) -> dict[str, tuple[FloatArray, int]]:
    """For each prompt a distribution over the letters, and whether the reply named none."""
    distinct = list(dict.fromkeys(prompts))
    if isinstance(sampler, OptionSampler):
        return {
            own: (row, 0) for own, row in zip(distinct, sampler.option_probabilities(distinct, letters), strict=True)
        }
    found = {}
    for prompt, (reply,) in _replies(sampler, distinct, 1).items():
        named = re.match(rf"\W*(?:option\s+)?([{letters}])\b", split_thought(reply).answer, re.IGNORECASE)
        if named is None:
            found[prompt] = (np.full(len(letters), 1 / len(letters)), 1)
        else:
            found[prompt] = (np.eye(len(letters))[letters.index(named[1].upper())], 0)
    return found


def _percent(reply: str) -> float | None:
    numbers = [float(own) for own in _NUMBER.findall(split_thought(reply).answer)]
    return next((number / 100 for number in numbers if number <= 100), None)


def _mean(values: Any) -> tuple[float, int]:
    read = list(values)
    return sum(value or 0.0 for value in read) / len(read), sum(value is None for value in read)


def _filled(
    samples: SampleSet | Sequence[SampleSet],
    batch: Sequence[SampleSet],
    asked: Sequence[Sequence[str]],
    found: dict[str, tuple[float, int]],
    field: str,
) -> SampleSet | list[SampleSet]:
    results = []
    for own, prompts in zip(batch, asked, strict=True):
        changes: dict[str, Any] = {
            field: [found[prompt][0] for prompt in prompts],
            "metadata": _noted(own, f"{field}_unread", sum(found[prompt][1] for prompt in prompts)),
        }
        results.append(replace(own, **changes))
    return results[0] if isinstance(samples, SampleSet) else results
