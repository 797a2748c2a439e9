"""The report stage's second half: the results file as a page of the documentation. Nothing is computed here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.leaderboard.contestants import BASELINES, SEMANTIC_ENTROPY
from benchmarks.leaderboard.measures import MEASURES
from benchmarks.leaderboard.plots import cost_plot, curve_plot, rank_plot

TEMPLATE = Path(__file__).parent / "page.md.jinja"
BASELINE_NAMES = tuple(baseline.name for baseline in BASELINES)

Results = Mapping[str, Any]


def page(results: Results) -> str:
    """The whole page."""
    overall = results["settings"]["greedy"]["overall"]
    order = ranked(overall)
    numbers = {name: place for place, name in enumerate(order, start=1)}
    sets = results["sets"]
    curves = [name for name in (order[0], SEMANTIC_ENTROPY, "LogProb", "Length") if name in overall]
    outside = [own["title"] for own in sets.values() if not own["within_10_to_90_percent"]]
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True)
    return template.render(
        r=results,
        sets_table=sets_table(sets),
        outside=f"Outside that range: {', '.join(outside)}." if outside else "All sets are within that range.",
        judged_sets=len(sets),
        plainly=plainly(results),
        overall_greedy=metrics_table(overall, order, numbers),
        overall_answers=metrics_table(results["settings"]["answers"]["overall"], None, numbers),
        rank_plot=rank_plot(results["settings"]["greedy"]["ranks"], BASELINE_NAMES),
        cost_plot=cost_plot(
            [(numbers[name], name, cost, overall[name]["auroc"][0]) for name, cost in costs(results, order).items()],
            BASELINE_NAMES,
        ),
        cost_table=cost_table(results, order),
        subset=subset(results),
        against=against(results),
        curve_plot=curve_plot(
            results["curves"], {name: own["title"] for name, own in sets.items()}, list(dict.fromkeys(curves))
        ),
        each_set="\n\n".join(
            f"### {own['title']}\n\n{own['about']}\n\nGreedy answers ({own['questions']} questions):\n\n"
            + metrics_table(results["settings"]["greedy"]["sets"][name], None, numbers)
            + "\n\nEach sampled answer:\n\n"
            + metrics_table(results["settings"]["answers"]["sets"][name], None, numbers)
            for name, own in sets.items()
        ),
        unable=unable(results["could_not_run"]),
        versions=", ".join(f"{name} {version}" for name, version in results["versions"].items()),
    )


def ranked(table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names by AUROC, best first; those without one last."""
    return sorted(table, key=lambda name: -(table[name]["auroc"] or [-math.inf])[0])


def sets_table(sets: Results) -> str:
    """What was asked and how often the model was right."""
    return _table(
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


def metrics_table(
    table: Mapping[str, Mapping[str, Any]], order: Sequence[str] | None, numbers: Mapping[str, int]
) -> str:
    """A row per contestant, a column per metric."""
    names = ranked(table) if order is None else order
    heads = ("#", "contestant", *(measure.title for measure in MEASURES.values()), "to best (AUROC)")
    return _table(
        heads,
        (
            (
                str(numbers.get(name, "")),
                _name(name),
                *(_cell(table[name][metric]) for metric in MEASURES),
                _cell(table[name]["auroc_to_best"], sign=True),
            )
            for name in names
        ),
    )


def costs(results: Results, order: Sequence[str]) -> dict[str, float]:
    """Milliseconds per question over all sets, of those that have an overall AUROC."""
    overall = results["settings"]["greedy"]["overall"]
    questions = sum(own["questions"] for own in results["sets"].values())
    return {
        name: 1000 * sum(own[name]["seconds"] for own in results["cost"].values()) / questions
        for name in order
        if overall[name]["auroc"] is not None
    }


def cost_table(results: Results, order: Sequence[str]) -> str:
    """What each contestant needs per question."""
    questions = sum(own["questions"] for own in results["sets"].values())

    def total(name: str, field: str) -> float:
        return sum(own[name][field] for own in results["cost"].values()) / questions

    return _table(
        ("contestant", "answers per question", "pairs", "forward passes", "milliseconds"),
        (
            (
                _name(name),
                f"{total(name, 'answers'):.0f}",
                f"{total(name, 'pairs'):.1f}",
                f"{total(name, 'forwards'):.2f}",
                f"{1000 * total(name, 'seconds'):.2f}",
            )
            for name in order
        ),
    )


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
        parts.append(
            _table(
                (f"{label}", *(f"_{name}_" for name in BASELINE_NAMES)),
                (
                    (titles[where], *(_cell(row.get(name), sign=True) for name in BASELINE_NAMES))
                    for where, row in rows.items()
                ),
            )
        )
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
        f"Questions: the first {asked}. Estimators that only compete here are in bold. With so few questions the "
        "intervals are wide: read these tables for what stands out by more than them, not for their order. "
        "Explanations, and so `StableExplanations`, are for multiple choice only.",
        "Mean over these sets, greedy answers:",
        _bold(metrics_table(found["greedy"]["overall"], None, {}), only),
        "Mean over these sets, each sampled answer:",
        _bold(metrics_table(found["answers"]["overall"], None, {}), only),
    ]
    for name, title in titles.items():
        table = found["greedy"]["sets"][name]
        best = ranked(table)
        shown = {key: table[key] for key in best if key in only or key in (best[0], SEMANTIC_ENTROPY, "MeanLogProb")}
        parts += [f"{title} alone, greedy answers:", _bold(metrics_table(shown, None, {}), only)]
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
    """In one sentence: whether anything beats the best baseline, and whether a baseline beats semantic entropy."""
    setting = results["settings"]["greedy"]
    order = ranked(setting["overall"])
    against_entropy = setting["baselines_against_semantic_entropy"]["overall"]
    first = order[0]
    value = setting["overall"][first]["auroc"]
    if value is None or SEMANTIC_ENTROPY not in order:
        return ""
    gap = against_entropy.get(first)
    if first not in BASELINE_NAMES or gap is None:
        return f"First on the greedy answers is `{first}`, AUROC {value[0]:.3f}; semantic entropy is number " + (
            f"{order.index(SEMANTIC_ENTROPY) + 1}."
        )
    proved = "so beyond chance" if gap[1] > 0 else "which chance alone could give"
    return (
        f"**A baseline wins.** `{first}`, which samples nothing and compares nothing, has the highest AUROC on the "
        f"greedy answers, {value[0]:.3f}; semantic entropy has "
        f"{setting['overall'][SEMANTIC_ENTROPY]['auroc'][0]:.3f}. The difference, {gap[0]:+.3f} [{gap[1]:+.3f}, "
        f"{gap[2]:+.3f}], is {proved}. It is read off the very answer that is "
        "judged, which no estimator here looks at; where each sampled answer is judged, estimators are on equal terms."
    )


def _name(name: str) -> str:
    return f"_{name}_" if name in BASELINE_NAMES else f"`{name}`"


def _cell(value: Sequence[float] | None, *, sign: bool = False) -> str:
    if value is None:
        return "-"
    form = "+.3f" if sign else ".3f"
    return f"{value[0]:{form}} [{value[1]:{form}}, {value[2]:{form}}]"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
