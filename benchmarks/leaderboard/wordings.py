"""`python -m benchmarks.leaderboard.wordings`: questions of two sets in five other wordings, and answers to each.

The model words them itself, asked as chat; a wording counts if it keeps every name and number of the question and
gives no answer away. Kept beside the answers for `decides`. Takes long, resumable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.leaderboard.answers import Record, digest
from benchmarks.leaderboard.beside import Beside, Pairs, run
from benchmarks.leaderboard.models import Model, as_chat
from benchmarks.leaderboard.questions import DataSet, Question
from benchmarks.leaderboard.sampling import Say, Store
from semuq.sampling import Sampler
from semuq.sampling.perturbations.asked import read_rewording, rewording_prompt
from semuq.text import normalise_answer

SETS = ("triviaqa", "popqa")
QUESTIONS, WORDINGS, ANSWERS = 100, 5, 2
KINDS = ("S2", "S3")  # another wording; where too few are left, another syntax
TRIES = 8
CHUNK = 25
_KEPT = re.compile(r"(?<=[^.?!] )[\"'(]*[A-Z][\w'’.-]*\w|\d[\d.,]*")  # names but for a first word, numbers


def faithful(wording: str | None, question: Question) -> bool:
    """Whether a wording keeps the names and numbers of a question, and says no right answer that it does not say.

    Example:
        >>> own = Question(id="", text="Who wrote Hamlet in 1600?", prompt="", references=("Shakespeare",))
        >>> faithful("Hamlet was written in 1600 by whom?", own), faithful("Who wrote Hamlet?", own)
        (True, False)
        >>> faithful("In 1600, did Shakespeare write Hamlet?", own), faithful(None, own)
        (False, False)
    """
    if wording is None or "\n" in wording:
        return False
    said, asked = normalise_answer(wording), normalise_answer(question.text)
    kept = (normalise_answer(name) for name in _KEPT.findall(question.text))
    told = (normalise_answer(own) for own in question.references)
    return all(name in said for name in kept) and not any(own and own in said and own not in asked for own in told)


def reworded(chat: Sampler, questions: Sequence[Question]) -> list[list[str]]:
    """At most `WORDINGS` faithful wordings of each, all different."""
    found: list[dict[str, str]] = [{} for _ in questions]
    for kind in KINDS:
        short = [place for place, own in enumerate(found) if len(own) < WORDINGS]
        prompts = [rewording_prompt(questions[place].text, kind) for place in short]
        for place, replies in zip(short, chat.sample(prompts, n=TRIES) if prompts else (), strict=True):
            for reply in replies.texts:
                wording = read_rewording(reply, questions[place].text)
                if wording is not None and faithful(wording, questions[place]):
                    found[place].setdefault(normalise_answer(wording), wording)
    return [list(own.values())[:WORDINGS] for own in found]


def collect(data: DataSet, model: Model, store: Store, *, limit: int, say: Say) -> None:
    """Word anew and ask the first questions that have answers and no wordings yet."""
    chat = as_chat(model, temperature=0.8, max_new_tokens=64, seed=model.seed)
    drawn = model.ask(data.ask, greedy=False)

    def one(pairs: Pairs) -> list[Record]:
        worded = reworded(chat, [question for question, _ in pairs])
        prompts = [
            own.join(question.prompt.rsplit(question.text, 1))
            for (question, _), each in zip(pairs, worded, strict=True)
            for own in each
        ]
        texts = iter(drawn.sample(prompts, n=ANSWERS) if prompts else ())
        return [
            {
                "id": question.id,
                "answers": digest(record),
                "wordings": [{"question": own, "texts": list(next(texts).texts)} for own in each],
            }
            for (question, record), each in zip(pairs, worded, strict=True)
        ]

    Beside(kind="wordings", store=store, data=data).make(one, limit=limit, chunk=CHUNK, say=say)


if __name__ == "__main__":
    run(collect, SETS, QUESTIONS)
