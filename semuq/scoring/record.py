"""`QuestionScore`: one scored question, with all that a reader needs to check its numbers by eye.

Made by `semuq.scoring`, kept one per line in JSONL files, shown by `semuq.cli` and `semuq.report`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from semuq.cards import Card, Meaning, html_card, wordings_of
from semuq.errors import InvalidSamples
from semuq.estimators import ESTIMATORS
from semuq.relations.base import Kind, RelationScores
from semuq.relations.unanswered import unanswered
from semuq.samples.fields import strings
from semuq.samples.grades import answer_grades, as_grade
from semuq.samples.jsonl import read_records
from semuq.scoring.verdict import representative, verdict
from semuq.text import shorten

__all__ = ["MassesFrom", "QuestionScore", "read_scores"]

MassesFrom = Literal["likelihoods", "counts"]

_TEXTS = ("source", "settings", "prompt", "relation", "version", "id")

COUNTS = ("undecided", "truncated", "unreadable")
"""What a relation counts beside its matrices; written where it is not 0."""

DECIMALS = 4
"""Probabilities of a relation are written with this many decimals."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class QuestionScore:
    """One question, its answers, their scores, and what the scores were made from.

    Args:
        source: names the scored answers, see `source_key`; `settings` names how, see `fingerprint`.
        prompt, texts, id, references, metadata: as in the `SampleSet`.
        scores: name of an estimator -> its score; higher = more uncertain.
        estimators: name in `scores` -> `repr` of the estimator; without one, as in files written before there were
            short names, a name is that `repr`.
        unscored: `repr` of an estimator -> why it has no score here: what it needs is known of some answers only.
        clusters: (n,) cluster of each answer, numbered by first appearance (strict, greedy).
        cluster_masses: (K,) share of each cluster, summing to 1.
        masses_from: "likelihoods" (length-normalised, a repeated text once: their entropy is
            `SemanticEntropy()`) or "counts" (where not all answers have log-probs).
        relation: the identity of the relation that compared the answers.
        relation_scores: its matrices, or None if they were left out.
        version: of semuq.

    Raises:
        InvalidSamples: the parts contradict each other; the message names the field.
    """

    source: str
    settings: str
    prompt: str
    texts: tuple[str, ...]
    scores: Mapping[str, float]
    clusters: tuple[int, ...]
    cluster_masses: tuple[float, ...]
    masses_from: MassesFrom
    relation: str
    relation_scores: RelationScores | None = None
    unscored: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    estimators: Mapping[str, str] = field(default_factory=dict)
    version: str

    def __post_init__(self) -> None:
        n = len(self.texts)
        if n == 0 or len(self.clusters) != n:
            raise InvalidSamples(f"clusters: expected one per answer ({n}, at least 1), got {len(self.clusters)}")
        if sorted(set(self.clusters)) != list(range(len(self.cluster_masses))):
            raise InvalidSamples(
                f"cluster_masses: expected one for each of the clusters {sorted(set(self.clusters))!r:.60}, "
                f"got {len(self.cluster_masses)}"
            )
        if self.masses_from not in get_args(MassesFrom):
            raise InvalidSamples(f"masses_from: expected one of {get_args(MassesFrom)}, got {self.masses_from!r}")
        for name, value in {**self.scores, "cluster_masses": sum(self.cluster_masses)}.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InvalidSamples(f"scores: expected finite numbers, got {value!r:.40} for {name}")
        for name, full in self.estimators.items():
            if name not in self.scores or not isinstance(full, str):
                raise InvalidSamples(
                    f"estimators: expected the repr behind each name in scores, got {name!r}: {full!r:.60}"
                )
        if len(self.by_estimator) < len(self.scores):
            raise InvalidSamples(f"estimators: expected each once, got {list(self.estimators.values())!r:.200}")
        if both := sorted(set(self.by_estimator) & set(self.unscored)):
            raise InvalidSamples(f"unscored: expected estimators without a score, got {both}, which have one")
        if self.relation_scores is not None and len(self.relation_scores) != n:
            raise InvalidSamples(f"relation_scores: expected ({n}, {n}) matrices, got {len(self.relation_scores)} rows")

    def __len__(self) -> int:
        return len(self.texts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuestionScore):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.source, self.settings))

    @property
    def verdict(self) -> str:
        """One plain sentence, see `semuq.scoring.verdict`."""
        cut = 0 if self.relation_scores is None else self.relation_scores.truncated
        return verdict(self.texts, self.clusters, truncated=cut)

    @property
    def by_estimator(self) -> dict[str, float]:
        """`repr` of an estimator -> its score, whatever the names in `scores`: what belongs to one estimator."""
        return {self.estimators.get(name, name): value for name, value in self.scores.items()}

    @property
    def leading_answer(self) -> str:
        """The most frequent wording of the heaviest cluster: the answer that would be given."""
        return representative(self.texts, self.clusters, self.heaviest_first[0])

    @property
    def correct(self) -> float | None:
        """How right the leading answer is, in [0, 1], by what the metadata say; None where they say nothing.

        `metadata["correct"]`, without it `metadata["grades"]`; of one for each answer the mean over that wording.
        """
        name = "grades" if self.metadata.get("correct") is None else "correct"
        return self.graded_by(self.metadata.get(name))

    @property
    def right(self) -> bool | None:
        """Whether the leading answer is right; None where nobody graded it, or found it partly right."""
        correct = self.correct
        return None if correct not in (0, 1) else correct == 1

    def graded_by(self, grades: Any) -> float | None:
        """How right the leading answer is by a grade of its own, or one for each answer; None where that is none."""
        if (whole := as_grade(grades)) is not None:
            return whole
        found = answer_grades(grades, len(self))
        leading = self.leading_answer
        return None if found is None else float(np.mean(found[[text == leading for text in self.texts]]))

    @property
    def unanswered(self) -> tuple[str, ...]:
        """(n,) why each answer is none: "empty", "refusal", or "" if it is one; see `semuq.relations.unanswered`."""
        return tuple(unanswered(text) for text in self.texts)

    @property
    def heaviest_first(self) -> tuple[int, ...]:
        """The clusters, the one with the largest mass first; equal ones in the order in which they appeared."""
        return tuple(sorted(range(len(self.cluster_masses)), key=lambda label: -self.cluster_masses[label]))

    def __repr__(self) -> str:
        scores = "".join(f", {name}={value:.4g}" for name, value in self.scores.items())
        return f"QuestionScore({shorten(self.prompt)!r}, n={len(self)}{scores})"

    def _repr_html_(self) -> str:
        return html_card(self.card())

    def card(self, *, actions: Sequence[str] = (), anchor: str = "") -> Card:
        """What a notebook and a report show of the question.

        Args:
            actions: what was done about its answer.
            anchor: what a link to it ends with.
        """
        answers = list(enumerate(zip(self.texts, self.clusters, strict=True), start=1))
        units = [getattr(ESTIMATORS.behind(name), "units", "") for name in self.by_estimator]
        numbers = {
            name: f"{value:.4f} {unit}".rstrip() for (name, value), unit in zip(self.scores.items(), units, strict=True)
        }
        return Card(
            id=self.id or "",
            anchor=anchor,
            prompt=self.prompt,
            verdict=self.verdict,
            meanings=tuple(
                Meaning(
                    mass=self.cluster_masses[label],
                    count=self.clusters.count(label),
                    wordings=wordings_of((number, text) for number, (text, own) in answers if own == label),
                )
                for label in self.heaviest_first
            ),
            n=len(self),
            by_likelihood=self.masses_from == "likelihoods",
            numbers={**numbers, "Answers": f"{len(self):,}", **({"Id": self.id} if self.id else {})},
            correct=self.right,
            references=self.references,
            actions=tuple(actions),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, as one line of a JSONL file holds them."""
        record: dict[str, Any] = {"source": self.source, "settings": self.settings, "version": self.version}
        if self.id is not None:
            record["id"] = self.id
        record |= {
            "prompt": self.prompt,
            "verdict": self.verdict,
            "scores": dict(self.scores),
            **({"estimators": dict(self.estimators)} if self.estimators else {}),
            **({"unscored": dict(self.unscored)} if self.unscored else {}),
            "texts": list(self.texts),
            "clusters": list(self.clusters),
            "cluster_masses": [round(mass, 6) for mass in self.cluster_masses],
            "masses_from": self.masses_from,
            "relation": self.relation,
        }
        if self.relation_scores is not None:
            record["relation_scores"] = _matrices_to_dict(self.relation_scores)
        if self.references:
            record["references"] = list(self.references)
        if self.metadata:
            record["metadata"] = dict(self.metadata)
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> QuestionScore:
        """The inverse of `to_dict`, up to the decimals it keeps.

        Raises:
            InvalidSamples: a field is missing, unknown or malformed.
        """
        known = {item.name for item in fields(cls)}
        required = known - {"relation_scores", "references", "id", "metadata", "estimators", "unscored"}
        missing, unknown = sorted(required - set(record)), sorted(set(record) - known - {"verdict"})
        if missing or unknown:
            raise InvalidSamples(
                f"not a score (missing {missing}, unknown {unknown}); expected a line written by `semuq score`"
            )
        values = {name: value for name, value in record.items() if name != "verdict" and value is not None}
        if isinstance(values.get("id"), int) and not isinstance(values["id"], bool):
            values["id"] = str(values["id"])
        try:
            strings("text", [values[name] for name in _TEXTS if name in values])
            for name in ("texts", "references"):
                values[name] = strings(name, values.get(name, []))
            for name in ("clusters", "cluster_masses"):
                values[name] = tuple(_list(name, values.get(name, [])))
            if any(isinstance(label, bool) or not isinstance(label, int) for label in values["clusters"]):
                raise InvalidSamples("clusters: expected whole numbers")
            if any(not isinstance(mass, int | float) or not 0 <= mass <= 1 for mass in values["cluster_masses"]):
                raise InvalidSamples("cluster_masses: expected numbers in [0, 1]")
            for name in ("scores", "metadata", "estimators", "unscored"):
                if not isinstance(values.get(name, {}), Mapping):
                    raise InvalidSamples(f"{name}: expected an object, got {type(values[name]).__name__}")
            strings("unscored", list(values.get("unscored", {}).values()))
            if "relation_scores" in values:
                values["relation_scores"] = _matrices_from_dict(values["relation_scores"])
            return cls(**values)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise InvalidSamples(f"not a score ({error}); expected a line written by `semuq score`") from error


def read_scores(
    path: str | Path, *, on_error: Callable[[InvalidSamples], None] | None = None
) -> Iterator[QuestionScore]:
    """The QuestionScores of a JSONL file (`.gz` and "-" too), lazily; errors name file and line.

    Args:
        path: a file written by `semuq score`.
        on_error: called with the error of each broken line, which is then left out; None raises it.
    """
    for number, record in read_records(path, on_error=on_error):
        try:
            yield QuestionScore.from_dict(record)
        except InvalidSamples as error:
            located = InvalidSamples(f"{path}, line {number}: {error}")
            if on_error is None:
                raise located from error
            on_error(located)


def _matrices_to_dict(scores: RelationScores) -> dict[str, Any]:
    """Equivalences and similarities are given by one matrix, entailment by two: the third is what is left."""
    record: dict[str, Any] = {"kind": scores.kind, "entailment": _rounded(scores.entailment)}
    if scores.kind == "entailment":
        record["contradiction"] = _rounded(scores.contradiction)
    if scores.threshold is not None:
        record["threshold"] = scores.threshold
    for name in COUNTS:
        if count := getattr(scores, name):
            record[name] = count
    return record


def _matrices_from_dict(record: Mapping[str, Any]) -> RelationScores:
    entailment = np.array(record["entailment"], dtype=np.float64)
    kind: Kind = record["kind"]
    given = kind == "entailment"
    contradiction = np.array(record["contradiction"], dtype=np.float64) if given else 1 - entailment
    return RelationScores(
        kind=kind,
        entailment=entailment,
        neutral=np.clip(1 - entailment - contradiction, 0.0, 1.0),
        contradiction=contradiction,
        threshold=record.get("threshold"),
        **{name: record.get(name, 0) for name in COUNTS},
    )


def _rounded(matrix: NDArray[np.float64]) -> list[list[float]]:
    return [[int(x) if x in (0, 1) else x for x in row] for row in np.round(matrix, DECIMALS).tolist()]


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidSamples(f"{name}: expected a list, got {type(value).__name__}")
    return value
