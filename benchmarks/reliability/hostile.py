"""Generated hostile inputs at every public entry: a result or an error of one line, and no neighbour changed.

Where an entry is a command, the command itself is run, in this process.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reliability.commands import command
from benchmarks.reliability.junk import REPLY, SAMPLE, SCRIPTS, junk, line, spoiled, text
from benchmarks.reliability.tally import Tally, foreseen
from semuq import DiscreteSemanticEntropy, ExactMatch, LexicalSimilarity, SampleSet
from semuq.relations.entailment.guard import verdict
from semuq.relations.unanswered import unanswered
from semuq.samples.records import from_records
from semuq.samples.replies import Refused, Unreadable, read_reply
from semuq.scoring import score_stream

WIDTH = 20
"""Odd lines in one file."""

Act = Callable[[np.random.Generator, int], Tally]
InFolder = Callable[[np.random.Generator, int, Path], Tally]


def in_folder(act: InFolder) -> Act:
    """With a folder that is gone afterwards."""

    @wraps(act)
    def inside(rng: np.random.Generator, trials: int) -> Tally:
        with tempfile.TemporaryDirectory() as folder:
            return act(rng, trials, Path(folder))

    return inside


def sample_sets(rng: np.random.Generator, trials: int) -> Tally:
    """`SampleSet.from_dict`, the constructor, and a table with a clean row before and behind."""
    tally = Tally("an error other than one line, a changed clean row, or a set that does not come back from its record")
    clean = SampleSet.from_dict(SAMPLE)
    for _ in range(trials):
        record = spoiled(rng, SAMPLE)
        made, wrong = foreseen(lambda record=record: SampleSet.from_dict(record))
        if made is not None and wrong is None:
            back, wrong = foreseen(lambda made=made: SampleSet.from_dict(json.loads(json.dumps(made.to_dict()))))
            wrong = wrong or (None if back is not None and back.texts == made.texts else "changed on the way back")
        if isinstance(record, dict):
            _, other = foreseen(
                lambda record=record: SampleSet(**{str(name): own for name, own in record.items()}), TypeError
            )
            table, third = foreseen(lambda record=record: from_records([SAMPLE, record, SAMPLE]))
            wrong = wrong or other or third
            if table is not None and (table[0] != clean or table[-1] != clean):
                wrong = wrong or "a clean row of the table was changed"
        tally.note(wrong)
    return tally


@in_folder
def scored_files(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """`semuq score --keep-going` of files with odd lines among clean ones."""
    tally = Tally("a traceback, an error of several lines, or a clean row without its line or with another than alone")
    clean = [
        {"prompt": f"q{i}", "texts": ["ab"[i % 2] * (1 + j % 2) for j in range(4)], "id": f"c{i}"} for i in range(4)
    ]
    alone = _alone(clean, folder)
    path = folder / "answers.jsonl"
    for start in range(0, trials, WIDTH):
        odd = [line(rng, SAMPLE) for _ in range(min(WIDTH, trials - start))]
        path.write_bytes(_mixed(rng, clean, odd))
        ended = command("score", path, "--relation", "exact", "--keep-going")
        ours = [own for own in ended.lines if own in alone]
        tally.note(ended.wrong or (None if ours == alone else "a clean row was changed or lost"), len(odd))
    return tally


@in_folder
def fits(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """`semuq fit` of graded scores with an odd line among them, and with odd labels."""
    tally = Tally("a traceback, an error of several lines, or a rule that an unlabelled odd line changed")
    scores, labels, rule = folder / "scores.jsonl", folder / "labels.jsonl", folder / "rule.json"
    clean = _scored(6)
    graded = [{"id": own["id"], "correct": place % 3 > 0} for place, own in enumerate(clean)]
    _write(labels, graded)
    _write(scores, clean)
    before = command("fit", scores, "--labels", labels, "-o", rule)
    alone = rule.read_bytes()
    tally.note(before.wrong or (None if before.status == 0 else f"clean rows: {before.errors}"), 0)
    for trial in range(trials):
        rule.unlink(missing_ok=True)
        if trial % 2:
            scores.write_bytes(_mixed(rng, clean, [line(rng, clean[0] | {"id": "odd"})]))
            _write(labels, graded)
        else:
            _write(scores, clean)
            labels.write_bytes(_mixed(rng, graded, [line(rng, {"id": clean[0]["id"], "correct": True})]))
        ended = command("fit", scores, "--labels", labels, "-o", rule, *(["--keep-going"] if trial % 4 == 1 else []))
        changed = trial % 2 and rule.is_file() and rule.read_bytes() != alone
        tally.note(ended.wrong or ("an unlabelled line changed the rule" if changed else None))
    return tally


@in_folder
def decisions(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """`semuq decide --keep-going` about files with odd lines, and by damaged rules."""
    tally = Tally(
        "a traceback, an error of several lines, or a clean row without its decision or with another than alone"
    )
    scores, rule, damaged = folder / "scores.jsonl", folder / "rule.json", folder / "damaged.json"
    clean = _scored(30)
    _write(scores, clean)
    _write(folder / "labels.jsonl", [{"id": own["id"], "correct": True} for own in clean])
    fitted = command("fit", scores, "--labels", folder / "labels.jsonl", "-o", rule, "--max-error", 0.2)
    few = clean[:3]
    _write(scores, few)
    alone = command("decide", scores, "--rule", rule).lines
    tally.note(fitted.wrong or (None if len(alone) == len(few) else "clean rows are not decided about"), 0)
    record = json.loads(rule.read_text())
    for start in range(0, trials, WIDTH):
        odd = [line(rng, clean[0] | {"id": "odd"}) for _ in range(min(WIDTH, trials - start))]
        scores.write_bytes(_mixed(rng, few, odd))
        ended = command("decide", scores, "--rule", rule, "--keep-going")
        ours = [own for own in ended.lines if own in alone]
        tally.note(ended.wrong or (None if ours == alone else "a clean row is decided about otherwise"), len(odd))
        damaged.write_bytes(line(rng, record))
        _write(scores, few)
        ended = command("decide", scores, "--rule", damaged)
        tally.note(ended.wrong, 0)
    return tally


@in_folder
def reports(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """`semuq report --keep-going` of scores with odd lines."""
    tally = Tally("a traceback, an error of several lines, or a page without the clean row")
    clean = next(score_stream([SampleSet(prompt="the clean one", texts=("a", "b"), id="c")], None, ExactMatch()))
    path, page = folder / "scores.jsonl", folder / "page.html"
    for start in range(0, trials, WIDTH):
        odd = [line(rng, clean.to_dict() | {"id": "odd"}) for _ in range(min(WIDTH, trials - start))]
        path.write_bytes(_mixed(rng, [clean.to_dict()], odd))
        page.unlink(missing_ok=True)
        ended = command("report", path, "-o", page, "--keep-going")
        shown = page.is_file() and "the clean one" in page.read_text(encoding="utf-8")
        tally.note(ended.wrong or (None if shown else f"no page with the clean row: {ended.errors}"), len(odd))
    return tally


def replies(rng: np.random.Generator, trials: int) -> Tally:
    """Bodies of servers' replies; where one choice is odd, clean ones stand around it."""
    tally = Tally(
        "anything but answers, `Unreadable` or `Refused`; an answer that no SampleSet takes; a changed neighbour"
    )
    clean = REPLY["choices"][0]
    (alone,) = read_reply(json.dumps({"choices": [clean]}), 1)
    for trial in range(trials):
        among = bool(trial % 2)
        odd = spoiled(rng, REPLY["choices"][rng.integers(2)])
        body = json.dumps({"choices": [clean, odd, clean]}) if among else line(rng, REPLY).decode(errors="replace")
        answers, wrong = foreseen(lambda body=body: read_reply(body, 1), Unreadable, Refused)
        if among and (not answers or repr(answers[0]) != repr(alone) or repr(answers[-1]) != repr(alone)):
            wrong = wrong or f"a neighbour was changed by {odd!r:.200}"
        if answers:
            logprobs = tuple(own.logprobs for own in answers)
            known = any(own is not None for own in logprobs)
            made, other = foreseen(
                lambda answers=answers, logprobs=logprobs, known=known: SampleSet(
                    prompt="?", texts=tuple(own.text for own in answers), token_logprobs=logprobs if known else None
                )
            )
            wrong = wrong or other or (None if made is not None else f"no SampleSet of {body[:200]}")
        tally.note(wrong)
    return tally


