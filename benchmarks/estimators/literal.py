"""What other packages compute where they differ from us, written out, so that a difference is shown and not claimed.

Each function gives the other package's own number for an input, error included (a string), in its own sign and scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.estimators.case import Case
from semuq.graphs import greedy

FloatArray = NDArray[np.float64]
Value = float | str

EMPTY = "ZeroDivisionError"


def entropy_over_answers(case: Case, *, counted: bool) -> float:
    """-sum over answers, not clusters, of p log p of the answer's cluster (lm-polygraph, "direct")."""
    clusters = _strict(case)
    masses = np.full(case.n, 1 / case.n) if counted else np.exp(case.loglik())
    p = np.array([masses[clusters == own].sum() for own in clusters])
    return float(-np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum())


def entropy_first_of_equal_texts(case: Case) -> float:
    """Of equal texts the first one's likelihood, however likely the others are (lm-polygraph, unique)."""
    clusters, loglik = _strict(case), case.loglik()
    firsts = np.array([case.texts.index(text) == place for place, text in enumerate(case.texts)])
    masses = [np.logaddexp.reduce(loglik[(clusters == own) & firsts]) for own in clusters]
    return float(-np.mean(masses))


def graph(weights: FloatArray) -> tuple[float, float, FloatArray]:
    """U_Deg, U_EigV and the eccentricities (n,) of a graph, whatever is on its diagonal."""
    n = len(weights)
    root = np.diag(weights.sum(axis=1) ** -0.5)
    values, vectors = np.linalg.eigh(np.eye(n) - root @ weights @ root)
    places = vectors[:, values < 0.9]
    each = np.linalg.norm(places - places.mean(axis=0), axis=1)
    return float(1 - weights.mean()), float((1 - values).clip(0).sum()), each


def affinity(case: Case, kind: str, *, own_diagonal: bool = True) -> FloatArray:
    """Mean of both directions of the model's raw probabilities; lm-polygraph's diagonal is the model's own."""
    directed = case.raw_entail if kind == "entail" else 1 - case.raw_contradict
    weights = (directed + directed.T) / 2
    if not own_diagonal:
        np.fill_diagonal(weights, 1.0)
    return weights


def sentence_sar(loglik: FloatArray, similarity: FloatArray, t: float = 0.001) -> float:
    """Sentence-SAR with plain exponentials."""
    p = np.exp(loglik)
    others = (similarity * (1 - np.eye(len(p)))) @ p / t
    with np.errstate(divide="ignore"):
        return float(-np.log(p + others).mean())


def token_sar(case: Case) -> FloatArray:
    """(n,) weighted surprise, 0 / 0 where no token matters."""
    with np.errstate(invalid="ignore"):
        return np.array(
            [
                float((-np.array(own) * np.array(weights) / np.sum(weights)).sum()) if own else 0.0
                for own, weights in zip(case.given["logprobs"], case.given["relevance"], strict=True)
            ]
        )


def similarity(case: Case) -> FloatArray:
    """Similarity as a model gives it, also of equal texts."""
    return affinity(case, "entail")


def density(case: Case) -> Value:
    """Semantic density with the greedy answer beside the distinct samples, even if it is one of them (lm-polygraph)."""
    if case.has_empty_answer:
        return EMPTY
    lengths = np.array([len(own) for own in case.given["logprobs"]])
    p = np.exp(case.loglik()) ** (1 / lengths)
    contra = (case.raw_contradict + case.raw_contradict.T)[0] / 2
    neutral = 1 - (case.raw_entail + case.raw_entail.T)[0] / 2 - contra
    kept = [0, *sorted({text: place for place, text in reversed(list(enumerate(case.texts))) if place}.values())]
    kernel = np.where(contra + neutral / 2 <= 1, 1 - contra - neutral / 2, 0.0)
    kernel[0] = 1.0
    with np.errstate(invalid="ignore"):
        return float(-(p[kept] * kernel[kept]).sum() / p[kept].sum())


def luq(case: Case) -> float:
    """Logits through exp without a shift; a pair that is certainly neutral is 0 / 0."""
    shift = case.given.get("logit_shift", 0.0)
    with np.errstate(all="ignore"):
        e, c = np.exp(np.log(case.raw_entail) + shift), np.exp(np.log(case.raw_contradict) + shift)
        ratio = e / (e + c)
        return float(1 - ((ratio.sum(axis=1) - ratio.diagonal()) / np.float64(case.n - 1)).mean())


