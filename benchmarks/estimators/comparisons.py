"""Which method of another package is which of ours, and every way in which the numbers may differ.

A value of another package equals ours after a stated conversion, or it is reproduced by one of the stated
differences, which says who is right. Whatever is neither fails the test that reads the recorded values.
"""

from __future__ import annotations

import numpy as np

from benchmarks.estimators import literal
from benchmarks.estimators.case import Case, Given
from benchmarks.estimators.comparing import (
    NAN,
    Comparison,
    Difference,
    always,
    compare,
    empty,
    raw,
    single,
    underflow,
)
from semuq import (
    SAR,
    CoCoA,
    Degree,
    DiscreteSemanticEntropy,
    Eccentricity,
    EigenvalueSum,
    HiddenEigenScore,
    KernelLanguageEntropy,
    LexicalSimilarity,
    LongTextUncertainty,
    LowProbabilityTokens,
    Matern,
    NumSemanticSets,
    PairwiseDissimilarity,
    PredictiveEntropy,
    PTrue,
    RelationScores,
    SampleSet,
    SelfCertainty,
    SemanticDensity,
    SemanticEntropy,
    SentenceSAR,
    SequenceLogProbability,
    TokenEntropy,
    TokenSAR,
)
from semuq.estimators.base import Estimator

__all__ = ["COMPARISONS"]


_NO_PAIRS = "A mean over no pairs is no number."
_TOKENS_OF_NO_RELEVANCE = Difference(
    applies=lambda case: not any(map(sum, case.given["relevance"])),
    theirs=lambda case: NAN,
    right="ours",
    why="No token is relevant: 0 / 0. Ours weighs them alike.",
)


def _as_similarity(matrix: np.ndarray) -> Given:
    return Given(RelationScores.from_similarity(matrix, threshold=0.5))


def _lm(method: str, estimator: Estimator, *differences: Difference, **options: object) -> Comparison:
    return compare("lm-polygraph", method, estimator, *differences, **options)


def _uqlm(method: str, estimator: Estimator, *differences: Difference, **options: object) -> Comparison:
    return compare("uqlm", method, estimator, *differences, **options)


def _ttlm(method: str, estimator: Estimator, *differences: Difference, **options: object) -> Comparison:
    return compare("truthtorchlm", method, estimator, *differences, **options)


def _one_minus(value: float, case: Case) -> float:
    return 1 - value


def _negative(value: float, case: Case) -> float:
    return -value


def _plus_one(value: float, case: Case) -> float:
    return 1 + value


_OVER_ANSWERS = (
    "A sum over answers where the entropy is one over clusters: a cluster of k answers counts k times, and where its "
    "mass holds repetitions, k squared."
)

