"""What the scorer is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]


@dataclass(frozen=True)
class Ratio:
    """`slower` is to take at least `least` times as long as `faster`, in one setting."""

    title: str
    slower: str
    faster: str
    least: float
    setting: str = "main"

    def judge(self, results: Results) -> dict[str, Any]:
        low, value, high = ratio_of(results["settings"][self.setting]["contestants"], self.slower, self.faster)
        return _verdict(self.title, value, self.least, value >= self.least, low, high, "at least")


RATIOS = (
    Ratio("full matrix against lm-polygraph", "lm-polygraph", "semuq", 5),
    Ratio("full matrix against uqlm, every answer scored", "uqlm-matrix", "semuq", 8),
    Ratio("full matrix against one pair at a time", "one", "semuq", 10),
    Ratio("full matrix against CrossEncoder.predict, all pairs", "crossencoder", "semuq", 8),
    Ratio("full matrix against CrossEncoder.predict, distinct pairs", "crossencoder-distinct", "semuq", 2),
    Ratio("ideal over semuq, both in float32", "ideal", "semuq-fp32", 0.9),
    Ratio("clusters against lm-polygraph", "lm-polygraph", "semuq-clusters", 10),
    Ratio("clusters against uqlm's semantic entropy", "uqlm-clusters", "semuq-clusters", 6),
    Ratio("warm against cold", "semuq", "semuq-warm", 200),
    *(
        Ratio(f"{title}, {where}", slower, faster, least, setting)
        for setting, where in (("base", "DeBERTa"), ("base-context", "DeBERTa with the question"))
        for title, slower, faster, least in (
            ("full matrix against lm-polygraph", "lm-polygraph", "semuq", 3),
            ("full matrix against CrossEncoder.predict, all pairs", "crossencoder", "semuq", 4),
            ("clusters against lm-polygraph", "lm-polygraph", "semuq-clusters", 8),
            ("ideal over semuq, both in float32", "ideal", "semuq-fp32", 1.1),
        )
    ),
)


def ratio_of(contestants: Results, slower: str, faster: str) -> tuple[float, float, float]:
    """Smallest, median and largest quotient of the two over the repeats, each within one repeat."""
    pairs = zip(contestants[slower]["seconds"], contestants[faster]["seconds"], strict=True)
    ordered = sorted(a / b for a, b in pairs)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return ordered[0], median, ordered[-1]


def judge(results: Results) -> list[dict[str, Any]]:
    """Every target with its figure."""
    judged = [ratio.judge(results) for ratio in RATIOS if ratio.setting in results["settings"]]
    counted = results["counts"]["forwards_at_128"]
    value = counted["forwards_per_question"]
    judged.append(_verdict("forward passes a question at 128 pairs each", value, 0.82, value <= 0.82))
    for own in results["equality"]:
        where = f"{own['precision']}, {'with' if own['context'] == 'question' else 'without'} the question"
        largest, equal = own["largest_difference_of_entailment"], own["questions_with_equal_clusters"]
        limit = 1e-5 if own["precision"] == "fp32" else 0.02
        judged.append(
            _verdict(f"largest change of an entailment probability, {where}", largest, limit, largest <= limit)
        )
        judged.append(
            _verdict(
                f"questions with the reference's clusters, {where}", equal, 0.995, equal >= 0.995, bound="at least"
            )
        )
        if own["precision"] == "auto":
            share = own["waves_share_of_pairs"]
            judged.append(_verdict(f"pairs that the clusters need of the matrix's, {where}", share, 0.5, share <= 0.5))
    return judged


def _verdict(
    title: str,
    value: float,
    target: float,
    reached: bool,
    low: float | None = None,
    high: float | None = None,
    bound: str = "at most",
) -> dict[str, Any]:
    spread = {} if low is None or high is None else {"low": low, "high": high}
    return {"title": title, "value": value, **spread, "bound": bound, "target": target, "reached": reached}
