"""The benchmarks of methods at answer time: their fast forms equal the library's, and their tables what they say."""

import json
import re
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.inference import adaptive, agent, instructions, page, prompts, pursuit, resets, second_pass
from benchmarks.inference.common import Log, drawn, mean_difference, resampled
from benchmarks.leaderboard.answers import append
from semuq import SampleSet
from semuq.inference import Case, InformationPursuit, SetSize
from semuq.metrics import auroc
from semuq.sampling import Decoding, Sampler


def test_the_table_of_animals_is_solved_in_as_many_questions_as_is_known():
    assert pursuit.exact(pursuit.Animals.load().answers) == {"mean": 4.4, "most": 5}


@pytest.mark.parametrize("weights", ["cases", "posterior"])
def test_the_fast_player_values_questions_as_the_library_does(weights):
    animals = pursuit.Animals.load()
    predictor = pursuit.Predictor.of(animals.human, 3.0)
    sets = pursuit.calibrated(predictor, animals.answers, 0.2)
    cases = [Case(answers=dict(enumerate(row.tolist())), label=label) for label, row in enumerate(animals.answers)]
    history = [(3, int(animals.answers[5, 3])), (40, int(animals.answers[5, 40]))]
    logs = sum(predictor.loglik[answer, :, question] for question, answer in history)
    posterior = predictor.posterior(history)
    shares = (posterior if weights == "posterior" else np.full(20, 1 / 20)) @ animals.answers
    for criterion, own in ((SetSize(sets), sets), (None, None)):
        options = {} if criterion is None else {"criterion": criterion}
        player = InformationPursuit(posterior=predictor.posterior, weights=weights, **options)
        candidates = [0, 7, 41, 84]
        fast = pursuit.values(predictor, logs, shares, own, 3)
        np.testing.assert_allclose(player.values(history, candidates, cases), fast[candidates], atol=1e-9)


def test_stage_two_plays_with_what_the_model_says_and_not_with_half_of_it(monkeypatch, tmp_path):
    animals = pursuit.Animals.load()
    for name, small in {"GAMES": 2, "ALPHAS": (0.1,), "OVERCONFIDENCE": {"3": 3.0}, "HISTORIES": 1}.items():
        monkeypatch.setattr(pursuit, name, small)
    monkeypatch.setattr("benchmarks.inference.common.RESAMPLES", 20)
    monkeypatch.setattr("benchmarks.inference.common.HERE", tmp_path)
    asked = Namespace(name="m", only_tables=True, minutes=None)
    lines = [
        {"id": name, "animal": index, "p": np.where(animals.answers[index], 0.9, 0.2).tolist()}
        for index, name in enumerate(animals.names)
    ]
    append(pursuit.Log("pursuit-predictor", "m").path, lines[:19])
    with pytest.raises(SystemExit, match="19 of 20"):
        pursuit.predicted(animals, asked)
    append(pursuit.Log("pursuit-predictor", "m").path, lines[19:])
    found = pursuit.stage_two(animals, asked)
    assert found["knows"]["value"] == 1.0
    assert found["studies"]["m"]["3"]["players"]["entropy, posterior"]["accuracy_at_the_end"]["value"] == 1.0


class Oracle:
    """A model that is unsure in the first pass and right in every second one, for multiple choice."""

    identity = "oracle"

    def __init__(self, items):
        self.right = {item["question"]: item for item in items}

    def _of(self, prompt):
        return next(item for question, item in self.right.items() if prompt.startswith(question))

    def keeping(self, *names):
        assert names == ("hidden_states",)
        return self

    def read(self, answers):
        return [
            replace(own, hidden_states=np.random.default_rng(len(own.prompt)).normal(size=(1, 8))) for own in answers
        ]

    def option_probabilities(self, prompts, options):
        if options[0].lower() == "yes":
            return np.tile([0.7, 0.3], (len(prompts), 1))
        told = [self._of(own if isinstance(own, str) else own[0]["content"])["answer"] for own in prompts]
        knows = [not isinstance(own, str) for own in prompts]  # where its own reply stands before it
        even = np.full((len(prompts), len(options)), 1 / len(options))
        return np.where(np.array(knows)[:, None], np.eye(len(options))[told], even)

    def sample(self, prompts, *, n):
        return [
            SampleSet(
                prompt=prompt,
                texts=(
                    f"So. Answer: {second_pass.LETTERS[self._of(prompt)['answer']]}"
                    if index % 2
                    else "Let us see, first of all",
                ),
                token_logprobs=([-0.1] * 4,),
            )
            for index, prompt in enumerate(prompts)
        ]


