"""Sentences from numbers: what is established, what is not, and what would change it. No verdict is written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.rl.statistics import LEVEL

__all__ = ["first_lines", "premise_verdict", "sentence", "verdict"]

Test = Mapping[str, Any]


def verdict(test: Test) -> str:
    """ "unfinished", "higher", "lower" or "open", by the corrected p where there is one.

    >>> verdict({"final": True, "p": 0.01, "p_holm": 0.2, "difference": 0.1})
    'open'
    """
    if not test.get("final") or "p" not in test:
        return "unfinished"
    if test.get("p_holm", test["p"]) >= LEVEL:
        return "open"
    return "higher" if test["difference"] > 0 else "lower"


def sentence(test: Test) -> str:
    """One test in words, with its number of starts, its interval, and what it could have found."""
    names = f"`{test['arm']}` less `{test['against']}`"
    state = verdict(test)
    if "difference" not in test:
        return f"{names}: {test['starts']} of {test['of']} starts are in, too few to say anything."
    numbers = f"{test['difference']:+.4f} [{test['low']:+.4f}, {test['high']:+.4f}]"
    if state == "unfinished":
        return (
            f"{names}: {numbers} over the {test['starts']} of {test['of']} starts that are in. Not tested: the test is "
            "made when all are in."
        )
    p = test.get("p_holm", test["p"])
    said = f"{names}: {numbers} over {test['starts']} starts, p = {p:.3f}" + (" (Holm)" if "p_holm" in test else "")
    if state == "open":
        return (
            f"{said}: not established. A true difference of {test['detectable']:.4f} is found in four of five repeats."
        )
    return f"{said}: established, {state}."


def first_lines(report: Mapping[str, Any], premise: Mapping[str, Any]) -> list[str]:
    """The page's first lines: established, not established, what is known of the premise, and what would change it."""
    tests: Sequence[Test] = [report["registered"], *report["secondary"]]
    settled = [test for test in tests if verdict(test) in ("higher", "lower")]
    rest = [test for test in tests if verdict(test) == "open"]
    running = [test for test in tests if verdict(test) == "unfinished"]
    lines = []
    if settled:
        lines.append(
            "**Established at the corrected level of what SEED-GRPO gains:** " + " ".join(map(sentence, settled))
        )
    else:
        lines.append("**Established at the corrected level of what SEED-GRPO gains: nothing**, for it or against it.")
    lines.append(_premise(premise))
    if rest:
        lines.append("**Tested and not established:** " + " ".join(map(sentence, rest)))
    if running:
        said = [sentence(test) for test in running if test is report["registered"]]
        others = [f"`{test['arm']}` less `{test['against']}`" for test in running if test is not report["registered"]]
        if others:
            said.append(f"the secondary tests {', '.join(others)}.")
        lines.append(f"**Not finished:** {' '.join(said)}")
    lines.append(_change(report))
    return [line for line in lines if line]


def premise_verdict(own: Mapping[str, Any]) -> str:
    """How gradients of uncertain questions are, of a set that is complete."""
    return "neither, as far as can be told" if own["verdict"] == "open" else str(own["verdict"])


def _premise(premise: Mapping[str, Any]) -> str:
    """Whether gradients are less reliable where semantic entropy is high, of the sets that are complete."""
    said = [
        f"on {name} {own['slope']:+.2f} [{own['low']:+.2f}, {own['high']:+.2f}]: {premise_verdict(own)}"
        for name, own in premise["sets"].items()
        if own["questions"] >= premise["wanted"]
    ]
    if not said:
        return ""
    return (
        "**Its premise**, that gradients are less reliable where semantic entropy is high, "
        "[asked of a real model](#the-premise) at fixed accuracy, slope of the agreement of two gradients: "
        f"{'; '.join(said)}."
    )


def _change(report: Mapping[str, Any]) -> str:
    registered = report["registered"]
    missing = registered["of"] - registered["starts"]
    more = (
        f"the {missing} starts that are missing (`python -m benchmarks.rl run` goes on where it stopped); "
        if missing
        else ""
    )
    return (
        f"**What would change this:** {more}a real model on problems where most groups are mixed and training is "
        "unstable; ten seeds of SmolLM2."
    )
