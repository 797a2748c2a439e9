"""`SampleSet` and its files: what is accepted, what is refused, and that nothing is lost."""

import copy
import dataclasses
import gzip
import json
import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import InvalidSamples, SampleSet, read_samples, write_samples
from semuq.samples import as_batch

FULL = SampleSet(
    prompt="Capital of France?",
    texts=("Paris", ""),
    token_logprobs=([-0.1, -0.2], [0.0]),
    embeddings=[[1, 0], [0, 1]],
    references=("Paris",),
    id="q1",
    metadata={"source": "made up"},
)


def test_fields_are_as_given_and_cannot_be_changed():
    assert len(FULL) == 2
    assert list(FULL) == ["Paris", ""]
    assert FULL.token_logprobs[0].tolist() == [-0.1, -0.2]
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.prompt = "other"
    with pytest.raises(ValueError, match="read-only"):
        FULL.token_logprobs[0][0] = 0
    with pytest.raises(TypeError):
        FULL.metadata["source"] = "other"


def test_it_does_not_share_memory_with_what_it_was_made_from():
    logprobs = np.array([-1.0])
    samples = SampleSet(prompt="?", texts=["a"], token_logprobs=[logprobs])
    logprobs[0] = -9
    assert samples.token_logprobs[0][0] == -1.0


def test_copies_are_equal():
    for copied in (pickle.loads(pickle.dumps(FULL)), copy.deepcopy(FULL), SampleSet.from_dict(FULL.to_dict())):
        assert copied == FULL
        assert hash(copied) == hash(FULL)
    assert dataclasses.replace(FULL, id="q2") != FULL
    assert FULL != "Paris"


def test_rounding_above_zero_becomes_zero():
    assert SampleSet(prompt="?", texts=["a"], token_logprobs=[[5e-4]]).token_logprobs[0][0] == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"texts": []}, "texts: expected at least one answer, got none"),
        ({"texts": "Paris"}, r"texts: expected a list of str, got str; wrap it in a list"),
        ({"texts": ["Paris", None]}, r"texts\[1\]: expected str, got NoneType"),
        ({"texts": ["Paris", 4]}, r"texts\[1\]: expected str, got int"),
        ({"prompt": None}, "prompt: expected str, got NoneType"),
        ({"id": 3.5}, r"id: expected str or None, got float; pass str\(id\)"),
        ({"id": True}, "id: expected str or None, got bool"),
        ({"prompt": "\ud800"}, "prompt: expected text, got half a surrogate pair at character 0"),
        ({"texts": ["a", "b\udfff"]}, r"texts\[1\]: expected text, got half a surrogate pair at character 1"),
        ({"claims": [["\ud800"], []]}, r"claims\[0\]\[0\]: expected text"),
        ({"embeddings": [[10**400], [1]]}, "embeddings: expected numbers"),
        ({"token_logprobs": [[-(10**400)], [-1]]}, r"token_logprobs\[0\]: expected a flat list of numbers"),
        ({"metadata": [1]}, "metadata: expected a mapping, got list"),
        ({"token_logprobs": [[-1]]}, r"token_logprobs: expected 2 arrays \(one per answer\), got 1; pass None"),
        ({"token_logprobs": [[-1], []]}, r"token_logprobs\[1\]: expected a log-prob per token of 'Lyon', got none"),
        (
            {"token_logprobs": [[-1], [0.5]]},
            r"token_logprobs\[1\]: expected natural log-probs <= 0, got 0.5 at token 0",
        ),
        (
            {"token_logprobs": [[-1], [-1, np.nan]]},
            r"token_logprobs\[1\]: expected finite log-probs, got nan at token 1",
        ),
        ({"token_logprobs": [[-np.inf], [-1]]}, r"token_logprobs\[0\]: expected finite log-probs, got -inf"),
        ({"token_logprobs": [[-1], [[-1]]]}, r"token_logprobs\[1\]: expected one log-prob per token \(1-D\)"),
        ({"token_logprobs": [[-1], ["x"]]}, r"token_logprobs\[1\]: expected a flat list of numbers"),
        ({"token_logprobs": 3}, r"token_logprobs: expected 2 arrays \(one per answer\), got int"),
        ({"embeddings": [[1, 2]]}, r"embeddings: expected shape \(2, d\), one row per answer, got \(1, 2\)"),
        ({"embeddings": [[1], [np.nan]]}, "embeddings: expected finite numbers"),
        ({"references": "Paris"}, "references: expected a list of str, got str"),
    ],
)
def test_bad_input_names_the_field_and_the_remedy(changes, message):
    with pytest.raises(InvalidSamples, match=message):
        SampleSet(**({"prompt": "?", "texts": ["Paris", "Lyon"]} | changes))


