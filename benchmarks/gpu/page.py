"""The page about GPUs, from the figures; until there are some, it says that there are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.models import NAMES
from benchmarks.gpu.table import found_in, goals

HEAD = """<!-- Written by `python -m benchmarks.gpu` from benchmarks/results/scorer_gpu.json. -->

# How fast is the entailment pass on a GPU?

```sh
python -m benchmarks.gpu          # on a machine with a GPU, in under eight minutes; needs no network
python -m benchmarks.gpu --tiny   # does it run? Tiny models, on the CPU
```

It checks before it measures: every precision and every kind of attention against the float32 model without padding.
Figures are written section by section, so that a run that is cut off still counts.

## What is done differently on a GPU

- **No padding.** The tokens of a batch lie in one row. BERT, RoBERTa, XLM-R, ELECTRA and ModernBERT attend in one call
  of a flash-attention kernel for sequences of any length (`torch.nn.attention.varlen` where torch has its windows, from
  2.11 on, or the flash-attn package); where neither is to be had, and for MPNet and DeBERTa, pairs of one length are
  attended to together, which needs neither padding nor mask. The last layer computes the first token only.
- **DeBERTa's positions.** Projected once, not in every pass; a pair of L tokens meets the 2 L - 1 distances that it
  has, not all 512; and the shift of each row is a matter of strides, so that no index is read. FlexAttention with both
  terms as a change of the score is the other way; the run compares both.
- **The host.** The next batches are laid out in a thread, in pinned memory, and the next window of questions is planned
  in another; passes are launched without waiting, and results are fetched eight passes at a time, once the next eight
  are under way.
- **Found by trying, once per card:** the precision, of fp16, bf16 and fp32, that stays within the promise, with the
  head in float32 in each; and the number of tokens per pass beyond which nothing is gained. Memory that runs out
  halves it, and what was under way is kept. Pairs that overflow are computed again in float32.
- **Clusters.** A wave that would leave the card half empty is filled with pairs that later waves will probably ask for.
- **Not: CUDA graphs.** A graph replays passes of one shape, and packed rows of text have a new one each: to use graphs
  is to pad. What they could save is the time that the card waits for launches, and the run measures that (*card idle*).

On paper: of the work of a DeBERTa-large pass over pairs of 20 tokens, attention with its two terms of distance is about
1%, and its matrix products with weights are 99%. A fused kernel for that attention (several have been
published) can save its memory traffic, about 40 bytes per pair of tokens and head where the bias is written out, and
its launches; it cannot make such short pairs much faster. For pairs of several hundred tokens it can.
"""

NOT_MEASURED = """
## Figures

**Not measured yet.** No GPU was to be had so far: everything above is tested on a CPU, for equality with the float32
model and against memory that runs out, and how fast it is on a card is not known. The goals of the first run:

| | goal |
|---|---|
"""


def page(results: dict[str, Any] | None) -> str:
    """Markdown."""
    if results is None or results["tiny"]:
        wanted = goals({"sections": {}})
        return HEAD + NOT_MEASURED + "".join(f"| {title} | {goal:g} |\n" for title, _, goal in wanted)
    return HEAD + "\n".join(_figures(results)) + "\n"


def _figures(results: dict[str, Any]) -> Iterator[str]:
    card = found_in(results, "card") or {}
    yield "\n## Figures\n"
    if card:
        versions = ", ".join(f"{name} {own}" for name, own in card["versions"].items())
        rate, copy = card["matrix_flops_per_second"] / 1e12, card["copy_bytes_per_second"] / 1e12
        yield (
            f"{card['name']}, {card['cores']} CPU cores; {rate:.0f} TFLOP/s on random bf16 matrices, {copy:.2f} TB/s, "
            f"measured in the same run. {versions}.\n"
        )
    yield "| | found | goal |\n|---|---|---|"
    for title, value, goal in goals(results):
        yield f"| {title} | {'not measured' if value is None else f'{value:.3g}'} | {goal:g} |"
    yield "\n250 questions, 20 real answers each:\n"
    yield "| model | question shown | pairs/s | tokens/s | of the matrix rate | within passes | card idle | precision |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in NAMES:
        for context in ("none", "question"):
            own = found_in(results, f"speed, {name}, {context}")
            if own:
                yield (
                    f"| {name} | {'yes' if context == 'question' else 'no'} | {own['pairs_per_second']:,.0f} | "
                    f"{own['tokens_per_second']:,.0f} | {own['share_of_matrix_rate']:.1%} | "
                    f"{own['passes_share_of_matrix_rate']:.1%} | {own['idle_share']:.0%} | {own['precision']} |"
                )
    for name in NAMES:
        rows = found_in(results, f"peers, {name}")
        if rows:
            yield f"\nOthers on the same card, {name}, distinct pairs of distinct answers per second:\n"
            yield "| | pairs/s |\n|---|---|"
            for title, row in rows.items():
                yield f"| {title} | {row['error'] if 'error' in row else format(row['pairs_per_second'], ',.0f')} |"
    rows = found_in(results, "growth")
    if rows:
        yield "\n| questions | pairs | seconds | peak memory of the card, MB | of the host |\n|---|---|---|---|---|"
        for row in rows:
            if "seconds" in row:
                yield (
                    f"| {row['questions']:,} | {row['pairs']:,} | {row['seconds']:.3g} | {row['card_peak_mb']:,} | "
                    f"{row['host_peak_mb']:,} |"
                )
    steps = found_in(results, "training")
    if steps:
        yield (
            f"\nTraining, all weights of the recipe {steps['recipe']}, {steps['rollouts_per_step']} rollouts a step: "
            f"{steps['seconds_without']:.3g} s a step (median of {steps['steps']}) without modulation, to which "
            "signals add:\n"
        )
        yield "| signal | seconds a step |\n|---|---|"
        for name, seconds in steps["added_seconds"].items():
            yield f"| {name} | {seconds:.3g} |"
    for name, section in results["sections"].items():
        if section["status"] != "done":
            yield f"\n{name}: {section['status']}: {section.get('error') or section.get('why')}"
