"""DINCO against the released code written out, and what suggestible confidences do to it."""

import numpy as np
import pytest

from semuq import DINCO, ExactMatch, SampleSet
from tests.estimators.cases import ROUNDED, Hashed
from tests.oracles import distractors as oracle


def test_equals_the_released_code():
    rng = np.random.default_rng(0)
    for seed in range(60):
        relation = Hashed(seed)
        claims = [f"claim {i}" for i in range(int(rng.integers(1, 6)))]
        texts = tuple(f"claim {rng.integers(0, 3)}" for _ in range(rng.integers(1, 6)))
        confidences = rng.random(len(claims))
        samples = SampleSet(
            prompt="?",
            texts=texts,
            answer=claims[0],
            answer_confidence=confidences[0],
            distractors=claims[1:],
            distractor_confidences=confidences[1:],
        )
        entails, contradicts = (
            [[0.0 if a == b else relation.pair(a, b)[label] for b in claims] for a in claims] for label in (0, 2)
        )
        (scores,) = relation.compare(SampleSet(prompt="?", texts=(claims[0], *texts)))
        same = scores.equivalence()[0, 1:]
        wanted = 1 - oracle.dinco(confidences.tolist(), entails, contradicts, same.tolist())
        assert DINCO().score(samples, relation) == pytest.approx(wanted, **ROUNDED)


def asked(confidence, rivals, texts=("a", "a")):
    return SampleSet(
        prompt="?",
        texts=texts,
        answer="a",
        answer_confidence=confidence,
        distractors=tuple("bcdefg"[: len(rivals)]),
        distractor_confidences=rivals,
    )


def test_saying_yes_to_everything_is_no_confidence():
    yes_to_all, sure, modest = asked(0.9, [0.9, 0.9]), asked(0.9, [0.05, 0.05]), asked(0.4, [0.1, 0.1])
    scores = DINCO().score([yes_to_all, sure, modest], ExactMatch())
    assert scores.tolist() == pytest.approx([1 - (1 / 3 + 1) / 2, 0.05, 0.3], **ROUNDED)


def test_limits_reach_the_bounds():
    low, high = DINCO().bounds(3)
    assert DINCO().score(asked(1.0, [], ("a",) * 3), ExactMatch()) == low
    assert DINCO().score(asked(0.0, [1.0], ("b",) * 3), ExactMatch()) == pytest.approx(high, **ROUNDED)
