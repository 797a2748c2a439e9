"""Precisions: the integer kernel against float32, its arithmetic at the limits, and the choice between them."""

from __future__ import annotations

import ctypes
import json
import subprocess

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification

from semuq import Entailment, InvalidModel, InvalidParameter, SampleSet
from semuq.relations.entailment import choosing, tuning
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.choosing import choose, contestants
from semuq.relations.entailment.packed import native
from semuq.relations.entailment.packed.encoder import PackedEncoder
from semuq.relations.entailment.packed.families import read_parts
from semuq.relations.entailment.packed.int16 import Int16Bert
from semuq.relations.entailment.packed.layout import LIMIT, quantise
from semuq.relations.entailment.packed.linears import Int16Affine, Int16Linear, with_int16_linears
from semuq.relations.entailment.packed.native import KernelUnavailable, load_kernel
from semuq.relations.entailment.packed.parts import Affine
from semuq.relations.entailment.tuning import Choice, Trial, best_budget, best_of, recall, remember, sample, trials
from tests.tiny import FAMILIES, tiny

try:
    load_kernel()
    MISSING = ""
except KernelUnavailable as error:
    MISSING = str(error)

needs_kernel = pytest.mark.skipif(bool(MISSING), reason=MISSING)

BATCH = [
    SampleSet(prompt="the capital of france", texts=("paris", "lyon", "paris is the capital", "no")),
    SampleSet(prompt="what", texts=("it is", "not paris", "", "it is it is it is the capital of france")),
]


