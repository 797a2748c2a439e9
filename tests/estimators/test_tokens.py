"""The SAR family and MARS against 40-digit oracles, at their limits, and relevance from an embedder."""

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.tokens import MARS, SAR, SentenceSAR, TokenSAR, relevance_by_removal, with_token_relevance
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import tokens as oracle


def test_token_weights_equal_the_oracle():
    for samples, _, _ in cases(80, seed=60):
        pairs = [
            (own.tolist(), weights.tolist())
            for own, weights in zip(samples.token_logprobs, samples.token_relevance, strict=True)
        ]
        token = [oracle.token_sar(*pair) for pair in pairs]
        meaning = [oracle.mars(*pair) for pair in pairs]
        assert TokenSAR().score_answers(samples) == pytest.approx(token, **ROUNDED)
        assert TokenSAR().score(samples) == pytest.approx(sum(token) / len(token), **ROUNDED)
        assert MARS().score_answers(samples) == pytest.approx(meaning, **ROUNDED)


def test_sentence_scores_equal_the_oracle():
    for samples, relation, scores in cases(60, seed=61):
        e = scores.entailment
        similarity = ((e + e.T) / 2).tolist()
        sums = [-float(own.sum()) for own in samples.token_logprobs]
        expected = oracle.sentence_sar(sums, similarity, 0.001)
        assert SentenceSAR().score(samples, relation) == pytest.approx(expected, **ROUNDED)
        weighted = [
            oracle.token_sar(own.tolist(), weights.tolist())
            for own, weights in zip(samples.token_logprobs, samples.token_relevance, strict=True)
        ]
        assert SAR().score(samples, relation) == pytest.approx(
            oracle.sentence_sar(weighted, similarity, 0.001), **ROUNDED
        )


@pytest.mark.parametrize("n", [1, 2, 10, 256])
def test_limits(n):
    texts = ("a",) * n
    certain = SampleSet(prompt="q", texts=texts, token_logprobs=[[0.0]] * n, token_relevance=[[0.0]] * n)
    for estimator in (SentenceSAR(), SAR(), SentenceSAR(t=2.0)):
        assert estimator.score(certain, Fixed(alike(n))) == pytest.approx(estimator.bounds(n)[0], **ROUNDED)
        assert estimator.score(certain, Fixed(different(n))) == 0
    unlikely = SampleSet(prompt="q", texts=texts, token_logprobs=[[-1e4, -1e4]] * n)
    assert SentenceSAR().score(unlikely, Fixed(different(n))) == pytest.approx(2e4)


def test_relevance_is_what_removing_a_token_does_to_the_vector():
    class Counts:
        """Counts of three words."""

        def embed(self, texts):
            return np.array([[text.split().count(word) for word in ("q", "it", "paris")] for text in texts], float)

    relevance = relevance_by_removal("q", ["it ", "is ", "paris"], Counts())
    assert relevance == pytest.approx([1 - 2 / 6**0.5, 0.0, 1 - 2 / 6**0.5])
    assert relevance_by_removal("q", [], Counts()).shape == (0,)


def test_options_are_checked():
    with pytest.raises(InvalidParameter, match=r"SentenceSAR\.t: expected a finite number > 0, got 0"):
        SentenceSAR(t=0)
    with pytest.raises(InvalidParameter, match=r"SAR\.t"):
        SAR(t=-1)


def test_relevance_is_computed_for_every_answer_from_the_texts_of_its_tokens():
    class Counts:
        def embed(self, texts):
            return np.array([[1.0, text.count("a"), text.count("r")] for text in texts])

    samples = SampleSet(prompt="q", texts=("paris", "", "lyon"), token_texts=[["par", "is", ""], [], ["lyon"]])
    found = with_token_relevance(samples, Counts())
    assert [len(own) for own in found.token_relevance] == [3, 0, 1]
    assert found.token_relevance[0] == pytest.approx(relevance_by_removal("q", ["par", "is", ""], Counts()))
    assert found.token_relevance[0][0] > found.token_relevance[0][1] == found.token_relevance[0][2] == 0
    with pytest.raises(MissingEvidence, match="token_texts: expected the texts of the tokens, got None"):
        with_token_relevance(SampleSet(prompt="q", texts=("a",)), Counts())