def test_a_model_that_reasons_well_is_seen_to(monkeypatch):
    monkeypatch.setattr("benchmarks.inference.common.RESAMPLES", 60)
    items = second_pass.items(12)
    records = list(second_pass.ask(Oracle(items), items))
    found = second_pass.table(records)
    assert found["accuracy"]["cue and reasoning for all"]["value"] == 1.0
    assert found["spoiled"] == 0
    assert found["asked for the letter"] == {"reason_only": 12, "cue_and_reason": 12}
    assert found["questions"] == len({item["id"] for item in items}) == 24
    assert found["over_first"]["reasoning for all"]["low"] > 0
    # The first letters are right by chance; without what an older log lacks, the other triggers remain.
    assert set(second_pass.TRIGGERS[:4]) <= set(found)
    old = second_pass.table([{key: row[key] for key in row if key not in ("p_true", "state")} for row in records])
    assert set(second_pass.TRIGGERS) & set(old) == set(second_pass.TRIGGERS[:3])
    assert old["accuracy"] == found["accuracy"]
    # All first passes are alike: entropy cannot choose within a set, so that nothing is reproduced.
    mmlu = second_pass.table([row for row in records if row["set"] == "mmlu_stem"])
    assert mmlu["entropy"]["efficiency"]["0.5"]["value"] == pytest.approx(0)
    assert "null" in mmlu["verdict"] or "gate shut" in mmlu["verdict"]


def test_a_probe_is_never_asked_about_a_question_that_it_was_fitted_on():
    rng = np.random.default_rng(0)
    right = rng.random(60) < 0.5
    informed = rng.normal(size=(60, 4)) + 3 * right[:, None]
    noise = rng.normal(size=(60, second_pass.STATE))
    assert auroc(second_pass._probed(informed, right), right) > 0.95
    assert 0.3 < auroc(second_pass._probed(noise, right), right) < 0.7  # on its own questions it would be 1


def test_replay_of_a_rule_counts_what_was_spent_and_compares_with_ten(monkeypatch):
    monkeypatch.setattr(adaptive, "RESAMPLES", 60)
    monkeypatch.setattr("benchmarks.inference.common.RESAMPLES", 60)
    rng = np.random.default_rng(0)
    rows = []
    for number in range(60):
        sure = number % 2 == 0
        clusters = [0] * 10 if sure else [int(v) for v in rng.integers(0, 6, size=10)]
        rows.append({"id": str(number), "clusters": clusters, "right": bool(rng.random() < (0.9 if sure else 0.2))})
    right = np.array([row["right"] for row in rows], dtype=float)
    default, _ = adaptive.priors(rows)
    fixed = adaptive.replay(rows, right, adaptive.MAKERS["side of 0.8 fixed"], default)
    assert fixed["same_decision"]["value"] == 1.0
    assert 2 <= fixed["answers"] < 10
    settled = adaptive.replay(rows, right, adaptive.MAKERS["side of 0.8 settled at 0.9"], default)
    assert settled["answers"] < 7
    assert settled["auroc"]["value"] > 0.7


def test_a_log_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.inference.common.HERE", tmp_path)
    items, asked = [{"id": str(i)} for i in range(5)], []

    def ask(part):
        asked.extend(item["id"] for item in part)
        return [{**item, "seen": True} for item in part]

    assert Log("m", "n").fill(items, ask, chunk=2, minutes=0) == []
    assert len(Log("m", "n").fill(items[:3], ask, chunk=2, minutes=None)) == 3
    assert [row["id"] for row in Log("m", "n").fill(items, ask, chunk=2, minutes=None)] == list("01234")
    assert asked == list("01234")


