"""The inputs on which values are compared: what a model said, and what an entailment model said of that.

Matrices are made over distinct texts and then repeated for repeated texts, as every entailment model would give
them. An input is plain JSON, so that it can be handed to another package's environment and kept with the values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["inputs"]

Input = dict[str, Any]

DIGITS = 4
VOCABULARY = 5


def inputs(seed: int = 0) -> list[Input]:
    """A few dozen inputs: random ones, the limits, and those on which packages are known to differ."""
    rng = np.random.default_rng(seed)
    found = []
    for n, sharpness in [(2, 1.0), (3, 0.3), (4, 3.0), (5, 1.0), (5, 0.2), (7, 1.0), (10, 1.0), (10, 0.3)]:
        found.append(_make(rng, f"random {n}, sharpness {sharpness}", list(range(n)), _drawn(rng, n, sharpness)))
    repeated = ([0, 0, 1], [0, 1, 0, 0, 2], [0, 1, 1, 2, 0, 2, 2, 0, 3, 0])
    found += [_make(rng, f"repeated {places}", places, _drawn(rng, max(places) + 1, 1.0)) for places in repeated]
    for n in (2, 5, 10):
        found.append(_make(rng, f"one text {n} times", [0] * n, _labels("e")))
        found.append(_make(rng, f"{n} wordings of one meaning", list(range(n)), _labels("\n".join(["e" * n] * n))))
        found.append(_make(rng, f"{n} contradictions", list(range(n)), _labels(_but_diagonal("c", n))))
        found.append(_make(rng, f"{n} neutral answers", list(range(n)), _labels(_but_diagonal("n", n))))
    found.append(_make(rng, "one answer", [0], _labels("e")))
    found.append(_make(rng, "two meanings, two to one", [0, 0, 1], _labels("ec\nce")))
    found.append(_make(rng, "a third answer that fits both others", [0, 1, 2], _labels("ece\ncee\neee")))
    found.append(_make(rng, "a chain of meanings", [0, 1, 2, 3], _labels("eecc\neeec\nceee\nccee")))
    found.append(_make(rng, "entailed one way only", [0, 1], _labels("ee\nne")))
    found.append(_make(rng, "answers that entail nothing yet do not contradict", [0, 1, 2], _labels("ene\nnen\nnne")))
    for name, tokens in (
        ("long answers", [-10.0] * 100),
        ("certain answers", [0.0] * 4),
        ("one hopeless token", [-1e4]),
    ):
        own = _make(rng, name, [0, 1, 2], _drawn(rng, 3, 1.0))
        found.append(own | {"logprobs": [tokens] * 3, "relevance": [[1.0] * len(tokens)] * 3})
    own = _make(rng, "one text seen with two likelihoods", [0, 1, 0], _drawn(rng, 2, 1.0))
    found.append(own | {"logprobs": [[-1.0], [-0.5, -0.5], [-0.25]], "relevance": [[1.0], [0.5, 0.5], [1.0]]})
    own = _make(rng, "five repetitions of a certain answer", [0] * 5, _labels("e"))
    found.append(own | {"logprobs": [[0.0]] * 5, "relevance": [[1.0]] * 5})
    own = _make(rng, "no token matters", [0, 1], _drawn(rng, 2, 1.0))
    found.append(own | {"relevance": [[0.0] * len(tokens) for tokens in own["logprobs"]]})
    own = _make(rng, "an empty answer", [0, 1, 2], _drawn(rng, 3, 1.0))
    found.append(
        own
        | {"texts": [own["texts"][0], own["texts"][1], ""]}
        | {"logprobs": [*own["logprobs"][:2], []], "relevance": [*own["relevance"][:2], []]}
    )
    own = _make(rng, "answers in Chinese", [0, 0, 1], _labels("ec\nce"))
    found.append(own | {"texts": ["巴黎", "巴黎", "里昂"]})
    own = _make(rng, "an entailment model unsure that a text entails itself", [0, 0, 1], _drawn(rng, 2, 1.0))
    entail, contradict = np.array(own["entailment"]), np.array(own["contradiction"])
    same = np.array([[0, 0, 1]]) == np.array([[0], [0], [1]])
    found.append(
        own
        | {"raw_entailment": np.where(same, 0.9, entail).tolist()}
        | {"raw_contradiction": np.where(same, 0.02, contradict).tolist()}
    )
    own = _make(rng, "logits around 800", [0, 1, 2], _drawn(rng, 3, 1.0))
    found.append(own | {"logit_shift": 800.0})
    return found


def _make(rng: np.random.Generator, name: str, places: list[int], matrices: np.ndarray) -> Input:
    """One input: answer i has the text number places[i], and what was drawn for that text."""
    entail, neutral, contradict = (matrix[np.ix_(places, places)] for matrix in matrices)
    del neutral
    words = [
        " ".join(rng.choice(["paris", "lyon", "the", "capital", "is", "it"], size=rng.integers(1, 6)))
        for _ in range(max(places) + 1)
    ]
    texts = [f"{own} {place}" for place, own in enumerate(words)]
    lengths = rng.integers(1, 6, size=len(texts))
    logprobs = [(-rng.exponential(0.7, size=length)).round(DIGITS).tolist() for length in lengths]
    relevance = [rng.random(length).round(DIGITS).tolist() for length in lengths]
    spread = rng.dirichlet(np.ones(VOCABULARY), size=3).round(DIGITS)
    return {
        "name": name,
        "texts": [texts[place] for place in places],
        "logprobs": [logprobs[place] for place in places],
        "relevance": [relevance[place] for place in places],
        "entailment": entail.tolist(),
        "contradiction": contradict.tolist(),
        "distributions": (spread / spread.sum(axis=1, keepdims=True)).tolist(),
        "hidden_states": rng.normal(size=(len(places), 6)).round(DIGITS).tolist(),
        "p_true": rng.random(len(places)).round(DIGITS).tolist(),
    }


def _drawn(rng: np.random.Generator, distinct: int, sharpness: float) -> np.ndarray:
    """(3, u, u) random probabilities of entailment, neutral and contradiction; certain on the diagonal."""
    drawn = rng.dirichlet([sharpness] * 3, size=(distinct, distinct)).round(DIGITS)
    drawn[..., 1] = (1 - drawn[..., 0] - drawn[..., 2]).clip(0).round(DIGITS)
    drawn[np.arange(distinct), np.arange(distinct)] = (1, 0, 0)
    return np.moveaxis(drawn, -1, 0)


def _labels(rows: str) -> np.ndarray:
    """(3, u, u) certain labels, from rows of "e", "n" and "c"."""
    letters = np.array([list(row) for row in rows.split("\n")])
    return np.stack([(letters == letter).astype(float) for letter in "enc"])


def _but_diagonal(letter: str, n: int) -> str:
    return "\n".join(letter * row + "e" + letter * (n - row - 1) for row in range(n))