def rouge_without_normalisation(case: Case) -> float:
    """Minus the mean ROUGE-L of all pairs, words of [a-z0-9] only, articles kept."""
    words = [[word for word in text.lower().split() if word.isascii()] for text in case.texts]
    pairs = [(words[i], words[j]) for i in range(case.n) for j in range(i + 1, case.n)]
    return float(-np.mean([_rouge(a, b) for a, b in pairs])) if pairs else float("nan")


def entropy_of_normalised_answers(case: Case) -> Value:
    """-mean over the answers that have tokens (lm-polygraph)."""
    return float(-np.mean([np.mean(own) for own in case.given["logprobs"] if own]))


def uqlm_clusters(case: Case) -> list[list[int]]:
    """Entailment in either direction is enough, and an answer joins every cluster that it fits."""
    entails = case.labels == 0
    clusters = [[0]]
    for answer in range(1, case.n):
        fits = [own for own in clusters if entails[own[0], answer] or entails[answer, own[0]]]
        for own in fits:
            own.append(answer)
        if not fits:
            clusters.append([answer])
    return clusters


def uqlm_entropy(case: Case, *, counted: bool) -> Value:
    """Entropy of what falls into each cluster, answers in several counted in each."""
    if case.n == 1:
        return EMPTY
    if case.has_empty_answer and not counted:
        return float("nan")
    masses = np.full(case.n, 1 / case.n) if counted else np.exp(case.loglik(length_normalised=True))
    p = np.array([masses[own].sum() for own in uqlm_clusters(case)])
    p = p / p.sum() if p.sum() > 0 else np.full(len(p), 1 / len(p))
    return float(-sum(own * np.log(own) for own in p if own > 0))


def uqlm_density(case: Case) -> Value:
    """The samples alone, each as often as it was drawn, from the answer to them."""
    if case.n == 1:
        return EMPTY
    if case.has_empty_answer:
        return float("nan")
    weights = np.exp(case.loglik(length_normalised=True))[1:]
    contra, neutral = case.raw_contradict[0, 1:], (1 - case.raw_entail - case.raw_contradict)[0, 1:]
    kernel = np.where(contra + neutral * np.sqrt(0.5) <= 1, 1 - contra - neutral / 2, 0.0)
    return float(np.average(kernel, weights=weights)) if weights.sum() > 0 else float("nan")


def elementwise_kernel_entropy(case: Case, t: float = 0.3) -> float:
    """exp of each entry of -t L, which is no kernel; eigenvalues that turn out negative are dropped (TruthTorchLM)."""
    worth = np.array([1.0, 0.5, 0.0])[case.labels]
    weights = worth + worth.T
    laplacian = np.diag(weights.sum(axis=1)) - weights
    kernel = np.exp(-t * laplacian)
    scale = np.sqrt(np.diagonal(kernel))
    rho = kernel / np.outer(scale, scale) / case.n
    values = np.linalg.eigvalsh(rho / np.trace(rho))
    values = values[values > 0]
    return float(-(values * np.log(values)).sum())


def squared_repetitions(case: Case) -> Value:
    """Each of k equal texts in a cluster adds the likelihood of all k: k squared terms (TruthTorchLM)."""
    if case.has_empty_answer:
        return EMPTY
    loglik, clusters = case.loglik(length_normalised=True), greedy(not_contradicting(case))
    terms = [
        [
            loglik[other]
            for own in np.flatnonzero(clusters == label)
            for other in range(case.n)
            if case.texts[other] == case.texts[own]
        ]
        for label in range(clusters.max() + 1)
    ]
    return float(-np.mean([np.logaddexp.reduce(own) for own in terms]))


def not_contradicting(case: Case) -> NDArray[np.bool_]:
    """Neither direction's most probable label is contradiction."""
    free = case.labels != 2
    return np.asarray(free & free.T)


def _strict(case: Case) -> NDArray[np.int64]:
    entails = case.labels == 0
    return greedy(entails & entails.T)


def _rouge(a: list[str], b: list[str]) -> float:
    table = np.zeros((len(a) + 1, len(b) + 1))
    for i, first in enumerate(a):
        for j, second in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if first == second else max(table[i, j + 1], table[i + 1, j])
    return 2 * table[-1, -1] / (len(a) + len(b)) if a and b else 0.0