_LM_POLYGRAPH = (
    _lm(
        "SemanticEntropy",
        SemanticEntropy(form="monte-carlo-samples", length_normalised=False, normalise=False, duplicates="count"),
    ),
    _lm(
        "SemanticEntropy (unique)",
        SemanticEntropy(form="monte-carlo-samples", length_normalised=False, normalise=False),
        Difference(
            applies=lambda case: len(set(case.texts)) < case.n,
            theirs=literal.entropy_first_of_equal_texts,
            right="a matter of definition",
            why="Equal texts with different likelihoods (tokenised differently): it keeps the first seen, which "
            "depends on the order of the answers. Ours keeps the likeliest.",
        ),
    ),
    _lm(
        "SemanticEntropy (direct)",
        SemanticEntropy(length_normalised=False),
        always(
            lambda case: literal.entropy_over_answers(case, counted=False),
            "ours",
            _OVER_ANSWERS + " The masses are not normalised either, so the number goes far below 0.",
        ),
    ),
    _lm("SemanticEntropyEmpirical", DiscreteSemanticEntropy()),
    _lm(
        "SemanticEntropyEmpirical (direct)",
        DiscreteSemanticEntropy(),
        always(lambda case: literal.entropy_over_answers(case, counted=True), "ours", _OVER_ANSWERS),
    ),
    _lm(
        "KernelLanguageEntropy",
        KernelLanguageEntropy(edges="soft"),
        Difference(
            applies=lambda case: case.n == 1,
            theirs=lambda case: float("-inf"),
            right="ours",
            why="One answer. It divides by log 1 = 0 and gives minus infinity, the most confident score there is. "
            "Ours: 0.",
        ),
        raw(lambda case: KernelLanguageEntropy(edges="soft").score(case.samples, case.raw_relation) / np.log(case.n)),
        convert=lambda value, case: value * np.log(case.n) if case.n > 1 else value,
        conversion="times log n",
    ),
    _lm(
        "NumSemSets",
        NumSemanticSets(clustering="components"),
        relation=lambda case: case.equivalence((case.entail > case.contradict) & (case.entail > case.contradict).T),
        over="its rule of equivalence (entailment outweighs contradiction both ways)",
    ),
    *(
        comparison
        for kind, ours in (("entail", "entailment"), ("contra", "no-contradiction"))
        for comparison in (
            _lm(
                f"DegMat ({kind})",
                Degree(affinity=ours),
                raw(lambda case, kind=kind: literal.graph(literal.affinity(case, kind))[0]),
            ),
            _lm(
                f"EigValLaplacian ({kind})",
                EigenvalueSum(affinity=ours),
                raw(lambda case, kind=kind: literal.graph(literal.affinity(case, kind))[1]),
            ),
            _lm(
                f"Eccentricity ({kind})",
                Eccentricity(affinity=ours),
                tolerance=1e-7,
            ),
        )
    ),
    _lm(
        "LUQ",
        LongTextUncertainty(),
        single(NAN, _NO_PAIRS),
        Difference(
            applies=lambda case: "logit_shift" in case.given,
            theirs=literal.luq,
            right="ours",
            why="Logits around 800: exponentials without a shift overflow. Ours takes probabilities.",
        ),
        Difference(
            applies=lambda case: bool((case.entail + case.contradict == 0).any()),
            theirs=literal.luq,
            right="ours",
            why="A pair that is certainly neutral: 0 / 0. Ours: 1/2, the limit of equal logits.",
        ),
        raw(literal.luq),
    ),
    _lm(
        "LexicalSimilarity (ROUGE-L)",
        PairwiseDissimilarity(),
        single(NAN, _NO_PAIRS),
        Difference(
            applies=lambda case: not "".join(case.texts).isascii(),
            theirs=literal.rouge_without_normalisation,
            right="ours",
            why="Its words are runs of a-z and 0-9: two equal answers in another script share none.",
        ),
        always(
            literal.rouge_without_normalisation,
            "a matter of definition",
            "It counts articles as words; ours leaves out a, an and the, as SQuAD does.",
        ),
        relation=lambda case: LexicalSimilarity(),
        over="LexicalSimilarity()",
        convert=_plus_one,
        conversion="plus 1",
    ),
    _lm("MonteCarloSequenceEntropy", PredictiveEntropy()),
    _lm(
        "MonteCarloNormalizedSequenceEntropy",
        PredictiveEntropy(length_normalised=True),
        empty(
            literal.entropy_of_normalised_answers,
            "Answers without tokens are left out of the mean; ours counts them as certain, as the sum does.",
        ),
    ),
    _lm("MaximumSequenceProbability", SequenceLogProbability(), answer=0),
    _lm("Perplexity", SequenceLogProbability(length_normalised=True), answer=0),
    _lm("TokenSAR", TokenSAR(), _TOKENS_OF_NO_RELEVANCE, answer=0),
    _lm(
        "SentenceSAR",
        SentenceSAR(),
        underflow(lambda case: literal.sentence_sar(case.loglik(), literal.similarity(case))),
        raw(lambda case: literal.sentence_sar(case.loglik(), literal.similarity(case))),
    ),
    _lm(
        "SAR",
        SAR(),
        _TOKENS_OF_NO_RELEVANCE,
        underflow(lambda case: literal.sentence_sar(-literal.token_sar(case), literal.similarity(case))),
        raw(lambda case: literal.sentence_sar(-literal.token_sar(case), literal.similarity(case))),
    ),
    *(
        _lm(
            name,
            CoCoA(length_normalised=normalised),
            single(NAN, _NO_PAIRS),
            raw(
                lambda case, normalised=normalised: float(
                    -case.loglik(length_normalised=normalised)[0] * (1 - literal.similarity(case)[0, 1:]).mean()
                )
            ),
            answer=0,
        )
        for name, normalised in (("CocoaMSP", False), ("CocoaPPL", True))
    ),
    _lm(
        "SemanticDensity",
        SemanticDensity(),
        underflow(literal.density),
        empty(literal.density),
        Difference(
            applies=lambda case: case.texts[0] in case.texts[1:],
            theirs=literal.density,
            right="ours",
            why="The answer itself is put beside the distinct samples even if it is one of them: its likelihood counts "
            "twice. The density is over distinct sequences.",
        ),
        answer=0,
        convert=_plus_one,
        conversion="plus 1; both directions of the matrices averaged first",
    ),
    _lm("EigenScore", HiddenEigenScore()),
    _lm("MeanTokenEntropy", TokenEntropy(), samples=lambda case: case.first),
    _lm("SelfCertainty", SelfCertainty(), samples=lambda case: case.first),
    _lm("PTrue", PTrue(), answer=0, convert=_plus_one, conversion="plus 1"),
)

