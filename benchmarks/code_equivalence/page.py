"""Writes docs/code-results.md from the results: what was planned, what came of it, and the verdict on the design."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.code_equivalence.tables import LEAK, MAIN, MUTUAL
from benchmarks.inference.page import shown, table

FEW = 50
"""Wrong programs below which the page says so."""
CLEAN_RECORD = 59
"""Right answers in a row that prove an error of at most 5% with 95% confidence: the first n with 0.95^n <= 0.05."""

PAGE = Path(__file__).parents[2] / "docs" / "code-results.md"

Row = dict[str, Any]

HEAD = """\
<!-- Written by `python -m benchmarks.code_equivalence` from benchmarks/results/code_equivalence.json. -->

# Does behaviour say how sure a model is of its code?

Sharma and David ([2502.11620](https://arxiv.org/abs/2502.11620)) cluster sampled programs by what they do, and take the
spread of the clusters for the chance that the code is wrong. Here: problems of MBPP and HumanEval in their typed form,
ten programs each at temperature 1 and the greedy one, clusters by [`CodeEquivalence`](code.md) on 40 inputs drawn from
annotations and examples, never from the tests. Right is what passes all assertions of the problem. The criteria were
written down before any program was run against its tests, in `benchmarks/code_equivalence/design.md`; the verdict is
stated against them. [low, high] is a 95% interval over resampled problems.
"""


def write_page(results: Row) -> None:
    """The page, from the whole of the results."""
    PAGE.write_text("\n".join(_page(results)).rstrip() + "\n", encoding="utf-8")


def _page(results: Row) -> Iterator[str]:
    yield HEAD
    for name, found in results["models"].items():
        yield from _model(name, found)
    if results["not_run"]:
        missing = ", ".join(f"`{name}`" for name in results["not_run"])
        yield f"## Not run\n\nPlanned and not run: {missing}. The commands are those below, with `--model`.\n"
    yield """\
## Again

```bash
SEMUQ_WEIGHTS=FOLDER python -m benchmarks.code_equivalence.sampling --model qwen2.5-coder-0.5b   # goes on where it was
python -m benchmarks.code_equivalence --model qwen2.5-coder-0.5b     # runs the programs, see the page on code
python -m benchmarks.code_equivalence --only-tables                  # from what is committed, runs nothing
```
"""


def _model(name: str, found: Row) -> Iterator[str]:
    passed, clusters = found["pass_at_1"], found["clusters"]
    yield f"## {name}\n"
    yield (
        f"**{found['problems']} problems of {found['planned']} planned** ({found['of']['mbpp']} of MBPP, "
        f"{found['of']['humaneval']} of HumanEval). Gate: the greedy program is right on "
        f"{found['gate']['pilot']['success']:.0%} of the pilot's 15 problems and on "
        f"{found['gate']['all']['success']:.0%} "
        f"of all, to be between 15% and 85%: {'open' if found['gate']['all']['open'] else 'shut'}.\n"
    )
    yield f"**Verdict: {found['verdict']}.**\n"
    if found["greedy"]["wrong"] < FEW:
        corrected = [own["p_holm"] for own in found["greedy"]["arms"].values() if own["p_holm"] is not None]
        yield (
            f"**Read it with care: {found['greedy']['wrong']} wrong programs are few.** The intervals are wide; once "
            f"it is counted how many were looked at (Holm, at 5%), {sum(p < 0.05 for p in corrected)} of the "
            f"{len(corrected)} differences to `{MAIN}` are beyond chance.\n"
        )
    yield table(
        ["which program", "right (pass@1)"],
        [
            ["greedy", shown(passed["greedy"])],
            ["of the largest behaviour cluster", shown(passed["of the largest cluster"])],
            ["sampled, mean of ten", f"{passed['sampled']:.3f}"],
        ],
    )
    counts = ", ".join(f"{count} with {k}" for k, count in enumerate(clusters["K"], start=1) if count)
    yield (
        f"Problems by number of behaviour clusters of ten answers: {counts}. Of {clusters['of_several']} clusters with "
        f"several answers {clusters['mixing_right_and_wrong']} mix right and wrong ones (the inputs missed what the "
        f"tests hit). {clusters['invalid_answers']} answers are invalid, {clusters['truncated_answers']} were cut at "
        f"160 tokens, a time-out decided on {clusters['undecided_pairs']} pairs. Running took "
        f"{clusters['seconds_a_problem']:g} s a problem on a busy machine (median, all arms).\n"
    )
    for label, heading in (("greedy", "Is the greedy program wrong?"), ("largest", "Is the largest cluster's?")):
        yield f"### {heading}\n"
        own = found[label]
        yield (
            f"{own['wrong']} of {found['problems']} are. Ordered by AUROC; differences are to `{MAIN}`, paired, p by "
            "Holm.\n"
        )
        yield _arms(own["arms"])
        for part in (LEAK, MUTUAL):
            if part in own:
                yield f"On the {own[part]['problems']} problems for which there is one:\n"
                yield _arms(own[part]["arms"])
    silent = found["announced"]
    if "rest" in silent:
        rest = silent["rest"]
        yield "### Without those that write no program\n"
        yield (
            f"The greedy answer to {silent['greedy']} of {found['problems']} problems, and {silent['sampled']:.0%} of "
            "the sampled ones, announce the function and do not write it (`pass`). They do the same and agree, which "
            "is no certainty: `CodeEquivalence` counts them as `unanswered`. This table was added after the results "
            f"were seen. Of the other {rest['problems']} greedy programs {rest['wrong']} are wrong:\n"
        )
        yield _arms(rest["arms"])
    if MUTUAL not in found["greedy"] and MUTUAL not in found["greedy"]["arms"]:
        yield (
            "`PromptMutualInformation` was planned on the first problems and not run: second answers cost twice as "
            "many tokens as the first ones, and there was no time for them.\n"
        )
    yield "### Abstention at 5% error\n"
    yield (
        "A random half of the problems sets the threshold, the other half is answered or not; 100 times. *Promised*: "
        "`SelectiveAnswering(alpha=0.05)`, which answers only what it can prove at 95% confidence. *Plain*: the "
        "largest threshold below which at most 5% of the first half were wrong, which promises nothing.\n"
    )
    if found["problems"] // 2 < CLEAN_RECORD:
        yield (
            f"With {found['problems'] // 2} problems to fit on nothing can be promised: {CLEAN_RECORD} right answers "
            "in a row would be needed. And what held on so few does not hold on the others.\n"
        )
    yield table(
        ["score", "promised: answered", "error", "plain: answered", "error"],
        [
            [arm, *(cell for kind in ("promised", "plain") for cell in _abstention(own[kind]))]
            for arm, own in found["greedy"]["abstention"].items()
        ],
    )


def _arms(arms: Row) -> str:
    order = sorted(arms, key=lambda name: -arms[name]["auroc"]["value"])
    return table(
        ["score", "AUROC", "less than H, behaviour", "p", "PR-AUC of wrong", "PRR", "ties"],
        [
            [
                f"**{name}**" if name == MAIN else name,
                shown(arms[name]["auroc"]),
                "" if arms[name]["less"] is None else shown(arms[name]["less"]),
                "" if arms[name]["p_holm"] is None else f"{arms[name]['p_holm']:.3g}",
                shown(arms[name]["pr_auc"]),
                shown(arms[name]["prr"]),
                f"{arms[name]['ties']:.0%}",
            ]
            for name in order
        ],
    )


def _abstention(own: Row) -> tuple[str, str]:
    return f"{own['answered']:.1%}", "" if own["error"] is None else f"{own['error']:.1%}"
