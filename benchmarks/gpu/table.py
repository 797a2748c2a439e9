"""The short table at the end, and the goals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DEBERTA, EMBEDDED = "deberta-large", "embedded"


def found_in(results: dict[str, Any], name: str) -> Any | None:
    """What a section found, None unless it is done."""
    section = results["sections"].get(name, {})
    return section.get("found") if section.get("status") == "done" else None


def lines(results: dict[str, Any]) -> Iterator[str]:
    """One for each thing that was measured."""
    card = found_in(results, "card")
    if card:
        rate, copy = card["matrix_flops_per_second"] / 1e12, card["copy_bytes_per_second"] / 1e12
        yield f"{card['name']}: {rate:.0f} TFLOP/s in {card['matrix_dtype']}, {copy:.2f} TB/s"
    for name, section in results["sections"].items():
        own = section.get("found")
        if section["status"] != "done":
            yield f"{name}: {section['status']}: {section.get('error') or section.get('why')}"
        elif name.startswith("speed"):
            yield (
                f"{name}: {own['pairs_per_second']:,.0f} pairs/s, {own['tokens_per_second']:,.0f} tokens/s, "
                f"{own['share_of_matrix_rate']:.1%} of the matrix rate ({own['passes_share_of_matrix_rate']:.1%} "
                f"within passes), idle {own['idle_share']:.0%}, {own['precision']}, {own['attention']}"
            )
        elif name.startswith("equality"):
            differences = ", ".join(f"{kind} {value:.1e}" for kind, value in own["differences"].items())
            yield f"{name}: auto is {own['auto']['precision']}, off by {own['auto']['difference']:.1e}; {differences}"
    steps = found_in(results, "training")
    if steps:
        added = ", ".join(f"{name} {seconds:.3g}" for name, seconds in steps["added_seconds"].items())
        yield f"training: {steps['seconds_without']:.3g} s a step; modulation adds, in seconds: {added}"
    for title, value, goal in goals(results):
        yield f"goal {goal:g}: {title}: {'not measured' if value is None else f'{value:.3g}'}"


def goals(results: dict[str, Any]) -> list[tuple[str, float | None, float]]:
    """(what, found, wanted), found None where it was not measured."""
    own = found_in(results, f"speed, {DEBERTA}, none")
    small = found_in(results, f"speed, {EMBEDDED}, none")
    peers = found_in(results, f"peers, {DEBERTA}") or {}
    rates = {name: row["pairs_per_second"] for name, row in peers.items() if "pairs_per_second" in row}
    ours = own and own["pairs_per_second"]
    ends = found_in(results, f"end to end, {DEBERTA}")
    shares = [model["share_of_scoring"] for model in ends["models"].values()] if ends else []
    return [
        ("share of the matrix rate, DeBERTa-large", own and own["share_of_matrix_rate"], 0.5),
        ("share of the matrix rate, packaged model", small and small["share_of_matrix_rate"], 0.35),
        ("times the pattern of lm-polygraph", _ratio(ours, rates, "emulation of lm-polygraph"), 20),
        ("times CrossEncoder.predict at its best", _ratio(ours, rates, "CrossEncoder"), 3),
        ("share of scoring of sampling and scoring, the largest model, at most", min(shares, default=None), 0.05),
    ]


def _ratio(ours: float | None, rates: dict[str, float], prefix: str) -> float | None:
    best = max((rate for name, rate in rates.items() if name.startswith(prefix)), default=None)
    return None if ours is None or best is None else ours / best
