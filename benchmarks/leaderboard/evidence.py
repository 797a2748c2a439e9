"""The evidence stage: what some estimators need beside sampled answers, for the first questions of some sets.

Making it costs more than sampling, so it is made for a part of the questions: `LIMITS`. Kept like answers, in a file
that grows and a packed one; `evidenced` puts it on the SampleSets of its questions.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.leaderboard.answers import (
    DIGITS,
    Record,
    append,
    digest,
    made_from,
    sample_set,
)
from benchmarks.leaderboard.beside import Beside
from benchmarks.leaderboard.judging import relation_of
from benchmarks.leaderboard.models import Model
from benchmarks.leaderboard.questions import DataSet, Question
from benchmarks.leaderboard.sampling import Say, Store
from semuq.estimators.claim_conditioned import with_claim_logprobs
from semuq.estimators.tokens import relevance_by_removal
from semuq.evidence import Embedder
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.relations.choice import ChoiceMatch
from semuq.relations.letters import LETTERS
from semuq.samples import SampleSet
from semuq.sampling.senses import with_clarifications, with_distractors

if TYPE_CHECKING:
    from benchmarks.leaderboard.probing import Prober
    from semuq.sampling import HuggingFaceSampler


LIMITS = {"triviaqa": 100, "truthfulqa": 100, "mmlu_stem": 100}
"""Questions of each set; three kinds of answer: a name, a sentence, a letter. In this order."""

ROUNDS = (25, 50, 100)
CHUNK = 25
WORDING_TOKENS = 12
SENSES, ANSWERS_TO_A_SENSE, DISTRACTORS = 3, 5, 4
BRIEF = "Answer with the name, number or phrase asked for, in at most eight words."
TOKENS = (
    "token_logprobs",
    "token_entropies",
    "token_certainties",
    "token_relevance",
    "token_logits",
    "token_attentions",
    "token_claim_logprobs",
)
ASKED = ("answer_confidence", "distractors", "distractor_confidences")
"""Fields of a SampleSet as they are in a record; old records lack some."""


def collect(
    sets: Sequence[DataSet],
    model: Model,
    store: Store,
    embedder: Embedder,
    *,
    limit: int | None,
    seconds: float | None,
    say: Say,
) -> None:
    """Ask for what is not there yet, then pack. Stops after `seconds` with what there is."""
    end = None if seconds is None else time.monotonic() + seconds
    chosen = sorted((data for data in sets if data.name in LIMITS), key=lambda data: list(LIMITS).index(data.name))
    prober = model.prober() if chosen else None
    if prober is None:
        return
    chat = model.chatting(max_new_tokens=64, seed=model.seed)
    try:
        for target in ROUNDS:
            for data in chosen:
                most = min(target, LIMITS[data.name] if limit is None else limit)
                kept = beside(store, data)
                have, pairs = len(kept.read()), kept.missing(most)
                for start in range(0, len(pairs), CHUNK):
                    if end is not None and time.monotonic() > end:
                        return
                    began, part = time.monotonic(), pairs[start : start + CHUNK]
                    append(kept.growing, _ask(prober, chat, embedder, data, part))
                    took = (time.monotonic() - began) / len(part)
                    say(f"{data.name}: evidence for {have + start + len(part)} questions, {took:.1f} s each")
    finally:
        for data in chosen:
            beside(store, data).pack()


def beside(store: Store, data: DataSet) -> Beside:
    """Where the evidence of a set is."""
    return Beside(kind="evidence", store=store, data=data)


def evidenced(
    pairs: Sequence[tuple[Question, Record]], samples: Sequence[SampleSet], known: Mapping[str, Record]
) -> tuple[list[int], list[SampleSet], list[SampleSet]]:
    """Positions of the questions with evidence, their answers with it, and their explanations (none, or as many)."""
    places = [place for place, (_, record) in enumerate(pairs) if made_from(record, known)]
    with_evidence, explanations = [], []
    for place in places:
        found, own = known[pairs[place][0].id], samples[place]
        with_evidence.append(
            dataclasses.replace(
                own,
                **{name: found[name] for name in (*TOKENS, *ASKED) if name in found},
                clarifications=[SampleSet(**one) for one in found["clarifications"]]
                if "clarifications" in found
                else None,
                hidden_states=_mirrored(np.array(found["hidden_gram_root"])),
                p_true=found["p_true"],
                stated_confidences=found["stated_confidences"],
                perturbations=[SampleSet(**one) for one in found["wordings"]],
            )
        )
        if "explained" in found:
            explanations.append(SampleSet(prompt=own.prompt, id=own.id, **found["explained"]))
    return places, with_evidence, explanations


def _ask(
    prober: Prober,
    chat: HuggingFaceSampler | None,
    embedder: Embedder,
    data: DataSet,
    pairs: Sequence[tuple[Question, Record]],
) -> list[Record]:
    questions = [question for question, _ in pairs]
    wordings = prober.reworded(
        [question.prompt for question in questions],
        [question.text for question in questions],
        min(int(data.ask["max_new_tokens"]), WORDING_TOKENS),
    )
    relation = relation_of(data)
    found = [
        {**_own(prober, embedder, relation, *pair), "wordings": own} for pair, own in zip(pairs, wordings, strict=True)
    ]
    if isinstance(relation, ChoiceMatch):
        asked = [question.shown for question in questions]
        for record, own in zip(found, prober.explained(asked, relation.letters or LETTERS), strict=True):
            record["explained"] = own
    elif chat is not None:  # where options are at hand there is nothing to make up
        for record, own in zip(found, _imagined(chat, [sample_set(*pair) for pair in pairs]), strict=True):
            record |= own
    return found


def _imagined(chat: HuggingFaceSampler, samples: Sequence[SampleSet]) -> list[Record]:
    """What else the model can be made to answer, and what else the question may mean, asked as chat."""
    rivals = with_distractors(chat.at(temperature=0), samples, most=DISTRACTORS)
    brief = chat.with_system(BRIEF).at(max_new_tokens=WORDING_TOKENS)
    senses = with_clarifications(
        brief, samples, most=SENSES, n=ANSWERS_TO_A_SENSE, clarifier=chat.at(temperature=0, max_new_tokens=120)
    )
    return [
        {
            "answer_confidence": round(float(rival.answer_confidence or 0), DIGITS),
            "distractors": list(rival.distractors or ()),
            "distractor_confidences": _rounded(np.array(rival.distractor_confidences)),
            "clarifications": [{"prompt": one.prompt, "texts": list(one.texts)} for one in own.clarifications or ()],
        }
        for rival, own in zip(rivals, senses, strict=True)
    ]


def _own(prober: Prober, embedder: Embedder, relation: Relation, question: Question, record: Record) -> Record:
    texts = record["texts"]
    reads = prober.read(record["prompt"], texts)
    claims = with_claim_logprobs(
        SampleSet(prompt=question.text, texts=texts), [own.alternatives for own in reads], relation
    ).token_claim_logprobs
    return {
        "id": question.id,
        "answers": digest(record),
        "model": prober.identity,
        "token_logprobs": [_rounded(np.minimum(own.logprobs, 0)) for own in reads],
        "token_entropies": [_rounded(np.maximum(own.entropies, 0)) for own in reads],
        "token_certainties": [_rounded(np.maximum(own.certainties, 0)) for own in reads],
        "token_relevance": [_rounded(relevance_by_removal(question.text, own.pieces, embedder)) for own in reads],
        "token_logits": [_rounded(own.logits) for own in reads],
        "token_attentions": [np.round(own.attentions, DIGITS).tolist() for own in reads],
        # Behind the text comes the end of its line, which claims nothing: log 1.
        "token_claim_logprobs": [
            [*_rounded(own), *[0.0] * (len(read.logprobs) - len(own))]
            for own, read in zip(claims or (), reads, strict=True)
        ],
        "hidden_gram_root": [_rounded(row) for row in _gram_root(np.stack([own.hidden for own in reads]))],
        "p_true": _rounded(prober.true(question.shown, texts)),
        "stated_confidences": _rounded(prober.sure(question.shown, texts)),
    }


def _gram_root(hidden: FloatArray) -> FloatArray:
    """(n, n) coordinates with the inner products of the (n, d) states, each without its mean over d.

    They are all that the estimators of hidden states look at, and take a fiftieth of the space.
    """
    centred = hidden - hidden.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def _mirrored(root: FloatArray) -> FloatArray:
    """(n, 2n) vectors of mean 0 with the same inner products."""
    return np.hstack([root, -root]) / np.sqrt(2)


def _rounded(values: FloatArray) -> list[float]:
    return [round(float(value), DIGITS) + 0.0 for value in values]
