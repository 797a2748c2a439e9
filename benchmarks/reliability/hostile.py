"""Generated hostile inputs at every public entry: a result or an error of one line, and no neighbour changed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reliability.tally import Tally, foreseen
from semuq import DiscreteSemanticEntropy, ExactMatch, LexicalSimilarity, SampleSet
from semuq.decisions.rule import fit_decision_rule
from semuq.errors import SemuqError
from semuq.relations.entailment.guard import verdict
from semuq.relations.unanswered import unanswered
from semuq.report import write_report
from semuq.samples.jsonl import read_samples
from semuq.samples.replies import Refused, Unreadable, read_reply
from semuq.scoring import score_stream
from semuq.scoring.record import read_scores

__all__ = ["ENTRIES", "junk", "text"]

SCRIPTS = {
    "Latin": (0x20, 0x7E), "Latin extended": (0xC0, 0x24F), "Greek": (0x370, 0x3FF), "Cyrillic": (0x400, 0x4FF),
    "Armenian": (0x531, 0x58F), "Hebrew": (0x591, 0x5F4), "Arabic": (0x600, 0x6FF), "Devanagari": (0x900, 0x97F),
    "Bengali": (0x980, 0x9FB), "Tamil": (0xB82, 0xBFA), "Thai": (0xE01, 0xE5B), "Georgian": (0x10A0, 0x10FF),
    "Hangul": (0xAC00, 0xD7A3), "Ethiopic": (0x1200, 0x137C), "Hiragana and Katakana": (0x3041, 0x30FF),
    "Han": (0x4E00, 0x9FFF), "mathematical": (0x2200, 0x22FF), "superscripts": (0x2070, 0x209C),
    "emoji": (0x1F300, 0x1FAFF), "styled letters and digits": (0x1D400, 0x1D7FF),
}  # fmt: skip
ODD = ["\0", "\n", "\r", "\u2028", "\u202e", "\u200d", "\ufeff", "\x1b[31m", "\ud800", "\udfff", "\\", '"', "%", "{}"]
SAMPLE = {
    "prompt": "Capital of France?", "texts": ["Paris", "paris", "Lyon"], "id": "odd", "references": ["Paris"],
    "token_logprobs": [[-0.1], [-0.2, -0.3], [-1.0]], "metadata": {"correct": True},
}  # fmt: skip
REPLY = {
    "choices": [
        {"message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop", "logprobs": {
            "content": [{"token": "Paris", "logprob": -0.1, "top_logprobs": [{"token": "Paris", "logprob": -0.1}]}]}},
        {"text": "Lyon", "finish_reason": "length", "logprobs": {
            "tokens": ["Lyon"], "token_logprobs": [-0.5], "top_logprobs": [{"Lyon": -0.5}]}},
    ]
}  # fmt: skip


def text(rng: np.random.Generator, longest: int = 40) -> str:
    """A text in one of twenty scripts, now and then with signs that are trouble."""
    low, high = list(SCRIPTS.values())[rng.integers(len(SCRIPTS))]
    signs = [chr(code) for code in rng.integers(low, high + 1, rng.integers(0, longest + 1))]
    for _ in range(rng.integers(0, 3) if rng.random() < 0.3 else 0):
        signs.insert(int(rng.integers(len(signs) + 1)), ODD[rng.integers(len(ODD))])
    return "".join(signs)


def junk(rng: np.random.Generator, depth: int = 3) -> Any:
    """Any value that JSON, as Python writes it, can hold."""
    kind = int(rng.integers(12 if depth else 9))
    if kind < 9:
        return (
            None, True, False, 0, -1, int(10 ** rng.integers(0, 400)) if rng.random() < 0.2 else int(rng.integers(99)),
            float(rng.choice([np.nan, np.inf, -np.inf, 0.5, -0.5, 1e308])), "", text(rng),
        )[kind]  # fmt: skip
    items = [junk(rng, depth - 1) for _ in range(rng.integers(0, 4))]
    return items if kind == 9 else {text(rng, 6) if kind == 10 else f"k{i}": own for i, own in enumerate(items)}


def spoiled(rng: np.random.Generator, record: Any) -> Any:
    """The record with junk in place of something in it, somewhere."""
    if not isinstance(record, dict | list) or not record or rng.random() < 0.25:
        return junk(rng)
    copy: Any = dict(record) if isinstance(record, dict) else list(record)
    place = list(record)[rng.integers(len(record))] if isinstance(record, dict) else int(rng.integers(len(record)))
    if rng.random() < 0.15 and isinstance(copy, dict):
        del copy[place]
        return copy
    copy[place] = spoiled(rng, record[place])
    return copy


def line(rng: np.random.Generator, record: Any) -> bytes:
    """A line of a file: a spoiled record, or no JSON at all."""
    odd = rng.random()
    if odd < 0.05:
        return bytes(rng.integers(0, 256, rng.integers(0, 40)).astype(np.uint8)).replace(b"\n", b" ")
    whole = json.dumps(spoiled(rng, record)).encode()
    if odd < 0.1:
        return whole[: rng.integers(len(whole) + 1)]
    return b"[" * 100_000 if odd < 0.102 else whole


def sample_sets(rng: np.random.Generator, trials: int) -> Tally:
    """`SampleSet.from_dict` and what it gives back."""
    tally = Tally("an error other than one line, or a set that does not come back from its own record")
    for _ in range(trials):
        record = spoiled(rng, SAMPLE)
        made, wrong = foreseen(lambda record=record: SampleSet.from_dict(record))
        if made is not None and wrong is None:
            back, wrong = foreseen(lambda made=made: SampleSet.from_dict(made.to_dict()))
            wrong = wrong or (None if back is not None and back.texts == made.texts else "changed on the way back")
        tally.note(wrong)
    return tally


def scored_files(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """A file of odd lines among clean ones, scored."""
    tally = Tally("a traceback, an error of several lines, or another score of a clean row than alone")
    clean = [
        SampleSet(prompt=f"q{i}", texts=tuple("ab"[i % 2] * (1 + j % 2) for j in range(4)), id=f"c{i}")
        for i in range(4)
    ]
    estimators, relation = (DiscreteSemanticEntropy(),), ExactMatch()
    alone = [next(score_stream([own], estimators, relation)).to_dict() for own in clean]
    width = 20
    for start in range(0, trials, width):
        odd = [line(rng, SAMPLE) for _ in range(min(width, trials - start))]
        lines = [json.dumps(own.to_dict()).encode() for own in clean]
        for own in odd:
            lines.insert(
                int(rng.integers(1, len(lines) + 1)), own
            )  # the first line stays clean: it says what the file is
        path = folder / "answers.jsonl"
        path.write_bytes(b"\n".join(lines))
        errors: list[SemuqError] = []
        found, wrong = foreseen(
            lambda path=path, errors=errors: list(
                score_stream(read_samples(path, on_error=errors.append), estimators, relation)
            )
        )
        many = next((str(error) for error in errors if "\n" in str(error)), None)
        ours = [own.to_dict() for own in found or () if (own.id or "").startswith("c")]
        changed = None if wrong or [own for own in ours if own in alone] == alone else "a clean row was changed or lost"
        tally.note(wrong or (many and f"several lines: {many}") or changed)
        tally.tried += len(odd) - 1
    return tally


def decisions(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """Files of scores with odd lines, read, fitted on and decided about."""
    tally = Tally("a traceback, an error of several lines, or another decision of a clean row than alone")
    batch = [
        SampleSet(prompt=f"q{i}", texts=tuple("abc"[j % (1 + i % 3)] for j in range(6)), id=f"c{i}") for i in range(60)
    ]
    scores = list(score_stream(batch, (DiscreteSemanticEntropy(),), ExactMatch()))
    rule = fit_decision_rule(scores, [float(i % 3 == 0 or i % 5 == 0) for i in range(60)], max_error=0.5)
    path = folder / "scores.jsonl"
    path.write_bytes(b"\n".join(json.dumps(own.to_dict()).encode() for own in scores[:3]))
    clean = list(read_scores(path))  # masses are written with six decimals
    alone = [rule.decide(own) for own in clean]
    record = clean[0].to_dict() | {"id": "odd"}
    width = 20
    for start in range(0, trials, width):
        odd = [line(rng, record) for _ in range(min(width, trials - start))]
        path.write_bytes(b"\n".join([*(json.dumps(own.to_dict()).encode() for own in clean), *odd]))
        read, wrong = foreseen(lambda path=path: list(read_scores(path, on_error=lambda error: None)))
        failure = wrong
        for own in read or ():
            _, wrong = foreseen(lambda own=own: rule.decide(own))
            failure = failure or wrong
        _, wrong = foreseen(lambda read=read: fit_decision_rule(read or [], [1.0] * len(read or [])))
        failure = failure or wrong
        if read is not None and [rule.decide(own) for own in read[:3]] != alone:
            failure = failure or "a clean row is decided about otherwise"
        tally.note(failure)
        tally.tried += len(odd) - 1
    return tally


def reports(rng: np.random.Generator, trials: int, folder: Path) -> Tally:
    """Reports of what could be read of such files."""
    tally = Tally("a traceback, an error of several lines, or no page")
    clean = next(score_stream([SampleSet(prompt="q", texts=("a", "b"), id="c")], None, ExactMatch()))
    record = clean.to_dict() | {"id": "odd"}
    width = 50
    for start in range(0, trials, width):
        odd = [line(rng, record) for _ in range(min(width, trials - start))]
        path = folder / "scores.jsonl"
        path.write_bytes(b"\n".join([json.dumps(clean.to_dict()).encode(), *odd]))
        page = folder / "page.html"
        _, wrong = foreseen(
            lambda path=path, page=page: write_report(read_scores(path, on_error=lambda error: None), page)
        )
        tally.note(wrong or (None if page.stat().st_size > 1000 else "no page"))
        tally.tried += len(odd) - 1
    return tally


def replies(rng: np.random.Generator, trials: int) -> Tally:
    """Bodies of servers' replies."""
    tally = Tally("anything but answers, `Unreadable` or `Refused`; or an answer that no SampleSet takes")
    for _ in range(trials):
        body = line(rng, REPLY).decode(errors="replace")
        answers, wrong = foreseen(lambda body=body: read_reply(body, 1), Unreadable, Refused)
        if answers:
            logprobs = [own.logprobs for own in answers]
            whole = None if any(own is None for own in logprobs) else logprobs
            _, wrong = foreseen(
                lambda answers=answers, whole=whole: SampleSet(
                    prompt="?", texts=tuple(own.text for own in answers), token_logprobs=whole
                )
            )
            if wrong is None and _ is None:
                wrong = f"no SampleSet of {body[:200]}"
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
    tally.figures["scripts"] = len(SCRIPTS)
    return tally


