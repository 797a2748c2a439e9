"""`python -m benchmarks.leaderboard.decides`: what decides how well semantic entropy does, on the stored answers.

One thing changed at a time: how two answers are compared, how many there are, how they are put into clusters, who says
what is right. Writes benchmarks/results/what_decides.json and the page.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.leaderboard.__main__ import RESULTS, publish, write
from benchmarks.leaderboard.answers import Record, answered, greedy_set, read_packed, sample_set
from benchmarks.leaderboard.beside import Beside
from benchmarks.leaderboard.judging import by_meaning, grader_of, greedy_grades, relation_of
from benchmarks.leaderboard.measures import auroc_of, draws
from benchmarks.leaderboard.models import HERE, OFFICIAL
from benchmarks.leaderboard.questions import DataSet, Question, read_datasets
from benchmarks.leaderboard.sampling import Store
from benchmarks.leaderboard.stated import SETS as STATED
from benchmarks.leaderboard.stated import TOKENS as WAYS
from benchmarks.leaderboard.verdicts import Verdicts
from benchmarks.leaderboard.wordings import ANSWERS, WORDINGS
from benchmarks.leaderboard.wordings import SETS as WORDED
from benchmarks.machine import hardware
from semuq import DiscreteSemanticEntropy, ExactMatch, KernelLanguageEntropy, SemanticEntropy
from semuq.estimators.base import Estimator
from semuq.evidence import Evidence
from semuq.grading import (
    ContainsAlias,
    ExactMatchGrader,
    Grader,
    RougeL,
    TokenF1,
    default_grader,
)
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.relations.embedding import EmbeddingSimilarity
from semuq.relations.entailment import Entailment
from semuq.relations.lexical import LexicalSimilarity
from semuq.samples import SampleSet

Row = dict[str, Any]

CASES = (
    ("llama-13b", "stored/triviaqa_llama"),
    ("qwen2.5-coder-1.5b", "triviaqa"),
    ("qwen2.5-coder-1.5b", "squad"),
    ("qwen2.5-coder-1.5b", "svamp"),
    ("qwen2.5-coder-0.5b", "triviaqa"),
    ("qwen2.5-coder-0.5b", "squad"),
)
MAIN = OFFICIAL[0]
"""Whose wordings and stated confidences there are."""
LEAST = 40
"""Questions below which a case is left out."""

TWENTY = (("qwen2.5-coder-1.5b-n20", "triviaqa"), ("qwen2.5-coder-1.5b-n20", "squad"))
"""Further cases, for the number of answers alone."""
COUNTS = (2, 3, 5, 10, 19, 20)
HEATED = (("qwen2.5-coder-1.5b-t0.5", "0.5"), ("qwen2.5-coder-1.5b", "1"), ("qwen2.5-coder-1.5b-t1.5", "1.5"))
"""Models that differ by the temperature of the sampled answers; all are judged by the greedy one."""
GRADERS: Mapping[str, tuple[Grader, float]] = {
    "nearly all words of a reference (the page's)": (default_grader(), 0.5),
    "a reference within the answer": (ContainsAlias(), 0.5),
    "the same words as a reference": (ExactMatchGrader(), 0.5),
    "token F1 of 0.5": (TokenF1(), 0.5),
    "ROUGE-L above 0.3, as Kuhn et al. and Lin et al.": (RougeL(), 0.3),
}
"""By name: a grader and from what grade on an answer is right."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Stored answers of a model to a set, with correctness of the judged one."""

    title: str
    model: str
    data: DataSet
    pairs: Sequence[tuple[Question, Record]]
    batch: Sequence[SampleSet]
    judged: Sequence[SampleSet]
    right: FloatArray

    def row(self, choice: str, relation: Relation, *, correct: FloatArray | None = None, **changes: Any) -> Row:
        """AUROC of the estimators with one choice made."""
        batch = changes.pop("batch", self.batch)
        evidence = Evidence(batch, relation)
        truth = self.right if correct is None else correct
        counts = draws(len(batch), 1000, 0)
        found = {}
        for kind in kinds(batch):
            own = {name: value for name, value in changes.items() if name in kind.__dataclass_fields__}
            if changes and not own:
                continue
            found[kind.__name__] = auroc_of(scores(kind(**own), evidence), truth, counts)
        return {"answers": self.title, "choice": choice, "auroc": found}

    def beside(self, kind: str, answers: Path) -> dict[str, Record]:
        """What is kept beside these answers, by question."""
        kept = answers / self.model
        return Beside(kind=kind, store=Store(work=kept, kept=kept), data=self.data).of(self.pairs)

    def with_(self, known: Mapping[str, Record]) -> Case | None:
        """The questions of which something is known; None where they are too few."""
        places = [place for place, (question, _) in enumerate(self.pairs) if question.id in known]
        return None if len(places) < LEAST else self.part(places, titled(self.model, self.data, len(places)))

    def part(self, places: Sequence[int], title: str) -> Case:
        """Some of the questions, under another title."""
        rows = {name: [getattr(self, name)[place] for place in places] for name in ("pairs", "batch", "judged")}
        return replace(self, title=title, right=self.right[list(places)], **rows)