_CLUSTERS_OF_UQLM = (
    "Entailment in one direction is enough for it where the paper asks for both, and an answer joins every cluster it "
    "fits, so that clusters overlap and their shares are no probabilities."
)
_UQLM = (
    _uqlm(
        "discrete semantic entropy",
        DiscreteSemanticEntropy(),
        single(literal.EMPTY, "It divides by log 1 = 0."),
        always(lambda case: literal.uqlm_entropy(case, counted=True), "ours", _CLUSTERS_OF_UQLM),
    ),
    _uqlm(
        "token-probability semantic entropy",
        SemanticEntropy(duplicates="count"),
        single(literal.EMPTY, "It divides by log 1 = 0."),
        empty(
            lambda case: literal.uqlm_entropy(case, counted=False),
            "An answer without tokens makes the whole question not a number.",
        ),
        underflow(lambda case: literal.uqlm_entropy(case, counted=False)),
        always(lambda case: literal.uqlm_entropy(case, counted=False), "ours", _CLUSTERS_OF_UQLM),
    ),
    _uqlm(
        "num_semantic_sets",
        NumSemanticSets(),
        single(literal.EMPTY, "It divides by log 1 = 0.", ours=1),
        always(lambda case: float(len(literal.uqlm_clusters(case))), "ours", _CLUSTERS_OF_UQLM),
    ),
    _uqlm(
        "semantic density",
        SemanticDensity(),
        single(literal.EMPTY, "A weighted mean of nothing."),
        empty(literal.uqlm_density, "An answer without tokens makes the whole question not a number."),
        underflow(literal.uqlm_density),
        always(
            literal.uqlm_density,
            "a matter of definition",
            "It leaves the answer itself out, counts a repeated sample as often as it was drawn, takes one direction, "
            "and decides by the expected distance rather than its square what is near. The released code of the "
            "paper counts distinct texts, averages both directions and has the answer among them; so does ours.",
        ),
        answer=0,
        convert=_one_minus,
        conversion="1 minus",
    ),
    _uqlm(
        "entailment",
        PairwiseDissimilarity(),
        single(NAN, _NO_PAIRS),
        answer=0,
        convert=_one_minus,
        conversion="1 minus",
    ),
    _uqlm(
        "noncontradiction",
        PairwiseDissimilarity(),
        single(NAN, _NO_PAIRS),
        relation=lambda case: _as_similarity(1 - (case.contradict + case.contradict.T) / 2),
        over="one minus contradiction",
        answer=0,
        convert=_one_minus,
        conversion="1 minus",
    ),
    _uqlm(
        "exact match",
        PairwiseDissimilarity(),
        single(NAN, _NO_PAIRS),
        relation=lambda case: case.equivalence(np.array([[a == b for b in case.texts] for a in case.texts])),
        over="equality of texts",
        answer=0,
        convert=_one_minus,
        conversion="1 minus",
    ),
    _uqlm("min_probability", LowProbabilityTokens(fraction=1e-9), answer=0, convert=_one_minus, conversion="1 minus"),
    _uqlm(
        "sequence_probability", LowProbabilityTokens(fraction=1.0), answer=0, convert=_one_minus, conversion="1 minus"
    ),
    _uqlm(
        "monte_carlo_probability",
        LowProbabilityTokens(fraction=1.0),
        empty(lambda case: NAN, "An answer without tokens makes the whole question not a number."),
        convert=_one_minus,
        conversion="1 minus",
    ),
    _uqlm(
        "mean_token_negentropy",
        TokenEntropy(),
        samples=lambda case: case.first,
        convert=lambda value, case: (1 - value) * float(np.log(len(case.given["distributions"][0]))),
        conversion="1 minus, times the log of the vocabulary",
    ),
)