def recipes(rng: np.random.Generator, trials: int) -> Tally:
    """Recipes with odd values, and texts that are none."""
    from semuq_rl.runs.recipe import read_recipe

    tally = Tally("a traceback or an error of several lines")
    whole = read_recipe("tiny-addition").as_dict()
    leaves = [f"{part}.{name}" for part, own in whole.items() if isinstance(own, dict) for name in own] + [
        "seed",
        "name",
    ]
    for _ in range(trials):
        field = leaves[rng.integers(len(leaves))] if rng.random() < 0.9 else text(rng, 12)
        value = junk(rng, 1)
        _, wrong = foreseen(lambda field=field, value=value: read_recipe("tiny-addition", [f"{field}={value}"]))
        tally.note(wrong)
    return tally


def _in_folder(act: Callable[[np.random.Generator, int, Path], Tally]) -> Callable[[np.random.Generator, int], Tally]:
    def inside(rng: np.random.Generator, trials: int) -> Tally:
        with tempfile.TemporaryDirectory() as folder:
            return act(rng, trials, Path(folder))

    return inside


ENTRIES: dict[str, Callable[[np.random.Generator, int], Tally]] = {
    "SampleSet": sample_sets,
    "JSONL scoring": _in_folder(scored_files),
    "fit and decide": _in_folder(decisions),
    "report": _in_folder(reports),
    "replies of servers": replies,
    "recipes": recipes,
    "relations, twenty scripts": relations,
}
