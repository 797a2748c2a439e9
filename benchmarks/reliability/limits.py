"""Time, memory and disk: what is made to take for ever ends, a large file fits a small memory, a full disk is borne."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.reliability.tally import Tally, foreseen
from semuq import ExactMatch, LexicalSimilarity, MathEquivalence, SampleSet
from semuq.relations.entailment.guard import verdict
from semuq.relations.unanswered import unanswered
from semuq.samples.replies import read_reply
from semuq.text import normalise_answer, sentences

__all__ = ["full_disk", "large_file", "never_ending"]

SECONDS = 20.0
"""What one call may take, of this process's time and its workers' together, on any machine."""

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


def never_ending(rng: np.random.Generator, repeats: int) -> Tally:
    """Expressions made to hang computer algebra, texts made to make patterns backtrack, answers of 10 MB."""
    tally = Tally(f"a traceback, or more than {SECONDS:g} seconds of processor time")
    slowest: dict[str, float] = {}

    def timed(name: str, act: Callable[[], object]) -> None:
        before = _spent()
        _, wrong = foreseen(act)
        took = _spent() - before
        slowest[name] = max(slowest.get(name, 0.0), round(took, 2))
        tally.note(wrong or (None if took <= SECONDS else f"{name}: {took:.1f} s"))

    maths = MathEquivalence()
    for expression in EXPRESSIONS[: max(4, len(EXPRESSIONS) * repeats // 100)]:
        pair = SampleSet(prompt="?", texts=(expression, expression + "+1"))
        timed("computer algebra", lambda pair=pair: maths.compare([pair]))
    for size in (100_000, 10_000_000):
        for sign in REPEATED if size < 1_000_000 else ("a ", "<think>", "("):
            long = sign * (size // len(sign)) + "!"
            sets = SampleSet(prompt="?", texts=(long, long[:-1]))
            timed(f"exact, {size:,} characters", lambda sets=sets: ExactMatch().compare([sets]))
            timed(f"rules, {size:,} characters", lambda long=long: (verdict(long, long[:-1]), unanswered(long)))
            timed(f"reply, {size:,} characters", lambda long=long: _as_reply(long))
            if size < 1_000_000:
                timed(f"words and sentences, {size:,}", lambda long=long: (normalise_answer(long), sentences(long)))
                few = SampleSet(prompt="?", texts=(long[:10_000], long[1:10_000]))  # takes the square of the words
                timed("lexical, 10,000 characters", lambda few=few: LexicalSimilarity().compare([few]))
    tally.figures["slowest_seconds"] = dict(sorted(slowest.items()))
    return tally


def _as_reply(text: str) -> object:
    return read_reply(json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}), 0)


def _spent() -> float:
    """Processor time of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


LARGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]), int(sys.argv[3])))
from semuq.cli import app
app(["score", sys.argv[1], "-o", sys.argv[2], "--relation", "exact", "--no-matrices"], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def large_file(rng: np.random.Generator, questions: int, limit: int = 1_500_000_000) -> Tally:
    """A file of many questions, scored under a limit of the address space."""
    tally = Tally("a run that does not end, or other than one line per question")
    with tempfile.TemporaryDirectory() as name:
        answers, out = Path(name) / "a.jsonl", Path(name) / "s.jsonl"
        with answers.open("w") as file:
            for number in range(questions):
                file.write(
                    json.dumps({"prompt": f"q{number}", "texts": [f"answer {number % 7} {k % 3}" for k in range(5)]})
                    + "\n"
                )
        command = [sys.executable, "-c", LARGE, str(answers), str(out), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = sum(1 for _ in out.open("rb")) if out.exists() else 0
        tally.note(None if done.returncode == 0 and lines == questions else f"{lines} lines; {done.stderr[-200:]}")
        kilobytes = int(done.stdout.split()[-1]) if done.returncode == 0 else 0
    tally.figures |= {"questions": questions, "address_space_limit_MB": limit // 10**6, "peak_MB": kilobytes // 1000}
    return tally


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
from semuq.cli import app
app(["score", sys.argv[1], "-o", sys.argv[2], "--relation", "exact"])
"""


def full_disk(rng: np.random.Generator, rounds: int) -> Tally:
    """A file that may not grow beyond a random size, which fails a write as a full disk does; then room again."""
    tally = Tally("a torn file, a traceback, or a file after the second run that is not that of an undisturbed one")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers, whole = folder / "a.jsonl", folder / "whole.jsonl"
        rows = [{"prompt": f"q{i}", "texts": ["a", "b", "c" * (i % 50)], "id": str(i)} for i in range(120)]
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        plain = [sys.executable, "-m", "semuq", "score", str(answers), "--relation", "exact", "-o"]
        subprocess.run([*plain, str(whole)], check=True, capture_output=True)
        for turn in range(rounds):
            out, room = folder / f"{turn}.jsonl", int(rng.integers(1, whole.stat().st_size))
            cut = subprocess.run(
                [sys.executable, "-c", FULL, str(answers), str(out), str(room)],
                capture_output=True,
                text=True,
                check=False,
            )
            kept = out.read_bytes()
            sound = whole.read_bytes().startswith(kept) and (not kept or kept.endswith(b"\n"))
            again = subprocess.run([*plain, str(out)], capture_output=True, check=False)
            same = out.read_bytes() == whole.read_bytes()
            fine = cut.returncode == 1 and "Traceback" not in cut.stderr and sound and again.returncode == 0 and same
            tally.note(
                None
                if fine
                else f"room {room}: status {cut.returncode}, sound {sound}, same {same}; {cut.stderr[-150:]}"
            )
    return tally
