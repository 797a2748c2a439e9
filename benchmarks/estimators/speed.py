"""What scoring costs once the matrices are there: ours beside lm-polygraph's, on one core, interleaved.

Both start from their own containers (`SampleSet` and `RelationScores`; a dictionary of statistics). What it takes to
fill ours is timed on its own. lm-polygraph is timed on fewer questions, since it costs the same for each.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.estimators.environments import PEERS, SCRIPTS
from semuq import (
    SAR,
    CoCoA,
    Degree,
    DiscreteSemanticEntropy,
    Eccentricity,
    EigenvalueSum,
    Evidence,
    HiddenEigenScore,
    KernelLanguageEntropy,
    LongTextUncertainty,
    MissingEvidence,
    NumSemanticSets,
    PredictiveEntropy,
    PTrue,
    RelationScores,
    SampleSet,
    SemanticDensity,
    SemanticEntropy,
    SentenceSAR,
    SequenceLogProbability,
    TokenEntropy,
    TokenSAR,
)
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import Estimator

ANSWERS = 10
TOKENS = 8
WIDTH = 64
PEER_QUESTIONS = 500

SAME: dict[str, Estimator] = {
    "SemanticEntropy": SemanticEntropy(
        form="monte-carlo-samples", length_normalised=False, normalise=False, duplicates="count"
    ),
    "SemanticEntropy (unique)": SemanticEntropy(form="monte-carlo-samples", length_normalised=False, normalise=False),
    "SemanticEntropyEmpirical": DiscreteSemanticEntropy(),
    "KernelLanguageEntropy": KernelLanguageEntropy(edges="soft"),
    "NumSemSets": NumSemanticSets(clustering="components"),
    "DegMat (entail)": Degree(),
    "DegMat (contra)": Degree(affinity="no-contradiction"),
    "Eccentricity (entail)": Eccentricity(),
    "Eccentricity (contra)": Eccentricity(affinity="no-contradiction"),
    "EigValLaplacian (entail)": EigenvalueSum(),
    "EigValLaplacian (contra)": EigenvalueSum(affinity="no-contradiction"),
    "LUQ": LongTextUncertainty(),
    "MonteCarloSequenceEntropy": PredictiveEntropy(),
    "MonteCarloNormalizedSequenceEntropy": PredictiveEntropy(length_normalised=True),
    "MaximumSequenceProbability": SequenceLogProbability(),
    "Perplexity": SequenceLogProbability(length_normalised=True),
    "TokenSAR": TokenSAR(),
    "SentenceSAR": SentenceSAR(),
    "SAR": SAR(),
    "CocoaMSP": CoCoA(),
    "CocoaPPL": CoCoA(length_normalised=True),
    "SemanticDensity": SemanticDensity(),
    "EigenScore": HiddenEigenScore(),
    "MeanTokenEntropy": TokenEntropy(),
    "PTrue": PTrue(),
}
"""lm-polygraph's method -> ours; values are compared in estimator_peers.json."""


class Given:
    """The relation whose scores are there already."""

    kind, symmetric, identity = "entailment", False, "benchmarks/given"

    def __init__(self, scores: list[RelationScores]) -> None:
        self.scores = scores

    def compare(self, batch: Sequence[SampleSet]) -> list[RelationScores]:
        return self.scores


def measure(peer: Path, questions: int, repeats: int, seed: int, out: Path) -> None:
    """Time both sides `repeats` times, in turns, and write the report."""
    core = sorted(os.sched_getaffinity(0))[0]
    os.sched_setaffinity(0, {core})  # the peer's process inherits it
    data = draw(questions, seed)
    began = time.process_time()
    batch, scores = build(data)
    building = time.process_time() - began
    able = [kind() for kind in ESTIMATORS if fed(kind(), batch[0], scores[0])]
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.npz"
        np.savez(path, **{key: value[:PEER_QUESTIONS] for key, value in data.items()})
        script = [peer, "-I", SCRIPTS / "lm_polygraph_speed.py", path, str(min(PEER_QUESTIONS, questions)), *SAME]
        single = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=single) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for repeat in range(repeats + 1):
                process.stdin.write("go\n")
                process.stdin.flush()
                theirs = json.loads(process.stdout.readline())
                own = time_ours(batch, scores, able)
                if repeat:  # the first round warms caches up
                    rounds.append(per_question(theirs, own, len(batch)))
                    print(f"round {repeat}: {rounds[-1]['ratio together']:.1f}x together", flush=True)
            process.stdin.close()
    report = {
        "question": "CPU time per question once the relation's matrices are given, one core, in microseconds",
        "questions": questions,
        "questions_of_lm_polygraph": min(PEER_QUESTIONS, questions),
        "answers": ANSWERS,
        "repeats": repeats,
        "seed": seed,
        "together": {
            "methods": len(SAME),
            "theirs": spread([own["theirs together"] for own in rounds]),
            "ours": spread([own["ours together"] for own in rounds]),
            "ratio": spread([own["ratio together"] for own in rounds]),
            "ratio_with_building": spread(
                [own["theirs together"] / (own["ours together"] + building / questions * 1e6) for own in rounds]
            ),
        },
        "building": {"ours": round(building / questions * 1e6, 2)},
        "all_of_ours": {
            "estimators": len(able),
            "ours": spread([own["all"] for own in rounds]),
            "left_out": sorted({kind.__name__ for kind in ESTIMATORS} - {type(own).__name__ for own in able}),
            "seconds_for_all_questions": spread([own["all"] * questions / 1e6 for own in rounds], 2),
            "ratio_to_theirs": spread([own["theirs together"] / own["all"] for own in rounds]),
        },
        "methods": {
            name: {
                "estimator": type(SAME[name]).__name__,
                "theirs": spread([own["theirs"][name] for own in rounds]),
                "ours": spread([own["ours"][name] for own in rounds]),
                "ratio": spread([own["theirs"][name] / own["ours"][name] for own in rounds]),
            }
            for name in SAME
        },
        "their_clusters": spread([own["theirs"]["clusters"] for own in rounds]),
        "versions": {
            "lm-polygraph": PEERS["lm-polygraph"].version,
            **{name: version(name) for name in ("numpy", "scipy")},
            "python": platform.python_version(),
        },
        "hardware": f"{platform.machine()}, one core of {os.cpu_count()}, no GPU",
    }
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def fed(estimator: Estimator, samples: SampleSet, scores: RelationScores) -> bool:
    """Whether the given matrices, log-probs and vectors are all that an estimator needs."""
    try:
        estimator.score(samples, Given([scores]))
    except MissingEvidence:
        return False
    return True


