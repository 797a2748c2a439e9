"""`Scorer` called with columns: the same numbers, a bad row costs itself, and it travels without its model."""

import pickle

import numpy as np
import pytest

from semuq import (
    DiscreteSemanticEntropy,
    Entailment,
    ExactMatch,
    InvalidModel,
    InvalidParameter,
    KernelLanguageEntropy,
    SampleSet,
    Scorer,
    SemanticEntropy,
)
from semuq.estimators.kernel import Heat
from semuq.relations.entailment import Cascade
from semuq.scoring.scorer import unloaded
from semuq.testing.cases import NoisyEntailment

datasets = pytest.importorskip("datasets")
pa = pytest.importorskip("pyarrow")

ESTIMATORS = (DiscreteSemanticEntropy(), KernelLanguageEntropy(kernel=Heat(t=0.5)), KernelLanguageEntropy())
NAMES = (
    "DiscreteSemanticEntropy",
    "KernelLanguageEntropy(kernel=Heat(t=0.5))",
    "KernelLanguageEntropy(kernel=Heat(t=0.3))",
)
SCORER = Scorer(ESTIMATORS, ExactMatch())
ROWS = [
    {"prompt": "Capital of France?", "texts": ["Paris", "paris.", "Lyon"], "split": "dev", "weight": 0.5},
    {"prompt": "None?", "texts": [], "split": "dev", "weight": 1.5},
    {"prompt": None, "texts": ["a"], "split": "test", "weight": None},
    {"prompt": "Two?", "texts": ["a", "b"], "split": "test", "weight": 2.5},
]
ERRORS = ["", "texts: expected at least one answer, got none; sample the model first", "'prompt' is missing; ", ""]


def expected(row):
    found = SCORER.score(SampleSet(prompt=row["prompt"], texts=row["texts"]))[0]
    return found, [found.by_estimator[repr(own)] for own in ESTIMATORS]


def check(rows):
    assert [row["prompt"] for row in rows] == [row["prompt"] for row in ROWS]
    assert [row["split"] for row in rows] == [row["split"] for row in ROWS]
    for row, given, error in zip(rows, ROWS, ERRORS, strict=True):
        assert row["error"].startswith(error)
        if error:
            assert np.isnan([row[name] for name in NAMES]).all()
            assert (len(row["clusters"]), row["verdict"]) == (0, "")
        else:
            found, values = expected(given)
            assert row["error"] == ""
            assert [row[name] for name in NAMES] == values
            assert (tuple(row["clusters"]), row["verdict"]) == (found.clusters, found.verdict)


def by_rows(columns):
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("form", [list, lambda values: np.array(values, dtype=object)], ids=["lists", "arrays"])
def test_columns_of_lists_and_of_arrays(form):
    batch = {name: form([row[name] for row in ROWS]) for name in ROWS[0]}
    check(by_rows(SCORER(batch)))
    assert set(batch) == set(ROWS[0])  # what came in is as it was


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_hugging_face_datasets(size):
    # At size 1 the first batch has no error and the second nothing but one: types must not hang on that.
    dataset = datasets.Dataset.from_list(ROWS)
    check(list(dataset.map(SCORER, batched=True, batch_size=size)))
    backwards = dataset.select([1, 0, 2, 3]).map(SCORER, batched=True, batch_size=size)
    check([backwards[place] for place in (1, 0, 2, 3)])
    check(dataset.with_format("arrow").map(SCORER, batched=True, batch_size=size).with_format(None).to_list())


def test_hugging_face_datasets_know_it_again(tmp_path):
    fingerprint = datasets.fingerprint.Hasher.hash
    own = Scorer((DiscreteSemanticEntropy(),), Entailment(cache=False))
    fresh = fingerprint(own)
    own.score(SampleSet(prompt="?", texts=("Paris", "It is Paris.")))
    assert fingerprint(own) == fresh
    assert fingerprint(Scorer((DiscreteSemanticEntropy(),), Entailment(cache=False, context="none"))) != fresh


