r"""Do the graders know every reference answer of the five sets, however written, and every wrong one?

    python -m benchmarks.rl_graders [--sets aime24,amc,...] [--failures failures.jsonl]

For each reference: itself in a \boxed{}, in <answer> tags and behind "The answer is"; every other way of
writing it that `rewritings` knows (right), and every wrong answer made from it, with five answers of other
problems of the set (wrong). Counts per set and rule, and what the grader gets wrong, one by one. Writes
benchmarks/results/rl_graders.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.machine import hardware
from benchmarks.rl_graders.reasons import reason
from benchmarks.rl_graders.rewritings import bare, right_forms, value, wrong_forms
from semuq.relations.maths import decide_pairs, extract_answer
from semuq_rl.tasks.maths import SETS, TEMPLATES, MathsProblem, grade_groups, load_set

RESULTS = Path(__file__).parents[1] / "results" / "rl_graders.json"
OTHERS = 5
"""How many answers of other problems are tried for each."""
SEED = 8


@dataclass(frozen=True)
class Case:
    """One answer to one problem, and whether it is right."""

    id: str
    rule: str
    answer: str
    references: tuple[str, ...]
    right: bool


def cases(problems: Sequence[MathsProblem], *, seed: int = SEED) -> list[Case]:
    """Every right and wrong form of every reference, and answers of other problems."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, str], Case] = {}
    for place, problem in enumerate(problems):
        known = {_key(reference) for reference in problem.references}

        def add(rule: str, answer: str, right: bool, problem: MathsProblem = problem, known: set[str] = known) -> None:
            # A wrong form of one reference may be another reference, or an equal answer of another problem.
            if right or _key(answer) not in known:
                case = Case(problem.id, rule, answer, problem.references, right)
                found.setdefault((problem.id, answer), case)

        for reference in problem.references:
            add("itself", reference, True)
            for rule, answer in right_forms(reference):
                add(rule, answer, True)
        for reference in problem.references:
            for rule, answer in wrong_forms(reference):
                add(rule, answer, False)
        for other in rng.choice(len(problems), size=min(OTHERS, len(problems)), replace=False):
            if other != place:
                add("another problem's answer", problems[other].references[0], False)
    return list(found.values())


def judge(problems: Sequence[Case]) -> list[tuple[bool, bool]]:
    """(graded as right, undecided) for each case, its answer boxed in a sentence."""
    groups = [([rf"Adding up, we find $\boxed{{{case.answer}}}$."], case.references) for case in problems]
    return [(found.right, found.undecided) for (found,) in grade_groups(groups)]


def wrapped(problems: Sequence[MathsProblem]) -> dict[str, int]:
    """How many references are right against their problem in each place an answer can stand in."""
    own = [(reference, problem.references) for problem in problems for reference in problem.references]
    boxed = grade_groups([([rf"So it is $\boxed{{{text}}}$. Done."], refs) for text, refs in own])
    tags = grade_groups(
        [([f"so </think> <answer> {text} </answer>"], refs) for text, refs in own], extract=TEMPLATES["r1"].answer
    )
    boxed_tags = grade_groups(
        [([rf"so </think> <answer> \boxed{{{text}}} </answer>"], refs) for text, refs in own],
        extract=TEMPLATES["r1"].answer,
    )
    said = decide_pairs([(extract_answer(f"The answer is ${bare(text)}$."), text) for text, _ in own])
    return {
        "references": len(own),
        "boxed": sum(found.right for (found,) in boxed),
        "answer_tags": sum(found.right for (found,) in tags),
        "boxed_in_tags": sum(found.right for (found,) in boxed_tags),
        "the_answer_is": sum(map(bool, said)),
    }


def _key(answer: str) -> str:
    number = value(answer)
    return "".join(bare(answer).split()) if number is None else str(number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS), help="which sets, comma-separated")
    parser.add_argument("--failures", type=Path, help="also write every failure to this file")
    options = parser.parse_args()
    started = time.perf_counter()
    results, failures = {}, []
    for name in options.sets.split(","):
        problems = load_set(name)
        tried = cases(problems)
        verdicts = judge(tried)
        counts: dict[str, dict[str, Counter[str]]] = {"right": defaultdict(Counter), "wrong": defaultdict(Counter)}
        for case, (graded, undecided) in zip(tried, verdicts, strict=True):
            row = counts["right" if case.right else "wrong"][case.rule]
            row["tried"] += 1
            row["graded_right"] += graded
            row["undecided"] += undecided
            if graded != case.right:
                failures.append(asdict(case) | {"undecided": undecided, "reason": reason(case.rule, case.answer)})
        results[name] = {
            "problems": len(problems),
            "itself": wrapped(problems),
            "right_forms": _total(counts["right"]),
            "wrong_forms": _total(counts["wrong"]),
            "rules": {kind: {rule: dict(row) for rule, row in sorted(rows.items())} for kind, rows in counts.items()},
        }
        if options.failures:
            options.failures.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in failures))
        seconds = time.perf_counter() - started
        print(f"{name}: {results[name]['right_forms']} {results[name]['wrong_forms']}, {seconds:.0f} s", flush=True)
    whole = {
        kind: {key: sum(results[name][kind][key] for name in results) for key in ("tried", "graded_right", "undecided")}
        for kind in ("right_forms", "wrong_forms")
    }
    whole["itself"] = {
        key: sum(results[name]["itself"][key] for name in results) for key in next(iter(results.values()))["itself"]
    }
    if set(options.sets.split(",")) == set(SETS):
        document = {
            "command": "python -m benchmarks.rl_graders",
            "seconds": round(time.perf_counter() - started),
            "seed": SEED,
            "machine": hardware(),
            "versions": {name: version(name) for name in ("math-verify", "latex2sympy2_extended", "sympy")}
            | {"python": platform.python_version()},
            "all": whole,
            "sets": results,
            "failures": {
                "rejected_though_right": sum(row["right"] for row in failures),
                "accepted_though_wrong": sum(not row["right"] for row in failures),
                "reasons": dict(Counter(row["reason"] for row in failures).most_common()),
                "listed": [
                    [row["id"], row["rule"], row["answer"], row["references"][0], row["reason"]] for row in failures
                ],
            },
        }
        RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(whole), f"{len(failures)} failures")


def _total(rows: dict[str, Counter[str]]) -> dict[str, int]:
    return {key: sum(row[key] for row in rows.values()) for key in ("tried", "graded_right", "undecided")}


if __name__ == "__main__":
    main()
