"""Asking a model what else might be: other answers it might have given, other senses a question may have.

Beside `elicit`: each function takes a sampler and SampleSets, and returns the same SampleSets with the fields that
`DINCO` and `SpectralUncertainty` read. What could not be read from a reply is counted in `metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from semuq.checks import whole
from semuq.errors import MissingEvidence
from semuq.samples import SampleSet
from semuq.samples.thoughts import split_thought
from semuq.sampling.base import Sampler
from semuq.sampling.elicit import with_p_true
from semuq.sampling.prompting import DATA, _ask, _noted, _replies, quote
from semuq.text import normalise_answer

__all__ = ["with_clarifications", "with_distractors"]

_OTHERS = """\
{data}
Question: {question}
One answer: {answer}
Name other answers that one might give instead, each in a few words, one per line. Reply with the answers alone."""
_SENSES = """\
{data}
Question: {question}
If the question can be understood in several ways, write it out once for each, so that each line is a full question \
with one meaning; if it cannot, write it once in other words. Reply with the questions alone, one per line."""
_MARK = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.):]|\(?[a-zA-Z][.)](?=\s))\s*")


def with_distractors(sampler: Sampler, samples: Sequence[SampleSet], *, most: int = 4, n: int = 1) -> list[SampleSet]:
    """`distractors`, and how probable the model finds the answer and each of them: what `DINCO` needs.

    Args:
        sampler: of the model that gave the answers; see `with_p_true` for how it is asked what it finds true.
        samples: questions with the `answer` that is judged.
        most: distractors of each question, >= 1.
        n: replies to each "is it true?", where the sampler gives no probabilities.

    Raises:
        MissingEvidence: a question has no `answer`.
        InvalidParameter: `most` is not a whole number >= 1.

    Degenerate cases. Lines that repeat the answer or each other are dropped; no line leaves no distractor, and
    `metadata["distractors_unread"]` is 1.

    Cost. One reply for each question, then what `with_p_true` costs for 1 + `most` answers.

    References: Wang, Stengel-Eskin, arXiv:2509.25532, who take distractors from beam search; asking is ours.
    """
    whole(None, 1, most=most)
    for index, own in enumerate(samples):
        if own.answer is None:
            raise MissingEvidence(
                f"samples[{index}]: with_distractors needs answer, got None; see SampleSet.with_answer"
            )
    asked = [_ask(_OTHERS, own, own.answer or "") for own in samples]
    replies = _replies(sampler, asked, 1)
    others = [_others(own.answer or "", replies[prompt][0])[:most] for own, prompt in zip(samples, asked, strict=True)]
    candidates = [
        SampleSet(prompt=own.prompt, texts=(own.answer or "", *rivals))
        for own, rivals in zip(samples, others, strict=True)
    ]
    judged = with_p_true(sampler, candidates, n=n)
    return [
        replace(
            own,
            distractors=tuple(rivals),
            answer_confidence=float(found.p_true[0]) if found.p_true is not None else None,
            distractor_confidences=None if found.p_true is None else found.p_true[1:],
            metadata=_noted(own, "distractors_unread", int(not rivals)),
        )
        for own, rivals, found in zip(samples, others, judged, strict=True)
    ]


def with_clarifications(
    sampler: Sampler, samples: Sequence[SampleSet], *, most: int = 4, n: int = 5, clarifier: Sampler | None = None
) -> list[SampleSet]:
    """`clarifications`: the senses of each question, with n answers to each: what `SpectralUncertainty` needs.

    Args:
        sampler: of the model whose uncertainty is asked for; it answers.
        samples: questions.
        most: senses of each question, >= 1.
        n: answers to each sense.
        clarifier: says what the question may mean; None is `sampler`. The papers take a stronger model.

    Raises:
        InvalidParameter: `most` or `n` is not a whole number >= 1.

    Degenerate cases. A reply without a line: the question as it stands is its one sense, and
    `metadata["clarifications_unread"]` is 1.

    Cost. One reply for each question, and n answers to each sense.

    References: Hou et al., Decomposing Uncertainty through Input Clarification Ensembling, ICML 2024,
        arXiv:2311.08718; Walha et al., arXiv:2509.22272; the wording is ours.
    """
    whole(None, 1, most=most, n=n)
    asked = [_SENSES.format(data=DATA, question=quote(own.prompt)) for own in samples]
    replies = _replies(clarifier or sampler, asked, 1)
    read = [_lines(replies[prompt][0])[:most] for prompt in asked]
    senses = [found or [own.prompt] for own, found in zip(samples, read, strict=True)]
    wanted = list(dict.fromkeys(sense for each in senses for sense in each))
    answered = dict(zip(wanted, sampler.sample(wanted, n=n), strict=True)) if wanted else {}
    return [
        replace(
            own,
            clarifications=tuple(answered[sense] for sense in each),
            metadata=_noted(own, "clarifications_unread", int(not found)),
        )
        for own, each, found in zip(samples, senses, read, strict=True)
    ]


def _others(answer: str, reply: str) -> list[str]:
    """Lines that are not the answer."""
    return [line for line in _lines(reply) if normalise_answer(line) != normalise_answer(answer)]


def _lines(reply: str) -> list[str]:
    """The lines of a reply without bullets and numbers, those that say the same once."""
    found: dict[str, str] = {}
    for line in split_thought(reply).answer.splitlines():
        text = _MARK.sub("", line).strip().strip('"')
        if text and not text.endswith(":"):
            found.setdefault(normalise_answer(text), text)
    return list(found.values())