def titled(model: str, data: DataSet, questions: int) -> str:
    """What answers are called in a table."""
    return f"{model}, {data.title.split(',')[0]} ({questions})"


def kinds(batch: Sequence[SampleSet]) -> list[type[Estimator]]:
    """Semantic entropy and its two nearest; the first where there are log-probs."""
    always: list[type[Estimator]] = [DiscreteSemanticEntropy, KernelLanguageEntropy]
    return always if batch[0].token_logprobs is None else [SemanticEntropy, *always]


def scores(estimator: Estimator, evidence: Evidence) -> FloatArray:
    """(questions,)."""
    evidence.require(estimator.needs, estimator.min_samples, type(estimator).__name__)
    return np.asarray(estimator.score_evidence(evidence))


def cases(answers: Path, wanted: Sequence[tuple[str, str]] = ()) -> Iterator[Case]:
    """Those with answers to enough questions."""
    for model, name in wanted or CASES:
        (data,) = read_datasets([name])
        pairs = answered(data.load(), read_packed(answers / model / f"{data.name}.jsonl.xz"))
        if len(pairs) < LEAST:
            continue
        title = titled(model, data, len(pairs))
        yield Case(
            title=title,
            model=model,
            data=data,
            pairs=pairs,
            batch=[sample_set(*pair) for pair in pairs],
            judged=[greedy_set(*pair) for pair in pairs],
            right=greedy_grades(data, pairs),
        )


def compared(case: Case, work: Path) -> Iterator[tuple[str, Relation]]:
    """The relations that apply to a case."""
    if not by_meaning(case.data):
        name = str(case.data.judge["relation"]).partition("(")[0]
        yield f"{name} (the page's)", relation_of(case.data)
    else:
        yield "embedded entailment model (the page's)", entailment(case, work)
    yield "the same words", ExactMatch()
    yield "lexical similarity", LexicalSimilarity()
    yield "sentence embeddings", EmbeddingSimilarity()


def by_judge(found: Sequence[Case], answers: Path, work: Path) -> Iterator[Row]:
    """The relations on the questions of each case that have verdicts, with those."""
    for case in found:
        known = case.beside("verdicts", answers)
        part = case.with_(known)
        if part is None:
            continue
        part = replace(part, title=f"{case.title}, the first {len(part.batch)}")
        judge = ("the model itself, asked in both orders", Verdicts(known=known))
        for name, other in (*compared(part, work), judge):
            yield part.row(name, other)


def by_wording(answers: Path, work: Path) -> Iterator[Row]:
    """As many answers to one wording of a question as to five, and all of them together."""
    for case in cases(answers, [(MAIN, name) for name in WORDED]):
        known = {key: own for key, own in case.beside("wordings", answers).items() if len(own["wordings"]) == WORDINGS}
        part = case.with_(known)
        if part is None:
            continue
        once = [SampleSet(prompt=own.prompt, texts=own.texts) for own in part.batch]
        other = [
            SampleSet(
                prompt=question.text, texts=[text for own in known[question.id]["wordings"] for text in own["texts"]]
            )
            for question, _ in part.pairs
        ]
        both = [SampleSet(prompt=a.prompt, texts=(*a.texts, *b.texts)) for a, b in zip(once, other, strict=True)]
        for title, batch in (
            (f"{len(once[0])} answers to the question", once),
            (f"{ANSWERS} answers to each of {WORDINGS} other wordings", other),
            ("both", both),
        ):
            yield part.row(title, entailment(part, work), batch=batch)


def by_confidence(answers: Path) -> Iterator[Row]:
    """What the model says of its greedy answers, asked at once and after it has weighed them."""
    for case in cases(answers, [(MAIN, name) for name in STATED]):
        known = case.beside("stated", answers)
        part = case.with_(known)
        if part is None:
            continue
        counts = draws(len(part.batch), 1000, 0)
        for way in WAYS:
            # A reply without a number is no assurance: 0, as `with_stated_confidences` has it.
            said = np.array([known[question.id]["said"][way] or 0.0 for question, _ in part.pairs])
            mute = sum(known[question.id]["said"][way] is None for question, _ in part.pairs)
            choice = f"{way}: says {said.mean():.0%}, {part.right.mean():.0%} right, {mute} without a number"
            yield {
                "answers": part.title,
                "choice": choice,
                "auroc": {"StatedConfidence": auroc_of(1 - said, part.right, counts)},
            }


