"""What is made to take for ever ends: expressions for computer algebra, texts for patterns, answers of 10 MB."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.reliability.commands import command
from benchmarks.reliability.tally import Tally, foreseen
from semuq import ExactMatch, LexicalSimilarity, MathEquivalence, SampleSet
from semuq.relations.entailment.guard import verdict
from semuq.relations.unanswered import unanswered
from semuq.samples.replies import read_reply
from semuq.text import normalise_answer, sentences, words

SECONDS = 20.0
"""What one call may take of this process's time and that of ended workers, on any machine; live ones have a limit."""

EXPRESSIONS = (
    "9^{9^{9^{9}}}", "10^{10^{10}}!", "(((2^{2})^{2^{2}})^{2^{2^{2}}})^{2^{2^{2^{2}}}}", "(x+1)^{100000}",
    "\\prod_{k=1}^{10^9} k", "\\sum_{k=1}^{10^{12}} k^{k}", "\\int_0^1 x^{x^{x^{x}}} dx",
    "\\sqrt{" * 300 + "2" + "}" * 300,
    "(" * 5000 + "1" + ")" * 5000, "1" * 100_000, "0." + "3" * 100_000, "\\frac{1}{" * 200 + "2" + "}" * 200,
    "2^{2^{2^{2^{2^{2}}}}}", "\\binom{10^{12}}{5 \\cdot 10^{11}}", "x=" * 3000 + "1", "\\boxed{" * 2000 + "1",
)  # fmt: skip
REPEATED = (
    "a",
    "a ",
    "1",
    "1,",
    "1.",
    "-",
    "(",
    "<think>",
    "</think>",
    "\\frac{",
    "{",
    "[",
    "I'm sorry ",
    "cannot ",
    "\u0301",
    "0 0 ",
    "km ",
    "\t",
    "1/",
)

LARGE, LARGEST = 100_000, 10_000_000
"""Characters of an answer."""


def never_ending(rng: np.random.Generator, trials: int) -> Tally:
    """Each trial is an expression or a sign, put together by chance, through one of the readers."""
    tally = Tally(f"a traceback, or more than {SECONDS:g} seconds of processor time")
    slowest: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for trial in range(trials):
            kind, size, act = _case(rng, trial, Path(name))
            before = _spent()
            _, wrong = foreseen(act)
            took = _spent() - before
            slowest[kind] = max(slowest.get(kind, 0.0), round(took, 2))
            tally.note(wrong or (None if took <= SECONDS else f"{kind}, {size}: {took:.1f} s"))
    tally.figures["slowest, in seconds"] = dict(sorted(slowest.items()))
    return tally


def _case(rng: np.random.Generator, trial: int, folder: Path) -> tuple[str, str, Callable[[], object]]:
    """What is read, in words, and the reading of it; every fifth is an expression, in their order."""
    if trial % 5 == 0:
        expression = EXPRESSIONS[rng.integers(len(EXPRESSIONS))]
        pair = SampleSet(prompt="?", texts=(expression, expression + "+1"))
        return "computer algebra", expression[:40], lambda: MathEquivalence().compare([pair])
    size = LARGEST if rng.random() < 0.2 else LARGE
    signs = [REPEATED[own] for own in rng.integers(len(REPEATED), size=rng.integers(1, 3))]
    sign = "".join(signs)
    text = sign * (size // len(sign)) + "!"
    texts = (text, text[:-1])
    readers: dict[str, Callable[[], object]] = {
        "exact": lambda: ExactMatch().compare([SampleSet(prompt="?", texts=texts)]),
        "lexical": lambda: LexicalSimilarity().compare([SampleSet(prompt="?", texts=texts)]),
        "the guard's rules": lambda: (verdict(*texts), unanswered(text)),
        "reply": lambda: _as_reply(text),
        "words and sentences": lambda: (normalise_answer(text), sentences(text), words(text)),
        "values": lambda: MathEquivalence().compare([SampleSet(prompt="?", texts=texts)]),
        "semuq score": lambda: _scored(folder, texts),
    }
    kind = list(readers)[rng.integers(len(readers))]
    return f"{kind}, {size:,} characters", repr(sign), readers[kind]


def _as_reply(text: str) -> object:
    return read_reply(json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}), 0)


def _scored(folder: Path, texts: tuple[str, str]) -> None:
    path = folder / "long.jsonl"
    path.write_text(json.dumps({"prompt": "?", "texts": texts}) + "\n", encoding="utf-8")
    ended = command("score", path, "--relation", "exact")
    if ended.wrong or ended.status:
        raise AssertionError(ended.wrong or ended.errors)


def _spent() -> float:
    """Processor time of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
