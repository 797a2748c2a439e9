"""`semuq ask`: ask a model one question many times, and show what it means by its answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from semuq.cli.console import foreseen, progress_console, result_console
from semuq.cli.options import (
    BaseUrlOption,
    ContextName,
    ContextOption,
    MaxNewTokensOption,
    ModelOption,
    RelationModelOption,
    RelationOption,
    SeedOption,
    TopPOption,
    build_relation,
    build_sampler,
)

if TYPE_CHECKING:
    from semuq.relations.base import Relation
    from semuq.samples import SampleSet
    from semuq.sampling import Sampler
    from semuq.scoring.record import QuestionScore

__all__ = ["ask"]

BAR_WIDTH = 20

LEAST, WIDTH = 3, 1.0
"""With --adaptive: answers before it may stop, and within how many nats the entropy must be known."""

ROOM = 256
"""With --second-pass: tokens to reason in, at least."""

BRIEF = "Answer with one word or a short phrase."
"""The system message where none is asked for: long answers differ in more than what is meant."""

CALMER = 0.5
"""The temperature of the packaged model: so small a one strays at 1 even where it knows the answer."""


@foreseen
def ask(
    question: Annotated[str | None, typer.Argument(help="What to ask.")] = None,
    messages: Annotated[
        Path | None,
        typer.Option(help='Ask a chat in place of a question: a JSON file of [{"role": ..., "content": ...}, ...].'),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="How many answers to sample.")] = 10,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Of the sampling; 1 is the model's own distribution.",
            show_default=f"1; {CALMER:g} for the packaged model, which at 1 knows nothing for sure",
        ),
    ] = None,
    top_p: TopPOption = 1.0,
    max_new_tokens: MaxNewTokensOption = 64,
    seed: SeedOption = 0,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    system: Annotated[
        str | None,
        typer.Option(
            help="A system message in front of the question; '' for none.",
            show_default="asks for a short answer, where the model has a chat template",
        ),
    ] = None,
    relation: RelationOption = "entailment",
    relation_model: RelationModelOption = None,
    context: ContextOption = ContextName.QUESTION,
    adaptive: Annotated[
        bool, typer.Option("--adaptive", help="Stop sampling once the entropy is known to within 1 nat (90%).")
    ] = False,
    second_pass: Annotated[
        bool, typer.Option("--second-pass", help="Where the answers disagree, ask again with room to reason.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line as `semuq score` writes it.")] = False,
) -> None:
    """Sample answers to a question, group them by meaning, and say whether the model seems to know.

    The packaged model is for a first look: it has 135M parameters and knows little. Better ones to try, by --model:
    Qwen/Qwen2.5-1.5B-Instruct, HuggingFaceTB/SmolLM2-1.7B-Instruct, Qwen/Qwen3-4B-Instruct-2507.
    """
    from semuq.cli.output import score_line
    from semuq.inference import asked_again
    from semuq.scoring import fingerprint, score_stream
    from semuq.scoring.verdict import is_consistent

    prompt = _prompt(question, messages, system, second_pass)
    compared_by = build_relation(relation, relation_model, context)
    with progress_console().status("loading ...") as status:
        fingerprint(None, compared_by)  # loads what compares: should that fail, then before the sampling
        status.update("loading the model ..." if base_url is None else "sampling answers ...")
        if temperature is None:
            temperature = CALMER if model is None and base_url is None else 1.0
        drawn = {"temperature": temperature, "top_p": top_p, "seed": seed}
        wanted = system or None
        plain = build_sampler(model, base_url=base_url, system=wanted, max_new_tokens=max_new_tokens, **drawn)
        sampler = briefly(plain) if system is None and messages is None else plain
        status.update("sampling answers ...")
        answers = draw(sampler, prompt, samples, compared_by) if adaptive else sampler.sample(prompt, n=samples)
        status.update("comparing answers ...")
        (scored,) = score_stream([answers], None, compared_by)
        if second_pass and not is_consistent(scored.clusters):
            if not as_json:
                show(scored)
                typer.echo()
            status.update("asking again ...")
            room = plain.at(max_new_tokens=max(ROOM, max_new_tokens))
            (scored,) = score_stream([asked_again(room, answers, n=len(answers))], None, compared_by)
    if as_json:
        typer.echo(score_line(scored), nl=False)
    else:
        show(scored)


def briefly(sampler: Sampler) -> Sampler:
    """The sampler, asking for a short answer where its model takes such a message; loads the model."""
    from semuq.sampling import GGUFSampler, HuggingFaceSampler, OpenAISampler

    if isinstance(sampler, OpenAISampler | GGUFSampler):
        return replace(sampler, system=BRIEF)
    if isinstance(sampler, HuggingFaceSampler) and sampler.takes_system:
        return sampler.with_system(BRIEF)
    return sampler


def _prompt(question: str | None, messages: Path | None, system: str | None, second_pass: bool) -> Any:
    """The question, or the messages of a file.

    Raises:
        BadParameter: neither or both are there, or options that go with a question alone.
        InvalidSamples: the file is no JSON.
        InvalidParameter: it holds no messages.
    """
    from semuq.errors import InvalidSamples
    from semuq.samples.messages import Conversation

    if messages is None:
        if question is None or not question.strip():
            got = "none" if question is None else "an empty text"
            raise typer.BadParameter(f"QUESTION: expected a question, got {got}; or pass a chat with --messages FILE")
        return question
    if question is not None:
        raise typer.BadParameter("QUESTION and --messages: expected one of them, got both")
    if second_pass:
        raise typer.BadParameter("--second-pass: expected a question with it, got --messages; it asks no chat again")
    try:
        held = json.loads(messages.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidSamples(
            f"{messages}: expected a list of messages as JSON, got something else ({error})"
        ) from error
    chat = Conversation.of(held.get("messages", ()) if isinstance(held, dict) else held, str(messages))
    if system is not None and chat.messages[0]["role"] == "system":
        raise typer.BadParameter(f"--system: expected none, as {messages} begins with a system message")
    return chat


def draw(sampler: Sampler, question: Any, most: int, relation: Relation) -> SampleSet:
    """Answers until their entropy is known, at most so many; the metadata say where it stopped."""
    from semuq.inference import IntervalShorter, adaptive_samples, noted

    least = min(LEAST, most)
    drawn = adaptive_samples(
        sampler, question, stop=IntervalShorter(width=WIDTH), relation=relation, least=least, most=most
    )
    return noted(drawn.samples, drawn.describe())


def show(score: QuestionScore) -> None:
    """The clusters with their masses, the scores, and the verdict, on standard output."""
    from semuq.inference.actions import actions_of
    from semuq.text import shorten

    console = result_console()
    console.print(Text(score.prompt.strip(), style="bold"))
    console.print()
    console.print(_clusters(score))
    if score.masses_from == "likelihoods" and len(score.cluster_masses) > 1:
        said = "likelihood counts each wording once; the verdict counts answers"
        console.print(Text(said, style="dim"))
    console.print()
    console.print(_scores(score))
    console.print()
    console.print(Text(score.verdict, style="bold"))
    for action in actions_of(score.metadata):
        console.print(Text(f"↻ {shorten(action, 300)}", style="italic"))


def _clusters(score: QuestionScore) -> Table:
    from semuq.scoring.verdict import representative
    from semuq.text import shorten

    table = Table(box=None, pad_edge=False)
    table.add_column("answers", justify="right")
    table.add_column("")
    if score.masses_from == "likelihoods":
        table.add_column("likelihood", justify="right")
    table.add_column("meaning", overflow="fold")
    # As the verdict weighs them, by answers; of equally many the likelier first.
    for label in sorted(score.heaviest_first, key=lambda label: -score.clusters.count(label)):
        count = score.clusters.count(label)
        wordings = {text for text, own in zip(score.texts, score.clusters, strict=True) if own == label}
        meaning = Text(shorten(representative(score.texts, score.clusters, label), 200) or "(empty)")
        if len(wordings) > 1:
            meaning.append(f"  (in {len(wordings)} wordings)", style="dim")
        mass = [f"{score.cluster_masses[label]:.0%}"] if score.masses_from == "likelihoods" else []
        table.add_row(str(count), _bar(count / len(score)), *mass, meaning)
    return table


def _scores(score: QuestionScore) -> Table:
    from semuq.estimators import ESTIMATORS

    table = Table(box=None, pad_edge=False, show_header=False)
    for (full, value), name in zip(score.by_estimator.items(), score.scores, strict=True):
        cls = ESTIMATORS.behind(full)
        table.add_row(Text(name), f"{value:.3f}", cls.units if cls else "", _range(full, len(score)))
    return table


def _range(name: str, n: int) -> Text:
    import math

    from semuq.errors import SemuqError
    from semuq.estimators import ESTIMATORS

    try:
        low, high = ESTIMATORS.read(name).bounds(n)
    except SemuqError:
        return Text("")
    return Text(f"of {low:g} to {high:.3f}" if math.isfinite(low) and math.isfinite(high) else "", style="dim")


def _bar(mass: float) -> Text:
    full = round(mass * BAR_WIDTH)
    return Text("█" * full, style="cyan") + Text("░" * (BAR_WIDTH - full), style="dim")
