"""`semuq ask`, with a sampler that has its answers ready."""

import importlib
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from semuq import InvalidModel, SampleSet
from semuq.cli import app
from semuq.sampling import CallableSampler, Decoding, GGUFSampler
from semuq.scoring.record import QuestionScore

ASK = importlib.import_module("semuq.cli.ask")


class ReadyAnswers:
    """A sampler that remembers what it was asked for."""

    identity = "tests/ready"

    def __init__(self, texts, logprobs=True):
        self.texts, self.logprobs, self.calls = texts, logprobs, []

    def sample(self, prompts, *, n=10):
        self.calls.append((prompts, n))
        texts = (self.texts * n)[:n]
        logprobs = [np.array([-0.5])] * n if self.logprobs else None
        return SampleSet(prompt=prompts, texts=texts, token_logprobs=logprobs)


@pytest.fixture
def ask(monkeypatch):
    def run(*arguments, texts=("Paris", "paris.", "Lyon", "Paris", "Paris"), logprobs=True):
        sampler = ReadyAnswers(list(texts), logprobs)
        built = []

        def build(model, **decoding):
            built.append((model, decoding))
            return sampler

        monkeypatch.setattr(ASK, "build_sampler", build)
        result = CliRunner().invoke(app, ["ask", "Capital of France?", "--relation", "exact", *arguments])
        return result, sampler, built

    return run


def test_clusters_scores_and_verdict_are_shown(ask):
    result, sampler, _ = ask("--samples", "5")
    assert result.exit_code == 0
    assert sampler.calls == [("Capital of France?", 5)]
    lines = result.stdout.splitlines()
    assert lines[0] == "Capital of France?"
    (paris,) = [line for line in lines if "Paris" in line and "%" in line]
    assert paris.split()[0] == "4"
    assert " 67% " in paris  # three wordings of equal likelihood, two of them Paris
    assert paris.count("█") == 16  # of 20, for four of five answers
    assert "the verdict counts answers" in result.stdout
    assert "(in 2 wordings)" in paris
    assert any(line.startswith("SemanticEntropy") and "0.637" in line for line in lines)
    assert lines[-1] == "4 of 5 answers mean 'Paris': the model leans towards it, but is not sure."


def test_without_log_probs_shares_are_counts(ask):
    result, _, _ = ask("--samples", "5", logprobs=False)
    assert "likelihood" not in result.stdout
    assert "%" not in result.stdout
    assert "\nSemanticEntropy" not in result.stdout


def test_the_options_reach_the_sampler(ask):
    _, sampler, built = ask(
        *["--samples", "3", "--temperature", "0.7", "--top-p", "0.9", "--seed", "4"],
        *["--max-new-tokens", "8", "--model", "somewhere/model"],
    )
    assert sampler.calls[0][1] == 3
    ((model, options),) = built
    assert model == "somewhere/model"
    assert options == {
        "base_url": None,
        "system": None,
        "temperature": 0.7,
        "top_p": 0.9,
        "max_new_tokens": 8,
        "seed": 4,
    }


def test_rows_come_in_the_order_of_the_verdict_which_counts(ask):
    # Paris is said most often, in one wording; Lyon and its two wordings hold most of the likelihood.
    result, _, _ = ask("--samples", "5", texts=("Paris", "Paris", "Paris", "Lyon", "lyon"))
    rows = [line.split() for line in result.stdout.splitlines() if "%" in line]
    assert [(row[0], row[-1]) for row in rows] == [("3", "Paris"), ("2", "wordings)")]
    assert [row[2] for row in rows] == ["33%", "67%"]
    assert "3 of 5 answers mean 'Paris'" in result.stdout


def tiny_sampler(*, chat):
    from semuq import HuggingFaceSampler
    from tests.tiny import llama

    model, _ = llama.pair()
    tokenizer = llama.tokenizer(chat=bool(chat))
    if isinstance(chat, str):
        tokenizer.chat_template = chat
    return HuggingFaceSampler(model, tokenizer=tokenizer)