def relations(rng: np.random.Generator, trials: int) -> Tally:
    """Texts in twenty scripts through relations and rules that read them."""
    tally = Tally("a traceback, a score outside [0, 1], or another score of a clean neighbour")
    clean = SampleSet(prompt="?", texts=("Paris", "the Paris", "Lyon"))
    compared = (ExactMatch(), LexicalSimilarity())
    alone = [own.compare([clean])[0].entailment.tolist() for own in compared]
    for _ in range(trials):
        pair = [text(rng).translate(dict.fromkeys(range(55296, 57344), "?")) for _ in range(2)]
        odd, wrong = foreseen(lambda pair=pair: SampleSet(prompt=pair[0], texts=tuple(pair)))
        for own, before in zip(compared, alone, strict=True):
            found, other = foreseen(lambda own=own, odd=odd: own.compare([clean, odd, clean]))
            wrong = wrong or other
            if found is not None:
                matrix = np.asarray(found[1].entailment, dtype=float)
                if not ((matrix >= 0) & (matrix <= 1)).all():
                    wrong = wrong or f"{own!r}: {matrix.tolist()} of {pair!r}"
                if found[0].entailment.tolist() != before or found[2].entailment.tolist() != before:
                    wrong = wrong or f"{own!r} changed a neighbour of {pair!r}"
        for rule in (lambda pair=pair: verdict(*pair), lambda pair=pair: unanswered(pair[0])):
            _, other = foreseen(rule)
            wrong = wrong or other
        tally.note(wrong)
    tally.figures["scripts"] = float(len(SCRIPTS))
    return tally


