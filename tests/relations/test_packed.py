"""Packed passes of every architecture against transformers' own, one pair at a time and without padding."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn.attention.flex_attention import flex_attention
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.deberta_v2.modeling_deberta_v2 import build_relative_position
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

from semuq import Entailment
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.loading import LoadedModel
from semuq.relations.entailment.networks import Unavailable, make_network, packs
from semuq.relations.entailment.packed import varlen
from semuq.relations.entailment.packed.batch import pack
from semuq.relations.entailment.packed.bert import _mpnet_place
from semuq.relations.entailment.packed.biases import log_buckets
from semuq.relations.entailment.packed.encoder import PackedEncoder
from semuq.relations.entailment.packed.families import fits, read_parts
from semuq.relations.entailment.packed.flex import FlexAttention
from semuq.relations.entailment.packed.linears import with_int16_affines
from semuq.relations.entailment.packed.native import KernelUnavailable, load_kernel
from semuq.relations.entailment.packed.varlen import VarlenAttention
from tests.relations.packed_models import KINDS, made_tokens, make, one_by_one
from tests.tiny import tiny

try:
    load_kernel()
    MISSING = ""
except KernelUnavailable as error:
    MISSING = str(error)

LENGTHS = [500, 300, 90, 33, 33, 32, 17, 16, 16, 16, 5, 2, 1, 1]
"""Runs of several and of one, up to nearly the longest, so that far position buckets and windows are met."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_logits_are_those_of_the_model_itself(kind):
    model = make(kind)
    tokens = made_tokens(model, LENGTHS)
    assert fits(model)
    with torch.inference_mode():
        found = PackedEncoder(read_parts(model))(tokens).numpy()
    expected = one_by_one(model, tokens)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert np.ptp(expected, axis=0).min() > 0.2  # pairs that scored alike would let anything pass


@pytest.mark.parametrize("kind", KINDS)
def test_batch_mates_and_order_do_not_matter(kind):
    model = make(kind)
    network = PackedEncoder(read_parts(model))
    tokens = made_tokens(model, [40, 7, 7, 23])  # not sorted: runs may be in any order
    with torch.inference_mode():
        together = network(tokens).numpy()
        ends = np.cumsum(tokens.lengths)
        for index, end in enumerate(ends):
            span = slice(int(end - tokens.lengths[index]), int(end))
            alone = Tokens(tokens.ids[span], tokens.segments[span], tokens.lengths[index : index + 1])
            np.testing.assert_allclose(network(alone).numpy()[0], together[index], atol=1e-5)


def by_hand(query, key, value, ends, longest, scale, reach):
    """Attention of packed pairs, a pair at a time, as the kernels for GPUs are asked for it."""
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    parts = []
    for start, end in pairwise(ends.tolist()):
        assert end - start <= longest
        own_query, own_key, own_value = (part[start:end].transpose(0, 1) for part in (query, key, value))
        products = own_query @ own_key.transpose(1, 2) * scale
        if reach is not None:
            at = torch.arange(end - start)
            products = products.masked_fill((at[:, None] - at[None]).abs() > reach, -torch.inf)
        parts.append((products.softmax(-1) @ own_value).transpose(0, 1))
    return torch.cat(parts)


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "electra-small", "modernbert", "modernbert-mean"])
def test_one_kernel_for_the_whole_batch_gives_the_same(kind):
    model = make(kind)
    tokens = made_tokens(model, [90, 33, 33, 5, 2, 1])
    parts = read_parts(model)
    with torch.inference_mode():
        found = PackedEncoder(replace(parts, attention=VarlenAttention(parts.attention, by_hand)))(tokens).numpy()
    np.testing.assert_allclose(found, one_by_one(model, tokens), atol=2e-5)


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("kind", ["deberta", "deberta-v3", "deberta-v2-odd"])
def test_one_kernel_with_both_terms_of_distance_gives_the_same(kind):
    model = make(kind)
    tokens = made_tokens(model, [150, 90, 33, 33, 5, 2, 1])  # across tiles of 128 tokens
    parts = read_parts(model)
    with torch.inference_mode():
        found = PackedEncoder(replace(parts, attention=FlexAttention(parts.attention, flex_attention)))(tokens)
    np.testing.assert_allclose(found.numpy(), one_by_one(model, tokens), atol=2e-5)


def test_kernels_are_found_by_what_they_take():
    def torch_like(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, *, scale, window_size):
        return query, cu_seq_q, cu_seq_k, max_q, max_k, scale, window_size

    def flash_like(query, key, value, cu_q, cu_k, max_q, max_k, *, softmax_scale, window_size):
        return query, cu_q, cu_k, max_q, max_k, softmax_scale, window_size

    for kernel in (varlen._kernel(torch_like, "scale"), varlen._kernel(flash_like, "softmax_scale")):
        assert kernel("q", "k", "v", "ends", 9, 0.5, None) == ("q", "ends", "ends", 9, 9, 0.5, (-1, -1))
        assert kernel("q", "k", "v", "ends", 9, None, 16) == ("q", "ends", "ends", 9, 9, None, (16, 16))
    if hasattr(torch.nn.attention, "varlen"):
        assert varlen.find_kernel() is not None