def test_arrow_tables_keep_their_types():
    table = pa.Table.from_pylist(ROWS)
    found = SCORER(table)
    check(found.to_pylist())
    assert found.schema.field("clusters").type == pa.list_(pa.int64())
    assert found.select(table.column_names).equals(table)
    assert SCORER(found).schema == found.schema  # once more replaces


def test_other_peoples_columns_and_no_row():
    own = Scorer(ESTIMATORS, ExactMatch(), columns={"prompt": "question", "texts": "answers"})
    batch = {"question": ["?"], "answers": [["a", "b"]], "answer": [{"value": "no text"}], "id": [b"x"]}
    assert own(batch)["error"] == [""]
    assert "answer: expected str" in SCORER({"prompt": ["?"], "texts": [["a"]], "answer": [{"value": 1}]})["error"][0]
    empty = SCORER({"prompt": [], "texts": []})
    assert {name: len(column) for name, column in empty.items()} == dict.fromkeys(empty, 0)


def test_evidence_that_one_row_lacks_costs_that_row():
    own = Scorer((SemanticEntropy(),), ExactMatch())
    logs = [[[-1.0], [-2.0]], None, [[-1.0], [float("nan")]]]
    found = own({"prompt": ["?"] * 3, "texts": [["a", "b"]] * 3, "token_logprobs": logs, "id": ["x", "y", "z"]})
    assert np.isfinite(found["SemanticEntropy"]).tolist() == [True, False, False]
    assert found["error"][1].startswith("SemanticEntropy needs token_logprobs")
    assert found["error"][2].startswith("SemanticEntropy(")
    assert len(found["clusters"][2]) == 2  # what needs no likelihoods is there


def test_what_concerns_every_row_is_raised():
    for batch, message in (
        ([1, 2], "expected a mapping of columns"),
        ({"prompt": ["?"]}, "expected the column 'prompt' and 'texts'"),
        ({"prompt": ["?"], "texts": [["a"], ["b"]]}, "columns of one length"),
    ):
        with pytest.raises(InvalidParameter, match=message):
            SCORER(batch)
    own = Scorer(ESTIMATORS, ExactMatch(), columns={"prompt": "question", "texts": "answers"})
    with pytest.raises(InvalidParameter, match="one called 'question'"):
        own({"prompt": ["?"], "texts": [["a"]]})
    for columns in ({"prompt": "question"}, {"prompt": "a", "texts": "b", "text": "c"}, "question"):
        with pytest.raises(InvalidParameter, match="columns: expected"):
            Scorer(ESTIMATORS, ExactMatch(), columns=columns)
    with pytest.raises(InvalidModel):
        Scorer((DiscreteSemanticEntropy(),), Entailment("/nowhere"))({"prompt": ["?"], "texts": [["a", "b"]]})


def test_it_is_pickled_without_its_model():
    own = Scorer((DiscreteSemanticEntropy(),), Entailment(cache=False), columns={"prompt": "q", "texts": "t"})
    batch = {"q": ["Capital of France?"], "t": [["Paris", "It is Paris.", "Lyon"]]}
    before = own(batch)
    sent = pickle.dumps(own)
    assert len(sent) < 2_000
    again = pickle.loads(sent)
    assert again == own
    assert "_loaded" not in vars(again.relation)
    assert again(batch)["clusters"][0].tolist() == before["clusters"][0].tolist()


def test_parts_within_parts_are_sent_without_what_they_loaded():
    relation = Cascade(Entailment(cache=False), Entailment(cache=False, threshold=0.5))
    vars(relation)["_loaded"] = vars(relation.small)["_loaded"] = object()
    fresh = unloaded(relation)
    assert repr(fresh) == repr(relation)
    assert "_loaded" not in vars(fresh) | vars(fresh.small)
    assert unloaded(NoisyEntailment) is NoisyEntailment
    assert unloaded(None) is None
