"""Is a reward learned from hidden states worth anything beside a count of which answer comes most often?

    SEMUQ_WEIGHTS=FOLDER python -m benchmarks.layer_vote read [--minutes 60]     states of stored answers; resumes
    python -m benchmarks.layer_vote fit                          scores of every arm, from the states: scores.jsonl.xz
    python -m benchmarks.layer_vote analyse                      results/layer_vote.json, from those scores, in seconds

What is measured and how it is judged was written down before: design.md. States (90 kB an answer) are not kept in the
repository; the scores that the arms give to each answer are.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.layer_vote.analysis import analyse_set, headline
from benchmarks.layer_vote.arms import FOLDS, Scores, fitted, folds, unfitted
from benchmarks.layer_vote.data import ANSWERS, MIXED, States, kept_states, load_answers, read_states, wanted
from benchmarks.leaderboard.answers import pack, read_packed
from benchmarks.leaderboard.models import read_model
from benchmarks.leaderboard.questions import read_datasets
from benchmarks.machine import hardware

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parents[1] / "results" / "layer_vote.json"
PACKED = Path(__file__).parent / "scores.jsonl.xz"
MODEL = "qwen2.5-coder-0.5b"
SETS = ("svamp", "squad")
GATE = {"right_from": 0.15, "right_to": 0.85, "mixed_from": 40}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["read", "fit", "analyse"])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "layer_vote", help="where states are kept")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop reading after this long")
    parser.add_argument("--scores", type=Path, default=PACKED)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.command == "analyse":
        report = analysed(read_packed(options.scores).values())
        options.out.write_text(json.dumps(report, indent=1) + "\n")
        return
    until = time.monotonic() + 60 * options.minutes
    sets = {data.name: load_answers(data, MODEL) for data in read_datasets(SETS)}
    if options.command == "read":
        read_states(sets, read_model(MODEL), options.work, until=until, say=_say)
    else:
        known = {name: kept_states(asked, options.work / name) for name, asked in sets.items()}
        pack(options.scores, scored(known))


def scored(sets: dict[str, States]) -> Iterator[dict[str, Any]]:
    """A line a question: what every arm says of its answers, fitted on other questions, and on the other set."""
    transferred = {name: fitted(known, [own.id for own in known.read])[0]["layer vote"] for name, known in sets.items()}
    for name, known in sets.items():
        (other,) = (fit for own, fit in transferred.items() if own != name)
        scores, temperatures = within(known)
        _say(f"{name}: fitted")
        for own in known.asked:
            read = own.id in known.of
            line: dict[str, Any] = {
                "id": f"{name}/{own.id}",
                "set": name,
                "read": read,
                "planned": len(wanted(known.asked)),
            }
            line |= {"right": own.right.tolist(), "meaning": own.meaning.tolist(), "tokens": own.tokens.tolist()}
            if read:
                line["scores"] = {arm: _rounded(values[own.id]) for arm, values in scores.items()}
                line["temperature"] = round(temperatures[own.id], 4)
                line["transfer"] = _rounded(other(known.of[own.id]).tolist())
            yield line


def within(known: States) -> tuple[Scores, dict[str, float]]:
    """Scores of every arm for the questions that were read, none by its own answers; the vote's temperature there."""
    scores: Scores = {}
    temperatures = {}
    parts = folds(known.read)
    for fold in range(FOLDS):
        arms, temperature = fitted(known, [key for part in parts if part is not parts[fold] for key in part])
        for key in parts[fold]:
            temperatures[key] = temperature
            for arm, score in arms.items():
                scores.setdefault(arm, {})[key] = score(known.of[key]).tolist()
    return scores | unfitted(known), temperatures


def analysed(lines: Any) -> dict[str, Any]:
    """The record of results."""
    by_set: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_set.setdefault(line["set"], []).append(line)
    sets = {name: analyse_set(own) for name, own in by_set.items()}
    for name, own in sets.items():
        own["planned"] = by_set[name][0]["planned"]
        right = GATE["right_from"] <= own["sampled_right"] <= GATE["right_to"]
        own["open"] = bool(right and own["read"] >= GATE["mixed_from"])
    told = {name: own for name, own in sets.items() if own["open"]}
    report: dict[str, Any] = {
        "question": "Does a reward from hidden states choose better answers than a count of which comes most often?",
        "command": "python -m benchmarks.layer_vote",
        "model": MODEL,
        "answers": ANSWERS,
        "most_questions": MIXED,
        "gate": GATE,
        "headline": headline(told) if told else "gate closed",
    }
    for own in sets.values():
        del own["draws"]
    report["sets"] = sets
    report["hardware"] = hardware()
    report["versions"] = {name: version(name) for name in ("semuq", "torch", "transformers", "numpy", "scikit-learn")}
    return report


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 5) for value in values]


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