def test_a_batch_is_one_or_many():
    assert as_batch(FULL) == (FULL,)
    assert as_batch([]) == ()
    for wrong in ("Paris", {"prompt": "?"}, [FULL, "Paris"]):
        with pytest.raises(InvalidSamples, match="expected a SampleSet"):
            as_batch(wrong)


@given(
    st.builds(
        SampleSet,
        prompt=st.text(),
        texts=st.lists(st.text(min_size=1), min_size=1, max_size=4),
        references=st.lists(st.text(), max_size=2),
        id=st.none() | st.text(),
    )
)
def test_every_text_survives_a_file(tmp_path_factory, samples):
    path = tmp_path_factory.mktemp("jsonl") / "samples.jsonl.gz"
    try:
        json.dumps(samples.to_dict(), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates are not text
        return
    write_samples(path, [samples, FULL])
    assert list(read_samples(path)) == [samples, FULL]


class TestBrokenFiles:
    GOOD = '{"prompt": "?", "texts": ["a"]}'

    def write(self, tmp_path, *lines):
        path = tmp_path / "samples.jsonl"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
        return path

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ('{"prompt": "?"', r"samples.jsonl, line 3: not valid JSON"),
            ("[1, 2]", r"line 3: expected an object, got list"),
            ('{"prompt": "?"}', r"line 3: 'texts' is missing; every record needs 'prompt' and 'texts'"),
            ('{"prompt": "?", "texts": []}', r"line 3: texts: expected at least one answer"),
            ('{"prompt": "?", "texts": ["a"], "replies": 1}', r"line 3: unknown fields \['replies'\]"),
            (b'{"prompt": "\xff", "texts": ["a"]}', r"line 3: not valid JSON"),
            ('{"prompt": "?", "texts": ["\\ud800"]}', r"line 3: texts\[0\]: expected text, got half a surrogate"),
            ("[" * 200_000, r"line 3: nested too deeply"),
            ('{"a":' * 200_000, r"line 3: nested too deeply"),
            ('{"prompt": "?", "texts": ["a"], "metadata": ' + '{"a":' * 90 + "1" + "}" * 91, "line 3: nested too deep"),
            ('{"prompt": "?", "texts": ["a"], "token_logprobs": [[-1' + "0" * 400 + "]]}", r"line 3: token_logprobs"),
            ('{"prompt": "?", "texts": ["a"], "token_logprobs": [[NaN]]}', r"line 3: token_logprobs\[0\]"),
        ],
    )
    def test_the_line_is_named_and_the_rest_can_be_had(self, tmp_path, line, message):
        path = self.write(tmp_path, self.GOOD, "", line, self.GOOD)
        with pytest.raises(InvalidSamples, match=message):
            list(read_samples(path))
        errors = []
        assert len(list(read_samples(path, on_error=errors.append))) == 2
        assert len(errors) == 1

    def test_an_empty_file_is_an_empty_batch(self, tmp_path):
        assert list(read_samples(self.write(tmp_path))) == []

    @pytest.mark.parametrize(
        ("first", "hint"),
        [
            ("question,answer\n", "is it a table with the columns question, answer?"),
            ("id\tquestion\n", "is it a table with the columns id, question?"),
            ("{\n", "is one object spread over several lines"),
            ('{"question": "?", "answers": ["a"]}', "--prompt-field question --texts-field answers"),
            ('{"question": "?", "answer": "a"}', "'answer' holds one answer: collect those"),
            ('{"x": 1}', "every record needs 'prompt' and 'texts', this one holds 'x'"),
            ('{"prompt": "?", "responses": ["a"]}', "--prompt-field prompt --texts-field responses"),
            ("PAR1....", "expected JSON, one object per line, got a Parquet file"),
        ],
    )
    def test_the_hint_fits_what_the_file_is(self, tmp_path, first, hint):
        with pytest.raises(InvalidSamples, match=re.escape(hint)):
            list(read_samples(self.write(tmp_path, first)))

    def test_a_damaged_gzip_file_says_so(self, tmp_path):
        path = tmp_path / "samples.jsonl.gz"
        path.write_bytes(gzip.compress((self.GOOD + "\n").encode() * 1000)[:-20])
        with pytest.raises(InvalidSamples, match="damaged gzip file"):
            list(read_samples(path))

    def test_a_missing_file_is_the_systems_error(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            list(read_samples(tmp_path / "no.jsonl"))


class TestOtherPeoplesFiles:
    ROWS = ({"question": "Où?", "answers": ["a", "b"], "weight": 2, "id": 7}, {"question": "?", "answers": ["c"]})

    def read(self, path):
        return list(read_samples(path, prompt_field="question", texts_field="answers"))

    def wanted(self):
        return [
            SampleSet(prompt="Où?", texts=("a", "b"), id="7", metadata={"weight": 2}),
            SampleSet(prompt="?", texts=("c",)),
        ]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    @pytest.mark.parametrize("form", ["lines", "array", "pretty array"])
    def test_fields_encodings_and_arrays(self, tmp_path, encoding, form):
        text = json.dumps(self.ROWS, ensure_ascii=False, indent=1 if form.startswith("pretty") else None)
        if form == "lines":
            text = "\n".join(json.dumps(row, ensure_ascii=False) for row in self.ROWS)
        path = tmp_path / "a.json"
        path.write_bytes(text.encode(encoding))
        assert self.read(path) == self.wanted()
        with gzip.open(tmp_path / "a.gz", "wb") as file:
            file.write(path.read_bytes())
        assert self.read(tmp_path / "a.gz") == self.wanted()

    def test_a_broken_item_of_an_array_is_named_by_its_line(self, tmp_path):
        path = tmp_path / "a.json"
        path.write_text('[\n{"prompt": "?", "texts": ["a"]},\n\n{"prompt": "?", "texts": []}\n]\n')
        with pytest.raises(InvalidSamples, match=r"line 4: texts: expected at least one"):
            list(read_samples(path))
        errors = []
        assert len(list(read_samples(path, on_error=errors.append))) == 1
        assert len(errors) == 1
        path.write_text("[]")
        assert list(read_samples(path)) == []

    def test_lines_behind_a_list_are_still_lines(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_text('[1, 2]\n{"prompt": "?", "texts": ["a"]}\n')
        errors = []
        assert len(list(read_samples(path, on_error=errors.append))) == 1
        assert "line 1: expected an object, got list" in str(errors[0])

    def test_both_names_at_once_are_refused(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_text('{"question": "?", "prompt": "!", "answers": ["a"]}')
        with pytest.raises(InvalidSamples, match="'question' and 'prompt' are both there"):
            self.read(path)

    def test_text_that_ends_in_the_middle_of_a_character_is_one_line(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_bytes('{"prompt": "?", "texts": ["a"]}'.encode("utf-16")[:-1])
        with pytest.raises(InvalidSamples, match=r"a.jsonl, line 1: not the text it begins as"):
            list(read_samples(path))


def test_strict_json_goes_out(tmp_path):
    path = tmp_path / "a.jsonl"
    given = {"w": math.nan, "v": [np.float64(-math.inf), np.arange(2)], "n": np.int64(3)}
    write_samples(path, [SampleSet(prompt="?", texts=("a",), metadata=given)])

    def none(constant):
        raise AssertionError(constant)

    assert json.loads(path.read_text(), parse_constant=none)["metadata"] == {"w": None, "v": [None, [0, 1]], "n": 3}
    with pytest.raises(InvalidSamples, match="metadata: expected what JSON can hold"):
        write_samples(path, [SampleSet(prompt="?", texts=("a",), metadata={"a": object()})])
    loop = {}
    loop["own"] = loop
    with pytest.raises(InvalidSamples, match="metadata: expected what JSON can hold"):
        write_samples(path, [SampleSet(prompt="?", texts=("a",), metadata=loop)])


class TestLogprobsOfOneAnswer:
    """One log-prob that cannot be used costs its answer's likelihoods, and nobody else's."""

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            ([-0.5, float("nan")], "expected finite log-probs, got nan at token 1"),
            ([-float("inf")], "expected finite log-probs, got -inf at token 0"),
            ([None, -1.0], "expected finite log-probs, got nan at token 0"),
            ([-1.0, 0.7], "expected natural log-probs <= 0, got 0.7 at token 1"),
            ([], "expected a log-prob per token of 'b', got none"),
        ],
    )
    def test_read_from_a_record(self, bad, why):
        record = {"prompt": "?", "texts": ["a", "b", "c"], "token_logprobs": [[-0.1], bad, [-0.3, -0.4]]}
        samples = SampleSet.from_dict(json.loads(json.dumps(record)))
        assert [own if own is None else own.tolist() for own in samples.token_logprobs] == [[-0.1], None, [-0.3, -0.4]]
        assert samples.metadata["unusable_logprobs"] == [None, why, None]
        assert SampleSet.from_dict(json.loads(json.dumps(samples.to_dict()))) == samples
        assert pickle.loads(pickle.dumps(samples)) == samples
        with pytest.raises(InvalidSamples, match=r"token_logprobs\[1\]"):
            SampleSet(**record)  # who builds it in code says None

    def test_those_of_no_answer_are_no_accident(self):
        record = {"prompt": "?", "texts": ["a", "b"], "token_logprobs": [[0.9], [0.8, 0.1]]}
        with pytest.raises(InvalidSamples, match=r"token_logprobs\[0\]: .*probabilities need np.log"):
            SampleSet.from_dict(record)

    def test_other_fields_are_held_against_those_that_are_known(self):
        values = {"prompt": "?", "texts": ("a", "b"), "token_logprobs": ([-1.0, -2.0], None)}
        samples = SampleSet(**values, token_texts=(("a", "a"), ("b",)), token_entropies=([0.5, 0.5], None))
        assert samples.token_entropies[1] is None
        assert SampleSet(**values, token_entropies=(None, [0.1])).token_entropies[0] is None
        for wrong in ({"token_texts": (("a",), ("b",))}, {"token_entropies": ([0.5], None)}):
            with pytest.raises(InvalidSamples, match=r"\[0\]: expected 2"):
                SampleSet(**values, **wrong)
        with pytest.raises(InvalidSamples, match=r"token_entropies\[1\]: expected finite"):
            SampleSet(**values, token_entropies=(None, [np.nan]))

    def test_none_of_any_answer_is_none(self):
        samples = SampleSet(prompt="?", texts=("a", "b"), token_logprobs=([-1.0], None))
        assert samples.take([1, 1]).token_logprobs is None
        assert SampleSet(prompt="?", texts=("a",), token_logprobs=(None,)).token_logprobs is None
        assert SampleSet(prompt="?", texts=("a",), token_entropies=(None,)).token_entropies is None
        assert samples.extended(samples.take([0])).token_logprobs[1] is None
