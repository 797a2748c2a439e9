"""`python -m benchmarks.leaderboard.stated`: how sure a model says it is of its greedy answers, weighed first or not.

Asked as `with_stated_confidences` asks, with and without reasoning; kept beside the answers for `decides`. Resumable.
"""

from __future__ import annotations

from benchmarks.leaderboard.answers import Record, digest, greedy_set
from benchmarks.leaderboard.beside import Beside, Pairs, run
from benchmarks.leaderboard.models import Model, as_chat
from benchmarks.leaderboard.questions import DataSet
from benchmarks.leaderboard.sampling import Say, Store
from semuq.samples import SampleSet
from semuq.sampling.elicit import with_stated_confidences

SETS = ("triviaqa", "truthfulqa", "mmlu_stem")
QUESTIONS = 100
AT_ONCE, WEIGHED = "asked at once", "weighed first"
TOKENS = {AT_ONCE: 12, WEIGHED: 96}
"""Room for a reply, by how the model is asked."""
CHUNK = 25


def collect(data: DataSet, model: Model, store: Store, *, limit: int, say: Say) -> None:
    """Ask about the first questions that have answers and nothing said of them yet."""
    ways = {way: as_chat(model, temperature=0.0, max_new_tokens=room) for way, room in TOKENS.items()}

    def one(pairs: Pairs) -> list[Record]:
        samples = [SampleSet(prompt=question.shown, texts=greedy_set(question, own).texts) for question, own in pairs]
        said = {way: with_stated_confidences(chat, samples, reasoning=way != AT_ONCE) for way, chat in ways.items()}
        return [
            {
                "id": question.id,
                "answers": digest(record),
                "said": {way: _confidence(own[place]) for way, own in said.items()},
            }
            for place, (question, record) in enumerate(pairs)
        ]

    Beside(kind="stated", store=store, data=data).make(one, limit=limit, chunk=CHUNK, say=say)


def _confidence(samples: SampleSet) -> float | None:
    """None where the reply has no number."""
    if "stated_confidences_unread" in samples.metadata or samples.stated_confidences is None:
        return None
    return round(float(samples.stated_confidences[0]), 4)


if __name__ == "__main__":
    run(collect, SETS, QUESTIONS)
