"""Options that several commands share, and the objects they stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from semuq.errors import InvalidParameter

if TYPE_CHECKING:
    from semuq.estimators.base import Estimator
    from semuq.evidence import Embedder
    from semuq.grading import Grader
    from semuq.relations.base import Relation
    from semuq.sampling import GGUFSampler, HuggingFaceSampler, OpenAISampler

__all__ = [
    "BaseUrlOption",
    "ContextName",
    "ContextOption",
    "GraderOption",
    "LeastOption",
    "MaxNewTokensOption",
    "ModelOption",
    "NamesName",
    "RelationModelOption",
    "RelationOption",
    "SeedOption",
    "SystemOption",
    "TemperatureOption",
    "TopPOption",
    "as_usage",
    "build_embedder",
    "build_grader",
    "build_relation",
    "build_sampler",
]

T = TypeVar("T")


class ContextName(StrEnum):
    """What the entailment model sees beside two answers."""

    QUESTION = "question"
    NONE = "none"


class NamesName(StrEnum):
    """How scores are called."""

    SHORT = "short"
    FULL = "full"


RelationOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How answers are compared: entailment, exact, maths, lexical, embedding, or with arguments, such as "
        '"ExactMatch(normalise=False)".',
    ),
]
ContextOption = Annotated[
    ContextName, typer.Option(help="Show the entailment model the question before each answer, or not.")
]
RelationModelOption = Annotated[
    str | None,
    typer.Option("--relation-model", help="Entailment model: a folder or a hub name.", show_default="the built-in one"),
]
GraderOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help='How references grade, such as TokenF1 or "TokenRecall(threshold=1.0)"; any of `semuq.grading.GRADERS`.',
        show_default="the one that agrees best with people",
    ),
]

ModelOption = Annotated[
    str | None,
    typer.Option(
        help="The language model: a folder, a hub name, a .gguf file, or its name at the server of --base-url.",
        show_default="the small one of semuq[demo]",
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(help="Ask a server that speaks OpenAI's API, such as http://localhost:8000/v1.", show_default=False),
]
SystemOption = Annotated[str | None, typer.Option(help="A system message in front of every question.")]
TemperatureOption = Annotated[float, typer.Option(help="Of the sampling; 1 is the model's own distribution.")]
LeastOption = Annotated[
    float | None,
    typer.Option(
        help="Answer where the probability of being right is at least this.",
        show_default="follow the promise",
        min=0,
        max=1,
    ),
]
TopPOption = Annotated[float, typer.Option(help="Sample from the most probable tokens of this total mass.")]
MaxNewTokensOption = Annotated[int, typer.Option(min=1, help="Longer answers are cut.")]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed gives the same answers.")]


def build_sampler(
    model: str | None, *, base_url: str | None = None, system: str | None = None, **decoding: Any
) -> HuggingFaceSampler | GGUFSampler | OpenAISampler:
    """The language model that is asked.

    Raises:
        BadParameter: a server without the name of a model.
    """
    from semuq.sampling import Decoding, GGUFSampler, HuggingFaceSampler, OpenAISampler

    if base_url is None and model is not None and model.endswith(".gguf"):
        return GGUFSampler(model, system=system, decoding=Decoding(**decoding))
    if base_url is None:
        return HuggingFaceSampler(model, system=system, decoding=Decoding(**decoding))
    if model is None:
        raise typer.BadParameter("--base-url: expected --model with it, the name of a model at that server")
    return OpenAISampler(model, base_url=base_url, system=system, decoding=Decoding(**decoding))


def build_relation(name: str, model: str | None, context: ContextName) -> Relation:
    """The relation that the options name.

    Raises:
        BadParameter: no such relation, or a model for a relation that has none.
    """
    from semuq.relations import RELATIONS

    if name == "entailment":
        from semuq.relations.entailment import Entailment

        return Entailment(model=model, context=context.value)
    if model is not None:
        raise typer.BadParameter(f"--relation {name} takes no --relation-model; use --relation entailment")
    return as_usage(RELATIONS.read, name)


def build_grader(name: str | None) -> Grader:
    """The grader that the option names.

    Raises:
        BadParameter: no such grader.
    """
    from semuq.grading import GRADERS, default_grader

    return default_grader() if name is None else as_usage(GRADERS.read, name)


def build_embedder(estimators: Sequence[Estimator] | None) -> Embedder | None:
    """A sentence embedder where an estimator looks at embeddings."""
    from semuq.scoring.scorer import embedder_for

    return embedder_for(estimators or ())


def as_usage(parse: Callable[[str], T], text: str) -> T:
    """`parse(text)`, where an InvalidParameter is wrong usage (status 2) rather than a failure."""
    try:
        return parse(text)
    except InvalidParameter as error:
        raise typer.BadParameter(str(error)) from error