class TestBrief:
    """A short answer is asked for where nothing else is, and where the model takes such a message."""

    def test_a_model_with_a_template_and_a_server_are_asked_for_one(self):
        from semuq import OpenAISampler

        assert ASK.briefly(OpenAISampler("m", base_url="http://localhost:1/v1")).system == ASK.BRIEF
        sampler = tiny_sampler(chat=True)
        brief = ASK.briefly(sampler)
        assert brief.system == ASK.BRIEF
        assert brief._loaded is sampler._loaded
        assert sampler.system is None

    def test_one_without_a_template_or_whose_template_knows_no_system_message_is_not(self):
        bare = tiny_sampler(chat=False)
        assert ASK.briefly(bare) is bare
        strict = tiny_sampler(chat="{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}?")
        assert ASK.briefly(strict) is strict

    @pytest.mark.parametrize(("given", "reaches"), [("", None), ("Be kind.", "Be kind.")])
    def test_a_message_of_ones_own_or_none_is_left_alone(self, ask, monkeypatch, given, reaches):
        monkeypatch.setattr(ASK, "briefly", lambda sampler: pytest.fail("nobody asked for it"))
        _, _, ((_, options),) = ask("--system", given)
        assert options["system"] == reaches

    def test_the_help_names_three_better_models(self):
        shown = " ".join(CliRunner().invoke(app, ["ask", "--help"]).stdout.replace("│", " ").split())
        for model in ("Qwen/Qwen2.5-1.5B-Instruct", "SmolLM2-1.7B-Instruct", "Qwen/Qwen3-4B-Instruct-2507"):
            assert model in shown


def test_json_is_a_line_as_semuq_score_writes_it(ask):
    result, _, _ = ask("--json")
    (line,) = result.stdout.splitlines()
    score = QuestionScore.from_dict(json.loads(line))
    assert score.prompt == "Capital of France?"
    assert json.loads(line)["verdict"] == score.verdict


def test_what_a_model_says_cannot_speak_to_the_terminal(ask):
    result, _, _ = ask(texts=["\x1b]0;pwned\x07\x1b[31m[red]x[/red]", "[link=http://x]y[/link]", "[/]"])
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "[red]x[/red]" in result.stdout
    assert "[link=http://x]y[/link]" in result.stdout


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ([""], "All 10 answers are empty or refuse: the model says that it does not know."),
        (["日本", "Größe", "مرحبا"], "(3): the model is not sure."),
        (["x" * 100_000], "x…': the model is consistent."),
        (["a\nb\nc"], "All 10 answers mean 'a b c': the model is consistent."),
    ],
)
def test_any_answer_can_be_shown(ask, texts, sentence):
    result, _, _ = ask(texts=texts)
    assert result.exit_code == 0
    assert " ".join(result.stdout.split()).endswith(sentence)


def test_a_model_that_cannot_be_used_is_one_line(monkeypatch):
    def build(model, **decoding):
        raise InvalidModel("model 'x': expected a causal language model; pass another")

    monkeypatch.setattr(ASK, "build_sampler", build)
    result = CliRunner().invoke(app, ["ask", "?", "--relation", "exact"])
    assert result.exit_code == 1
    assert result.stderr.strip() == "model 'x': expected a causal language model; pass another"


def test_an_unforeseen_error_keeps_its_traceback(monkeypatch):
    def build(model, **decoding):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(ASK, "build_sampler", build)
    result = CliRunner().invoke(app, ["ask", "?", "--relation", "exact"])
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.parametrize(
    "arguments", [["--samples", "0"], ["--relation", "telepathy"], ["--seed", "-1"], ["--tmperature", "1"]]
)
def test_wrong_usage_is_status_2(ask, arguments):
    result, _, built = ask(*arguments)
    assert result.exit_code == 2
    assert built == []


def test_the_sampler_that_is_built_is_the_one_asked_for():
    sampler = ASK.build_sampler("some/model", temperature=0.5, top_p=0.9, max_new_tokens=4, seed=3)
    assert sampler.model == "some/model"
    decoding = sampler.decoding
    assert (decoding.temperature, decoding.top_p, decoding.max_new_tokens, decoding.seed) == (0.5, 0.9, 4, 3)


def test_a_gguf_file_is_asked_through_llama_cpp():
    sampler = ASK.build_sampler("model.gguf", system="Be brief.", temperature=0.5, top_p=0.9, max_new_tokens=4, seed=3)
    assert isinstance(sampler, GGUFSampler)
    assert (sampler.model, sampler.system, sampler.decoding.seed) == ("model.gguf", "Be brief.", 3)


MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of France?"}]


@pytest.mark.parametrize("held", [MESSAGES, {"messages": MESSAGES}])
def test_a_chat_is_asked_in_place_of_a_question(monkeypatch, tmp_path, held):
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(held))
    asked = []

    def answer(prompt, n):
        asked.append(prompt)
        return ["Paris"] * n

    monkeypatch.setattr(ASK, "build_sampler", lambda model, **decoding: CallableSampler(answer, "Paris"))
    command = ["ask", "--messages", str(path), "--relation", "exact"]
    result = CliRunner().invoke(app, [*command, "--json"])
    assert (result.exit_code, asked) == (0, [MESSAGES])
    assert json.loads(result.stdout)["prompt"] == "Capital of France?"
    for wrong in (["Capital?"], ["--second-pass"], ["--system", "Be long."]):
        assert CliRunner().invoke(app, [*command, *wrong]).exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("no json", "expected a list of messages as JSON"), ("[]", "at least one message"), ('[{"a": 1}]', "role")],
)
def test_a_file_without_a_chat_is_one_line(tmp_path, text, said):
    path = tmp_path / "chat.json"
    path.write_text(text)
    result = CliRunner().invoke(app, ["ask", "--messages", str(path), "--relation", "exact"])
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


class Reseeded:
    """Answers by the seed it was built with; with room to reason it is sure."""

    identity = "tests/reseeded"

    def __init__(self, texts, room, seed=0):
        self.texts, self.room, self.decoding = texts, room, Decoding(seed=seed)

    def at(self, *, seed=None, max_new_tokens=None):
        if max_new_tokens is not None:
            return Reseeded(self.texts, max_new_tokens, self.decoding.seed)
        return Reseeded(self.texts[3:], self.room, seed)

    def sample(self, prompt, *, n=10):
        if self.room >= ASK.ROOM:
            assert "step by step" in prompt
            return SampleSet(prompt=prompt, texts=("Let me see. Answer: Paris",) * n)
        return SampleSet(prompt=prompt, texts=tuple(self.texts[:n]))


@pytest.fixture
def actions(monkeypatch):
    def run(*arguments, texts):
        monkeypatch.setattr(ASK, "build_sampler", lambda model, **decoding: Reseeded(texts, decoding["max_new_tokens"]))
        return CliRunner().invoke(app, ["ask", "Capital of France?", "--relation", "exact", *arguments])

    return run


def test_adaptive_stops_where_the_answers_agree_and_says_so(actions):
    result = actions("--adaptive", "--samples", "20", texts=["Paris"] * 20)
    assert result.exit_code == 0, result.output
    assert "All 3 answers mean 'Paris'" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("↻ Stopped after 3 answers")


def test_adaptive_takes_all_it_may_where_they_do_not(actions):
    result = actions("--adaptive", "--samples", "4", texts=list("abcdefgh"))
    assert "↻ Took all 4 answers that were allowed" in result.stdout


def test_a_second_pass_only_where_the_answers_disagree(actions):
    again = actions("--second-pass", "--samples", "4", texts=["Paris", "Lyon", "Nice", "Lille"])
    assert "Four answers, four meanings: the model does not know." in again.stdout
    assert "All 4 answers mean 'Paris': the model is consistent." in again.stdout
    assert "↻ Asked a second time" in again.stdout
    sure = actions("--second-pass", "--samples", "4", texts=["Paris"] * 4)
    assert "Asked a second time" not in sure.stdout


def test_json_of_a_second_pass_is_one_line_with_the_first_answers(actions):
    result = actions("--second-pass", "--json", "--samples", "3", texts=["Paris", "Lyon", "Nice"])
    (line,) = result.stdout.splitlines()
    record = json.loads(line)
    assert record["texts"] == ["Paris"] * 3
    assert record["metadata"]["first_answers"] == ["Paris", "Lyon", "Nice"]
    assert len(record["metadata"]["actions"]) == 1


@pytest.mark.parametrize("question", ["", " ", "\n"])
def test_no_question_is_refused_before_anything_is_loaded(question):
    result = CliRunner().invoke(app, ["ask", question, "--model", "nowhere"])
    assert result.exit_code == 2
    assert "expected a question, got an empty text" in " ".join(result.stderr.replace("│", " ").split())
