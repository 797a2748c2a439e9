"""Tables in memory: a real DataFrame, a real dataset and dictionaries give the same samples."""

import numpy as np
import pytest

from semuq import InvalidSamples, SampleSet, from_records

ROWS = [
    {"prompt": "Capital of France?", "texts": ["Paris", "Lyon"], "token_logprobs": [[-0.1], [-2.0, -0.5]], "id": "a"},
    {"prompt": "Capital of Italy?", "texts": ["Rome"], "token_logprobs": [[-0.2]], "id": "b"},
]
WANTED = [SampleSet(**row) for row in ROWS]


def test_dictionaries():
    assert from_records(ROWS) == WANTED
    assert from_records(iter(ROWS)) == WANTED
    assert from_records([]) == []


def test_a_dataframe_with_holes():
    pandas = pytest.importorskip("pandas")
    assert from_records(pandas.DataFrame(ROWS)) == WANTED
    holed = pandas.DataFrame([{**ROWS[0], "weight": 1.5}, {"prompt": "Who?", "texts": ["I"]}])
    first, second = from_records(holed.rename(columns={"prompt": "q"}), prompt="q")
    assert (second.id, second.token_logprobs, second.metadata) == (None, None, {})
    assert first.metadata == {"weight": 1.5}


def test_a_frame_that_came_through_parquet_holds_arrays(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pandas.DataFrame(ROWS).to_parquet(tmp_path / "rows.parquet")
    assert from_records(pandas.read_parquet(tmp_path / "rows.parquet")) == WANTED


def test_a_dataset_of_hugging_face():
    datasets = pytest.importorskip("datasets")
    assert from_records(datasets.Dataset.from_list(ROWS)) == WANTED


def test_columns_of_others_go_to_the_metadata_only_where_theirs_are_named():
    row = {"question": "Who?", "answers": ["I"], "topic": "people", "level": np.int64(3)}
    assert from_records([row], prompt="question", texts="answers")[0].metadata == {"level": 3, "topic": "people"}
    with pytest.raises(InvalidSamples, match=r"row 1: unknown fields \['token_logprob'\]"):
        from_records([ROWS[0], {"prompt": "?", "texts": ["a"], "token_logprob": [[-1]]}])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("answers.jsonl", "a file is read by read_samples"),
        ({"prompt": ["?"]}, "expected a DataFrame, a dataset or a list of dictionaries, got dict"),
        (3, "got int"),
        ([["?", "a"]], "row 0: expected a mapping of columns, got list"),
        ([{"prompt": "?"}], "row 0: 'texts' is missing"),
        ([{"prompt": "?", "texts": "Paris"}], "row 0: texts"),
    ],
)
def test_what_is_no_table_is_refused(table, message):
    with pytest.raises(InvalidSamples, match=message):
        from_records(table)


def test_a_row_for_each_answer_is_refused_with_what_to_do():
    rows = [{"prompt": "Capital of France?", "texts": text} for text in ("Paris", "Lyon")]
    with pytest.raises(InvalidSamples, match=r"row 0: texts: expected a list .*gather them first: table\.groupby"):
        from_records(rows)
