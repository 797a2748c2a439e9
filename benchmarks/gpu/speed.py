"""Pairs, tokens and operations per second of `Entailment` on the real answers, and how long the card idles."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import torch

from benchmarks.gpu.models import Made
from benchmarks.gpu.setup import Setup
from semuq import Entailment, SampleSet
from semuq.relations.entailment.assembly import PairTable
from semuq.relations.entailment.batches import cut_batches
from semuq.relations.entailment.networks import AttentionKind, Unavailable, make_network

WARMING = SampleSet(prompt="What warms a card?", texts=("a little work", "some work that is nothing special", "sun"))


def speed(made: Made, setup: Setup, context: str, matrix_rate: float) -> dict[str, Any]:
    """The whole of `compare`, and its forward passes alone.

    `idle_share` is the share of the time of `compare` in which the card has nothing to do: what its passes take when
    all of them lie ready, against what the whole takes.
    """
    samples = setup.samples(setup.size(250, 3), setup.size(20, 5), context)
    relation = relation_of(made, setup, context)
    relation.compare(samples[: setup.size(40, 1)])
    times = []
    for _ in range(setup.repeats):
        seconds, (_, report) = setup.seconds(lambda: relation.compare_with_report(samples))
        times.append(seconds)
    passes, flops = _passes(made, setup, relation, samples)
    waves, (_, lazy) = setup.seconds(lambda: relation.cluster_with_report(samples))
    whole = statistics.median(times)
    return {
        "questions": len(samples),
        "precision": relation.computed_in,
        "token_budget": relation._token_budget,
        "attention": _attention(relation),
        "pairs": report.pairs,
        "tokens": report.tokens,
        "forwards": report.forwards,
        "seconds": times,
        "pairs_per_second": report.pairs / whole,
        "tokens_per_second": report.tokens / whole,
        "flops_per_second": flops / whole,
        "share_of_matrix_rate": flops / whole / matrix_rate,
        "passes_seconds": passes,
        "passes_share_of_matrix_rate": flops / passes / matrix_rate,
        "idle_share": max(0.0, 1 - passes / whole),
        "clusters_seconds": waves,
        "clusters_pairs": lazy.pairs,
        "clusters_forwards": lazy.forwards,
    }


def relation_of(made: Made, setup: Setup, context: str, **options: Any) -> Entailment:
    """As users have it, without a cache, since every repeat is to compute, and without rules, which need no card."""
    return Entailment(made.pair, context=context, guard="off", device=str(setup.device), **{"cache": False, **options})


def compare_attentions(made: Made, setup: Setup, kinds: tuple[AttentionKind, ...]) -> dict[str, Any]:
    """Seconds of the same passes with each kind of attention, in the precision and size of pass that `auto` found."""
    samples = setup.samples(setup.size(250, 3), setup.size(20, 5), "none")
    relation = relation_of(made, setup, "none")
    found: dict[str, Any] = {}
    for kind in kinds:
        try:
            network = make_network(
                relation._loaded, relation._encoder, relation.computed_in, setup.device, attention=kind
            )
        except Unavailable as error:
            found[kind] = str(error)
            continue
        found[kind] = _passes(made, setup, relation, samples, network)[0]
    return found


def compare_compiled(made: Made, setup: Setup) -> dict[str, Any]:
    """`compile=True`: the first call, which compiles, and a later one."""
    samples = setup.samples(setup.size(250, 2), setup.size(20, 4), "none")
    relation = relation_of(made, setup, "none", compile=True, precision="fp16", token_budget=setup.size(65_536, 256))
    first, _ = setup.seconds(lambda: relation.compare(samples))
    later, (_, report) = setup.seconds(lambda: relation.compare_with_report(samples))
    return {"first_seconds": first, "seconds": later, "pairs_per_second": report.pairs / later}


def _attention(relation: Entailment) -> str:
    network = relation._scorer._network
    parts = getattr(network, "_parts", None)
    return type(network if parts is None else parts.attention).__name__


def _passes(
    made: Made, setup: Setup, relation: Entailment, samples: list[SampleSet], network: Any = None
) -> tuple[float, float]:
    """Seconds of all forward passes when they lie ready on the device, the fastest of three; and their operations."""
    scorer = relation._scorer
    network = network or scorer._network
    prepared, lengths = [], []
    for plan in relation.plans(samples):
        table = PairTable(scorer.encoder, scorer.encoder.encode(plan.sides), plan.pairs)
        lengths += table.lengths.tolist()
        for batch in cut_batches(table.lengths, scorer.token_budget, padded=network.pads):
            ready = network.prepare(table.tokens(batch))
            prepared.append(ready.to(setup.device) if hasattr(ready, "runs") else ready)

    def run() -> None:
        with torch.inference_mode():
            for ready in prepared:
                network(ready)

    run()
    return float(np.min([setup.seconds(run)[0] for _ in range(3)])), made.flops(lengths)
