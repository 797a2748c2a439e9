"""Every recipe of the page runs as it is printed, against stand-ins of what it talks to, and prints what is printed."""

import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from docs import notebook
from docs.recipes import GRADED, graded
from tests.relations.test_languages import save
from tests.sampling.server import serving

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "snippets" / "recipes"
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")

HUB = ("cross-encoder/nli-deberta-v3-small", "MoritzLaurer/mDeBERTa-v3-base-mnli-xnli")


@pytest.fixture
def printed(tmp_path, monkeypatch, capsys):
    """Run a recipe in an empty folder, with `swap` put in place of what only a reader has; gives what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(name, **swap):
        source = (RECIPES / f"{name}.py").read_text(encoding="utf-8")
        for old, new in swap.items():
            assert old in source
            source = source.replace(old, new)
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        names = runpy.run_path(str(tmp_path / f"{name}.py"))
        return capsys.readouterr().out, names

    return run


def shown(name):
    """The output that the page shows below a recipe."""
    block = PAGE.split(f'--8<-- "recipes/{name}.py"')[1].split("```text\n")[1]
    return block.split("```")[0].strip()


def bare(text):
    return [line.rstrip() for line in text.strip().splitlines()]


def test_every_recipe_is_on_the_page_and_tried_here():
    files = {path.stem for path in RECIPES.glob("*.py")}
    assert {name for name in files if f'--8<-- "recipes/{name}.py"' in PAGE} == files
    tried = set(re.findall(r'printed\("(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert tried == files


@pytest.mark.parametrize(
    "topic", ["OpenAI", "vLLM", "pandas", "FastAPI", "own relation", "hub", "language", "claim", "compar", "notebook"]
)
def test_the_page_has_a_section_for_what_is_asked_for(topic):
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [heading for heading in headings if topic.lower() in heading.lower()]


def test_answers_of_openai_are_scored_with_their_log_probs(printed, monkeypatch):
    pytest.importorskip("openai", reason="openai is not installed")
    with serving() as (server, url):
        server.word = lambda prompt, number: ("George Eliot", "Jane Austen")[number % 2]
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        out, names = printed("from_openai")
    assert server.requests[0]["n"] == 10
    assert names["samples"].token_logprobs is not None
    assert bare(out) == ["SemanticEntropy: 0.69", "DiscreteSemanticEntropy: 0.69"]


def test_a_server_is_asked_many_questions_and_one_that_fails_is_listed(printed):
    pytest.importorskip("openai", reason="openai is not installed")
    with serving() as (server, url):
        server.word = lambda prompt, number: "George Eliot"
        server.fail = lambda number, body: (400, {}, "no") if "Emma" in str(body) else None
        out, names = printed("many_questions", **{"http://localhost:8000/v1": url})
    assert len(names["found"]) == 1
    assert "Who wrote Emma?" in out
    assert "DiscreteSemanticEntropy" in out


def test_any_asynchronous_client_is_a_sampler(printed, monkeypatch):
    class ChatOpenAI:
        def __init__(self, *, model, temperature):
            self.asked = 0

        async def ainvoke(self, prompt):
            self.asked += 1
            return SimpleNamespace(text=f"Answer {self.asked}" if "Emma" in prompt else "George Eliot")

    stand_in = ModuleType("langchain_openai")
    stand_in.ChatOpenAI = ChatOpenAI
    monkeypatch.setitem(sys.modules, "langchain_openai", stand_in)
    out, _ = printed("any_client")
    assert re.fullmatch(r"\[0\.\s+[12]\.\d+\]\n", out)


def test_the_recipe_runs_with_langchain_itself(printed, monkeypatch):
    pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    with serving() as (server, url):
        server.word = lambda prompt, number: f"Answer {len(server.requests)}" if "Emma" in prompt else "George Eliot"
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        out, _ = printed("any_client")
    assert len(server.requests) == 20
    assert re.fullmatch(r"\[0\.\s+[12]\.\d+\]\n", out)


def test_outputs_of_vllm_are_scored_with_their_log_probs(printed, monkeypatch):
    def completion(text):
        logprob = SimpleNamespace(logprob=-0.5, decoded_token=text)
        return SimpleNamespace(text=text, token_ids=[7], logprobs=[{7: logprob}], finish_reason="stop")

    class LLM:
        def __init__(self, model):
            self.model = model

        def chat(self, messages, params):
            words = ("George Eliot", "Jane Austen")
            texts = [[words[k % (1 + row)] for k in range(params.n)] for row in range(len(messages))]
            return [
                SimpleNamespace(prompt="", prompt_token_ids=[1], prompt_logprobs=None, outputs=[*map(completion, own)])
                for own in texts
            ]

    stand_in = ModuleType("vllm")
    stand_in.LLM, stand_in.SamplingParams = LLM, lambda **settings: SimpleNamespace(**settings)
    monkeypatch.setitem(sys.modules, "vllm", stand_in)
    out, names = printed("from_vllm")
    assert bare(out) == ["[0.   0.69]"]
    assert all(samples.token_logprobs is not None for samples in names["batch"])


def test_a_data_frame_gets_columns_of_scores(printed):
    pytest.importorskip("pandas", reason="pandas is not installed")
    out, names = printed("frame")
    assert bare(out) == bare(shown("frame"))
    assert names["batch"][0].metadata == {"split": "dev"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Random models with the layout of those on the hub: loaded by name, since a folder of that name is there."""
    return save("mdeberta", tmp_path_factory.mktemp("hub"))


def test_models_of_the_hub_compare_answers(printed, hub, tmp_path):
    for model in HUB:
        shutil.copytree(hub, tmp_path / model)
    out, _ = printed("hub_model")
    assert "threshold=0.5" in out
    out, names = printed("other_language")
    assert 0 <= float(out) <= np.log(3) + 0.01
    assert not names["relation"].compare([names["samples"]])[0].unreadable


def test_claims_are_listed_with_their_texts_the_most_doubtful_first(printed):
    out, _ = printed("claims")
    assert bare(out) == bare(shown("claims"))
    assert "She died in Madrid." in bare(out)[0]


def test_two_estimators_are_compared_on_graded_questions(printed, tmp_path):
    shutil.copy(GRADED, tmp_path)
    out, _ = printed("comparing")
    assert bare(out) == bare(shown("comparing"))


def test_the_graded_questions_are_those_of_the_leaderboard():
    assert GRADED.read_text(encoding="utf-8") == graded()
    assert len(json.loads(graded().splitlines()[0])["texts"]) == 10


def test_an_estimator_of_a_notebook_scores_and_shows_a_card(printed):
    _, names = printed("notebook")
    assert "Ouagadougou" in names["card"]._repr_html_()
    assert names["card"].scores


def test_the_page_of_a_notebook_shows_what_each_cell_ends_on():
    found = notebook.page()
    parts = found.split("```python\n")[1:]
    assert ['<div class="semuq alone"' in own for own in parts] == [True, False, False, True]
    assert ["<table" in own for own in parts] == [True, False, True, True]
    assert "\n\n" not in found[found.rindex("<div class") :].strip()  # it would end the block
    assert "MinorityShare" in parts[2]


def test_a_cell_shows_what_it_prints_and_ends_on():
    assert notebook.shown("print('a')\n1 + 1", {}).strip() == "```text\na\n2\n```"
    assert notebook.shown("x = 1", {}).strip() == ""
