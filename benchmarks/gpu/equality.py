"""Checks before any timing: every precision and kind of attention against the float32 model without padding."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from benchmarks.gpu.models import Made
from benchmarks.gpu.setup import Setup
from semuq import Entailment
from semuq.relations.entailment.assembly import PairTable, Tokens
from semuq.relations.entailment.networks import AttentionKind, Unavailable, make_network
from semuq.relations.entailment.scorer import Scorer

PAIRS = 2_000
PROMISED = {"fp32": 1e-4, "fp16": 1.0, "bf16": 1.0}
"""By how much a probability may differ. The halves are there to be seen: `auto` takes those that are near enough."""
AUTO = 0.02
AT_ONCE = 256


def equality(made: Made, setup: Setup, attentions: tuple[AttentionKind, ...]) -> dict[str, Any]:
    """The largest difference of a probability, per precision and kind of attention; "auto" is what the relation chose.

    Raises:
        AssertionError: one is further off than promised.
    """
    samples = setup.samples(setup.size(60, 2), setup.size(20, 6), "none")
    relation = Entailment(made.pair, context="none", guard="off", cache=False, device=str(setup.device))
    plan = next(iter(relation.plans(samples)))
    pairs = plan.pairs[: setup.size(PAIRS, 12)]
    loaded, encoder = relation._loaded, relation._encoder
    expected = reference(made, PairTable(encoder, encoder.encode(plan.sides), pairs), relation)
    found: dict[str, Any] = {"pairs": len(pairs), "differences": {}}
    for precision in PROMISED:
        for attention in attentions:
            try:
                network = make_network(loaded, encoder, precision, setup.device, attention=attention)
            except Unavailable:
                continue
            scorer = Scorer(network, encoder, columns=loaded.columns, token_budget=setup.size(16_384, 128))
            found["differences"][f"{precision}, {attention}"] = difference(scorer, plan, pairs, expected)
    chosen = np.abs(_scores(relation._scorer, plan, pairs) - expected).max()
    found["auto"] = {
        "precision": relation.computed_in,
        "token_budget": relation._token_budget,
        "difference": float(chosen),
    }
    found["spread"] = float(np.ptp(expected, axis=0).max())
    far = {name: own for name, own in found["differences"].items() if not own <= PROMISED[name.split(",")[0]]}
    if far or not chosen <= AUTO:
        raise AssertionError(f"{made.name}: further from float32 than promised: {far or found['auto']}; all: {found}")
    return found


def reference(made: Made, table: PairTable, relation: Entailment) -> np.ndarray:
    """(pairs, 3) probabilities by transformers' own model in float32, over pairs of one length at a time."""
    found = np.full((len(table.lengths), 3), np.nan)
    columns = list(relation._loaded.columns)
    takes_segments = "token_type_ids" in made.tokenizer.model_input_names
    for length in np.unique(table.lengths):
        own = np.flatnonzero(table.lengths == length)
        for rows in np.array_split(own, -(-len(own) // AT_ONCE)):
            tokens: Tokens = table.tokens(rows)
            ids, segments = (
                torch.from_numpy(part).view(len(rows), -1).to(made.model.device)
                for part in (tokens.ids, tokens.segments)
            )
            inputs = {"token_type_ids": segments} if takes_segments else {}
            with torch.inference_mode():
                logits = made.model(input_ids=ids, attention_mask=torch.ones_like(ids), **inputs).logits
            found[rows] = logits[:, columns].double().softmax(1).cpu().numpy()
    return found


def difference(scorer: Scorer, plan: Any, pairs: Any, expected: np.ndarray) -> float:
    """The largest of a probability."""
    return float(np.abs(_scores(scorer, plan, pairs) - expected).max())


def _scores(scorer: Scorer, plan: Any, pairs: Any) -> np.ndarray:
    found = np.full((len(pairs), 3), np.nan)
    for scored in scorer.run(plan.sides, pairs):
        found[scored.indices] = scored.probabilities
    return found
