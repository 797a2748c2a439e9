"""Scored questions as the JSON that a report carries: cut, made printable, and safe inside a <script>.

What models say is hostile until shown otherwise. No text becomes markup: the page sets it as text.
Here it is cut to a size a page can bear, and characters that would not show are made visible.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from semuq.inference.actions import actions_of
from semuq.relations.base import RelationScores
from semuq.scoring.record import QuestionScore

__all__ = ["HEAT_MAP_LIMIT", "TEXT_LIMIT", "question_record", "script_json", "visible"]

TEXT_LIMIT = 2_000
"""Characters of an answer or question that are shown."""

WORDINGS_LIMIT = 60
"""Different wordings of one cluster that are shown."""

CLUSTERS_LIMIT = 60
"""Clusters of one question that are shown."""

HEAT_MAP_LIMIT = 40
"""Answers up to which the relation is drawn."""


def question_record(score: QuestionScore, names: Sequence[str]) -> dict[str, Any]:
    """What the page shows of one question.

    Args:
        score: the question.
        names: estimators of the report by their `repr`; "scores" are in their order, None where one was not computed.
    """
    correct = score.metadata.get("correct")
    scores = score.by_estimator
    order = sorted(range(len(score.cluster_masses)), key=lambda label: -score.cluster_masses[label])
    return {
        "id": visible(score.id or "", 200)[0],
        "prompt": visible(score.prompt, TEXT_LIMIT),
        "verdict": score.verdict,
        "actions": [visible(text, 300)[0] for text in actions_of(score.metadata)[:5]],
        "scores": [None if (own := scores.get(name)) is None else round(own, 4) for name in names],
        "correct": correct if isinstance(correct, bool) else None,
        "n": len(score),
        "counted": score.masses_from == "counts",
        "clusters": [_cluster(score, label) for label in order[:CLUSTERS_LIMIT]],
        "clustersCut": max(len(order) - CLUSTERS_LIMIT, 0),
        "references": [visible(text, 200)[0] for text in score.references[:20]],
        "relation": _matrix(score.relation_scores, _by_cluster(score, order)),
    }


def visible(text: str, limit: int) -> tuple[str, int]:
    r"""The first `limit` characters with control characters made visible, and how many were cut.

    >>> visible("a\x00b", 10), visible("abc", 2)
    (('a\u2400b', 0), ('ab', 1))
    """
    return text[:limit].translate(_PICTURES), max(len(text) - limit, 0)


def script_json(data: Any) -> str:
    r"""JSON that cannot leave a <script> element: no <, >, & and no line separators, whatever the texts hold.

    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}

_PICTURES: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    # Deletes, halves of surrogate pairs, and overrides that would show "gpj.exe" as "exe.jpg".
    **dict.fromkeys([*range(0x7F, 0xA0), *range(0xD800, 0xE000), 0x202D, 0x202E], "\ufffd"),
}


def _cluster(score: QuestionScore, label: int) -> dict[str, Any]:
    numbers: dict[str, list[int]] = {}
    for number, (text, own) in enumerate(zip(score.texts, score.clusters, strict=True), start=1):
        if own == label:
            numbers.setdefault(text, []).append(number)
    wordings = sorted(numbers.items(), key=lambda item: -len(item[1]))
    return {
        "mass": round(score.cluster_masses[label], 4),
        "count": score.clusters.count(label),
        "wordings": [[*visible(text, TEXT_LIMIT), own] for text, own in wordings[:WORDINGS_LIMIT]],
        "wordingsCut": max(len(wordings) - WORDINGS_LIMIT, 0),
    }


def _by_cluster(score: QuestionScore, order: Sequence[int]) -> list[int]:
    """Answers so that members of a cluster are neighbours, heaviest cluster first."""
    rank = {label: position for position, label in enumerate(order)}
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
