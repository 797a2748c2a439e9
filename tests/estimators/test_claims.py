"""Claims: splitting by rules, and claim scores against LUQ and SelfCheckGPT written out."""

import numpy as np
import pytest

from semuq import ClaimUncertainty, ExactMatch, InvalidParameter, MissingEvidence, SampleSet
from semuq.estimators.claims import unsupported
from semuq.relations.support import SupportingRelation, support
from semuq.sampling.claims import with_claims
from semuq.text import sentences
from tests.estimators.cases import Hashed
from tests.oracles import claims as oracle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" \n ... \n", ()),
        ("One line", ("One line",)),
        ("No. It is not.", ("No.", "It is not.")),
        ("Room No. 5 is free. Take it!", ("Room No. 5 is free.", "Take it!")),
        ("Dr. A. Curie won on Dec. 10 in St. Paul. Twice?", ("Dr. A. Curie won on Dec. 10 in St. Paul.", "Twice?")),
        ("It costs 3.50 here. OK", ("It costs 3.50 here.", "OK")),
        ("at 5 p.m. sharp. At 6 p.m. Nobody came.", ("at 5 p.m. sharp.", "At 6 p.m.", "Nobody came.")),
        ('She said "No." He left.', ('She said "No."', "He left.")),
        ("- first thing\n* second; still\n3) third", ("first thing", "second; still", "third")),
        ("東京は首都です。京都は違います!", ("東京は首都です。", "京都は違います!")),
        ("यह है। वह भी।", ("यह है।", "वह भी।")),
        ("هل هذا صحيح؟ نعم.", ("هل هذا صحيح؟", "نعم.")),
        ("So did I. Then we left", ("So did I.", "Then we left")),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


def test_nothing_said_is_lost():
    rng = np.random.default_rng(0)
    words = ["Paris", "is", "3.5", "Dr.", "no", "U.S.", "end.", "why?", "\n", "J.", '"so."', "1)", "。"]
    for _ in range(300):
        text = " ".join(rng.choice(words, size=rng.integers(1, 30)))
        kept = "".join("".join(sentences(text)).split())
        letters = [sign for sign in text if sign.isalpha()]
        assert [sign for sign in kept if sign.isalpha()] == letters


def random_claims(rng):
    n = int(rng.integers(1, 9))
    texts = tuple(f"answer {rng.integers(0, n + 1)}" for _ in range(n))
    claims = tuple(tuple(f"claim {rng.integers(0, 9)}" for _ in range(rng.integers(0, 4))) for _ in range(n))
    return SampleSet(prompt="?", texts=texts, claims=claims)


def test_equals_the_oracle():
    rng = np.random.default_rng(3)
    for seed in range(300):
        samples, relation = random_claims(rng), Hashed(seed)

        def entails(j, claim, samples=samples, relation=relation):
            return relation.pair(samples.texts[j], claim)[0]

        def contradicts(j, claim, samples=samples, relation=relation):
            return relation.pair(samples.texts[j], claim)[2]

        n = len(samples)
        own = samples.claims
        assert ClaimUncertainty().score(samples, relation) == pytest.approx(oracle.luq(own, entails, contradicts))
        worst = ClaimUncertainty(support="entailment", claims="max").score(samples, relation)
        assert worst == pytest.approx(oracle.worst_unentailed(own, entails))
        for i, scores in enumerate(ClaimUncertainty().score_claims(samples, relation)):
            wanted = [oracle.selfcheck_sentence(claim, i, entails, contradicts, n) for claim in own[i]]
            assert scores == pytest.approx(wanted)


def test_one_claim_that_is_the_answer_is_the_score_of_whole_answers():
    from semuq import LongTextUncertainty

    relation = Hashed(1)
    samples = SampleSet(prompt="?", texts=[f"text {i}" for i in range(6)])
    whole = with_claims(samples, lambda text: [text])
    assert ClaimUncertainty().score_answers(whole, relation) == pytest.approx(
        LongTextUncertainty().score_answers(samples, relation)
    )


def test_claims_follow_their_answers():
    samples = random_claims(np.random.default_rng(5))
    order = np.random.default_rng(1).permutation(len(samples)).tolist()
    relation = Hashed(2)
    before = ClaimUncertainty().score_claims(samples, relation)
    after = ClaimUncertainty().score_claims([samples.take(order)], relation)[0]
    for own, place in zip(after, order, strict=True):
        assert own == pytest.approx(before[place])


def test_a_relation_with_support_is_asked_for_no_more():
    asked = []

    class Cheap:
        kind, symmetric, identity = "entailment", False, "cheap"

        def compare(self, batch):
            raise AssertionError("the matrices are not needed")

        def support(self, batch, claims):
            asked.append([tuple(own) for own in claims])
            return support(ExactMatch(), batch, claims)

    assert isinstance(Cheap(), SupportingRelation)
    samples = SampleSet(prompt="?", texts=("a", "b"), claims=(("a",), ("a", "b")))
    assert ClaimUncertainty().score([samples, samples], Cheap()).tolist() == [0.75, 0.75]
    assert asked == [[("a", "a", "b"), ("a", "a", "b")]]


def test_refusals():
    samples = SampleSet(prompt="?", texts=("a", "b"))
    with pytest.raises(
        MissingEvidence, match=r"needs claims, got None; split the answers with semuq\.sampling\.claims"
    ):
        ClaimUncertainty().score(samples, ExactMatch())
    with pytest.raises(MissingEvidence, match="relation: ClaimUncertainty needs entailment"):
        ClaimUncertainty().score_claims(with_claims(samples))
    with pytest.raises(InvalidParameter, match=r"ClaimUncertainty\.claims: expected one of"):
        ClaimUncertainty(claims="median")
    with pytest.raises(InvalidParameter, match=r"ClaimUncertainty\.support: expected one of"):
        ClaimUncertainty(support="yes")


def test_a_claim_of_which_another_answer_says_nothing_is_half_doubted():
    silent = np.zeros((1, 2))
    assert unsupported(silent, silent, np.array([0])) == pytest.approx([0.5])
