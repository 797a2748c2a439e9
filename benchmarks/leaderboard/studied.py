"""The page's parts about the studies beside the tables: what decides, abstention, other packages' own scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.leaderboard.tables import cell, dense, linked, table_of

NOT_YET = "Not measured yet."


REPORTED = (0.75, 0.8)
"""AUROC of semantic entropy on TriviaQA as its papers report it, with models of 7B and more."""


def as_reported(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Semantic entropy on TriviaQA with every model, beside what the papers report."""
    said = []
    for name, found in models.items():
        for where, table in found["settings"]["greedy"]["sets"].items():
            own = next((kind for kind in ("SemanticEntropy", "DiscreteSemanticEntropy") if kind in table), None)
            if not where.startswith("triviaqa") or own is None or table[own]["auroc"] is None:
                continue
            value, low, high = table[own]["auroc"]
            place = "below" if high < REPORTED[0] else "above" if low > REPORTED[1] else "compatible with"
            right = found["sets"][where]["accuracy_greedy"]
            said.append(
                f"with {name} ({right:.0%} right) `{own}` has {value:.3f} [{low:.3f}, {high:.3f}], {place} that"
            )
    if not said:
        return ""
    return (
        f"Papers report an AUROC of {REPORTED[0]} to {REPORTED[1]} for semantic entropy on TriviaQA, with models of 7B "
        f"and more. Here, {'; '.join(said)}. The relation, the rule of clustering and the grader are the same in all "
        "of these: what differs is the model that is asked."
    )


def decided(found: Mapping[str, Any] | None) -> str:
    """A table for each question, a row for each choice."""
    if not found:
        return NOT_YET
    parts = []
    for study in found["studies"]:
        names = list(dict.fromkeys(name for row in study["rows"] for name in row["auroc"]))
        rows = (
            (row["answers"], row["choice"], *(cell(row["auroc"].get(name)) for name in names)) for row in study["rows"]
        )
        parts += [f"### {study['title']}", study["about"]]
        if not study["rows"]:
            parts.append(NOT_YET)
            continue
        parts.append(dense(table_of(("answers", "choice", *(linked(name) for name in names)), rows)))
    return "\n\n".join(parts)


def abstained(models: Mapping[str, Mapping[str, Any]]) -> str:
    """What a rule with a guarantee answers, and how often it is wrong, within a set and across sets."""
    found = [(name, row) for name, own in models.items() for row in own.get("abstention", ())]
    if not found:
        return NOT_YET
    rows = (
        (
            name,
            row["fitted_on"],
            row["used_on"],
            linked(row["score"]),
            f"{row['error_rate']:.0%}",
            f"{row['alpha']:.0%}",
            f"{row['kept'][0]:.3f}<br><small>[{row['kept'][1]:.3f}, {row['kept'][2]:.3f}]</small>",
            f"{row['abstains']:.0%}",
            f"{row['coverage']:.0%}",
            "-" if row["error_among_answered"] is None else f"{row['error_among_answered']:.1%}",
        )
        for name, row in found
    )
    heads = (
        "model",
        "fitted on",
        "used on",
        "score",
        "wrong there",
        "promised at most",
        "kept",
        "answers nothing",
        "questions answered",
        "wrong among them",
    )
    return dense(table_of(heads, rows))


def probed(found: Mapping[str, Any] | None) -> str:
    """What the probes are worth, a row for each set, probe and layer."""
    if not found:
        return NOT_YET
    rows = (
        (
            row["set"],
            linked(row["score"]),
            "-" if row["layer"] is None else f"{row['layer']:.0%}",
            cell(row["within"]),
            cell(row.get("across")) if row["layer"] is not None else "-",
        )
        for row in found["rows"]
    )
    table = dense(table_of(("set", "score", "of the layers", "within", "across"), rows))
    return f"Answers of {found['model']}.\n\n{table}"


def peers_table(found: Mapping[str, Any] | None) -> str:
    """What another package's own score of the same answers is worth."""
    if not found:
        return NOT_YET
    rows = (
        (
            row["package"],
            row["method"],
            linked(row["ours"]),
            row["answers"],
            cell(row["auroc_theirs"]),
            cell(row["auroc_ours"]),
            f"{row['rank_correlation']:.3f}",
            row["why"],
        )
        for row in found["rows"]
    )
    heads = (
        "package",
        "its method",
        "ours",
        "answers",
        "AUROC, theirs",
        "AUROC, ours",
        "rank correlation",
        "difference",
    )
    return f"{found['about']}\n\n{dense(table_of(heads, rows))}"