@pytest.mark.parametrize("kind", ["varlen", "flex"])
def test_kernels_for_gpus_are_refused_elsewhere(kind):
    relation = Entailment(tiny("bert"), cache=False, precision="fp32")
    with pytest.raises(Unavailable, match=rf"attention '{kind}' is for .* on a GPU"):
        make_network(relation._loaded, relation._encoder, "fp32", torch.device("cpu"), attention=kind)


@pytest.mark.parametrize("kind", ["bert", "roberta", "deberta-v3", "modernbert"])
def test_the_head_stays_in_float32(kind):
    model = make(kind)
    loaded = LoadedModel(model=model, tokenizer=None, columns=(0, 1, 2), max_length=512)
    cast = loaded.cast(torch.device("cpu"), torch.bfloat16, exact_head=True).model
    encoder = getattr(cast, cast.base_model_prefix)
    kinds = {name: parameter.dtype for name, parameter in cast.named_parameters()}
    prefix = f"{cast.base_model_prefix}."
    outside = {name for name in kinds if not name.startswith(prefix) or ".pooler." in name}
    assert {kinds[name] for name in outside} == {torch.float32}
    assert {own for name, own in kinds.items() if name not in outside} == {torch.bfloat16}
    for name in outside:
        torch.testing.assert_close(cast.state_dict()[name], model.state_dict()[name], rtol=0, atol=0)
    assert encoder is not getattr(model, model.base_model_prefix)
    with torch.inference_mode():
        logits = PackedEncoder(read_parts(cast))(made_tokens(model, [20, 5]))
    assert logits.dtype == torch.float32


def test_a_model_that_is_not_what_it_seems_is_padded(caplog):
    model = make("bert")
    assert packs(model)
    forward = model.bert.forward
    model.bert.forward = lambda *args, **inputs: _shifted(forward(*args, **inputs))
    assert not packs(model)
    assert "packed, it gives other logits" in caplog.text
    renamed = make("bert")
    renamed.bert.encoder.blocks = renamed.bert.encoder.layer
    renamed.bert.encoder.forward = lambda states, *args, **inputs: BaseModelOutput(last_hidden_state=states)
    del renamed.bert.encoder.layer
    assert not packs(renamed)
    assert "AttributeError" in caplog.text


def _shifted(outputs):
    outputs.pooler_output = outputs.pooler_output + 1
    return outputs


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("kind", KINDS)
def test_integers_stay_close(kind):
    model = make(kind)
    tokens = made_tokens(model, [90, 33, 33, 5, 1])
    with torch.inference_mode():
        found = PackedEncoder(with_int16_affines(read_parts(model), 2))(tokens).softmax(1).numpy()
    expected = torch.from_numpy(one_by_one(model, tokens)).softmax(1).numpy()
    assert 0 < np.abs(found - expected).max() < 2e-3


@pytest.mark.parametrize(("buckets", "most"), [(256, 512), (32, 128), (-1, 512)])
def test_places_of_distances_are_those_of_transformers(buckets, most):
    length = min(most, 512)
    states = torch.zeros(1, length, 1)
    expected = build_relative_position(states, states, bucket_size=buckets, max_position=most)[0]
    span = buckets if buckets > 0 else most
    at = torch.arange(length)
    found = log_buckets(buckets, most)((at[:, None] - at[None]).flatten()).reshape(length, length)
    assert torch.equal(found, (expected + span).clamp(0, 2 * span - 1))


def test_mpnet_counts_distances_as_transformers_does():
    distances = torch.arange(-511, 512)
    assert torch.equal(_mpnet_place(distances), MPNetEncoder.relative_position_bucket(distances))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("bert", {"hidden_act": "relu"}),
        ("bert", {"is_decoder": True}),
        ("deberta-v3", {"relative_attention": False}),
        ("modernbert", {"hidden_activation": "silu"}),
    ],
)
def test_what_is_not_written_down_is_not_packed(kind, change):
    assert not fits(make(kind, **change))


def test_a_batch_says_where_its_pairs_lie():
    batch = pack(Tokens(np.arange(9), np.zeros(9, dtype=np.int64), np.array([3, 2, 2, 1, 1])))
    assert [(run.length, run.pairs, run.pair, run.token) for run in batch.runs] == [
        (3, 1, 0, 0),
        (2, 2, 1, 3),
        (1, 2, 3, 7),
    ]
    assert batch.positions.tolist() == [0, 1, 2, 0, 1, 0, 1, 0, 0]
    assert batch.documents.tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 4]
    assert batch.starts.tolist() == [0, 3, 5, 7, 8]
    assert batch.ends.tolist() == [0, 3, 5, 7, 8, 9]
    assert batch.ends.dtype == torch.int32
    assert batch.longest == 3
    moved = batch.to(torch.device("meta"))
    assert moved.ids.device.type == "meta"
    assert moved.runs == batch.runs