def draw(questions: int, seed: int) -> dict[str, Any]:
    """Matrices, log-probs and vectors as plain arrays; one answer in four repeats an earlier one."""
    rng = np.random.default_rng(seed)
    shape = (questions, ANSWERS)
    texts = np.arange(ANSWERS) * np.ones(shape, dtype=np.int64)
    again = rng.random(shape) < 0.25
    again[:, 0] = False
    texts[again] = rng.integers(0, np.maximum(np.arange(ANSWERS), 1), size=shape)[again]
    drawn = rng.dirichlet([0.5] * 3, size=(questions, ANSWERS, ANSWERS))
    drawn[:, np.arange(ANSWERS), np.arange(ANSWERS)] = (1, 0, 0)
    rows = np.arange(questions)[:, None, None]
    drawn = drawn[rows, texts[:, :, None], texts[:, None, :]]
    same = texts[:, :, None] == texts[:, None, :]
    drawn[same] = (1, 0, 0)
    return {
        "texts": texts,
        "entailment": drawn[..., 0],
        "contradiction": drawn[..., 2],
        "lengths": rng.integers(1, TOKENS + 1, size=shape),
        "logprobs": -rng.exponential(0.7, size=(*shape, TOKENS)),
        "relevance": rng.random((*shape, TOKENS)),
        "hidden_states": rng.normal(size=(*shape, WIDTH)),
        "p_true": rng.random(shape),
    }


def build(data: dict[str, Any]) -> tuple[list[SampleSet], list[RelationScores]]:
    """The same in our containers."""
    batch, scores = [], []
    for q, lengths in enumerate(data["lengths"].tolist()):
        per_token = {
            name: [data[source][q, i, :length] for i, length in enumerate(lengths)]
            for name, source in (("token_logprobs", "logprobs"), ("token_relevance", "relevance"))
        }
        batch.append(
            SampleSet(
                prompt="?",
                texts=[f"answer {text}" for text in data["texts"][q].tolist()],
                **per_token,
                token_entropies=per_token["token_relevance"],
                token_certainties=per_token["token_relevance"],
                hidden_states=data["hidden_states"][q],
                embeddings=data["hidden_states"][q],
                p_true=data["p_true"][q],
                stated_confidences=data["p_true"][q],
                answer_probabilities=data["entailment"][q] / data["entailment"][q].sum(axis=1, keepdims=True),
                explanation_entailment=data["p_true"][q],
            )
        )
        entail, contradict = data["entailment"][q].copy(), data["contradiction"][q].copy()
        scores.append(
            RelationScores(
                kind="entailment",
                entailment=entail,
                neutral=(1 - entail - contradict).clip(0),
                contradiction=contradict,
            )
        )
    return batch, scores


def time_ours(batch: list[SampleSet], scores: list[RelationScores], able: Sequence[Estimator]) -> dict[str, Any]:
    """Seconds of each method alone, with evidence of its own; of the same ones together; and of all of ours."""
    seconds = {name: score([estimator], batch, scores) for name, estimator in SAME.items()}
    return {
        "each": seconds,
        "together": score(list(SAME.values()), batch, scores),
        "all": score(able, batch, scores),
    }


def score(estimators: Sequence[Estimator], batch: list[SampleSet], scores: list[RelationScores]) -> float:
    """Seconds to score a batch by several estimators, from matrices to numbers."""
    gc.collect()
    began = time.process_time()
    evidence = Evidence(batch, Given(scores))
    for estimator in estimators:
        estimator.score_evidence(evidence)
    return time.process_time() - began


def per_question(theirs: dict[str, float], own: dict[str, Any], questions: int) -> dict[str, Any]:
    """Microseconds per question, and the ratio of all same methods together."""
    peer = {name: value / min(PEER_QUESTIONS, questions) * 1e6 for name, value in theirs.items()}
    ours = {name: value / questions * 1e6 for name, value in own["each"].items()}
    together = own["together"] / questions * 1e6
    return {
        "theirs": peer,
        "ours": ours,
        "theirs together": sum(peer.values()),
        "ours together": together,
        "ratio together": sum(peer.values()) / together,
        "all": own["all"] / questions * 1e6,
    }


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(values), digits),
        "low": round(min(values), digits),
        "high": round(max(values), digits),
    }
