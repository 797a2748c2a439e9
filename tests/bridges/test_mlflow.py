"""The bridge to MLflow, inside a real evaluation."""

import pytest

mlflow = pytest.importorskip("mlflow", reason="mlflow is installed apart: it brings half a hundred packages")
pytest.importorskip("mlflow.genai.scorers")

from semuq import DiscreteSemanticEntropy, ExactMatch, SampleSet, SemanticEntropy  # noqa: E402
from semuq.bridges.mlflow import uncertainty_scorer  # noqa: E402

ROWS = [
    {"inputs": {"question": "Capital of France?"}, "outputs": ["Paris", "paris.", "Lyon"]},
    {"inputs": {"question": "Who?"}, "outputs": {"texts": ["a", "b"], "token_logprobs": [[-1.0], [-2.0]]}},
    {"inputs": {"question": "None?"}, "outputs": []},
    {"inputs": {"ask": "Where?"}, "outputs": ["a"]},
]
pytestmark = pytest.mark.filterwarnings("ignore")


def test_each_row_has_its_score_its_verdict_or_why_not():
    own = uncertainty_scorer(DiscreteSemanticEntropy(), ExactMatch())
    found = [own(**row) for row in ROWS]
    assert own.name == found[0].name == "DiscreteSemanticEntropy"
    for feedback, row in zip(found[:2], ROWS, strict=False):
        texts = row["outputs"]["texts"] if isinstance(row["outputs"], dict) else row["outputs"]
        samples = SampleSet(prompt=row["inputs"]["question"], texts=texts)
        assert feedback.value == pytest.approx(float(DiscreteSemanticEntropy().score(samples, ExactMatch())))
    assert found[0].rationale == "2 of 3 answers mean 'Paris': the model leans towards it, but is not sure."
    assert found[0].metadata["clusters"] == "[0, 0, 1]"
    assert [own.value for own in found[2:]] == [None, None]
    assert "at least one answer" in found[2].error.error_message
    assert "expected a question in 'question'" in found[3].error.error_message
    unknown = uncertainty_scorer(SemanticEntropy(), ExactMatch())(**ROWS[0])
    assert "needs token_logprobs" in unknown.error.error_message


def test_an_evaluation_of_mlflow_reports_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # databases come with the whole package only
    mlflow.set_tracking_uri(f"file://{tmp_path}/runs")
    own = uncertainty_scorer(DiscreteSemanticEntropy(), ExactMatch())
    found = mlflow.genai.evaluate(data=ROWS[:2], scorers=[own])
    assert found.metrics["DiscreteSemanticEntropy/mean"] == pytest.approx((0.6365141682948128 + 0.6931471805599453) / 2)
