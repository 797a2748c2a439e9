"""Hostile inputs made by chance: texts in twenty scripts, values that JSON can hold, spoiled records, odd lines."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

__all__ = ["REPLY", "SAMPLE", "SCRIPTS", "junk", "line", "spoiled", "text"]

SCRIPTS = {
    "Latin": (0x20, 0x7E), "Latin extended": (0xC0, 0x24F), "Greek": (0x370, 0x3FF), "Cyrillic": (0x400, 0x4FF),
    "Armenian": (0x531, 0x58F), "Hebrew": (0x591, 0x5F4), "Arabic": (0x600, 0x6FF), "Devanagari": (0x900, 0x97F),
    "Bengali": (0x980, 0x9FB), "Tamil": (0xB82, 0xBFA), "Thai": (0xE01, 0xE5B), "Georgian": (0x10A0, 0x10FF),
    "Hangul": (0xAC00, 0xD7A3), "Ethiopic": (0x1200, 0x137C), "Hiragana and Katakana": (0x3041, 0x30FF),
    "Han": (0x4E00, 0x9FFF), "mathematical": (0x2200, 0x22FF), "superscripts": (0x2070, 0x209C),
    "emoji": (0x1F300, 0x1FAFF), "styled letters and digits": (0x1D400, 0x1D7FF),
}  # fmt: skip
ODD = ["\0", "\n", "\r", "\u2028", "\u202e", "\u200d", "\ufeff", "\x1b[31m", "\ud800", "\udfff", "\\", '"', "%", "{}"]
SAMPLE: dict[str, Any] = {
    "prompt": "Capital of France?", "texts": ["Paris", "paris", "Lyon"], "id": "odd", "references": ["Paris"],
    "token_logprobs": [[-0.1], [-0.2, -0.3], [-1.0]], "metadata": {"correct": True},
}  # fmt: skip
REPLY: dict[str, Any] = {
    "choices": [
        {"message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop", "logprobs": {
            "content": [{"token": "Paris", "logprob": -0.1, "top_logprobs": [{"token": "Paris", "logprob": -0.1}]}]}},
        {"text": "Lyon", "finish_reason": "length", "logprobs": {
            "tokens": ["Lyon"], "token_logprobs": [-0.5], "top_logprobs": [{"Lyon": -0.5}]}},
    ]
}  # fmt: skip


def text(rng: np.random.Generator, longest: int = 40) -> str:
    """A text in one of twenty scripts, now and then with signs that are trouble."""
    low, high = list(SCRIPTS.values())[rng.integers(len(SCRIPTS))]
    signs = [chr(code) for code in rng.integers(low, high + 1, rng.integers(0, longest + 1))]
    for _ in range(rng.integers(0, 3) if rng.random() < 0.3 else 0):
        signs.insert(int(rng.integers(len(signs) + 1)), ODD[rng.integers(len(ODD))])
    return "".join(signs)


def junk(rng: np.random.Generator, depth: int = 3) -> Any:
    """Any value that JSON, as Python writes it, can hold."""
    kind = int(rng.integers(12 if depth else 9))
    if kind < 9:
        return (
            None, True, False, 0, -1, int(10 ** rng.integers(0, 400)) if rng.random() < 0.2 else int(rng.integers(99)),
            float(rng.choice([np.nan, np.inf, -np.inf, 0.5, -0.5, 1e308])), "", text(rng),
        )[kind]  # fmt: skip
    items = [junk(rng, depth - 1) for _ in range(rng.integers(0, 4))]
    return items if kind == 9 else {text(rng, 6) if kind == 10 else f"k{i}": own for i, own in enumerate(items)}


def spoiled(rng: np.random.Generator, record: Any) -> Any:
    """The record with junk in place of something in it, somewhere."""
    if not isinstance(record, dict | list) or not record or rng.random() < 0.25:
        return junk(rng)
    copy: Any = dict(record) if isinstance(record, dict) else list(record)
    place = list(record)[rng.integers(len(record))] if isinstance(record, dict) else int(rng.integers(len(record)))
    if rng.random() < 0.15 and isinstance(copy, dict):
        del copy[place]
        return copy
    copy[place] = spoiled(rng, record[place])
    return copy


def line(rng: np.random.Generator, record: Any) -> bytes:
    """A line of a file: a spoiled record, or no JSON at all."""
    odd = rng.random()
    if odd < 0.05:
        return bytes(rng.integers(0, 256, rng.integers(0, 40)).astype(np.uint8)).replace(b"\n", b" ")
    whole = json.dumps(spoiled(rng, record)).encode()
    if odd < 0.1:
        return whole[: rng.integers(len(whole) + 1)]
    return b"[" * 100_000 if odd < 0.102 else whole
