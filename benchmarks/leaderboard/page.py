"""The report stage's second half: the results files as a page of the documentation. Nothing is computed here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.leaderboard.contestants import SEMANTIC_ENTROPY
from benchmarks.leaderboard.hurry import hurry
from benchmarks.leaderboard.matrix import matrix
from benchmarks.leaderboard.models import OFFICIAL
from benchmarks.leaderboard.plots import cost_plot, curve_plot, rank_plot
from benchmarks.leaderboard.studied import abstained, as_reported, decided, peers_table, probed
from benchmarks.leaderboard.tables import (
    BASELINE_NAMES,
    cell,
    dense,
    folded,
    linked,
    metrics_table,
    named,
    ranked,
    table_of,
)

TEMPLATE = Path(__file__).parent / "page.md.jinja"

Results = Mapping[str, Any]


def read_results(folder: Path) -> tuple[dict[str, Results], dict[str, Results]]:
    """The figures of each model, those of the repository first; and of the studies beside them, by name."""
    found = {path.stem.removeprefix("leaderboard_"): _read(path) for path in sorted(folder.glob("leaderboard_*.json"))}
    order = [*(name for name in OFFICIAL if name in found), *(name for name in found if name not in OFFICIAL)]
    studies = {
        name: _read(folder / f"{name}.json")
        for name in ("what_decides", "answer_peers", "probes")
        if (folder / f"{name}.json").is_file()
    }
    return {name: found[name] for name in order}, studies


def _read(path: Path) -> Results:
    found: Results = json.loads(path.read_text(encoding="utf-8"))
    return found


def page(models: Mapping[str, Results], studies: Mapping[str, Results]) -> str:
    """The whole page."""
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True)
    unable: dict[str, str] = {}
    for found in models.values():
        unable = {**found["could_not_run"], **unable}
    everywhere = {name for found in models.values() for name in found["settings"]["greedy"]["overall"]}
    return template.render(
        first=next(iter(models.values())),
        hurry=hurry(models),
        asked=asked(models),
        models="\n\n".join(one_model(found) for found in models.values()),
        entailed=", ".join(
            dict.fromkeys(title for found in models.values() for title in found["entailment_sets"].split(", "))
        ),
        reported=as_reported(models),
        decides=decided(studies.get("what_decides")),
        abstention=abstained(models),
        peers=peers_table(studies.get("answer_peers")),
        probes=probed(studies.get("probes")),
        subset="\n\n".join(part for found in models.values() if (part := subset(found))),
        unable=unable_list({name: why for name, why in unable.items() if name not in everywhere}),
        made="\n".join(made(found) for found in models.values()),
    )


def asked(models: Mapping[str, Results]) -> str:
    """What was asked whom, and how often the model was right."""
    rows = [
        (
            found["model"]["name"],
            own["title"],
            str(own["questions"]),
            str(own["answers_per_question"]),
            f"{own['accuracy_greedy']:.1%} ({own['accuracy_sampled']:.1%})",
            f"{own['cut_at_max_new_tokens']:.1%}",
            "yes" if own["within_10_to_90_percent"] else "no",
        )
        for found in models.values()
        for own in found["sets"].values()
    ]
    return dense(table_of(("model", "set", "questions", "answers", "accuracy", "cut short", "counts"), rows))


def one_model(found: Results) -> str:
    """A model: who does best in a sentence, a table over all sets, and the rest to unfold."""
    overall = found["settings"]["greedy"]["overall"]
    order = ranked(overall)
    numbers = {name: place for place, name in enumerate(order, start=1)}
    titles = {name: own["title"] for name, own in found["sets"].items()}
    best = next((name for name in order if name not in BASELINE_NAMES), order[0])
    curves = [name for name in (best, SEMANTIC_ENTROPY, "MeanLogProb", "Length") if name in overall]
    counting = "; ".join(titles[name] for name in found["overall_sets"])
    parts = [
        f"### {found['model']['name']}",
        f"{found['model']['how'][:1].upper()}{found['model']['how'][1:]}. The mean is over {counting}.",
        plainly(found),
        matrix(found, "greedy"),
        folded("Each sampled answer judged", matrix(found, "answers")),
        folded("All metrics, judged answer", metrics_table(overall, order, numbers)),
        folded(
            "All metrics, each sampled answer",
            metrics_table(found["settings"]["answers"]["overall"], None, numbers),
        ),
        folded("Where a baseline beats semantic entropy", against(found)),
        folded("Mean ranks", rank_plot(found["settings"]["greedy"]["ranks"], BASELINE_NAMES)),
        folded("Accuracy against rejection", curve_plot(found["curves"], titles, list(dict.fromkeys(curves)))),
        folded("Cost", f"{costs_drawn(found, order, best)}\n\n{cost_table(found, order)}"),
    ]
    return "\n\n".join(part for part in parts if part)


def costs_drawn(found: Results, order: Sequence[str], best: str) -> str:
    """Time against AUROC."""
    overall = found["settings"]["greedy"]["overall"]
    return cost_plot(
        [
            (name, 1000 * costs(found, name, "seconds"), overall[name]["auroc"][0])
            for name in order
            if overall[name]["auroc"] is not None
        ],
        BASELINE_NAMES,
        named=(best, SEMANTIC_ENTROPY, "DiscreteSemanticEntropy", "KernelLanguageEntropy"),
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
    for setting, label in (("greedy", "the judged answer"), ("answers", "each sampled answer")):
        rows = results["settings"][setting]["baselines_against_semantic_entropy"]
        wins = [
            f"`{name}` on {titles[where].strip('*')} ({own[0]:+.3f}{', beyond chance' if own[1] > 0 else ''})"
            for where, row in rows.items()
            for name, own in row.items()
            if own and own[0] > 0
        ]
        compared = sum(own is not None for row in rows.values() for own in row.values())
        if not compared:
            continue
        parts.append(
            f"On {label}, a baseline has the higher AUROC in {len(wins)} of {compared} comparisons"
            + (f": {'; '.join(wins)}." if wins else ".")
        )
        cells = (
            (titles[where], *(cell(row.get(name), sign=True) for name in BASELINE_NAMES)) for where, row in rows.items()
        )
        parts.append(dense(table_of((f"{label}", *(f"_{name}_" for name in BASELINE_NAMES)), cells)))
    if not parts:
        return "There are no log-probs, and so no semantic entropy to hold them against."
    return (
        "AUROC of the baseline minus AUROC of `SemanticEntropy` on the same questions, with the paired 95% interval: "
        "above 0, the baseline is better.\n\n" + "\n\n".join(parts)
    )


def subset(results: Results) -> str:
    """The questions of a model with further evidence: everybody's table over them, and each set's."""
    found = results.get("subset")
    if not found:
        return ""
    titles = {name: results["sets"][name]["title"] for name in found["questions"]}
    said = ", ".join(f"{count} of {titles[name]}" for name, count in found["questions"].items())
    only = set(found["only_here"])
    parts = [
        f"**{results['model']['name']}: {sum(found['questions'].values())} questions in all**, the first {said}. "
        "Estimators that only compete here are in bold. With so few questions the intervals are wide: read these "
        "tables for what stands out by more than them, not for their order. Explanations, and so "
        "`StableExplanations`, are for multiple choice only.",
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
        table = table.replace(f"| {linked(name)} |", f"| **{linked(name)}** |")
    return table


def unable_list(reasons: Mapping[str, str]) -> str:
    """Why an estimator is not in the tables."""
    if not reasons:
        return "Every estimator of the package competed."
    return "\n".join(f"- `{name}`: {why}" for name, why in sorted(reasons.items()))


def made(found: Results) -> str:
    """Seed, draws, machine and versions behind the figures of a model."""
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    named_ = dict.fromkeys(own["relation"] for own in found["sets"].values())
    relations = ", ".join(f"`{relation}`" for relation in named_)
    return (
        f"- {found['model']['name']}: seed {found['seed']}, {found['n_resamples']} draws "
        f"({found['slow_draws']} for RCE), {found['hardware']}; {versions}. Relations: {relations}."
    )


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
        f"First on the judged answers is `{order[0]}`, AUROC {values[order[0]]:.3f}; the best baseline, "
        f"`{baseline}`, is number {places[baseline]} of {len(order)} ({values[baseline]:.3f})"
    )
    if order[0] == baseline:
        first = f"**A baseline wins.** `{baseline}` has the highest AUROC on the judged answers, {values[baseline]:.3f}"
    if gap[0] > 0:
        sure = "beyond chance" if gap[1] > 0 else "which chance alone could give"
        compared = f"above semantic entropy by {gap[0]:.3f} [{gap[1]:.3f}, {gap[2]:.3f}], {sure}"
    else:
        sure = "beyond chance" if gap[2] < 0 else "which chance alone could give"
        compared = f"below semantic entropy by {-gap[0]:.3f} [{-gap[2]:.3f}, {-gap[1]:.3f}], {sure}"
    text = (
        f"{first}, {compared}. Semantic entropy is number {places[SEMANTIC_ENTROPY]} ({values[SEMANTIC_ENTROPY]:.3f})."
    )
    if baseline in ("LogProb", "MeanLogProb"):
        text += (
            f" `{baseline}` samples and compares nothing: it is read off the very answer that is judged, which most "
            "estimators here do not look at. Where each sampled answer is judged, they are on equal terms."
        )
    return text
