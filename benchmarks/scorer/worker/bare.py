"""The bare model: one pair at a time, and the ideal, whose batches are tokenised, sorted and packed beforehand."""

from __future__ import annotations

import time
from itertools import permutations
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from benchmarks.scorer.worker.contestant import Batch, Outcome
from benchmarks.scorer.worker.watch import Watch

BUDGETS = (1_024, 2_048, 4_096, 8_192)
ATTENTION = ("sdpa", "eager")
TUNED_ON = 256

Packed = list[dict[str, torch.Tensor]]


class Bare:
    """Modes "one" (every pair of distinct answers by itself) and "ideal" (their forward passes and nothing else).

    For "ideal" the faster of two attention implementations and of four sizes of batch is found beforehand, on up
    to 256 of the pairs.
    """

    packages = ()

    def load(self, folder: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
        self._watch = Watch(self._model)
        self._packed: Packed = []
        self._tuned: dict[str, tuple[int, str]] = {}
        self._attention = ATTENTION if self._model._supports_sdpa else ATTENTION[1:]

    def prepare(self, batch: Batch, mode: str) -> None:
        pairs = distinct_pairs(batch)
        self._model.set_attn_implementation(self._attention[0])
        self._packed = []
        if mode == "ideal" and pairs:
            encoded = self._tokenizer([a for a, _ in pairs], [b for _, b in pairs])
            if batch.context not in self._tuned:
                self._tuned[batch.context] = self._tune(encoded)
            budget, attention = self._tuned[batch.context]
            self._model.set_attn_implementation(attention)
            self._packed = self._pack(encoded, range(len(pairs)), budget)
        self._pairs = pairs
        self._watch.clear()

    def run(self, _batch: Batch, mode: str) -> Any:
        if mode == "ideal":
            return self._forwards(self._packed)
        with torch.inference_mode():
            # A list of one: given as plain strings, an empty hypothesis is taken for none.
            return [
                self._model(**self._tokenizer([a], [b], truncation=True, return_tensors="pt")).logits.softmax(-1)
                for a, b in self._pairs
            ]

    def outcome(self) -> Outcome:
        return self._watch.outcome()

    def _forwards(self, packed: Packed) -> list[torch.Tensor]:
        with torch.inference_mode():
            return [self._model(**own).logits.softmax(-1) for own in packed]

    def _tune(self, encoded: Any) -> tuple[int, str]:
        """The budget and attention that took the least time."""
        rows = len(encoded["input_ids"])
        sample = range(0, rows, max(1, rows // TUNED_ON))
        seconds = {}
        for attention in self._attention:
            self._model.set_attn_implementation(attention)
            for budget in BUDGETS:
                packed = self._pack(encoded, sample, budget)
                self._forwards(packed[:2])
                start = time.perf_counter()
                self._forwards(packed)
                seconds[budget, attention] = time.perf_counter() - start
        return min(seconds, key=seconds.__getitem__)

    def _pack(self, encoded: Any, rows: range, budget: int) -> Packed:
        lengths = {row: len(encoded["input_ids"][row]) for row in rows}
        order = sorted(rows, key=lengths.__getitem__, reverse=True)
        packed, start = [], 0
        while start < len(order):
            size = max(1, budget // lengths[order[start]])
            chosen = order[start : start + size]
            packed.append(
                dict(
                    self._tokenizer.pad(
                        {name: [own[row] for row in chosen] for name, own in encoded.items()}, return_tensors="pt"
                    )
                )
            )
            start += size
        return packed


def distinct_pairs(batch: Batch) -> list[tuple[str, str]]:
    """Every ordered pair of distinct answers to a question, once."""
    return list(dict.fromkeys(pair for own in batch.texts for pair in permutations(dict.fromkeys(own), 2)))