def test_a_smaller_draw_is_the_beginning_of_a_larger_one():
    items = [{"id": str(i)} for i in range(50)]
    assert drawn(items, lambda item: item["id"])[:10] == drawn(items, lambda item: item["id"])[:20][:10]
    assert drawn(items, lambda item: item["id"]) != items


def test_intervals_are_of_questions_not_of_rows():
    one, other = np.array([1.0] * 8 + [0.0] * 8), np.zeros(16)
    by_row = mean_difference(one, other)
    by_group = mean_difference(one, other, groups=[0] * 8 + [1] * 8)
    assert by_group["high"] - by_group["low"] > by_row["high"] - by_row["low"]
    assert resampled(lambda index: float("nan"), 4)["undefined"] == 2000


def test_the_page_is_that_of_the_results():
    assert page.PAGE.read_text() == page.render(), "run python -m benchmarks.inference.page"


PROBLEMS = [
    {
        "id": str(n),
        "question": f"Ann has {n} pens and finds 2. How many?",
        "answer": str(n + 2),
        "shards": ["How many pens?", f"Ann has {n}.", "She finds 2."],
    }
    for n in range(3, 7)
]


def lost_in_conversation(talks):
    """Right where all that was said stands in one message and no guess of its own stands in between."""
    found = []
    for talk in talks:
        said = [message["content"] for message in talk if message["role"] == "user"]
        if "Rewritten:" in said[-1]:
            lines = said[-1].rsplit("Messages:", 1)[1].split("Rewritten:")[0].strip().splitlines()
            found.append((" ".join(line.removeprefix("- ") for line in lines), 0.1, 5))
            continue
        start = next((int(w.strip(".")) for text in said for w in text.split() if w.strip(".").isdigit()), None)
        whole = any("2" in text and "How many" in text for text in said)
        lost = any(message["role"] == "assistant" for message in talk)
        entropy = 0.9 if lost and len(said) > 2 else 0.2
        found.append((f"Answer: {start + 2 if whole and start and not lost else 0}", entropy, 5))
    return found


def test_arms_of_a_conversation_differ_where_they_should():
    found = resets.table(PROBLEMS, resets.arms(PROBLEMS, lost_in_conversation, threshold=0.3, seed=0))
    right = {name: value["value"] for name, value in found["last_turn"].items()}
    assert right["FULL"] == right["CONCAT"] == right["ERGO"] == right["ERGO-verbatim"] == right["ALWAYS"] == 1.0
    assert right["SHARDED"] == found["resets"]["SHARDED"] == 0.0
    assert found["resets"]["ERGO"] == found["resets"]["FIXED"] == 1.0  # at the last turn, where the entropy jumps
    assert 0.0 < found["resets"]["RANDOM"] < 2.0
    assert found["resets"]["ALWAYS"] == 2.0
    assert found["differences"]["ERGO - SHARDED"]["low"] > 0
    assert found["verdict"].startswith("gate shut; had it been open: reproduced")  # SHARDED is never right here


def test_arms_together_ask_each_conversation_once_and_tell_what_each_would_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.inference.common.HERE", tmp_path)
    asked = []

    def noted(talks):
        asked.extend(map(str, talks))
        return lost_in_conversation(talks)

    once = resets.arms(PROBLEMS, resets.Once(noted, Log("m", "n")), threshold=0.3, seed=0)
    assert len(asked) == len(set(asked))
    distinct = len(asked)
    assert resets.arms(PROBLEMS, resets.Once(None, Log("m", "n")), threshold=0.3, seed=0) == once
    with pytest.raises(SystemExit, match="no answer yet"):
        resets.arms(PROBLEMS, resets.Once(None, Log("m", "other")), threshold=0.3, seed=0)
    again = resets.arms(PROBLEMS, noted, threshold=0.3, seed=0)
    assert once == again
    assert len(asked) - distinct > 2 * distinct
    alone = resets.together({"SNOWBALL": resets.bit_by_bit(PROBLEMS, show=resets.snowball)}, lost_in_conversation)
    assert alone["SNOWBALL"] == once["SNOWBALL"]


