"""`semuq probe fit`: answers with hidden states in, a probe out that scores one answer without sampling."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from semuq.cli.console import foreseen, progress_console
from semuq.cli.options import (
    ContextName,
    ContextOption,
    GraderOption,
    RelationModelOption,
    RelationOption,
    build_grader,
    build_relation,
)
from semuq.errors import InvalidSamples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from semuq.grading import Grader
    from semuq.relations.base import Relation
    from semuq.samples import SampleSet

__all__ = ["probe"]

FOLDS = 5
"""Parts into which the questions are cut to say how good the probe is."""


class TargetName(StrEnum):
    """What a probe gives the probability of."""

    ENTROPY = "entropy"
    WRONG = "wrong"


probe = typer.Typer(name="probe", help="Probes of hidden states.", no_args_is_help=True)


@probe.callback()
def _probe() -> None:
    """Probes of hidden states."""


@probe.command()
@foreseen
def fit(
    answers: Annotated[str, typer.Argument(help="JSONL file of answers with hidden_states, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The safetensors file to write.")],
    target: Annotated[
        TargetName,
        typer.Option(
            help="entropy: high semantic entropy, from the answers; wrong: by grades in the metadata, else references."
        ),
    ] = TargetName.ENTROPY,
    strength: Annotated[float, typer.Option(min=1e-9, help="Of the L2 penalty; smaller fits closer.")] = 1.0,
    relation: RelationOption = "entailment",
    model: RelationModelOption = None,
    context: ContextOption = ContextName.QUESTION,
    grader: GraderOption = None,
) -> None:
    """Teach a linear probe to read uncertainty off hidden states; say how well it does on questions left out.

    Score with it: semuq score answers.jsonl --estimators 'SemanticEntropyProbe(probe="probe.safetensors")'
    """
    from semuq.fitted.probes import LinearProbe, cross_fitted_auroc
    from semuq.samples.jsonl import read_samples

    judge = build_grader(grader)
    batch = list(read_samples(answers))
    if not batch:
        raise InvalidSamples(f"{answers}: expected answers with hidden_states, got none")
    lacking = [place for place, own in enumerate(batch) if own.hidden_states is None]
    if lacking:
        raise InvalidSamples(
            f"{answers}: question {batch[lacking[0]].id or lacking[0] + 1}: expected hidden_states, got none; "
            'sample with HuggingFaceSampler(keep=("hidden_states",))'
        )
    of_entropy = target is TargetName.ENTROPY
    labels = _entropies(batch, build_relation(relation, model, context)) if of_entropy else _grades(batch, judge)
    states = np.concatenate([np.asarray(own.hidden_states) for own in batch])
    of_question = np.repeat(np.arange(len(batch)), [len(own) for own in batch])
    make = LinearProbe.of_entropy if of_entropy else LinearProbe.of_correctness
    fitted = make(states, labels, strength=strength)
    fitted.save(output)
    console = progress_console()
    console.print(f"{output}: {fitted!r}, {len(batch):,} questions, {len(states):,} answers", soft_wrap=True)
    quality = cross_fitted_auroc(states, labels, of_question, fitted.target, strength=strength, folds=FOLDS)
    console.print(
        "Too few questions of either kind to say how good that is."
        if quality is None
        else f"AUROC {quality:.3f} on questions left out of the fit.",
        soft_wrap=True,
    )


def _entropies(batch: Sequence[SampleSet], relation: Relation) -> NDArray[np.float64]:
    from semuq.estimators.semantic import DiscreteSemanticEntropy

    scores = DiscreteSemanticEntropy().score(batch, relation)
    return np.repeat(scores, [len(own) for own in batch])


def _grades(batch: Sequence[SampleSet], grader: Grader) -> NDArray[np.float64]:
    from semuq.samples.grades import answer_grades, as_grade

    found: list[float] = []
    for place, own in enumerate(batch):
        each = (answer_grades(own.metadata.get(name), len(own)) for name in ("grades", "correct"))
        stored = next((found for found in each if found is not None), None)
        if stored is None and len(own) == 1 and (label := as_grade(own.metadata.get("correct"))) is not None:
            stored = np.array([label])
        if stored is not None:
            found += stored.tolist()
            continue
        if not own.references:
            raise InvalidSamples(
                f"question {own.id or place + 1}: expected grades of its answers in the metadata, or references to "
                "grade them by, got neither; add them, or take --target entropy"
            )
        found += [grader.grade(own.prompt, text, own.references) for text in own.texts]
    return np.array(found, dtype=np.float64)
