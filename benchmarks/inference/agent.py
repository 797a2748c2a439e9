"""UProp on a real agent: retrieval over the ten paragraphs of HotpotQA questions, search or finish, at most four steps.

    python -m benchmarks.inference.agent --model FOLDER --name qwen2.5-coder-0.5b --items 100 --minutes 20

N = 3 decisions are sampled at a step, the first is executed; Z = 2 runs a question. One log, which the same command
continues. Design and criteria: `design.md`, 4, part 2. Writes benchmarks/results/inference_agent.json.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.inference.common import HERE, Log, Row, ends, gate, model_arguments, ranking, rate, rows, sampler, write
from semuq.grading import TokenF1
from semuq.inference import Step, Trajectory, UProp, step_aggregate
from semuq.metrics import auroc, paired_difference
from semuq.text import words

DECISIONS, RUNS, STEPS, SHOWN = 3, 2, 4, 350
RIGHT = 0.5
"""Token F1 from which an answer counts as right."""

PROMPT = """\
Answer the question by searching. Each turn write one line: Search[words] to look something up, or Finish[answer] when \
you know the answer.

Question: Which river flows through the city where Mozart was born?
Search[Mozart born city]
Found: Mozart was born in Salzburg.
Search[river Salzburg]
Found: Salzburg lies on the Salzach.
Finish[Salzach]