def test_a_change_of_entropy_is_asked_what_it_knows(monkeypatch):
    monkeypatch.setattr("benchmarks.inference.common.RESAMPLES", 60)
    told = [
        resets.Told(None, texts=["a" * 5, "a" * (5 + n)], entropies=[0.5, 0.5 + 0.1 * n], resets=[False, False])
        for n in range(6)
    ]
    told.append(resets.Told(None, texts=["a", ""], entropies=[0.5, None]))
    found = resets.signal(told, np.array([True] * 3 + [False] * 4))
    assert (found["changes"], found["change with length"]) == (6, 1.0)
    assert found["auroc of the last change"]["value"] == 1.0
    assert resets.signal(told, np.array([True] * 7))["auroc of the last change"] is None


def test_random_and_fixed_start_anew_as_often_as_ergo_did():
    told = [resets.Told(None, resets=[False, True, False]), resets.Told(None, resets=[False, False, False])]
    assert resets.realised(told) == 0.25
    assert resets.realised([resets.Told(None, resets=[False])]) == 0.0
    for share in (0.0, 0.1, 0.25, 1 / 3, 0.5, 0.7, 1.0):
        taken = sum(resets.due(turn, share) for turn in range(1, 61))
        assert taken == round(60 * share)


def test_the_threshold_of_resets_is_the_quantile_of_the_accuracy():
    problems = [
        {"question": name, "answer": "1", "shards": ["a", "b", "c", "d"]} for name in ("What is one?", "What is two?")
    ]
    entropies = [0.1, 0.3, None, 0.2]

    def ask(talks):
        found = []
        for talk in talks:
            said = [message["content"] for message in talk if message["role"] == "user"]
            shown = f"Answer: {int('one' in said[-1])}"
            found.append((shown, entropies[len(said) - 1], 5))
        return found

    found = resets.calibration(problems, ask)
    assert (found["accuracy"], found["turns"]) == (0.5, 2)
    assert found["threshold"] == pytest.approx(0.2)


QUESTION = {
    "id": "q",
    "question": "Where was Ann born?",
    "answer": "Lyon",
    "paragraphs": [
        {"title": "Ann", "sentences": ["Ann was born in Lyon."]},
        {"title": "Bob", "sentences": ["Bob was born in Nice."]},
    ],
}


class Agent:
    """Searches, then finishes with what it found; its other decisions lie apart."""

    def at(self, *, seed):
        return self

    def sample(self, prompts, *, n):
        found = []
        for prompt in prompts:
            own = prompt.rsplit("Question:", 1)[1]
            text = "Finish[Lyon]" if "Found: Ann: Ann was born in Lyon." in own else "I think: Search[Ann]"
            texts = (text, *("Search[Bob]",) * (n - 1))
            found.append(SampleSet(prompt=prompt, texts=texts, token_logprobs=([-0.5],) * n))
        return found


def test_an_agent_searches_finishes_and_is_judged():
    run, other = agent.play(Agent(), [QUESTION, {**QUESTION, "paragraphs": QUESTION["paragraphs"][1:]}], seed=0)
    assert len(other["steps"]) == agent.STEPS  # what it looks for is not there
    assert other["answer"] is None
    assert [step["texts"][0] for step in run["steps"]] == ["Search[Ann]", "Finish[Lyon]"]
    assert run["answer"] == "Lyon"
    assert agent.Search(QUESTION["paragraphs"])("Bob Nice").startswith("Bob")
    assert agent.Search(QUESTION["paragraphs"])("zebra") == "nothing"
    lost = {"steps": run["steps"] * 2, "answer": None}
    records = [
        {"id": str(n), "question": "Q", "gold": "Lyon", "runs": [run, run] if n % 2 else [lost, run]} for n in range(8)
    ]
    found = agent.table(records)
    assert found["right"]["value"] == 0.5
    assert found["auroc"]["number of steps"]["value"] == 1.0