_SINGLE_PRECISION = 2e-5


def _their_graph(case: Case) -> np.ndarray:
    return literal.affinity(case, "contra", own_diagonal=False)


_TRUTHTORCHLM = (
    _ttlm(
        "MatrixDegreeUncertainty",
        Degree(affinity="no-contradiction"),
        raw(lambda case: literal.graph(_their_graph(case))[0]),
    ),
    _ttlm(
        "MatrixDegreeConfidence",
        Degree(affinity="no-contradiction"),
        answer=-1,
        convert=_one_minus,
        conversion="1 minus",
    ),
    _ttlm(
        "SumEigenUncertainty",
        EigenvalueSum(affinity="no-contradiction"),
        raw(lambda case: literal.graph(_their_graph(case))[1]),
    ),
    _ttlm(
        "EccentricityUncertainty",
        Eccentricity(affinity="no-contradiction"),
        always(
            lambda case: float(literal.graph(_their_graph(case))[2].sum()),
            "ours",
            "It adds the answers' distances from the centre; the paper (Eq. 10) takes the root of the sum of their "
            "squares. The sum grows with n where nothing else changes.",
        ),
        tolerance=1e-7,
    ),
    _ttlm(
        "EccentricityConfidence",
        Eccentricity(affinity="no-contradiction"),
        answer=-1,
        conversion='none: its "confidence" grows with uncertainty',
        tolerance=1e-7,
    ),
    _ttlm(
        "NumSemanticSetUncertainty",
        NumSemanticSets(),
        relation=lambda case: case.equivalence(literal.not_contradicting(case)),
        over="its rule of equivalence (neither direction contradicts)",
    ),
    _ttlm(
        "KernelLanguageEntropy (heat)",
        KernelLanguageEntropy(),
        always(
            literal.elementwise_kernel_entropy,
            "ours",
            "exp of each entry instead of the matrix exponential: no kernel, its eigenvalues negative or above 1. "
            "Answers that all contradict each other score 0, the least uncertain but for nothing, and answers that "
            "agree far below: the order is upside down.",
        ),
        tolerance=1e-6,
    ),
    _ttlm("KernelLanguageEntropy (Matern)", KernelLanguageEntropy(kernel=Matern())),
    _ttlm(
        "SemanticEntropy",
        SemanticEntropy(form="monte-carlo-clusters", normalise=False),
        empty(lambda case: literal.EMPTY),
        Difference(
            applies=lambda case: len(set(case.texts)) < case.n,
            theirs=literal.squared_repetitions,
            right="ours",
            why="Each of k equal answers adds the likelihood of all k: k squared terms. Five repetitions of a certain "
            "answer give -3.22, where 0 is right.",
        ),
        relation=lambda case: case.equivalence(literal.not_contradicting(case)),
        over="its rule of equivalence (neither direction contradicts)",
        tolerance=_SINGLE_PRECISION,
    ),
    _ttlm("Entropy", PredictiveEntropy(length_normalised=True), empty(lambda case: literal.EMPTY)),
    _ttlm(
        "SentSAR",
        SentenceSAR(),
        empty(lambda case: literal.EMPTY),
        underflow(lambda case: literal.sentence_sar(case.loglik(length_normalised=True), literal.similarity(case))),
        raw(lambda case: literal.sentence_sar(case.loglik(length_normalised=True), literal.similarity(case))),
        samples=lambda case: SampleSet(
            prompt="?",
            texts=case.texts,
            token_logprobs=[[own] for own in case.loglik(length_normalised=True).tolist()],
        ),
        over="the mean log-prob for each answer's log-probability",
        tolerance=_SINGLE_PRECISION,
    ),
    _ttlm(
        "Inside",
        HiddenEigenScore(),
        convert=_negative,
        conversion="negated",
        tolerance=2e-3,
    ),
)

COMPARISONS: tuple[Comparison, ...] = (*_LM_POLYGRAPH, *_UQLM, *_TRUTHTORCHLM)
"""Every method that another package and this one both have."""
