"""Writes docs/inference-results.md from the results of all methods: one table each, and the verdict against the design.

python -m benchmarks.inference.page
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.inference.common import RESULTS, Row
from benchmarks.inference.second_pass import TRIGGERS

PAGE = Path(__file__).parents[2] / "docs" / "inference-results.md"

HEAD = """\
<!-- Written by `python -m benchmarks.inference.page` from benchmarks/results/inference_*.json; edit the generator. -->

# Methods at answer time, put to a test

The criteria were written down before the runs, in `benchmarks/inference/design.md`; each verdict below is stated
against them, null results included. [low, high] is a 95% interval over resampled questions. What was planned there and
is not below has not been run: its command and the log it continues are in `benchmarks/inference/`.
"""


def shown(value: Row) -> str:
    """A value with its interval."""
    if value["value"] is None:
        return "undefined"
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def second_pass(found: Row) -> Iterator[str]:
    for name, entry in found["models"].items():
        own = entry["sets"]["all"]
        yield (
            f"{name}: {own['questions']} of {entry['planned']} planned questions (MMLU-STEM and AQuA in turn); success "
            f"of the first pass {own['gate']['success']:.0%}. **{own['verdict']}.** Repaired {own['repaired']}, "
            f"spoiled {own['spoiled']}; replies asked for their letter "
            f"{own['asked for the letter']['cue_and_reason']}.\n"
        )
        yield table(
            ["arm", "accuracy", "less the first pass"],
            [
                [arm, shown(value), shown(own["over_first"][arm]) if arm in own["over_first"] else ""]
                for arm, value in own["accuracy"].items()
            ],
        )
        yield table(
            ["trigger", "efficiency at 0.25", "at 0.5", "at 0.61", "at 0.75", "AUROC, first wrong", "AUROC, repaired"],
            [
                [
                    trigger,
                    *(shown(own[trigger]["efficiency"][b]) for b in ("0.25", "0.5", "0.61", "0.75")),
                    shown(own[trigger]["auroc_first_wrong"]),
                    shown(own[trigger]["auroc_second_repairs"]),
                ]
                for trigger in TRIGGERS
                if trigger in own
            ],
        )


def pursuit(found: Row) -> Iterator[str]:
    covered = [
        own["coverage_on_path"]["value"]
        for study in found["studies"].values()
        for level in study.values()
        for name, own in level["players"].items()
        if name.startswith("set size 0.1")
    ]
    random = found["coverage_on_random_histories"]
    yield (
        f"Stage 1, {found['games']} games a player. **{found['verdict']}.** Sets promised to hold the truth in 90% of "
        f"histories hold it in {min(random[k]['value'] for k in random):.0%} to "
        f"{max(random[k]['value'] for k in random):.0%} of *random* ones, and in {min(covered):.0%} to "
        f"{max(covered):.0%} of those that the set-size player (alpha .1) steers into. Control: with the true table, "
        f"greedy questions need {found['exact']['mean']:.1f} on average, {found['exact']['most']} at most.\n"
    )
    yield from games(found["studies"])
    for name, gate in found["models"].items():
        state = "open" if gate["open"] else "shut: stage 2 is not run"
        yield f"Stage 2's gate, {name}: AUROC {shown(gate['auroc'])} on {gate['pairs']} pairs; {state}.\n"
        if "stage 2" in gate:
            own = gate["stage 2"]
            yield (
                f"Stage 2, {name} as predictor: it says of {shown(own['knows'])} of animals and questions what the "
                f"table says. **{own['verdict']}.** Sets that are promised to hold the truth in 90% of histories hold "
                f"it in {own['coverage_on_random_histories']['value']:.0%} of random ones.\n"
            )
            yield from games(own["studies"])


def games(studies: Row) -> Iterator[str]:
    """Players by predictor and overconfidence."""
    rows = []
    for predictor, levels in studies.items():
        for level, study in levels.items():
            players = study["players"]
            rows.append(
                [
                    predictor,
                    level,
                    shown(players["random"]["accuracy_over_steps"]),
                    shown(players["entropy, posterior"]["accuracy_over_steps"]),
                    shown(players["set size 0.1, posterior"]["accuracy_over_steps"]),
                    shown(study["differences"]["set size 0.1 - entropy, posterior"]),
                    f"{players['set size 0.1, posterior']['coverage_on_path']['value']:.2f}",
                    f"{players['set size 0.1, posterior']['set_size']:.1f}",
                ]
            )
    yield "Accuracy of the guess, mean over 20 questions; cases weighed by the posterior:\n"
    yield table(
        [
            "predictor",
            "overconfidence",
            "random",
            "entropy",
            "set size .1",
            "difference",
            "coverage on path",
            "set size",
        ],
        rows,
    )
    yield "At overconfidence 3, all ways of estimating (set size .1 less entropy):\n"
    ways = ("4 prior", "all prior", "posterior")
    yield table(
        ["predictor", *ways],
        [
            [name, *(shown(levels["3"]["differences"][f"set size 0.1 - entropy, {way}"]) for way in ways)]
            for name, levels in studies.items()
        ],
    )


def propagation(found: Row) -> Iterator[str]:
    own = found["identities"]
    yield (
        f"No language model: identities on {own['runs']:,} random runs, and simulated agents. **{found['verdict']}.** "
        f"The score equals the weighted mean of IU to {own['largest_gap_to_weighted_mean']:g} and left their range "
        f"{own['outside_the_intrinsic_terms']} times. More disagreement at the first step lowered it in "
        f"{shown(own['lowered_by_disagreement_at_step_1'])} of runs, centred in {shown(own['lowered, centred'])}, as a "
        f"plain sum in {shown(own['lowered, plain sum'])}.\n"
    )
    names = list(found["agents"])
    yield table(
        ["AUROC for failure", *(f"{name}" for name in names), *(f"{name}, at 4 steps" for name in names)],
        [
            [
                score,
                *(shown(found["agents"][name]["auroc"][score]) for name in names),
                *(
                    shown(found["agents"][name]["auroc_at_4_steps"][score])
                    if score in found["agents"][name]["auroc_at_4_steps"]
                    else ""
                    for name in names
                ),
            ]
            for score in found["agents"][names[0]]["auroc"]
        ],
    )


def adaptive(found: Row) -> Iterator[str]:
    for name, entry in found["models"].items():
        own = entry["pooled"]
        shut = [key for key, gate in entry["gate"].items() if not gate["open"]]
        sets = {path.stem for path in (RESULTS.parent / "leaderboard" / "datasets").glob("*.toml")}
        if left := sorted(sets - set(entry["gate"])):
            yield f"Sets of {name} whose answers have not been compared yet, for want of time: {', '.join(left)}.\n"
        yield (
            f"Stored answers of {name}, {own['questions']:,} questions of {len(entry['sets'])} sets, right "
            f"{own['right']['value']:.0%}{'; outside the gate: ' + ', '.join(shut) if shut else ''}. "
            f"**{own['verdict']}.**\n"
        )
        yield "The same number of answers for all questions, AUROC by estimator:\n"
        yield table(
            ["answers", "counts", "coverage-adjusted", "Bayesian", "Bayesian, learned prior"],
            [[n, *(shown(value) for value in scores.values())] for n, scores in own["fixed"].items()],
        )
        yield "Stopping rules (default prior, then one learned on other questions):\n"
        rows = [
            [
                f"{rule}{learned}",
                f"{value['answers']:.2f}",
                shown(value["auroc"]),
                shown(value["less_counts_at_10"]),
                shown(value["same_decision"]) if "same_decision" in value else "",
            ]
            for part, learned in (("rules", ""), ("rules, learned prior", ", learned prior"))
            for rule, value in own[part].items()
        ]
        yield table(["rule", "answers", "AUROC", "less counts at 10", "decides as 10 would"], rows)


def thoughts(found: Row) -> Iterator[str]:
    yield (
        f"A script, no model: {found['questions']} questions a level of noise; no reasoning model small enough for the "
        f"machine could be had. **{found['verdict']}.** Without the limit the published rule takes a steady doubt "
        "for a settled answer; `below` is ours, added after the first run.\n"
    )
    rows = []
    for noise, study in found["studies"].items():
        for rule, own in study["rules"].items():
            if "decay 0.4" in rule or "decay 0.2, tolerance 0.003" in rule:
                rows.append(
                    [
                        noise,
                        rule,
                        f"{own['pieces']['value']:.1f}",
                        shown(own["accuracy"]),
                        shown(own["less_full"]),
                        shown(own["less_fixed_of_as_many"]),
                    ]
                )
    yield table(["noise", "rule", "pieces of 60", "accuracy", "less the full budget", "less as many for all"], rows)


def extent(entry: Row, own: Row) -> str:
    """How much of a run there is, of what was planned."""
    if "problems" in own:
        return (
            f"{own['problems']} of {entry['planned']} problems told, threshold {entry['calibration']['threshold']:.3f} "
            f"from {entry['calibration']['turns']} turns of others"
        )
    if "questions" in own:
        inside = f", most often in {own['within_steps']} steps" if "within_steps" in own else ""
        return f"{own['questions']} of {entry['planned']} questions{inside}"
    how = own["searched"]
    return (
        f"{how['rounds']} rounds of {how['proposals']} proposals by {how['rewriter']}, scored on {how['dev_items']} "
        f"items; tested on {own['test_items']} others"
    )


def by_model(found: Row) -> Iterator[str]:
    """Methods whose entry of a model is a table of arms: ERGO, PGO and the agent."""
    for name, entry in found["models"].items():
        own = entry.get("table", entry)
        yield f"{name}: {extent(entry, own)}; success {own['gate']['success']:.1%}. **{own['verdict']}.**\n"
        if "resets" in own:
            rows = [[arm, f"{own['resets'][arm]:.2f}", f"{own['tokens'][arm]:.0f}"] for arm in own["resets"]]
            yield table(["arm", "started anew, times a problem", "tokens a problem"], rows)
        if "signal" in own:
            known, ranked = own["signal"], own["signal"]["auroc of the last change"]
            yield (
                f"Where nothing is reset, the change of entropy at the last turn tells a wrong answer with an AUROC of "
                f"{'undefined' if ranked is None else shown(ranked)}; its rank correlation with that in length is "
                f"{known['change with length']} ({known['changes']} changes).\n"
            )
        for title in ("last_turn", "any_turn", "auroc", "auroc_within", "differences"):
            # Behind a shut gate there is nothing to conclude from. What ERGO mends, the drop from problems told whole
            # to those told bit by bit, can itself shut it: that drop is shown.
            if title in own and (own["gate"]["open"] or "resets" in own):
                rows = [[key, shown(value)] for key, value in own[title].items()]
                yield table([title.replace("_", " "), "value"], rows)
        if "arms" in own:
            rows = [
                [arm, value["instruction"], shown(value["clean"]), f"{value['perturbed']:.3f}", f"{value['worst']:.3f}"]
                for arm, value in own["arms"].items()
            ]
            yield table(["arm", "instruction", "clean", "perturbed", "worst kind"], rows)


def instructions(found: Row) -> Iterator[str]:
    kinds, read = found["kinds"], found["read by hand"]
    yield (
        f"Of {read['rewordings']} rewordings read by hand, ten a kind, {sum(read['other_questions'].values())} ask "
        "for something else than the problem: part of what these kinds take is theirs.\n"
    )
    for name, own in found["models"].items():
        copies = ", ".join(f"{kind} {own['copies'][kind]}" for kind in kinds)
        yield (
            f"{name}: {own['problems']} problems of SVAMP, reworded by {own['reworded by']}, copies: {copies}; success "
            f"{own['gate']['success']:.1%}. **{own['verdict']}.**\n"
        )
        if own["gate"]["open"]:
            yield table(
                ["instruction", "clean", *kinds, "over kinds, less the first", "p (Holm)"],
                [
                    [
                        f"{arm}: {row['instruction']}",
                        shown(row["clean"]),
                        *(f"{row['perturbed'][kind]:.3f}" for kind in kinds),
                        *against(own["less_the_first_over_kinds"].get(arm)),
                    ]
                    for arm, row in own["instructions"].items()
                ],
            )
            yield "Perturbed less clean, mean over instructions:\n"
            yield table(
                ["kind", "difference", "p (Holm)"],
                [[f"{kind}, {told}", *against(own["by_kind"][kind])] for kind, told in kinds.items()],
            )


def against(own: Row | None) -> list[str]:
    """A difference and its corrected p-value; nothing where a row is what the others are compared with."""
    return ["", ""] if own is None else [shown(own), f"{own['p_holm']:.3f}"]


SECTIONS: dict[str, tuple[str, Callable[[Row], Iterator[str]]]] = {
    "second_pass": ("Asking again (reinforcement inference)", second_pass),
    "resets": ("Starting anew (ERGO)", by_model),
    "pursuit": ("Asking next (conformal information pursuit)", pursuit),
    "propagation": ("Steps of an agent (UProp)", propagation),
    "agent": ("UProp on a retrieval agent", by_model),
    "prompts": ("Instructions (PGO)", by_model),
    "instructions": ("Nine ways to perturb a question (PertBench)", instructions),
    "adaptive": ("As many answers as needed", adaptive),
    "thoughts": ("Stopping a thought", thoughts),
}


def render() -> str:
    """The page; methods without results are left out and named at the end."""
    parts, missing = [HEAD], []
    for method, (title, section) in SECTIONS.items():
        path = RESULTS / f"inference_{method}.json"
        if not path.is_file():
            missing.append(title)
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        question = found["question"][0].upper() + found["question"][1:]
        parts += [f"## {title}\n", f"{question} `{found['command']}`\n", *section(found)]
    if missing:
        parts.append("## Not run yet\n")
        parts.append("For want of processor time: " + "; ".join(missing) + ". No claim is made about them.\n")
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
