"""What is measured: which strings, which model, who takes part, how often."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.scorer.contestants import CONTESTANTS

SEED = 0
THREADS = 1
"""One, so that processor time measures work: two threads that wait for each other burn it."""

ONE_BY_ONE = ("semuq", "semuq-clusters", "one", "truthtorchlm", "truthtorchlm-clusters")
EVERYONE = tuple(name for name in CONTESTANTS if not name.startswith(("truthtorchlm", "runtime")))
RUNTIMES = ("semuq", "semuq-fp32", "ideal", *(name for name in CONTESTANTS if name.startswith("runtime")))
GROWTH = ("semuq", "semuq-clusters", "ideal", "lm-polygraph", "uqlm-clusters")
MORE = ("semuq", "semuq-warm", "semuq-clusters", "ideal", "lm-polygraph", "uqlm-clusters")
ALONE = ("semuq", "semuq-warm", "semuq-clusters")


@dataclass(frozen=True)
class Setting:
    """One set of strings and its contestants.

    Args:
        checked: questions at the start over which every contestant must agree with the unbatched
            reference before any is timed.
    """

    name: str
    title: str
    questions: int
    answers: int
    contestants: tuple[str, ...]
    context: str = "none"
    model: str = "embedded"
    repeats: int = 5
    checked: int = 4


# Without uqlm: its clusters are by the most probable label, and random weights give all pairs the same.
BASE = ("semuq", "semuq-warm", "semuq-fp32", "semuq-clusters", "ideal", "lm-polygraph", "crossencoder")

SETTINGS = (
    Setting("main", "20 questions, 20 answers", 20, 20, EVERYONE),
    # Apart, since TruthTorchLM compares repeated answers too, one pair at a time: 380 passes a question.
    Setting("truthtorchlm", "8 questions, 20 answers, TruthTorchLM", 8, 20, ONE_BY_ONE, repeats=3),
    Setting("runtimes", "10 questions, 20 answers, other runtimes", 10, 20, RUNTIMES),
    Setting("context", "5 questions, 20 answers, with the question", 5, 20, EVERYONE, "question", repeats=3),
    Setting("base", "base-size model, 1 question, 20 answers", 1, 20, BASE, model="base", checked=1),
    Setting(
        "base-context",
        "base-size model, 1 question, 20 answers, with the question",
        1,
        20,
        BASE,
        "question",
        "base",
        checked=1,
    ),
    *(
        Setting(f"answers-{n}", f"{count} questions, {n} answers", count, n, GROWTH, repeats=3)
        for n, count in ((2, 120), (5, 50), (10, 20), (20, 6), (40, 3), (64, 1))
    ),
    *(
        Setting(
            f"questions-{count}",
            f"{count:,} questions, 5 answers",
            count,
            5,
            MORE if count <= 100 else (*ALONE, "ideal") if count <= 1000 else ALONE[:2],
            repeats=5 if count <= 100 else 3 if count <= 1000 else 1,
        )
        for count in (1, 10, 100, 1_000, 10_000)
    ),
)

FAST = (
    Setting("main", "3 questions, 20 answers", 3, 20, EVERYONE, repeats=2, checked=2),
    Setting("context", "1 question, 20 answers, with the question", 1, 20, EVERYONE, "question", repeats=2, checked=1),
    *(Setting(f"answers-{n}", f"4 questions, {n} answers", 4, n, GROWTH, repeats=2, checked=1) for n in (2, 5)),
    *(
        Setting(f"questions-{count}", f"{count} questions, 5 answers", count, 5, ALONE, repeats=2, checked=1)
        for count in (1, 10, 100)
    ),
)
