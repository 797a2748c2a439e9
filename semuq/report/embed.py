"""What the page's script needs of each question, as JSON inside the page: scores to sort by, and the relation to draw.

The texts are not among it: they stand in the page, escaped, whether a script runs or not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from semuq.relations.base import RelationScores
from semuq.scoring.record import QuestionScore

__all__ = ["HEAT_MAP_LIMIT", "question_record", "script_json"]

HEAT_MAP_LIMIT = 40
"""Answers up to which the relation is drawn."""


def question_record(score: QuestionScore, names: Sequence[str]) -> dict[str, Any]:
    """What the script needs of one question.

    Args:
        score: the question.
        names: estimators of the report by their `repr`; "scores" are in their order, None where one was not computed.
    """
    scores = score.by_estimator
    return {
        "scores": [None if (own := scores.get(name)) is None else round(own, 4) for name in names],
        "correct": score.right,
        "relation": _matrix(score.relation_scores, _by_cluster(score)),
    }


def script_json(data: Any) -> str:
    r"""JSON that cannot leave a <script> element: no <, >, & and no line separators, whatever the texts hold.

    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def _by_cluster(score: QuestionScore) -> list[int]:
    """Answers so that members of a cluster are neighbours, heaviest cluster first."""
    rank = {label: position for position, label in enumerate(score.heaviest_first)}
    return sorted(range(len(score)), key=lambda answer: (rank[score.clusters[answer]], answer))


def _matrix(scores: RelationScores | None, order: list[int]) -> dict[str, Any] | None:
    """Percentages, rows and columns in `order`; an equivalence has no contradiction of its own."""
    if scores is None:
        return None
    if len(order) > HEAT_MAP_LIMIT:
        return {"kind": scores.kind, "tooLarge": True}
    rows = [[round(100 * value) for value in row] for row in scores.entailment[order][:, order].tolist()]
    record = {"kind": scores.kind, "order": [answer + 1 for answer in order], "entailment": rows}
    if scores.kind == "entailment":
        against = scores.contradiction[order][:, order].tolist()
        record["contradiction"] = [[round(100 * value) for value in row] for row in against]
    return record
