"""What a contestant costs per question: answers, pairs, forward passes and time, measured on a part of each set.

Apart from the scores, and without any cache of pairs, so that neither an earlier run nor what else the machine is
doing changes it: time is that of the processor. Sums are the exception: they are compared in processes of their own,
and wall-clock time is taken.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks.leaderboard.contestants import BASELINES
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import Estimator
from semuq.estimators.combined import LearnedEnsemble
from semuq.evidence import Embedder, Evidence, Need
from semuq.relations.base import Relation
from semuq.relations.entailment import Entailment
from semuq.samples import SampleSet

T = TypeVar("T")
Bill = dict[str, float]
"""pairs, forwards and seconds."""

TIMED = 12
"""Questions of each set that are timed."""


def costs(
    batch: Sequence[SampleSet], relation: Relation, embedder: Embedder | None, names: Iterable[str]
) -> dict[str, Bill]:
    """name -> answers, pairs, forwards and seconds per question, each as if the contestant came alone."""
    part, kinds = list(batch[:TIMED]), {kind.__name__: kind for kind in ESTIMATORS}
    if isinstance(relation, Entailment):
        relation = dataclasses.replace(relation, cache=False)
    relation.compare(batch[-1])  # loads the model, or starts the workers
    evidence = Evidence(part, relation, embedder)
    pooled = {baseline.name: baseline.pooled for baseline in BASELINES}
    estimators = {name: kinds[name]() for name in names if name not in pooled}
    bills = _bills(evidence, {need for estimator in estimators.values() for need in estimator.needs})
    found: dict[str, Bill] = {}
    for name in names:
        answers = len(part[0]) if pooled.get(name, True) else 1
        paid = _paid(estimators[name], evidence, bills) if name in estimators else _bill()
        found[name] = {"answers": answers, **{field: value / len(part) for field, value in paid.items()}}
    return found


def costs_kept(
    path: Path, batch: Sequence[SampleSet], relation: Relation, embedder: Embedder | None, names: Iterable[str]
) -> dict[str, Bill]:
    """`costs`, or what an earlier run kept at `path` for the same input."""
    names = list(names)
    content = [relation.identity, names, [samples.to_dict() for samples in batch[:TIMED]]]
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    if path.is_file() and (kept := json.loads(path.read_text()))["key"] == key:
        return kept["costs"]
    found = costs(batch, relation, embedder, names)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"key": key, "costs": found}))
    return found


def _bills(evidence: Evidence, needed: set[Need]) -> dict[Need, Bill]:
    """What each shared kind of evidence costs; computes it."""
    relation, batch = evidence.relation, evidence.batch
    assert relation is not None  # a set of questions names one
    bills = {}
    if isinstance(relation, Entailment):
        (_, lazy), seconds = _timed(lambda: relation.cluster_with_report(batch))
        bills[Need.CLUSTERS] = _bill(lazy.pairs, lazy.forwards, seconds)
        (evidence.relation_scores, report), seconds = _timed(lambda: relation.compare_with_report(batch))
        bills[Need.RELATION] = _bill(report.pairs, report.forwards, seconds)
    else:
        pairs = sum(len(set(own.texts)) * (len(set(own.texts)) - 1) for own in batch)
        _, seconds = _timed(lambda: evidence.relation_scores, time.perf_counter)
        bills[Need.CLUSTERS] = bills[Need.RELATION] = _bill(pairs, 0, seconds)
    if Need.CLAIM_SUPPORT in needed:
        pairs, price = 0, bills[Need.RELATION]
        for own in batch:
            claims, answers = {claim for one in own.claims or () for claim in one}, set(own.texts)
            pairs += len(claims) * len(answers) - len(claims & answers)
        _, seconds = _timed(lambda: evidence.claim_support)
        bills[Need.CLAIM_SUPPORT] = _bill(pairs, price["forwards"] * pairs / max(price["pairs"], 1), seconds)
    if Need.EMBEDDINGS in needed:
        bills[Need.EMBEDDINGS] = _bill(seconds=_timed(evidence.embeddings)[1])
    return bills


def _paid(estimator: Estimator, evidence: Evidence, bills: dict[Need, Bill]) -> Bill:
    """Its own time and the bills of what it needs: all pairs, or only those that greedy clustering asks for."""
    # A fitted ensemble is its members and a weighted sum.
    members = estimator.members if isinstance(estimator, LearnedEnsemble) else (estimator,)
    own = sum(_timed(lambda one=one: one.score_evidence(evidence))[1] for one in members)
    dear = {need for need in estimator.needs if need in bills}
    if Need.RELATION in dear:
        dear -= {Need.CLUSTERS}
    total = _bill(seconds=own)
    return {field: value + sum(bills[need][field] for need in dear) for field, value in total.items()}


def _bill(pairs: float = 0, forwards: float = 0, seconds: float = 0.0) -> Bill:
    return {"pairs": pairs, "forwards": forwards, "seconds": seconds}


def _timed(work: Callable[[], T], clock: Callable[[], float] = time.process_time) -> tuple[T, float]:
    began = clock()
    found = work()
    return found, clock() - began
