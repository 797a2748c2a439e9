"""Real questions with real answers: OpenTriviaQA (four options each) and WebQuestions (answers by people).

The other options of a trivia question are of the kind of the right one, so they make hard contrasts. Read
from clones of the two repositories; questions that occur in a benchmark set of `DIR/tasks` are dropped.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from num2words import num2words

from .contrasts import people
from .contrasts.dates import near_year
from .contrasts.numbers import near
from .contrasts.surface import vary
from .example import CONTRADICTION, ENTAILMENT, NEUTRAL, Example, normalise, pair

SKIP = re.compile(r"\b(all of|none of|both|neither|these|the above|any of)\b", re.IGNORECASE)
LONGEST = 30, 8  # words of a question, of an option


@dataclass(frozen=True, kw_only=True)
class Trivia:
    """A question, its right answer, and answers that are wrong or other than that."""

    question: str
    answer: str
    others: tuple[str, ...]


def show(clone: Path, path: str) -> str:
    """A file of the last commit of a clone, bare or not."""
    folder = clone / ".git" if (clone / ".git").exists() else clone
    done = subprocess.run(["git", "--git-dir", str(folder), "show", f"HEAD:{path}"], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def paths(clone: Path, under: str) -> list[str]:
    """The files of a folder of the last commit."""
    return [f"{under}/{line.split(maxsplit=3)[3]}" for line in show_tree(clone, under)]


def show_tree(clone: Path, under: str) -> list[str]:
    """Lines of `git ls-tree` that describe files."""
    folder = clone / ".git" if (clone / ".git").exists() else clone
    done = subprocess.run(
        ["git", "--git-dir", str(folder), "ls-tree", f"HEAD:{under}"], capture_output=True, check=True
    )
    return [line for line in done.stdout.decode().splitlines() if " blob " in line]


def benchmark_questions(directory: Path) -> set[str]:
    """Normalised questions of every benchmark set, none of which may be trained on."""
    found: set[str] = set()
    for path in sorted((directory / "tasks").glob("*.gz")):
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
        if ".csv" in path.name:
            found.update(normalise(row["Question"]) for row in csv.DictReader(io.StringIO(text)))
        else:
            found.update(normalise(json.loads(f'"{q}"')) for q in re.findall(r'"question": ?"((?:[^"\\]|\\.)*)"', text))
    return found


def open_trivia(clone: Path, excluded: set[str]) -> list[Trivia]:
    """OpenTriviaQA: questions with three or four short options that do not refer to one another."""
    result = {}
    for path in paths(clone, "categories"):
        for block in re.split(r"\n\s*\n", show(clone, path)):
            lines = block.strip().splitlines()
            question = " ".join(
                line.removeprefix("#Q ").strip() for line in lines if not re.match(r"(\^|[A-F]) ", line)
            )
            answer = next((line[2:].strip() for line in lines if line.startswith("^ ")), "")
            options = [line[2:].strip() for line in lines if re.match(r"[A-F] ", line)]
            others = tuple(o for o in options if normalise(o) != normalise(answer))
            if not usable(question, answer, others) or normalise(question) in excluded:
                continue
            result[normalise(question)] = Trivia(question=question, answer=answer, others=others)
    return list(result.values())


def usable(question: str, answer: str, others: tuple[str, ...]) -> bool:
    """Whether the options are short, distinct from one another, and stand on their own."""
    every = (answer, *others)
    return (
        bool(normalise(answer))
        and len(others) >= 2
        and len(question.split()) <= LONGEST[0]
        and len(question) > 10
        and all(0 < len(o.split()) <= LONGEST[1] for o in every)
        and not any(SKIP.search(o) for o in every)
        and not any(normalise(answer) in normalise(o) or normalise(o) in normalise(answer) for o in others)
    )


def web_questions(clone: Path, excluded: set[str]) -> list[Trivia]:
    """WebQuestions: answers to questions that begin alike serve as each other's wrong answers."""
    rows = [r for name in ("trainmodel", "val", "devtest") for r in json.loads(show(clone, f"main/{name}.json"))]
    rows = [r for r in rows if normalise(r["qText"]) not in excluded and r["answers"]]
    alike: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        alike[" ".join(row["qText"].split()[:2])] += row["answers"]
    result = []
    for row in rows:
        own = {normalise(a) for a in row["answers"]}
        pool = [a for a in alike[" ".join(row["qText"].split()[:2])] if normalise(a) not in own]
        others = tuple(random.Random(row["qId"]).sample(pool, min(4, len(pool)))) + tuple(row["answers"][1:4])
        if others:
            result.append(Trivia(question=row["qText"], answer=row["answers"][0], others=others))
    return result


def stream(questions: list[Trivia], rng: random.Random) -> Iterator[Example]:
    """Endless contrasts on real questions: right against other option, near miss, and same in other words."""
    while True:
        for item in rng.sample(questions, len(questions)):
            a = rng.choice((item.answer, item.answer, rng.choice(item.others)))
            pick = rng.random()
            label, back = CONTRADICTION, CONTRADICTION
            if pick < 0.46:
                b = rng.choice([o for o in (item.answer, *item.others) if normalise(o) != normalise(a)] or [a + " not"])
                wrap = rng.random()
                if wrap < 0.2:
                    b, a = vary(b, rng), vary(a, rng)
                elif wrap < 0.45:
                    state = rng.getstate()
                    a = vary(a, rng)
                    rng.setstate(state)
                    b = vary(b, rng)
            elif pick < 0.54:
                b = near_miss(a, rng)
                if b == a:
                    b, label, back = vary(a, rng), ENTAILMENT, ENTAILMENT
            else:
                b, label, back = other_words(item.question, a, rng), ENTAILMENT, ENTAILMENT
                a = vary(a, rng) if rng.random() < 0.5 else a
                if rng.random() < 0.06:
                    a = item.answer
                    b, back = f"{a} or {rng.choice(item.others)}", NEUTRAL
            if rng.random() < 0.5:
                a, b, label = b, a, back
            if a != b or rng.random() < 0.05:
                yield pair(None if rng.random() < 0.06 else item.question, a, b, label, "trivia")


def near_miss(answer: str, rng: random.Random) -> str:
    """The answer with its number changed a little; unchanged if it has none."""
    found = re.search(r"\d[\d,]*", answer)
    if not found:
        return answer
    text = found.group().rstrip(",")
    value = int(text.replace(",", ""))
    if len(text) > 12:
        return answer
    other = near_year(value, rng) if re.fullmatch(r"1\d{3}|20\d\d", text) else near(value, rng)
    new = f"{other:,}" if "," in text else str(other)
    return answer.replace(text, new, 1)


def other_words(question: str, answer: str, rng: random.Random) -> str:
    """The same answer otherwise: number words, a form of the person's name, or a change of surface."""
    if re.fullmatch(r"\d{1,3}", answer) and rng.random() < 0.6:
        return str(num2words(int(answer)))
    name = answer.split()
    is_person = re.match(r"(?i)who\b|.*\b(actor|actress|singer|author|president|player|writer|scientist)\b", question)
    if is_person and len(name) == 2 and all(re.fullmatch(r"[A-Z][a-z'-]+", w) for w in name) and rng.random() < 0.6:
        return rng.choice(people.forms(name[0], name[1], rng))
    return vary(answer, rng)
