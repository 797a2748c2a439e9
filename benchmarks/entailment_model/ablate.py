"""What each rule of the guard is worth: `python -m benchmarks.entailment_model.ablate --data DIR [--cache FILE]`.

Writes `benchmarks/results/entailment_guard.json`. For every rule: on how many pairs it decides, how often wrongly, and
how many pairs more are right with it than without it, whatever the other rules and the model then say; on the
hand-written contrasts, on the short answers, scripts and symbols of `benchmarks.edges`, and (by rules alone, a verdict
being right if people said so) on the answers of EVOUNA's training part.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import hardware
from semuq import Entailment
from semuq.models.bundled import settings
from semuq.relations.entailment import guard, scripts
from semuq.relations.entailment.plan import Side

from . import evouna
from .evaluate import READER, aliases
from .example import side
from .pairs import Pair, contrasts, edge_cases

HERE = Path(__file__).parent
RESULT = HERE.parent / "results" / "entailment_guard.json"
UNREAD = "not readable"


def sets() -> dict[str, list[Pair]]:
    """The contrasts and the cases."""
    found = {f"contrasts, {part}": contrasts(part) for part in ("test", "dev")}
    for _, group, own in edge_cases(("reported", "own")):
        if all(own[1:3]):
            found.setdefault(f"cases, {group.removesuffix(', unseen')}", []).append(own)
    return found


def merged_by_model(relation: Entailment, pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    """Whether the model alone puts each pair into one meaning, at the threshold of its config."""
    texts: dict[str, int] = {}
    ids = [[texts.setdefault(side(q, text), len(texts)) for text in two] for q, *two, _ in pairs]  # type: ignore[arg-type]
    both = np.array([(a, b) for a, b in ids] + [(b, a) for a, b in ids])
    entails = relation.ask([Side(text, 0) for text in texts], both)[0][:, 0].reshape(2, -1)
    return np.asarray(entails.min(axis=0) >= float(settings()["entailment_threshold"]))


def merged(question: str, a: str, b: str, model: bool, without: str = "") -> tuple[str, bool]:
    """The rule that decides, "" for the model, and whether the pair is put into one meaning."""
    name, verdict = guard.decided_by(a, b, without)
    if verdict:
        return name, verdict > 0
    if without != UNREAD and not (READER.reads(a) and READER.reads(b)):
        return UNREAD, scripts.alike(question, a, b)
    return "", model


def on_answers(directory: Path) -> dict[str, dict[str, int]]:
    """Per rule: golden answers agreed with, and all golden answers conflicted with, by people's judgement."""
    counts: dict[str, Counter[str]] = {}
    for question in evouna.split(directory)["train"]:
        golden = aliases(question)
        for answer, right in question.answers:
            found = [guard.decided_by(answer, gold) for gold in golden]
            agreeing = [name for name, verdict in found if verdict > 0]
            judged = "right" if right else "wrong"
            if agreeing:
                counts.setdefault(agreeing[0], Counter())[f"agree, judged {judged}"] += 1
            elif all(verdict < 0 for _, verdict in found):
                for name in {name for name, _ in found}:
                    counts.setdefault(name, Counter())[f"conflict, judged {judged}"] += 1
    outcomes = {name: {key.partition(",")[0] for key in own} for name, own in counts.items()}
    return {
        name: {
            f"{said}, judged {judged}": own[f"{said}, judged {judged}"]
            for said in sorted(outcomes[name])
            for judged in ("right", "wrong")
        }
        for name, own in counts.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="holds qa_equivalence/; without it EVOUNA is left out")
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    relation = Entailment(guard="off", precision="bf16", cache=options.cache or False)
    rules: dict[str, dict[str, Any]] = {name: {} for name in (*guard.RULES, UNREAD)}
    whole: dict[str, Any] = {}
    for name, pairs in sets().items():
        model = merged_by_model(relation, pairs)
        with_all = [merged(q, a, b, bool(own)) for (q, a, b, _), own in zip(pairs, model, strict=True)]
        hits = [found == same for (_, found), (*_, same) in zip(with_all, pairs, strict=True)]
        whole[name] = {
            "pairs": len(pairs),
            "right, model alone": int(sum(bool(own) == same for own, (*_, same) in zip(model, pairs, strict=True))),
            "right": sum(hits),
            "called the same wrongly": sum(
                found and not same for (_, found), (*_, same) in zip(with_all, pairs, strict=True)
            ),
            "decided by rule": sum(bool(rule) for rule, _ in with_all),
            "decided wrongly by rule": sum(
                bool(rule) and not hit for (rule, _), hit in zip(with_all, hits, strict=True)
            ),
        }
        for rule, own in rules.items():
            less = [merged(q, a, b, bool(m), rule)[1] == same for (q, a, b, same), m in zip(pairs, model, strict=True)]
            deciding = [hit for (by, _), hit in zip(with_all, hits, strict=True) if by == rule]
            own[name] = {"decides": len(deciding), "wrongly": deciding.count(False), "gains": sum(hits) - sum(less)}
    for rule, counts in on_answers(options.data).items() if options.data else ():
        rules[rule]["EVOUNA, training part"] = counts
    result = {
        "command": "python -m benchmarks.entailment_model.ablate --data DIR",
        "machine": hardware(),
        "version": guard.VERSION,
        "threshold": settings()["entailment_threshold"],
        "whole": whole,
        "rules": rules,
    }
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