@in_folder
def recipes(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """Recipes with odd values, settings of the command line and files that are none."""
    from semuq_rl.runs.recipe import read_recipe

    tally = Tally("a traceback, an error of several lines, or a clean recipe that is read otherwise afterwards")
    whole = read_recipe("tiny-addition").as_dict()
    leaves = [f"{part}.{name}" for part, own in whole.items() if isinstance(own, dict) for name in own]
    leaves += ["seed", "name"]
    path = folder / "recipe.toml"
    for trial in range(trials):
        if trial % 10 == 0:
            path.write_bytes(line(rng, whole))
            _, wrong = foreseen(lambda: read_recipe(str(path)))
        else:
            field = leaves[rng.integers(len(leaves))] if rng.random() < 0.9 else text(rng, 12)
            value = junk(rng, 1)
            _, wrong = foreseen(lambda field=field, value=value: read_recipe("tiny-addition", [f"{field}={value}"]))
        tally.note(wrong)
    tally.note(None if read_recipe("tiny-addition").as_dict() == whole else "the clean recipe is read otherwise", 0)
    return tally


def _scored(count: int) -> list[dict[str, Any]]:
    """Lines of `semuq score` about questions whose answers say one to three things."""
    batch = [
        SampleSet(prompt=f"q{i}", texts=tuple("abc"[j % (1 + i % 3)] for j in range(6)), id=f"c{i}")
        for i in range(count)
    ]
    return [own.to_dict() for own in score_stream(batch, (DiscreteSemanticEntropy(),), ExactMatch())]


def _alone(rows: Sequence[dict[str, Any]], folder: Path) -> list[bytes]:
    """The line of each row where it is the only one of its file."""
    path, found = folder / "alone.jsonl", []
    for row in rows:
        _write(path, [row])
        found += command("score", path, "--relation", "exact").lines
    return found


def _mixed(rng: np.random.Generator, clean: Sequence[dict[str, Any]], odd: Sequence[bytes]) -> bytes:
    """Clean rows in their order with odd lines between them; the first stays clean: it says what the file is."""
    lines = [json.dumps(own).encode() for own in clean]
    for own in odd:
        lines.insert(int(rng.integers(1, len(lines) + 1)), own)
    return b"\n".join(lines)


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(own) + "\n" for own in rows), encoding="utf-8")
