"""Pairs put together from token ids equal what the tokenizer itself gives for the pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import PairTable
from semuq.relations.entailment.pairs import EncodedSide, PairEncoder
from semuq.relations.entailment.plan import Side
from tests.tiny import FAMILIES, tiny

TEXTS = [
    "Paris",
    "it is the capital of France.",
    "",
    "  two  spaces ",
    "Q: what is the capital of france? A: Lyon",
    "巴黎 — باريس 🎉",
    "4.5 != 42",
    "x" * 30,
]


def own_encoding(tokenizer, premise, hypothesis):
    # The tokenizer's own pair encoding, told to treat special tokens inside a text as text. In batch form:
    # called on two strings it takes an empty second one for no pair at all.
    batch = tokenizer([premise], [hypothesis], split_special_tokens=True)
    return {name: rows[0] for name, rows in batch.items()}


def joined(encoder, texts, pairs):
    """(ids, segments) of each pair, from the table."""
    table = PairTable(encoder, encoder.encode([Side(text, 0) for text in texts]), np.asarray(pairs))
    assert not table.truncated.any()
    tokens = table.tokens(np.arange(len(pairs)))
    ends = np.cumsum(tokens.lengths)[:-1]
    both = zip(np.split(tokens.ids, ends), np.split(tokens.segments, ends), strict=True)
    return [(ids.tolist(), segments.tolist()) for ids, segments in both]


@pytest.mark.parametrize("family", FAMILIES)
def test_pairs_equal_the_tokenizers_own(family):
    _, tokenizer = tiny(family)
    encoder = PairEncoder(tokenizer, 512)
    every = np.array([(a, b) for a in range(len(TEXTS)) for b in range(len(TEXTS))])
    for (a, b), (ids, segments) in zip(every, joined(encoder, TEXTS, every), strict=True):
        expected = own_encoding(tokenizer, TEXTS[a], TEXTS[b])
        assert ids == expected["input_ids"], (TEXTS[a], TEXTS[b])
        assert encoder.uses_segments == ("token_type_ids" in expected)
        if encoder.uses_segments:
            assert segments == expected["token_type_ids"]


def test_pairs_are_gathered_in_the_order_asked_for():
    encoder = PairEncoder(tiny("bert")[1], 512)
    pairs = np.array([(0, 1), (2, 5), (5, 2), (4, 7)])
    table = PairTable(encoder, encoder.encode([Side(text, 0) for text in TEXTS]), pairs)
    rows = np.array([3, 0, 2])
    tokens = table.tokens(rows)
    alone = [table.tokens(np.array([row])) for row in rows]
    assert tokens.lengths.tolist() == table.lengths[rows].tolist()
    assert tokens.ids.tolist() == [token for own in alone for token in own.ids.tolist()]
    assert tokens.segments.tolist() == [segment for own in alone for segment in own.segments.tolist()]


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=25, deadline=None)
@given(premise=st.text(max_size=30), hypothesis=st.text(max_size=30))
def test_pairs_equal_the_tokenizers_own_on_any_text(family, premise, hypothesis):
    _, tokenizer = tiny(family)
    encoder = PairEncoder(tokenizer, 512)
    [(ids, _)] = joined(encoder, [premise, hypothesis], [(0, 1)])
    expected = own_encoding(tokenizer, premise, hypothesis)["input_ids"]
    # Where the tokenizer lets a special token through, we differ on purpose: see the next test.
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    if sum(token in special for token in expected) == encoder.layout.special:
        assert ids == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_inside_an_answer_are_text(family):
    _, tokenizer = tiny(family)
    encoder = PairEncoder(tokenizer, 512)
    special = [token for token in (tokenizer.sep_token, tokenizer.eos_token, tokenizer.cls_token) if token]
    assert special
    hostile = " ".join(["yes", *special, "no"])
    (side,) = encoder.encode([Side(hostile, 0)])
    assert not set(side.ids) & {tokenizer.convert_tokens_to_ids(token) for token in special}
    assert len(side.ids) > len(special) + 2


def test_the_tokenizer_of_the_caller_is_left_alone():
    _, tokenizer = tiny("bert")
    before = tokenizer.backend_tokenizer.to_str()
    PairEncoder(tokenizer, 16).encode([Side("paris [SEP]", 0)])
    assert tokenizer.backend_tokenizer.to_str() == before


def test_truncation_keeps_both_answers_and_drops_the_question_first():
    _, tokenizer = tiny("bert")
    encoder = PairEncoder(tokenizer, 3 + 12)
    question = "Q: " + "the " * 20 + "A: "
    sides = encoder.encode([Side(question + "it is paris", len(question)), Side(question + "lyon", len(question))])
    a, b = (side.ids[kept] for side, kept in zip(sides, encoder.cut(*sides), strict=True))
    words = tokenizer.convert_ids_to_tokens
    assert len(a) + len(b) == 12
    assert words(a)[-3:] == ["it", "is", "paris"]
    assert words(b)[-1] == "lyon"
    table = PairTable(encoder, sides, np.array([(0, 1)]))
    assert table.truncated.tolist() == [True]
    assert table.lengths.tolist() == [15]
    ids = table.tokens(np.array([0])).ids.tolist()
    assert words(ids) == ["[CLS]", *words(a), "[SEP]", *words(b), "[SEP]"]


def test_an_answer_alone_too_long_loses_its_end_and_what_one_side_leaves_is_the_others():
    encoder = PairEncoder(tiny("bert")[1], 3 + 10)
    long, short = EncodedSide(tuple(range(100, 130)), 5), EncodedSide((7, 8), 0)
    assert encoder.cut(long, short) == (slice(5, 13), slice(0, 2))


@given(
    lengths=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    starts=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    room=st.integers(2, 50),
)
def test_cut_pairs_fit_and_are_cut_only_if_they_must_be(lengths, starts, room):
    encoder = PairEncoder(tiny("bert")[1], 3 + room)
    sides = [
        EncodedSide(tuple(range(length)), min(start, length)) for length, start in zip(lengths, starts, strict=True)
    ]
    a, b = (side.ids[kept] for side, kept in zip(sides, encoder.cut(*sides), strict=True))
    assert len(a) + len(b) == min(room, sum(lengths))
    table = PairTable(encoder, sides, np.array([(0, 1)]))
    assert table.truncated[0] == (sum(lengths) > room)
    assert table.lengths[0] == 3 + min(room, sum(lengths))
    if min(lengths) > 0 and room > 1:
        assert a
        assert b


def test_a_slow_tokenizer_is_refused():
    class Slow:
        model_input_names = ("input_ids",)

    with pytest.raises(InvalidModel, match=r"tokenizer Slow: expected a fast tokenizer"):
        PairEncoder(Slow(), 128)


def test_a_length_limit_without_room_is_refused():
    with pytest.raises(InvalidModel, match=r"max_length: expected more than 4 tokens, got 4"):
        PairEncoder(tiny("bert")[1], 4)
