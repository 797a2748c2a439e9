"""Claims: an answer taken apart into short statements, by rules, so that each can be judged on its own.

Between sampler and evidence: fills `SampleSet.claims`. `semuq.sampling.claims` asks a model instead, which
resolves "it" and "there"; these rules only cut between sentences.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

from semuq.samples import SampleSet, as_batch
from semuq.samples.thoughts import split_thought
from semuq.sampling.base import Sampler
from semuq.sampling.prompting import _ask, _flat, _noted, _replies
from semuq.text import sentences

__all__ = ["Splitter", "asked_claims", "with_claims"]

Splitter = Callable[[str], Sequence[str]]
"""An answer -> the statements it makes."""


def with_claims(samples: SampleSet, split: Splitter = sentences) -> SampleSet:
    """The same answers with the statements that each of them makes.

    >>> with_claims(SampleSet(prompt="Who was she?", texts=("A poet. She lived in Lyon.", ""))).claims
    (('A poet.', 'She lived in Lyon.'), ())
    """
    return dataclasses.replace(samples, claims=tuple(tuple(split(text)) for text in samples.texts))


_CLAIMS = """\
{data}
Take the following text apart into short, independent statements of fact, one per line. Put names in the place of \
words such as "it" or "she". Leave nothing out and add nothing. Reply with the statements alone.
The text answers this question: {question}
Text: {answer}"""


@overload
def asked_claims(sampler: Sampler, samples: SampleSet) -> SampleSet: ...


@overload
def asked_claims(sampler: Sampler, samples: Sequence[SampleSet]) -> list[SampleSet]: ...


def asked_claims(sampler: Sampler, samples: SampleSet | Sequence[SampleSet]) -> SampleSet | list[SampleSet]:
    """`claims`: the statements that a model finds in each answer, one per line of its reply.

    Degenerate cases. An empty answer is not asked about and has no claims. A reply without a statement leaves the
    sentences of the answer (`semuq.text.sentences`), and `metadata["claims_unread"]` counts such replies.

    Cost. One reply for each distinct answer.

    References: Zhang et al., LUQ, arXiv:2403.20279 (atomic facts); the wording is ours.
    """
    batch = as_batch(samples)
    asked = [[_ask(_CLAIMS, own, text) if text.strip() else "" for text in own.texts] for own in batch]
    replies = _replies(sampler, [prompt for prompt in _flat(asked) if prompt], 1)
    results = []
    for own, prompts in zip(batch, asked, strict=True):
        stated = [sentences(split_thought(replies[prompt][0]).answer) if prompt else () for prompt in prompts]
        unread = sum(bool(prompt) and not claims for prompt, claims in zip(prompts, stated, strict=True))
        claims = tuple(
            found or own_sentences for found, own_sentences in zip(stated, with_claims(own).claims or (), strict=True)
        )
        results.append(replace(own, claims=claims, metadata=_noted(own, "claims_unread", unread)))
    return results[0] if isinstance(samples, SampleSet) else results
