"""`semuq serve`: a fitted rule in front of a server, as one more server that speaks OpenAI's API."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from semuq.cli.console import foreseen, progress_console
from semuq.cli.options import (
    ContextName,
    ContextOption,
    LeastOption,
    RelationModelOption,
    RelationOption,
    build_relation,
)

__all__ = ["serve"]


@foreseen
def serve(
    rule: Annotated[Path, typer.Option("--rule", "-r", help="File written by `semuq fit`.")],
    base_url: Annotated[str, typer.Option(help="The server that is asked, such as http://localhost:8000/v1.")],
    model: Annotated[
        str | None, typer.Option(help="Its name there, where the rule does not say.", show_default="the rule's")
    ] = None,
    least: LeastOption = None,
    relation: RelationOption = "entailment",
    relation_model: RelationModelOption = None,
    context: ContextOption = ContextName.QUESTION,
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8100,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one question, all together.")] = 60.0,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests taken in at a time; more are told to wait.")] = 256,
    max_body: Annotated[int, typer.Option(min=1, help="Bytes of a request.")] = 2**20,
    abstain_with: Annotated[
        str | None, typer.Option(help="What an abstention says.", show_default="nothing, and a refusal")
    ] = None,
) -> None:
    """Answer, or abstain, as a rule decides: OpenAI's chat completions in front of another server."""
    from semuq.decisions.rule import DecisionRule
    from semuq.errors import MissingExtra
    from semuq.serving import gate_of_rule, proxy

    if importlib.util.find_spec("uvicorn") is None:
        raise MissingExtra("serving needs fastapi and uvicorn: pip install 'semuq[serve]'")
    fitted = DecisionRule.load(rule)
    if least is None and fitted.promise is None:
        raise typer.BadParameter(f"--least: expected a probability, for {rule} promises nothing (fit with --max-error)")
    compared_by = build_relation(relation, relation_model, context)
    gate = gate_of_rule(fitted, base_url, compared_by, model=model, least=least, timeout=timeout)
    service = proxy(gate, largest_body=max_body, most_requests=concurrency, abstain_with=abstain_with)
    import uvicorn

    progress_console().print(f"http://{host}:{port}/v1 answers for {base_url}", soft_wrap=True)
    uvicorn.run(service, host=host, port=port, log_level="warning")
