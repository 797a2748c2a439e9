"""Rollouts from a tiny Qwen2 with random weights and the real tokenizer class."""

import sys
from types import SimpleNamespace

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Tokenizer

from semuq.errors import MissingExtra
from semuq.sampling.base import Decoding
from semuq_rl.evaluation import Completion, TransformersGenerator
from semuq_rl.evaluation.generation import cut
from semuq_rl.evaluation.stand_in import write_stand_in
from semuq_rl.tasks.maths import TEMPLATES

GREEDY = Decoding(temperature=0, max_new_tokens=12)
PROMPTS = [TEMPLATES["qwen_math"].prompt(text) for text in ("1 + 1?", "What is the area of a square of side 3?")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_stand_in(tmp_path_factory.mktemp("tiny"), context=160)


def test_the_stand_in_loads_as_the_real_model_would(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert isinstance(tokenizer, Qwen2Tokenizer)
    assert AutoModelForCausalLM.from_pretrained(folder).config.model_type == "qwen2"
    ids = tokenizer(PROMPTS[0]).input_ids
    assert ids[0] == tokenizer.convert_tokens_to_ids("<|im_start|>")
    assert tokenizer.decode(ids) == PROMPTS[0]


def test_greedy_is_what_transformers_generates(folder):
    found = TransformersGenerator(folder).generate(PROMPTS, n=1, decoding=GREEDY)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    for prompt, (own,) in zip(PROMPTS, found, strict=True):
        ids = torch.tensor([tokenizer(prompt).input_ids])
        out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12)[
            0, ids.shape[1] :
        ]
        assert own.text == tokenizer.decode(out, skip_special_tokens=True).strip()
        assert own.tokens == len(out)


def test_a_rollout_depends_on_no_batch_mate(folder):
    decoding = Decoding(temperature=1.0, max_new_tokens=12)
    together = TransformersGenerator(folder, batch_size=8).generate(PROMPTS, n=3, decoding=decoding)
    alone = TransformersGenerator(folder, batch_size=1)
    assert together == [alone.generate([prompt], n=3, decoding=decoding)[0] for prompt in PROMPTS]
    assert len({own.text for own in together[0]}) > 1


def test_a_rollout_ends_behind_a_stop_text_and_keeps_it(folder):
    generator = TransformersGenerator(folder)
    (free,) = generator.generate(PROMPTS[:1], n=1, decoding=GREEDY)
    stop = free[0].text[2:4]
    (stopped,) = generator.generate(PROMPTS[:1], n=1, decoding=GREEDY, stop=[stop])
    assert stopped[0].text == cut(free[0].text, [stop])
    assert stopped[0].text.endswith(stop)
    assert stopped[0].finished
    assert stopped[0].tokens < free[0].tokens


def test_a_rollout_is_cut_where_the_context_ends_in_any_batch(folder):
    generator = TransformersGenerator(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    long = "x" * 150
    decoding = Decoding(temperature=0, max_new_tokens=40)
    (alone,) = generator.generate([long], n=1, decoding=decoding)
    assert alone == [Completion(text=alone[0].text, tokens=160 - len(tokenizer(long).input_ids), finished=False)]
    assert generator.generate(["y", long], n=1, decoding=decoding)[1] == alone
    (beyond,) = generator.generate(["x" * 400], n=1, decoding=decoding)
    assert beyond == [Completion(text="", tokens=0, finished=False)]


def test_the_identity_names_weights_and_precision(folder, tmp_path):
    own = TransformersGenerator(folder).identity
    assert own.startswith("transformers/")
    assert own.endswith("/float32")
    assert TransformersGenerator(folder, dtype=torch.bfloat16).identity != own
    other = write_stand_in(tmp_path / folder.name, context=160, seed=1)
    assert TransformersGenerator(other).identity != own


@pytest.mark.parametrize(
    ("text", "stop", "found"),
    [("a b c", ["b"], "a b"), ("a b c", ["c", "b"], "a b"), ("a b c", [], "a b c"), ("a b c", ["d"], "a b c")],
)
def test_cut(text, stop, found):
    assert cut(text, stop) == found


def test_without_vllm_the_error_names_the_remedy(monkeypatch):
    from semuq_rl.evaluation.vllm import VLLMGenerator

    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(MissingExtra, match=r"^backend: 'vllm' needs vLLM; pip install vllm, or take --backend"):
        VLLMGenerator("model")


def test_vllm_is_asked_for_what_was_asked(monkeypatch):
    """vLLM does not run without a GPU: a recorder in its place has the signature of `LLM` and `SamplingParams`."""
    from semuq_rl.evaluation.vllm import VLLMGenerator

    asked = {}

    class LLM:
        def __init__(self, model, **options):
            asked["model"], asked["options"] = model, options

        def generate(self, prompts, params, *, use_tqdm):
            asked["prompts"], asked["params"] = prompts, params
            rollouts = [SimpleNamespace(text="4 </answer>", token_ids=[1, 2], finish_reason="stop")] * (params.n - 1)
            rollouts.append(SimpleNamespace(text="4", token_ids=[1], finish_reason="length"))
            return [SimpleNamespace(outputs=rollouts) for _ in prompts]

    monkeypatch.setitem(
        sys.modules,
        "vllm",
        SimpleNamespace(LLM=LLM, SamplingParams=lambda **own: SimpleNamespace(**own), __version__="1.2"),
    )
    generator = VLLMGenerator("folder/model", tensor_parallel=2)
    found = generator.generate(
        ["a", "b"], n=2, decoding=Decoding(temperature=0.6, max_new_tokens=9, seed=3), stop=["</answer>"]
    )
    assert generator.identity == "vllm-1.2/model/bfloat16"
    assert asked["options"]["tensor_parallel_size"] == 2
    params = asked["params"]
    assert (params.n, params.temperature, params.max_tokens, params.seed) == (2, 0.6, 9, 3)
    assert (params.stop, params.include_stop_str_in_output) == (["</answer>"], True)
    assert found[1] == [
        Completion(text="4 </answer>", tokens=2, finished=True),
        Completion(text="4", tokens=1, finished=False),
    ]
