"""What is compared on one problem: every score of its ten answers, and which of the programs are right."""

from __future__ import annotations

import ast
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.code_equivalence.problems import Problem
from benchmarks.code_equivalence.syntax import SameSyntax
from semuq import (
    CodeEquivalence,
    DiscreteSemanticEntropy,
    EmbeddingSimilarity,
    Entailment,
    ExactMatch,
    NumSemanticSets,
    PromptMutualInformation,
    SampleSet,
    SemanticEntropy,
)
from semuq.evidence import Evidence
from semuq.grading import FunctionalCorrectness
from semuq.models.embedder import SentenceEmbedder
from semuq.relations.base import Relation
from semuq.relations.code import ProcessRunner, typed_inputs

Row = dict[str, Any]
ENTROPY = DiscreteSemanticEntropy()
PATIENT = ProcessRunner(total_seconds=40.0)
"""On a machine that is shared the wall clock says little: only the limits on processor time are to end a call."""


@dataclass(frozen=True)
class Arms:
    """The relations, made once."""

    behaviour: CodeEquivalence
    others: dict[str, Relation]
    grader: FunctionalCorrectness

    @classmethod
    def made(cls) -> Arms:
        """As the design has them; from here on, programs are run."""
        return cls(
            behaviour=CodeEquivalence(trust_code=True, runner=PATIENT),
            others={
                "H, exact text": ExactMatch(normalise=False),
                "H, syntax": SameSyntax(),
                "H, embedding": EmbeddingSimilarity(embedder=SentenceEmbedder()),
                "H, entailment": Entailment(context="none"),
            },
            grader=FunctionalCorrectness(trust_code=True),
        )

    def measure(self, problem: Problem, answers: Row, seconds: Row | None) -> Row:
        """One record."""
        began = time.monotonic()
        samples = SampleSet(
            prompt=problem.prompt,
            texts=answers["texts"],
            token_logprobs=answers["token_logprobs"],
            second_answers=None if seconds is None else _behind(seconds["texts"], len(answers["texts"])),
        )
        greedy = answers["metadata"]["greedy"]
        texts = [*samples.texts, greedy["texts"][0]]
        right = self.grader.grade_batch([problem.prompt] * len(texts), texts, [[problem.test]] * len(texts))
        found = Evidence(samples, self.behaviour)
        clusters = found.clusters("strict", "greedy")[0]
        same = found.relation_scores[0]
        scores = {
            "K, behaviour": NumSemanticSets().score_evidence(found)[0],
            "H, behaviour": ENTROPY.score_evidence(found)[0],
            "SE, behaviour": SemanticEntropy().score_evidence(found)[0],
            **{name: ENTROPY.score(samples, relation) for name, relation in self.others.items()},
            "log-prob of the answers": -np.mean([np.mean(own) for own in answers["token_logprobs"]]),
            "log-prob of the greedy answer": -np.mean(greedy["token_logprobs"][0]),
        }
        if tested := inputs_of_tests(problem):
            leak = replace(self.behaviour, entry_point=problem.entry_point, inputs=tested)
            scores["H, behaviour on the tests (leak)"] = ENTROPY.score(samples, leak)
        if seconds is not None:
            scores["mutual information, behaviour"] = PromptMutualInformation().score(samples, self.behaviour)
        largest = int(np.bincount(clusters).argmax())
        return {
            "id": problem.id,
            "set": problem.set,
            "right": [bool(own) for own in right[:-1]],
            "greedy_right": bool(right[-1]),
            "largest_right": bool(right[int(np.flatnonzero(clusters == largest)[0])]),
            "clusters": [int(own) for own in clusters],
            "invalid": same.unreadable,
            "undecided": same.undecided,
            "inputs": len(typed_inputs(problem.prompt)),
            "truncated": int(sum(answers["metadata"]["truncated"])),
            "scores": {name: round(float(value), 6) for name, value in scores.items()},
            "seconds": round(time.monotonic() - began, 2),
        }


def inputs_of_tests(problem: Problem) -> list[tuple[Any, ...]]:
    """The literal arguments that the tests call the function with; for the arm that leaks."""
    found = {}
    for node in ast.walk(ast.parse(problem.test)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "candidate":
            try:
                arguments = tuple(ast.literal_eval(own) for own in node.args)
            except ValueError:  # computed: no literal
                continue
            found[repr(arguments)] = arguments
    return list(found.values())


def _behind(texts: Sequence[Sequence[str]], n: int) -> tuple[tuple[str, ...], ...]:
    return (*map(tuple, texts), *[()] * (n - len(texts)))