Question: {question}
{history}{turn}"""
NEXT = "Turn {turn} of {steps}. Your next line, Search[words] or Finish[answer]:"
LAST = "Turn {steps} of {steps}, the last. What is the answer, in a few words? Finish[answer]:"
_ACTION = re.compile(r"(Search|Finish)\s*\[([^\]\n]*)\]?")


class Search:
    """BM25 over the paragraphs of one question."""

    def __init__(self, paragraphs: Sequence[Row]) -> None:
        self.texts = [f"{own['title']}: {''.join(own['sentences'])}" for own in paragraphs]
        self.counts = [Counter(words(text)) for text in self.texts]
        self.mean = float(np.mean([sum(own.values()) for own in self.counts]))

    def __call__(self, query: str) -> str:
        """The best paragraph; "nothing" where no word of the query is in any."""
        scores = [self._score(query, own) for own in self.counts]
        best = int(np.argmax(scores))
        return self.texts[best] if scores[best] > 0 else "nothing"

    def _score(self, query: str, own: Counter[str]) -> float:
        total, n = 0.0, len(self.counts)
        for word in set(words(query)):
            holding = sum(word in other for other in self.counts)
            if own[word]:
                rarity = math.log(1 + (n - holding + 0.5) / (holding + 0.5))
                length = 0.25 + 0.75 * sum(own.values()) / self.mean
                total += rarity * own[word] * 2.2 / (own[word] + 1.2 * length)
        return total


def decision(text: str) -> str:
    """The first action a reply states; its first line where it states none."""
    found = _ACTION.search(text)
    return f"{found[1]}[{found[2].strip()}]" if found else (text.strip().splitlines() or ["nothing"])[0][:80]


def play(model: Any, questions: Sequence[Row], seed: int) -> list[Row]:
    """One run of each question, all a step at a time."""
    look_up = [Search(own["paragraphs"]) for own in questions]
    runs: list[Row] = [{"steps": [], "answer": None} for _ in questions]
    history = [""] * len(questions)
    for step in range(STEPS):
        alive = [place for place, own in enumerate(runs) if own["answer"] is None]
        turn = (NEXT if step < STEPS - 1 else LAST).format(turn=step + 1, steps=STEPS)
        prompts = [
            PROMPT.format(question=questions[place]["question"], history=history[place], turn=turn) for place in alive
        ]
        for place, drawn in zip(alive, model.at(seed=seed * 100 + step).sample(prompts, n=DECISIONS), strict=True):
            texts = [decision(text) for text in drawn.texts]
            logprobs = [[round(float(value), 4) for value in own] for own in drawn.token_logprobs or ()]
            runs[place]["steps"].append({"texts": texts, "logprobs": logprobs})
            if texts[0].startswith("Finish["):
                runs[place]["answer"] = texts[0][len("Finish[") : -1]
            elif texts[0].startswith("Search["):
                found = look_up[place](texts[0][len("Search[") : -1])[:SHOWN]
                history[place] += f"{texts[0]}\nFound: {found}\n"
            elif step == STEPS - 1:
                runs[place]["answer"] = texts[0]
            else:
                history[place] += "Found: nothing\n"
    return runs


def trajectory(run: Row) -> Trajectory:
    """A run of the log."""
    return Trajectory(
        steps=tuple(Step(texts=own["texts"], token_logprobs=own["logprobs"]) for own in run["steps"]),
        answer=run["answer"],
    )


def table(records: Sequence[Row]) -> Row:
    """A row per question: the first run is judged, the scores see all its runs."""
    grader = TokenF1()
    right = np.array(
        [
            float(
                row["runs"][0]["answer"] is not None
                and grader.grade(row["question"], row["runs"][0]["answer"], [row["gold"]]) >= RIGHT
            )
            for row in records
        ]
    )
    runs = [[trajectory(run) for run in row["runs"]] for row in records]
    scores = {
        "UProp": [UProp().score(own) for own in runs],
        "UProp, centred": [UProp(centred=True).score(own) for own in runs],
        "UProp, plain sum": [UProp(normalise=False).score(own) for own in runs],
        **{
            f"{how} IU": [float(np.mean([step_aggregate(one, how) for one in own])) for own in runs]
            for how in ("mean", "rms", "max", "last")
        },
        "number of steps": [float(np.mean([len(one) for one in own])) for own in runs],
        "answers differ": [float(len({one.answer for one in own}) > 1) for own in runs],
    }
    found: Row = {"questions": len(records), "right": rate(right), "gate": gate(float(right.mean()))}
    if len(set(right)) < 2:
        return {**found, "verdict": "gate shut: all right or all wrong"}
    lengths = np.array([len(own[0]) for own in runs])
    common = int(np.bincount(lengths).argmax())
    inside = lengths == common
    found["auroc"] = {name: ranking(np.array(values), right) for name, values in scores.items()}
    if len(set(right[inside])) == 2:
        found["within_steps"] = common
        found["auroc_within"] = {
            name: ranking(np.array(values)[inside], right[inside]) for name, values in scores.items()
        }
    gaps = {
        rival: paired_difference(auroc, scores["UProp"], scores[rival], right, n_resamples=2000)
        for rival in ("mean IU", "number of steps")
    }
    found["differences"] = {f"UProp - {rival}": ends(gap) for rival, gap in gaps.items()}
    ahead = all(gap.low > 0 for gap in gaps.values())
    found["verdict"] = "gate shut" if not found["gate"]["open"] else "reproduced" if ahead else "null"
    return found


def main() -> None:
    """Play, tabulate, write."""
    arguments = model_arguments("agent").parse_args()
    questions = rows(HERE / "data" / "hotpotqa.jsonl.gz")[: arguments.items]
    model = None if arguments.only_tables else sampler(arguments.model, max_new_tokens=24, temperature=0.8)

    def ask(part: Sequence[Row]) -> Iterator[Row]:
        played = [play(model, part, seed) for seed in range(RUNS)]
        for question, *runs in zip(part, *played, strict=True):
            yield {"id": question["id"], "question": question["question"], "gold": question["answer"], "runs": runs}

    minutes = 0 if arguments.only_tables else arguments.minutes
    records = Log("agent", arguments.name).fill(questions, ask, chunk=10, minutes=minutes)
    if not records:
        raise SystemExit("no question was asked")
    write(
        "agent",
        {
            "question": "does UProp rank the failures of a retrieval agent better than its parts?",
            "command": "python -m benchmarks.inference.agent --model FOLDER --name NAME",
            "design": "benchmarks/inference/design.md, 4, part 2",
            "models": {arguments.name: {"planned": len(questions), **table(records)}},
        },
    )


if __name__ == "__main__":
    main()
