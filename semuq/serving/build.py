"""The gate that a rule's file and an address are enough for: a rule says how its answers were sampled."""

from __future__ import annotations

import ast
import json
from typing import Any

from semuq.decisions.gate import Gate
from semuq.decisions.rule import DecisionRule
from semuq.errors import InvalidParameter
from semuq.estimators import ESTIMATORS
from semuq.relations.base import Relation
from semuq.sampling import Decoding, OpenAISampler
from semuq.scoring.scorer import Scorer, embedder_for

__all__ = ["gate_of_rule"]


def gate_of_rule(
    rule: DecisionRule, base_url: str, relation: Relation, *, model: str | None = None, **limits: Any
) -> Gate:
    """A gate in front of the server at `base_url` that samples as the rule's answers were sampled.

    Args:
        rule: fitted on answers of one sampler at that server.
        base_url: of a server that speaks OpenAI's API.
        relation: the rule's.
        model: its name at the server; needed where the rule does not know its sampler, whose answers are then drawn as
            `Decoding()` has it.
        limits: `least`, `timeout` and `concurrency` of the gate.

    Raises:
        InvalidParameter: the rule is of another server, of several samplers, or of another relation.
    """
    scorer_of = ESTIMATORS.read(rule.estimator)
    scorer = Scorer((scorer_of,), relation, embedder_for((scorer_of,)))
    if len(rule.samplers) > 1:
        raise InvalidParameter(
            f"rule: expected one fitted on the answers of one sampler, got {len(rule.samplers)}; build the Gate in code"
        )
    sampler = _sampler(rule.samplers[0], base_url) if rule.samplers and rule.samplers[0] else None
    if sampler is None:
        if model is None:
            raise InvalidParameter("model: expected a name, for the rule does not say which model it was fitted on")
        sampler = OpenAISampler(model, base_url=base_url)
    elif model is not None and model != sampler.model:
        raise InvalidParameter(f"model: expected that of the rule, {sampler.model!r}, got {model!r}")
    return Gate(sampler, scorer, rule, **limits)


def _sampler(identity: str, base_url: str) -> OpenAISampler:
    """The sampler behind an `OpenAISampler.identity` without a seed.

    Raises:
        InvalidParameter: it is of another server, or no such identity.
    """
    told = f"rule: expected one fitted on answers of a chat model at {base_url}, got {identity!r:.160}"
    begins = f"openai/{base_url.rstrip('/')}/"
    if not identity.startswith(begins):
        raise InvalidParameter(f"{told}; pass the base_url that its answers came from, or fit again")
    rest = identity.removeprefix(begins).lstrip("/")
    try:
        model, rest = rest.split("/chat/system=", 1)
        system, rest = rest.split("/stop=", 1)
        stop, rest = rest.split("/Decoding(", 1)
        decoding, _, extra = rest.partition(")")
        values = dict(part.split("=", 1) for part in decoding.split(", "))
        return OpenAISampler(
            model,
            base_url=base_url,
            system=ast.literal_eval(system),
            stop=ast.literal_eval(stop),
            decoding=Decoding(**{name: ast.literal_eval(value) for name, value in values.items()}),
            extra_body=json.loads(extra.removeprefix("/extra=")) if extra else None,
        )
    except (ValueError, SyntaxError, TypeError) as error:
        raise InvalidParameter(f"{told}; build the Gate in code") from error
