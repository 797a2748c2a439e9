"""MLflow: an estimator as a scorer of `mlflow.genai.evaluate`. `pip install mlflow`."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from semuq.errors import InvalidSamples, MissingExtra, SemuqError
from semuq.estimators.base import Estimator
from semuq.estimators.naming import column_names
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.samples.records import read_row
from semuq.scoring.scorer import Scorer, embedder_for

__all__ = ["uncertainty_scorer"]


def uncertainty_scorer(estimator: Estimator, relation: Relation, *, prompt: str = "question") -> Any:
    """A scorer of MLflow: how uncertain several answers to one question are.

    The outputs that it reads are those of one row: a list of answers, or a mapping with `texts` and whatever else a
    SampleSet may hold (`token_logprobs`). The feedback has the estimator's score (higher = more uncertain), the verdict
    as its rationale, and the clusters in its metadata.

    Args:
        estimator: one whose evidence the outputs hold.
        relation: compares the answers.
        prompt: the input that holds the question.

    Raises:
        MissingExtra: mlflow is not installed.

    Degenerate cases. Outputs that cannot be scored give a feedback without a value, whose error says why.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise MissingExtra("this bridge needs the package mlflow: pip install mlflow")
    from mlflow.entities import Feedback
    from mlflow.genai.scorers import scorer

    own = Scorer((estimator,), relation, embedder_for((estimator,)))
    (name,) = column_names((estimator,))

    def score(inputs: Any, outputs: Any) -> Any:
        try:
            (found,) = own.score(_samples(inputs, outputs, prompt))
        except SemuqError as error:
            return Feedback(name=name, error=error)
        return Feedback(
            name=name,
            value=found.scores[name],
            rationale=found.verdict,
            metadata={"clusters": str(list(found.clusters)), "estimator": repr(estimator), "relation": found.relation},
        )

    return scorer(score, name=name)


def _samples(inputs: Any, outputs: Any, prompt: str) -> SampleSet:
    question = inputs.get(prompt) if isinstance(inputs, Mapping) else inputs
    if not isinstance(question, str):
        raise InvalidSamples(f"inputs: expected a question in {prompt!r}, got {inputs!r:.80}; name it with prompt=")
    held = dict(outputs) if isinstance(outputs, Mapping) else {"texts": outputs}
    return read_row({**held, "prompt": question})