@pytest.mark.parametrize("name", ["mmlu", "svamp"])
def test_a_score_of_an_instruction_on_an_item_is_asked_once(name, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.inference.common.HERE", tmp_path)
    task, asked = prompts.TASKS[name], []
    dev, test = prompts.split(task.items(), 20)
    assert len(test) == 20
    assert not {item.text for item in dev} & {item.text for item in test}
    told = {"mmlu": "A", "svamp": dev[0].answer}[name]

    class Model:
        def option_probabilities(self, texts, options):
            asked.extend(texts)
            return np.tile([0.7, 0.1, 0.1, 0.1], (len(texts), 1))

        def sample(self, texts, *, n):
            asked.extend(texts)
            return [SampleSet(prompt=text, texts=[f"The number is {told}."]) for text in texts]

    score = prompts.Scored(Model(), task, Log("m", "n"))
    first = score("Choose.", dev[:6])
    assert first == [float(item.answer == told) for item in dev[:6]]
    assert prompts.Scored(Model(), task, Log("m", "n"))("Choose.", dev[:6]) == first
    assert len(asked) == 6


class Rewording(Sampler):
    """Says a problem anew; where it is told to add words, with another number in it."""

    decoding = Decoding()

    def sample(self, prompts, *, n):
        batch = [prompts] if isinstance(prompts, str) else prompts
        found = []
        for text in batch:
            question = json.loads(text.rsplit("Question: ", 1)[1].removesuffix("\nRewritten:"))
            numbers = re.findall(r"\d+(?:\.\d+)?", question)
            task = text.split("answer it. ")[1].split()[0]
            added = ", and 5" if task == "Add" and "more" in question else ""
            found.append(SampleSet(prompt=text, texts=[f"{task}: {', '.join(numbers)}{added}?"] * n))
        return found


class Reads:
    """Solves what it is asked, unless there are stray signs at the end of which it was not warned."""

    def __init__(self, items, strays):
        self.answers, self.strays = {item.text: item.answer for item in items}, strays

    def sample(self, prompts, *, n):
        found = []
        for prompt in prompts:
            instruction, text = prompt.split("\n\n", 1)
            knows = text in self.answers and len(text) % 2
            misled = text in self.strays and "stray" not in instruction
            answer = self.answers.get(text) if knows else self.strays.get(text, "none") if not misled else "none"
            found.append(SampleSet(prompt=prompt, texts=[f"It is {answer}."]))
        return found


def test_what_a_kind_takes_and_a_warning_gives_back_is_found_on_the_same_copies(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.inference.common.HERE", tmp_path)
    _, items = prompts.split(instructions.TASK.items(), 18)
    made = instructions.copies(items, Rewording(), Log("copies", "n"))
    assert instructions.copies(items, None, Log("copies", "n")) == made, "what is in the log is not made again"
    for item, own in zip(items, made, strict=True):
        assert ("W3" in own) == ("more" not in item.text), "a copy with another number is none"
    strays = {
        own["C3"]: item.answer for item, own in zip(items, made, strict=True) if "C3" in own and len(item.text) % 2
    }
    found = instructions.studied(Reads(items, strays), items, made, Log("scores", "n"))
    assert found["copies"]["W3"] == sum("more" not in item.text for item in items) < found["copies"]["S2"] == 18
    assert found["instructions"]["warned"]["perturbed"]["C3"] == found["instructions"]["warned"]["clean"]["value"]
    assert found["instructions"]["first"]["drop_rates"]["C3"] == 1
    assert found["instructions"]["first"]["perturbed"]["C3"] == 0
    assert found["by_kind"]["C3"]["value"] > found["by_kind"]["C1"]["value"]
    assert found["less_the_first_over_kinds"]["terse"]["value"] == 0
    gains = [float(len(item.text) % 2) / len(own) for item, own in zip(items, made, strict=True)]
    assert found["less_the_first_over_kinds"]["warned"]["value"] == pytest.approx(np.mean(gains), abs=1e-4)
    gain = found["less_the_first_over_kinds"]["warned"]
    for p_holm, named in ((0.01, "warned"), (0.2, "none")):
        told = {**found, "less_the_first_over_kinds": {"warned": {**gain, "p_holm": p_holm}}}
        assert instructions.verdict(told).endswith(f"more robust than the first instruction: {named}; less: none")
    shut = {**found, "gate": {"open": False}}
    assert instructions.verdict(shut).startswith("gate shut")
