"""The report stage's second half: the results file as a page of the documentation. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.leaderboard.contestants import SEMANTIC_ENTROPY
from benchmarks.leaderboard.plots import cost_plot, curve_plot, rank_plot
from benchmarks.leaderboard.tables import (
    BASELINE_NAMES,
    cell,
    dense,
    folded,
    inline,
    metrics_table,
    named,
    ranked,
    table_of,
)

TEMPLATE = Path(__file__).parent / "page.md.jinja"

Results = Mapping[str, Any]


def page(results: Results) -> str:
    """The whole page."""
    overall = results["settings"]["greedy"]["overall"]
    order = ranked(overall)
    numbers = {name: place for place, name in enumerate(order, start=1)}
    sets = results["sets"]
    best = next((name for name in order if name not in BASELINE_NAMES), order[0])
    curves = [name for name in (best, SEMANTIC_ENTROPY, "MeanLogProb", "Length") if name in overall]
    outside = [own["title"] for own in sets.values() if not own["within_10_to_90_percent"]]
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True)
    return template.render(
        r=results,
        sets_table=sets_table(sets),
        outside=f"Outside that range: {'; '.join(outside)}." if outside else "All sets are within that range.",
        telling="; ".join(sets[name]["title"] for name in results["overall_sets"]),
        n_telling=len(results["overall_sets"]),
        plainly=plainly(results),
        overall_greedy=metrics_table(overall, order, numbers),
        overall_answers=metrics_table(results["settings"]["answers"]["overall"], None, numbers),
        all_sets="\n\n".join(
            folded(f"Over all {len(sets)} sets, {label}", metrics_table(own["all_sets"], None, numbers))
            for label, own in (
                ("greedy answers", results["settings"]["greedy"]),
                ("each sampled answer", results["settings"]["answers"]),
            )
            if len(results["overall_sets"]) < len(sets)
        ),
        rank_plot=rank_plot(results["settings"]["greedy"]["ranks"], BASELINE_NAMES),
        cost_plot=cost_plot(
            [
                (name, 1000 * costs(results, name, "seconds"), overall[name]["auroc"][0])
                for name in order
                if overall[name]["auroc"] is not None
            ],
            BASELINE_NAMES,
            named=(best, SEMANTIC_ENTROPY, "DiscreteSemanticEntropy", "KernelLanguageEntropy"),
        ),
        cost_table=cost_table(results, order),
        subset=subset(results),
        against=against(results),
        curve_plot=curve_plot(
            results["curves"], {name: own["title"] for name, own in sets.items()}, list(dict.fromkeys(curves))
        ),
        each_set="\n\n".join(each_set(results, name, numbers) for name in sets),
        unable=unable(results["could_not_run"]),
        versions=", ".join(f"{name} {version}" for name, version in results["versions"].items()),
    )


def each_set(results: Results, name: str, numbers: Mapping[str, int]) -> str:
    """One set: what it asks, who does best, and both tables to unfold."""
    own, settings = results["sets"][name], results["settings"]
    table = settings["greedy"]["sets"][name]
    first = ranked(table)[0]
    parts = [f"### {own['title']}", own["about"]]
    if table[first]["auroc"] is not None:
        shown = [first, *(other for other in (SEMANTIC_ENTROPY, *BASELINE_NAMES) if other in table and other != first)]
        parts.append(
            "AUROC on the greedy answers: "
            + ", ".join(f"{named(key)} {inline(table[key]['auroc'])}" for key in shown)
            + "."
        )
    return "\n\n".join(
        [
            *parts,
            folded(
                f"{own['title']}: greedy answers ({own['questions']} questions)", metrics_table(table, None, numbers)
            ),
            folded(
                f"{own['title']}: each sampled answer",
                metrics_table(settings["answers"]["sets"][name], None, numbers),
            ),
        ]
    )


def sets_table(sets: Results) -> str:
    """What was asked and how often the model was right."""
    return table_of(
        ("set", "questions", "accuracy", "cut short"),
        (
            (
                own["title"],
                str(own["questions"]),
                f"{own['accuracy_greedy']:.1%} ({own['accuracy_sampled']:.1%})",
                f"{own['cut_at_max_new_tokens']:.1%}",
            )
            for own in sets.values()
        ),
    )


def costs(results: Results, name: str, field: str) -> float:
    """A cost per question, averaged over the sets of the overall table."""
    values = [results["cost"][own][name][field] for own in results["overall_sets"]]
    return sum(values) / len(values)


def cost_table(results: Results, order: Sequence[str]) -> str:
    """What each contestant needs per question."""
    rows = (
        (
            named(name),
            f"{costs(results, name, 'answers'):.0f}",
            f"{costs(results, name, 'pairs'):.1f}",
            f"{costs(results, name, 'forwards'):.2f}",
            f"{1000 * costs(results, name, 'seconds'):.2f}",
        )
        for name in order
    )
    return dense(table_of(("contestant", "answers per question", "pairs", "forward passes", "milliseconds"), rows))


def against(results: Results) -> str:
    """AUROC of each baseline minus that of semantic entropy, in words and as a table."""
    parts = []
    titles = {name: own["title"] for name, own in results["sets"].items()} | {"overall": "**Overall**"}
    for setting, label in (("greedy", "greedy answers"), ("answers", "each sampled answer")):
        rows = results["settings"][setting]["baselines_against_semantic_entropy"]
        wins = [
            f"`{name}` on {titles[where].strip('*')} ({own[0]:+.3f}{', beyond chance' if own[1] > 0 else ''})"
            for where, row in rows.items()
            for name, own in row.items()
            if own and own[0] > 0
        ]
        parts.append(
            f"On {label}, a baseline has the higher AUROC in {len(wins)} of "
            f"{sum(own is not None for row in rows.values() for own in row.values())} comparisons"
            + (f": {'; '.join(wins)}." if wins else ".")
        )
        cells = (
            (titles[where], *(cell(row.get(name), sign=True) for name in BASELINE_NAMES)) for where, row in rows.items()
        )
        parts.append(dense(table_of((f"{label}", *(f"_{name}_" for name in BASELINE_NAMES)), cells)))
    return (
        "AUROC of the baseline minus AUROC of `SemanticEntropy` on the same questions, with the paired 95% interval: "
        "above 0, the baseline is better.\n\n" + "\n\n".join(parts)
    )


def subset(results: Results) -> str:
    """The questions with further evidence: everybody's table over them, and each set's."""
    found = results.get("subset")
    if not found:
        return (
            "For these results it has not been made, or for fewer than twenty questions of a set, which would say "
            "nothing. The estimators that wait for it are listed at the end."
        )
    titles = {name: results["sets"][name]["title"] for name in found["questions"]}
    asked = ", ".join(f"{count} of {titles[name]}" for name, count in found["questions"].items())
    only = set(found["only_here"])
    parts = [
        f"**These tables rest on {sum(found['questions'].values())} questions in all**: the first {asked}. Estimators "
        "that only compete here are in bold. With so few questions the intervals are wide: read these tables for what "
        "stands out by more than them, not for their order. Explanations, and so `StableExplanations`, are for "
        "multiple choice only.",
        f"Mean over these {len(titles)} sets, greedy answers:",
        _bold(metrics_table(found["greedy"]["overall"], None, {}), only),
        folded(
            f"Mean over these {len(titles)} sets, each sampled answer",
            _bold(metrics_table(found["answers"]["overall"], None, {}), only),
        ),
    ]
    for name, title in titles.items():
        table = found["greedy"]["sets"][name]
        best = ranked(table)
        shown = {key: table[key] for key in best if key in only or key in (best[0], SEMANTIC_ENTROPY, "MeanLogProb")}
        parts.append(folded(f"{title} alone, greedy answers", _bold(metrics_table(shown, None, {}), only)))
    return "\n\n".join(parts)


def _bold(table: str, names: set[str]) -> str:
    for name in names:
        table = table.replace(f"| `{name}` |", f"| **`{name}`** |")
    return table


def unable(reasons: Mapping[str, str]) -> str:
    """Why an estimator is not in the tables."""
    if not reasons:
        return "Every estimator of the package competed."
    return "\n".join(f"- `{name}`: {why}" for name, why in reasons.items())


def plainly(results: Results) -> str:
    """In a few sentences: who is first, and how the best baseline and semantic entropy stand to each other."""
    setting = results["settings"]["greedy"]
    order = ranked(setting["overall"])
    if SEMANTIC_ENTROPY not in order or any(own["auroc"] is None for own in setting["overall"].values()):
        return ""
    baseline = next(name for name in order if name in BASELINE_NAMES)
    gap = setting["baselines_against_semantic_entropy"]["overall"][baseline]
    places = {name: place for place, name in enumerate(order, start=1)}
    values = {name: setting["overall"][name]["auroc"][0] for name in order}
    first = (
        f"First on the greedy answers is `{order[0]}`, AUROC {values[order[0]]:.3f}; the best baseline, "
        f"`{baseline}`, is number {places[baseline]} of {len(order)} ({values[baseline]:.3f})"
    )
    if order[0] == baseline:
        first = f"**A baseline wins.** `{baseline}` has the highest AUROC on the greedy answers, {values[baseline]:.3f}"
    if gap[0] > 0:
        sure = "beyond chance" if gap[1] > 0 else "which chance alone could give"
        compared = f"above semantic entropy by {gap[0]:.3f} [{gap[1]:.3f}, {gap[2]:.3f}], {sure}"
    else:
        sure = "beyond chance" if gap[2] < 0 else "which chance alone could give"
        compared = f"below semantic entropy by {-gap[0]:.3f} [{-gap[2]:.3f}, {-gap[1]:.3f}], {sure}"
    text = (
        f"{first}, {compared}. Semantic entropy is number {places[SEMANTIC_ENTROPY]} ({values[SEMANTIC_ENTROPY]:.3f})."
    )
    if baseline != "DistinctTexts":
        text += (
            f" `{baseline}` samples and compares nothing: it is read off the very answer that is judged, which no "
            "estimator here looks at. Where each sampled answer is judged, they are on equal terms."
        )
    return text