def classifier(kind: str = "bert", **changes):
    size = {
        "vocab_size": 40,
        "hidden_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 96,
        "max_position_embeddings": 80,
        "num_labels": 3,
        "initializer_range": 0.15,
        **changes,
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if kind == "bert":
            return BertForSequenceClassification(BertConfig(**size)).eval()
        return RobertaForSequenceClassification(RobertaConfig(**size, type_vocab_size=1)).eval()


def made_tokens(lengths, vocabulary=40, segments=2, seed=0):
    rng = np.random.default_rng(seed)
    total = int(np.sum(lengths))
    return Tokens(
        ids=rng.integers(2, vocabulary, total),
        segments=rng.integers(0, segments, total),
        lengths=np.array(lengths, dtype=np.int64),
    )


def one_by_one(model, tokens):
    """transformers' own forward pass, a pair at a time."""
    logits, start = [], 0
    with torch.inference_mode():
        for length in tokens.lengths:
            span = slice(start, start + int(length))
            ids, segments = (torch.from_numpy(own[span])[None] for own in (tokens.ids, tokens.segments))
            logits.append(model(input_ids=ids, token_type_ids=segments).logits[0].numpy())
            start += int(length)
    return np.array(logits)


@needs_kernel
class TestKernel:
    @pytest.mark.parametrize(("kind", "segments"), [("bert", 2), ("roberta", 1)])
    @pytest.mark.parametrize("threads", [1, 2, 5])
    def test_the_logits_are_those_of_transformers(self, kind, segments, threads):
        model = classifier(kind)
        tokens = made_tokens([70, 33, 33, 32, 17, 16, 15, 5, 2, 1, 1], segments=segments)
        with torch.inference_mode():
            found = Int16Bert(read_parts(model), threads)(tokens).numpy()
            floats = PackedEncoder(read_parts(model))(tokens).numpy()
        expected = one_by_one(model, tokens)
        np.testing.assert_allclose(floats, expected, atol=2e-5)
        np.testing.assert_allclose(found, expected, atol=0.02)
        assert np.abs(expected).max() > 0.5

    def test_weights_that_were_8_bit_integers_are_taken_as_they_are(self):
        model = classifier(num_hidden_layers=1)
        rounded = {
            name: _as_int8(tensor) if tensor.ndim == 2 and "encoder" in name else tensor
            for name, tensor in model.state_dict().items()
        }
        tokens = made_tokens([20, 9, 3])
        coarse = np.abs(Int16Bert(read_parts(model), 1)(tokens).detach().numpy() - one_by_one(model, tokens)).max()
        model.load_state_dict(rounded)
        fine = np.abs(Int16Bert(read_parts(model), 1)(tokens).detach().numpy() - one_by_one(model, tokens)).max()
        assert fine < 3e-4
        assert fine < coarse

    def test_a_pair_has_the_same_logits_whatever_its_mates(self):
        network = Int16Bert(read_parts(classifier()), 2)
        tokens = made_tokens([40, 12, 12, 7, 1])
        together = network(tokens).detach().numpy()
        ends = np.cumsum(tokens.lengths)
        for index, end in enumerate(ends):
            span = slice(int(end - tokens.lengths[index]), int(end))
            alone = Tokens(tokens.ids[span], tokens.segments[span], tokens.lengths[index : index + 1])
            np.testing.assert_allclose(network(alone).detach().numpy()[0], together[index], atol=1e-5)

    @pytest.mark.parametrize("inputs", [2, 384, 3_072])
    def test_sums_at_the_limit_do_not_overflow(self, inputs):
        # All weights and activations at their largest, and of one sign: the largest sum there is.
        width, own = 64, np.float32(3.0)
        for weight in (np.full((width, inputs), own), np.full((width, inputs), own) - np.eye(width, inputs)[:, ::-1]):
            quantised = quantise(weight.astype(np.float32))
            most = int(np.abs(quantised.integers).max())
            assert largest_sum(quantised) * quantised.activations <= LIMIT
            np.testing.assert_allclose(
                quantised.integers * quantised.scales[:, None].astype(float), weight, atol=3 / most
            )

    @pytest.mark.parametrize("inputs", [6, 256, 258, 1_000])
    def test_the_largest_sums_come_out_right(self, inputs):
        # Weights and activations at their largest, all of one sign, over one block and over several.
        rng = np.random.default_rng(0)
        weight = torch.from_numpy(rng.choice([0.999, 1.0], (70, inputs)).astype(np.float32))
        rows = torch.from_numpy(rng.choice([-1.0, 1.0], (13, 1)).astype(np.float32)) * torch.ones(13, inputs)
        found = Int16Affine(Affine(weight, None), 1)(rows)
        torch.testing.assert_close(found, rows @ weight.T, rtol=1e-3, atol=0)

    def test_a_wide_matrix_keeps_more_bits_than_bfloat16(self):
        rng = np.random.default_rng(0)
        weight, rows = (torch.from_numpy(rng.normal(size=(n, 3_072)).astype(np.float32)) for n in (64, 32))
        exact = rows.double() @ weight.double().T
        errors = [
            ((made.double() - exact).norm() / exact.norm()).item()
            for made in (Int16Affine(Affine(weight, None), 1)(rows), (rows.bfloat16() @ weight.bfloat16().T))
        ]
        assert errors[0] < 4e-4 < 2e-3 < errors[1]

    def test_huge_and_tiny_states_survive(self):
        model = classifier(num_hidden_layers=2)
        with torch.no_grad():
            model.bert.embeddings.LayerNorm.weight.mul_(1e4)
            model.bert.encoder.layer[0].output.LayerNorm.weight.mul_(1e-4)
        tokens = made_tokens([30, 4])
        found = Int16Bert(read_parts(model), 1)(tokens).detach().numpy()
        np.testing.assert_allclose(found, one_by_one(model, tokens), atol=0.02)

    def test_a_nan_stays_one(self):
        model = classifier()
        with torch.no_grad():
            model.bert.embeddings.word_embeddings.weight[7, 3] = float("nan")
        tokens = Tokens(np.array([5, 7, 6, 5]), np.zeros(4, dtype=np.int64), np.array([2, 2]))
        logits = Int16Bert(read_parts(model), 1)(tokens).detach().numpy()
        assert np.isnan(logits[0]).all()
        assert np.isfinite(logits[1]).all()

    def test_tokens_of_another_model_are_an_error_and_not_a_crash(self):
        network = Int16Bert(read_parts(classifier()), 1)
        with pytest.raises(IndexError, match=r"expected token ids below 40 .* got 40 and 1"):
            network(Tokens(np.array([40]), np.array([0]), np.array([1])))
        with pytest.raises(IndexError, match="at most 80 tokens a pair, got 1 and 81"):
            network(Tokens(np.ones(81, dtype=np.int64), np.zeros(81, dtype=np.int64), np.array([81])))

    def test_sizes_that_do_not_suit_are_refused(self):
        with pytest.raises(InvalidModel, match=r"expected hidden size / heads a multiple of \d+, got 6"):
            Int16Bert(read_parts(classifier(hidden_size=12)), 1)

    @pytest.mark.filterwarnings("ignore:.*were compared as normalised text:UserWarning")
    def test_the_embedded_model_stays_within_the_promise(self):
        exact = Entailment(precision="fp32", cache=False, guard="off").compare(REAL)
        found = Entailment(precision="int16", cache=False, guard="off").compare(REAL)
        for a, b in zip(exact, found, strict=True):
            assert 0 < np.abs(a.entailment - b.entailment).max() < 0.01
            np.testing.assert_array_equal(a.equivalence(), b.equivalence())


@needs_kernel
class TestLinears:
    """Architectures of which only the linear layers are computed in integers."""

    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("threads", [1, 3])
    def test_every_family_stays_close(self, family, threads, monkeypatch):
        monkeypatch.setattr("torch.get_num_threads", lambda: threads)
        exact = Entailment(tiny(family), precision="fp32", cache=False).compare(BATCH)
        found = Entailment(tiny(family), precision="int16", cache=False).compare(BATCH)
        for a, b in zip(exact, found, strict=True):
            np.testing.assert_allclose(b.entailment, a.entailment, atol=5e-3)
            np.testing.assert_allclose(b.contradiction, a.contradiction, atol=5e-3)

    @pytest.mark.parametrize("shape", [(1, 6), (97, 6), (2, 150, 6), (0, 6)])
    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize("threads", [1, 2])
    def test_a_layer_is_the_layer(self, shape, bias, threads):
        torch.manual_seed(0)
        dense = torch.nn.Linear(6, 70, bias=bias)
        states = torch.randn(shape)
        with torch.inference_mode():
            found = Int16Linear(dense, threads)(states)
            assert found.shape == (*shape[:-1], 70)
            torch.testing.assert_close(found, dense(states), atol=2e-3, rtol=0)

    def test_the_model_that_was_given_keeps_its_layers(self):
        model, _ = tiny("deberta-v2")
        changed = with_int16_linears(model, 1)
        kinds = [type(module) for module in changed.modules()]
        assert Int16Linear in kinds
        assert not any(isinstance(module, Int16Linear) for module in model.modules())


REAL = [
    SampleSet(
        prompt="Who painted the ceiling of the Sistine Chapel?",
        texts=("Michelangelo", "It was painted by Michelangelo.", "Raphael", "I don't know", "米开朗基罗", "a" * 300),
    ),
    SampleSet(prompt="What is 6 x 7?", texts=("42", "forty-two", "It is 43.", "6 x 7 = 42, of course")),
]


def largest_sum(quantised):
    """Of a row's absolute weights, over a block whose products are summed in integers."""
    integers = np.abs(quantised.integers.astype(np.int64))
    starts = range(0, integers.shape[1], quantised.block)
    return max(int(integers[:, start : start + quantised.block].sum(axis=1).max()) for start in starts)


def _as_int8(tensor):
    step = tensor.abs().amax(1, keepdim=True) / 127
    return (tensor / step).round() * step


@given(st.integers(1, 8), st.integers(1, 64), st.floats(1e-20, 1e20))
def test_quantising_is_as_fine_as_it_says(outputs, inputs, size):
    rng = np.random.default_rng(outputs * 100 + inputs)
    weight = (rng.normal(size=(outputs, inputs)) * size).astype(np.float32)
    own = quantise(weight)
    most = int(np.abs(own.integers).max())
    assert largest_sum(own) * own.activations <= LIMIT
    error = np.abs(own.integers * own.scales[:, None].astype(float) - weight)
    assert (error <= np.abs(weight).max(1, keepdims=True) / most * 0.51).all()


def test_a_matrix_of_zeros_is_zeros():
    own = quantise(np.zeros((3, 4), dtype=np.float32))
    assert not own.integers.any()
    assert np.isfinite(own.scales).all()


class TestChoice:
    def test_the_fastest_that_is_near_wins(self):
        slow, fast, wrong = Trial("fp32", 3.0, 0.0), Trial("int16", 2.0, 0.001), Trial("bf16", 0.1, 0.5)
        assert best_of([slow, fast, wrong]) == "int16"
        assert best_of([slow, wrong]) == "fp32"
        assert best_of([Trial("fp32", 1.0, 0.0), fast]) == "fp32"
        assert best_of([slow, Trial("bf16", 0.1, float("nan"))]) == "fp32"

    def test_the_tolerance_leaves_room_for_more_pairs_than_the_sample_has(self):
        # bfloat16 on the packaged model: 0.0089 over the sample, 0.041 over 30,000 real pairs.
        assert best_of([Trial("fp32", 3.0, 0.0), Trial("bf16", 1.0, 0.0089)]) == "fp32"

    def test_a_precision_that_overflows_is_out_and_float32_is_an_error(self):
        def overflow():
            raise InvalidModel("model: expected finite logits")

        tried = trials({"fp32": lambda: np.zeros((1, 3)), "bf16": overflow})
        assert [trial.difference for trial in tried] == [0.0, np.inf]
        with pytest.raises(InvalidModel):
            trials({"fp32": overflow})

    def test_trials_measure_the_largest_difference(self):
        near, far = np.array([[0.5, 0.3, 0.2]]), np.array([[0.5, 0.26, 0.24]])
        (_, other) = trials({"fp32": lambda: near, "bf16": lambda: far})
        assert other.difference == pytest.approx(0.04)
        assert other.seconds >= 0

    def test_the_sample_compares_answers_of_one_question_only(self):
        sides, pairs = sample()
        assert len(pairs) == len({tuple(pair) for pair in pairs.tolist()}) > 80
        assert (pairs[:, 0] != pairs[:, 1]).all()
        assert any(side.answer_start for side in sides)
        assert any(not side.answer_start for side in sides)

    def test_what_was_found_is_kept_for_these_weights_and_threads(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
        assert recall("weights", "1") is None
        assert remember("weights", "1", [Trial("fp32", 2.0, 0.0), Trial("bf16", 1.0, 0.0)]) == Choice("bf16")
        assert recall("weights", "1") == Choice("bf16")
        assert recall("weights", "2") is None
        assert recall("others", "1") is None
        (kept,) = (tmp_path / "precision").iterdir()
        assert json.loads(kept.read_text())["trials"][0]["seconds"] == 2.0
        remember("weights", "a card", [], 2**17, precision="fp16")
        assert recall("weights", "a card") == Choice("fp16", 2**17)

    @pytest.mark.parametrize("precision", [None, "bf16"])
    def test_on_a_card_the_size_of_a_pass_is_found_too(self, precision, tmp_path, monkeypatch):
        # No card is needed to see that it does what it says: the scorers compute where they can.
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
        monkeypatch.setattr(tuning, "BUDGETS", (64, 128, 256))
        monkeypatch.setattr(choosing, "BUDGETS", (64, 128, 256))
        relation, asked = Entailment(tiny("bert"), cache=False, token_budget=32), []

        def scorer_in(name):
            asked.append(name)
            return relation._scorer_in(name)

        choice = choose("weights", "a card", torch.device("cuda"), precision, scorer_in)
        assert choice == recall("weights", "a card")
        assert choice.token_budget in (64, 128, 256)
        if precision is None:
            assert asked == ["fp32", "fp16", "bf16", choice.precision]
            (kept,) = (tmp_path / "precision").iterdir()
            assert {own["precision"] for own in json.loads(kept.read_text())["trials"]} == {"fp32", "fp16", "bf16"}
        else:
            assert (choice.precision, asked) == ("bf16", ["bf16"])

    def test_elsewhere_nothing_is_tried(self):
        choice = choose("weights", "a device", torch.device("meta"), None, lambda _: pytest.fail("tried"))
        assert choice == Choice("fp32")

    def test_passes_grow_for_as_long_as_that_pays(self):
        rates = {2**14: 1.0, 2**15: 1.8, 2**16: 2.2, 2**17: 2.21, 2**18: 9.0}
        assert best_budget(rates.get) == 2**16
        assert best_budget({2**14: 1.0, 2**15: 2.0}.get) == 2**15  # the next does not fit
        assert best_budget(lambda budget: None) == 2**14
        assert best_budget(float) == tuning.BUDGETS[-1]

    @pytest.mark.parametrize(
        "broken", ["", "{", "[]", '{"precision": "int3"}', '{"precision": "fp16", "token_budget": -1}']
    )
    def test_a_damaged_note_is_made_again(self, broken, tmp_path, monkeypatch, caplog):
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
        remember("weights", "1", [Trial("fp32", 2.0, 0.0)])
        (kept,) = (tmp_path / "precision").iterdir()
        kept.write_text(broken)
        tuning._read.cache_clear()
        assert recall("weights", "1") is None
        assert "the choice is made again" in caplog.text

    def test_a_folder_that_cannot_be_written_costs_a_warning(self, tmp_path, monkeypatch, caplog):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path / "file"))
        assert remember("weights", "1", [Trial("fp32", 2.0, 0.0)]) == Choice("fp32")
        assert "could not be kept" in caplog.text

    def test_auto_comes_to_what_was_found(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
        relation = Entailment(cache=False)
        (named,) = {relation.computed_in, Entailment(cache=False).computed_in}
        assert named in ("fp32", "bf16", "int16")
        assert recall(f"{relation._weights}/auto/False", str(torch.get_num_threads())) == Choice(named)
        assert "precision=auto" in relation.identity

    def test_what_is_asked_for_is_not_second_guessed(self):
        assert Entailment(precision="bf16").computed_in == "bf16"
        assert Entailment(precision="fp32").computed_in == "fp32"

    def test_without_a_kernel_the_rest_is_tried(self, monkeypatch):
        def unavailable():
            raise KernelUnavailable("no C compiler")

        monkeypatch.setattr("semuq.relations.entailment.packed.layout.load_kernel", unavailable)
        relation = Entailment(classifier_pair())
        assert set(contestants(torch.device("cpu"), relation._scorer_in)) == {"fp32", "bf16"}

    def test_asking_for_the_kernel_where_it_cannot_be_had_says_why(self):
        relation = Entailment(tiny("bert"), precision="int16", device="meta", cache=False)
        with pytest.raises(InvalidParameter, match="'int16' cannot be had here: it is for the CPU, not for meta"):
            relation.compare(BATCH)


def classifier_pair():
    model, tokenizer = tiny("bert")
    return model, tokenizer


class TestCompiling:
    @pytest.fixture
    def alone(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path))
        load_kernel.cache_clear()
        yield tmp_path
        load_kernel.cache_clear()

    def test_no_compiler_is_said(self, alone, monkeypatch):
        monkeypatch.setenv("CC", "no-such-compiler")
        with pytest.raises(KernelUnavailable, match="no C compiler"):
            load_kernel()

    def test_a_processor_without_the_instructions_is_said(self, alone, monkeypatch):
        if MISSING:
            pytest.skip(MISSING)
        monkeypatch.setattr(native, "FLAGS", tuple("-march=x86-64" if "native" in own else own for own in native.FLAGS))
        with pytest.raises(KernelUnavailable, match="needs AVX2"):
            load_kernel()
        assert not list((alone / "kernels").glob("*.so"))

    def test_a_compiler_that_hangs_is_stopped(self, alone, monkeypatch):
        if MISSING:
            pytest.skip(MISSING)

        def hang(*arguments, **options):
            raise subprocess.TimeoutExpired(arguments[0], options["timeout"])

        monkeypatch.setattr(native.subprocess, "run", hang)
        with pytest.raises(KernelUnavailable, match="not done after"):
            load_kernel()

    @needs_kernel
    def test_it_is_compiled_once(self, alone, monkeypatch):
        load_kernel()
        (library,) = (alone / "kernels").iterdir()
        load_kernel.cache_clear()
        monkeypatch.setattr(native, "_compile", lambda *_: pytest.fail("compiled again"))
        assert load_kernel().lanes() in (8, 16)
        assert library.stat().st_size > 10_000

    @needs_kernel
    def test_a_file_that_is_not_a_library_is_said(self, alone, monkeypatch):
        load_kernel()
        (library,) = (alone / "kernels").iterdir()
        load_kernel.cache_clear()
        monkeypatch.setenv("SEMUQ_CACHE_DIR", str(alone / "other"))
        (alone / "other" / "kernels").mkdir(parents=True)
        (alone / "other" / "kernels" / library.name).write_text("not a library")
        with pytest.raises(KernelUnavailable, match="encoder-"):
            load_kernel()

    @needs_kernel
    @pytest.mark.parametrize("flags", ["-march=haswell", "-march=skylake-avx512"])
    @pytest.mark.slow
    def test_older_processors_get_the_same_numbers(self, flags, alone, monkeypatch):
        capability = torch.backends.cpu.get_cpu_capability()
        if "avx512" in flags and "AVX512" not in capability:
            pytest.skip(f"this processor has {capability}")
        model, tokens = classifier(), made_tokens([33, 16, 2])
        newest = Int16Bert(read_parts(model), 1)(tokens).detach().numpy()
        load_kernel.cache_clear()
        monkeypatch.setattr(native, "FLAGS", tuple(flags if "native" in own else own for own in native.FLAGS))
        network = Int16Bert(read_parts(model), 1)
        assert isinstance(network._kernel, ctypes.CDLL)
        np.testing.assert_allclose(network(tokens).detach().numpy(), newest, atol=1e-3)
