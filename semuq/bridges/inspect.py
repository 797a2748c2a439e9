"""Inspect (UK AISI): the uncertainty of a question from the epochs of a task.

A task run with `epochs=10` asks each question ten times. `answers` is a scorer that keeps what each epoch said,
`uncertainty` a reducer that makes one number of the epochs. `pip install inspect-ai`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

from semuq.errors import MissingExtra, SemuqError
from semuq.estimators.base import Estimator
from semuq.relations.base import Relation
from semuq.relations.unanswered import unanswered
from semuq.samples import SampleSet
from semuq.scoring.scorer import Scorer, embedder_for
from semuq.scoring.verdict import representative

__all__ = ["answers", "uncertainty"]


def answers() -> Any:
    """A scorer of Inspect that keeps the answer of an epoch, its question, and its log-probs where there are some.

    Its value is 1 where there is an answer and 0 where it is empty or refuses; under the reducer "mean" that is the
    share of epochs that answered.

    Raises:
        MissingExtra: inspect-ai is not installed.
    """
    _require()
    from inspect_ai.scorer import Score, mean, scorer

    def made() -> Any:
        async def score(state: Any, target: Any) -> Any:
            text = state.output.completion
            held: dict[str, Any] = {"prompt": state.input_text}
            logprobs = _logprobs(state.output)
            if logprobs is not None:
                held["token_logprobs"] = logprobs
            return Score(value=float(not unanswered(text)), answer=text, metadata=held)

        return score

    return scorer(metrics=[mean()], name="answers")(made)()


def uncertainty(estimator: Estimator, relation: Relation) -> Any:
    """A reducer of Inspect: the epochs of a question as one score, whose value is the estimator's.

    It reads the `answer` of each epoch's score, so it also reduces scorers of Inspect's own that keep one; the question
    and the log-probs are there with `answers` only. The reduced score has the leading answer, the verdict as its
    explanation, and the clusters in its metadata.

    Args:
        estimator: one whose evidence the epochs hold.
        relation: compares the answers.

    Raises:
        MissingExtra: inspect-ai is not installed.

    Degenerate cases. An epoch without an answer is an empty answer. What cannot be scored is NaN, which Inspect takes
    for unscored, and says why.
    """
    _require()
    from inspect_ai.scorer import Score, score_reducer

    own = Scorer((estimator,), relation, embedder_for((estimator,)))

    def made() -> Any:
        def reduce(scores: list[Any]) -> Any:
            try:
                (found,) = own.score(_samples(scores))
            except SemuqError as error:
                return Score(value=float("nan"), explanation=f"not scored: {error}")
            masses = found.cluster_masses
            return Score(
                value=next(iter(found.scores.values())),
                answer=representative(found.texts, found.clusters, masses.index(max(masses))),
                explanation=found.verdict,
                metadata={"clusters": list(found.clusters), "masses": list(masses), "texts": list(found.texts)},
            )

        return reduce

    return score_reducer(name=f"semuq_{type(estimator).__name__}")(made)()


def _samples(scores: Sequence[Any]) -> SampleSet:
    held = [score.metadata or {} for score in scores]
    logprobs: list[Any] = [own.get("token_logprobs") for own in held]
    return SampleSet(
        prompt=str(held[0].get("prompt", "")) if held else "",
        texts=tuple(score.answer or "" for score in scores),
        token_logprobs=None if any(own is None for own in logprobs) else tuple(logprobs),
    )


def _logprobs(output: Any) -> list[float] | None:
    found = output.choices[0].logprobs if output.choices else None
    return None if found is None else [float(token.logprob) for token in found.content]


def _require() -> None:
    if importlib.util.find_spec("inspect_ai") is None:
        raise MissingExtra("this bridge needs the package inspect-ai: pip install inspect-ai")