def entailment(case: Case, work: Path) -> Entailment:
    """The embedded model, with the pairs that the score stage has compared already."""
    (work / case.model).mkdir(parents=True, exist_ok=True)
    return Entailment(cache=work / case.model / f"{case.data.name}.pairs.sqlite")


def by_grader(case: Case, relation: Relation) -> Iterator[Row]:
    """A row for each grader, with how many answers it finds right."""
    if grader_of(case.data) != default_grader():
        return
    for name, (grader, least) in GRADERS.items():
        grades = grader.grade_batch(
            [question.text for question, _ in case.pairs],
            [own.texts[0] for own in case.judged],
            [question.references for question, _ in case.pairs],
        )
        right = (grades > least if least == 0.3 else grades >= least).astype(np.float64)
        yield case.row(f"{name}: {right.mean():.0%} right", relation, correct=right)


def studies(found: Sequence[Case], answers: Path, work: Path) -> list[dict[str, Any]]:
    """Title, what it is about, and rows."""

    def own(case: Case) -> Relation:
        return entailment(case, work) if by_meaning(case.data) else relation_of(case.data)

    rules = (("strict", "greedy"), ("strict", "components"), ("relaxed", "greedy"), ("relaxed", "components"))
    return [
        {
            "title": "How two answers are compared",
            "about": "AUROC of the judged answer, with its 95% interval.",
            "rows": [case.row(name, one) for case in found for name, one in compared(case, work)],
        },
        {
            "title": "How many answers",
            "about": "The first of those sampled.",
            "rows": [
                case.row(f"{n} answers", own(case), batch=[samples.take(list(range(n))) for samples in case.batch])
                for case in (*found, *cases(answers, TWENTY))
                for n in COUNTS
                if n <= len(case.batch[0])
            ],
        },
        {
            "title": "How clusters are made",
            "about": "Strict: entailment both ways; relaxed: no contradiction, and not neutral both ways. Greedy: an "
            "answer joins the first cluster whose first member it means; components: whatever is connected.",
            "rows": [
                case.row(f"{rule}, {method}", own(case), equivalence=rule, clustering=method)
                for case in found
                if by_meaning(case.data)
                for rule, method in rules
            ],
        },
        {
            "title": "Who says what is right",
            "about": "The same scores against the verdicts of other graders.",
            "rows": [row for case in found for row in by_grader(case, own(case))],
        },
    ]


def heated(answers: Path, work: Path) -> Iterator[Row]:
    """A row for each temperature, on the questions that were asked at all of them."""
    for name in ("triviaqa", "squad"):
        found = list(cases(answers, [(model, name) for model, _ in HEATED]))
        if len(found) < len(HEATED):
            continue
        least = min(len(case.batch) for case in found)
        for case, (_, temperature) in zip(found, HEATED, strict=True):
            title = titled(case.model, case.data, least)
            part = case.part(range(least), title)
            yield part.row(f"temperature {temperature}", entailment(case, work))


def main(
    work: Annotated[Path, typer.Option(help="Folder of pairs already compared.")] = Path("runs/leaderboard"),
    answers: Annotated[Path, typer.Option(help="Folder of the packed answers.")] = HERE / "answers",
    out: Annotated[Path | None, typer.Option(help="Folder of the results, in place of the repository's own.")] = None,
) -> None:
    """Measure, write the results file, and the page anew."""
    asked = list(cases(answers))
    found = {
        "command": "python -m benchmarks.leaderboard.decides",
        "studies": [
            *studies(asked, answers, work),
            {
                "title": "How hot answers are sampled",
                "about": "The greedy answer is judged at every temperature.",
                "rows": list(heated(answers, work)),
            },
            {
                "title": "How a question is worded",
                "about": "The model rewords each question (a wording counts that keeps its names and numbers) and "
                "answers at temperature 1; the greedy answer to the question itself is judged.",
                "rows": list(by_wording(answers, work)),
            },
            {
                "title": "How a model is asked how sure it is",
                "about": "Of its greedy answer, as chat: for a number at once, or after weighing in a few sentences "
                "what speaks for and against it.",
                "rows": list(by_confidence(answers)),
            },
            {
                "title": "The model as its own judge",
                "about": "Asked whether two of its answers mean the same (`JudgeEquivalence`), beside the relations "
                "above on the questions that it was asked about.",
                "rows": list(by_judge(asked, answers, work)),
            },
        ],
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("semuq", "torch", "numpy")}
        | {"python": platform.python_version()},
    }
    write((RESULTS if out is None else out) / "what_decides.json", found)
    publish(out)


if __name__ == "__main__":
    typer.run(main)
