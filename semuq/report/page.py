"""Building the page: questions in, one HTML file out that loads nothing and runs one known script."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import semuq
from semuq.cards import style, templates
from semuq.errors import InvalidParameter
from semuq.estimators.naming import short_names
from semuq.inference.actions import actions_of
from semuq.metrics import FEWEST
from semuq.report.curves import curves
from semuq.report.distribution import distribution
from semuq.report.embed import HEAT_MAP_LIMIT, question_record, script_json
from semuq.scoring.record import QuestionScore, read_scores

__all__ = ["render_report", "write_report"]


def write_report(
    scores: Iterable[QuestionScore] | str | Path, out_path: str | Path, *, title: str = "Semantic uncertainty"
) -> int:
    """Write scored questions as one HTML file that works offline, on a phone and in the dark.

    Args:
        scores: QuestionScores, or a file written by `semuq score`.
        out_path: the file, replaced as a whole once the page is complete; "-" is standard output.
        title: heading of the page.

    Returns:
        The number of questions on the page.

    Raises:
        InvalidSamples: a line of the file is not a score.
        OSError: the file cannot be written; an older one is untouched.

    Degenerate cases. No question: a page that says so. Questions whose metadata say so
    (`QuestionScore.right`) are marked right or wrong; AUROC, risk against coverage and reliability are shown where
    there are ten of each, "too few" where there are less.
    """
    questions = list(read_scores(scores)) if isinstance(scores, str | Path) else list(scores)
    html = render_report(questions, title=title).encode("utf-8", "replace")
    if str(out_path) == "-":
        sys.stdout.buffer.write(html)
        sys.stdout.buffer.flush()
    else:
        _replace(Path(out_path), html)
    return len(questions)


def render_report(questions: Iterable[QuestionScore], *, title: str = "Semantic uncertainty") -> str:
    """The page as a string.

    Raises:
        InvalidParameter: `title` is not a string, or a question is not a QuestionScore.
    """
    if not isinstance(title, str):
        raise InvalidParameter(f"title: expected str, got {type(title).__name__}")
    questions = list(questions)
    for index, question in enumerate(questions):
        if not isinstance(question, QuestionScore):
            raise InvalidParameter(
                f"scores[{index}]: expected a QuestionScore, got {type(question).__name__}; see semuq.scoring"
            )
    names = list(dict.fromkeys(name for question in questions for name in question.by_estimator))
    short = dict(zip(names, short_names(names), strict=True))
    spreads = [distribution(name, short[name], questions) for name in names]
    records = [question_record(question, names) for question in questions]
    data = {
        "estimators": [{"low": item.low, "high": item.high} for item in spreads],
        "questions": records,
        "heatMapLimit": HEAT_MAP_LIMIT,
    }
    anchors = _anchors(questions)
    script, styles = _asset("page.js"), style() + _asset("page.css")
    html: str = (
        templates()
        .get_template("page.html.jinja")
        .render(
            title=title,
            style=styles,
            script=script,
            style_hash=_csp_hash(styles),
            script_hash=_csp_hash(script),
            data=script_json(data),  # which has escaped it
            distributions=spreads,
            curves=[curves(name, questions) for name in names],
            cards=(
                question.card(actions=actions_of(question.metadata)[:5], anchor=anchor)
                for question, anchor in zip(questions, anchors, strict=True)
            ),
            scores=[record["scores"] for record in records],
            facts=_facts(questions),
            fewest=FEWEST,
            heat_map_limit=HEAT_MAP_LIMIT,
        )
    )
    return html


def _facts(questions: list[QuestionScore]) -> dict[str, Any]:
    sizes = sorted({len(question) for question in questions})
    graded = [question.right for question in questions if question.right is not None]
    return {
        "questions": len(questions),
        "answers": sum(len(question) for question in questions),
        "sizes": (sizes[0], sizes[-1]) if sizes else None,
        "graded": len(graded),
        "right": sum(graded),
        "relations": sorted({question.relation for question in questions}),
        "settings": sorted({question.settings for question in questions}),
        "versions": sorted({question.version for question in questions}),
        "counted": sum(question.masses_from == "counts" for question in questions),
        "report_version": semuq.__version__,
    }


def _anchors(questions: Sequence[QuestionScore]) -> list[str]:
    """What a link to each question ends with: from its id, else from its place; no two alike."""
    taken: dict[str, None] = {}
    for place, question in enumerate(questions, start=1):
        wanted = re.sub(r"[^\w.-]+", "-", (question.id or "")[:80]).strip("-")
        found = f"q-{wanted or place}"
        while found in taken:
            found += f"-{place}"
        taken[found] = None
    return list(taken)


@cache
def _asset(name: str) -> str:
    return resources.files("semuq.report").joinpath(name).read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    """How a Content-Security-Policy names the one inline text that it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _replace(path: Path, content: bytes) -> None:
    """Write beside the target, then rename: a reader never sees half a page, and a failure leaves the old one."""
    if path.exists() and not path.is_file():  # a device or a folder cannot be renamed over
        path.write_bytes(content)
        return
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
