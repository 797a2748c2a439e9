"""`python -m benchmarks.leaderboard.answer_peers`: other packages' own scores of the stored answers.

What a user of theirs would have got: their code, in an environment of its own, on the same answers, with the same
entailment probabilities in place of those of their model. Ours are the estimators with their defaults; where values
differ by construction, `docs/estimators/compared.md` says why. Writes results/answer_peers.json and the page.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from scipy.stats import spearmanr

from benchmarks.estimators.environments import PEERS, interpreter, run
from benchmarks.leaderboard.__main__ import RESULTS, publish, write
from benchmarks.leaderboard.decides import Case, cases, entailment
from benchmarks.leaderboard.judging import by_meaning
from benchmarks.leaderboard.measures import auroc_of, draws
from benchmarks.leaderboard.models import HERE
from benchmarks.machine import hardware
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import AnswerEstimator
from semuq.evidence import Embedder, Evidence
from semuq.models.embedder import SentenceEmbedder
from semuq.numerics import unit_rows
from semuq.samples import SampleSet

HELD = "the judged answer held against the others"


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A method of another package and ours of the same name.

    Args:
        package, method: as `benchmarks.estimators` knows them; ours: the estimator.
        logprobs: whether it needs them.
        certain: whether theirs is larger for what is more certain.
        answer: whether it is about the judged answer alone, as seen from the others.
        why: what is known to differ; `docs/estimators/compared.md` has the rest.
    """

    package: str
    method: str
    ours: str
    logprobs: bool = False
    certain: bool = False
    answer: bool = False
    why: str = "none by construction"


SHARED = (
    Shared(
        package="lm-polygraph",
        method="SemanticEntropy",
        ours="SemanticEntropy",
        logprobs=True,
        why="whole log-probs, repeated answers count each time, masses not normalised",
    ),
    Shared(package="lm-polygraph", method="SemanticEntropyEmpirical", ours="DiscreteSemanticEntropy"),
    Shared(
        package="lm-polygraph",
        method="KernelLanguageEntropy",
        ours="KernelLanguageEntropy",
        why="edges by probabilities, ours by labels; divided by log n",
    ),
    Shared(
        package="lm-polygraph",
        method="NumSemSets",
        ours="NumSemanticSets",
        why="connected where entailment outweighs contradiction both ways",
    ),
    Shared(package="lm-polygraph", method="DegMat (entail)", ours="Degree"),
    Shared(package="lm-polygraph", method="Eccentricity (entail)", ours="Eccentricity"),
    Shared(package="lm-polygraph", method="EigValLaplacian (entail)", ours="EigenvalueSum"),
    Shared(package="lm-polygraph", method="MonteCarloSequenceEntropy", ours="PredictiveEntropy", logprobs=True),
    Shared(package="uqlm", method="discrete semantic entropy", ours="DiscreteSemanticEntropy", why="its clusters"),
    Shared(
        package="uqlm",
        method="token-probability semantic entropy",
        ours="SemanticEntropy",
        logprobs=True,
        why="its clusters",
    ),
    Shared(package="uqlm", method="num_semantic_sets", ours="NumSemanticSets", why="its clusters"),
    Shared(
        package="uqlm",
        method="entailment",
        ours="PairwiseDissimilarity",
        certain=True,
        answer=True,
        why=f"none but the sign ({HELD})",
    ),
    Shared(
        package="probly",
        method="semantic entropy of counts",
        ours="DiscreteSemanticEntropy",
        why="the relaxed rule of clusters (no contradiction, not neutral both ways), by labels",
    ),
    Shared(
        package="probly",
        method="semantic entropy, length-normalised",
        ours="SemanticEntropy",
        logprobs=True,
        why="the relaxed rule of clusters, by labels; repeated answers count each time",
    ),
    Shared(
        package="probly",
        method="spectral entropy",
        ours="SpectralUncertainty",
        why="none by construction (the answers as those to one sense of the question)",
    ),
)


def inputs(case: Case, work: Path) -> tuple[list[SampleSet], list[dict[str, Any]], Evidence]:
    """The judged answer in front of the sampled ones: as we see them, and as the scripts of the peers want them."""
    embedder = SentenceEmbedder()
    batch = [_joined(one, own, embedder) for one, own in zip(case.judged, case.batch, strict=True)]
    evidence = Evidence(batch, entailment(case, work), embedder)
    return batch, [_given(own, at, evidence) for at, own in enumerate(batch)], evidence


def _joined(judged: SampleSet, sampled: SampleSet, embedder: Embedder) -> SampleSet:
    both = sampled.token_logprobs is not None and judged.token_logprobs is not None
    logprobs = (*(judged.token_logprobs or ()), *(sampled.token_logprobs or ())) if both else None
    texts = (*judged.texts, *sampled.texts)
    joined = SampleSet(prompt=sampled.prompt, id=sampled.id, texts=texts, token_logprobs=logprobs)
    vectors = unit_rows(np.asarray(embedder.embed(list(texts)), dtype=np.float64))
    return replace(joined, embeddings=vectors, clarifications=(joined,))


def _given(samples: SampleSet, at: int, evidence: Evidence) -> dict[str, Any]:
    scores = evidence.relation_scores[at]
    assert scores.entailment is not None
    assert scores.contradiction is not None
    n = len(samples)
    logprobs = [own.tolist() for own in samples.token_logprobs] if samples.token_logprobs else [[-1.0]] * n
    return {
        "name": str(at),
        "texts": list(samples.texts),
        "logprobs": [own or [0.0] for own in logprobs],
        "entailment": np.clip(scores.entailment, 1e-9, 1 - 2e-9).tolist(),
        "contradiction": np.clip(scores.contradiction, 1e-9, 1 - 2e-9).tolist(),
        # Read by none of the methods that are compared here.
        "relevance": [[1.0] * max(1, len(own)) for own in logprobs],
        "distributions": [[0.5, 0.5]],
        "embeddings": np.asarray(samples.embeddings).tolist(),
        "hidden_states": np.eye(n).tolist(),
        "p_true": [0.5] * n,
    }


def rows(case: Case, work: Path, venvs: Path | None) -> Iterator[dict[str, Any]]:
    """A row for each shared method that the answers allow."""
    batch, given, evidence = inputs(case, work)
    kinds = {kind.__name__: kind for kind in ESTIMATORS}
    counts = draws(len(batch), 1000, 0)
    theirs = {
        name: run(interpreter(PEERS[name], venvs), PEERS[name].values_script, given)
        for name in dict.fromkeys(own.package for own in SHARED)
    }
    for shared in SHARED:
        if shared.logprobs and batch[0].token_logprobs is None:
            continue
        said = [theirs[shared.package][str(at)][shared.method] for at in range(len(batch))]
        known = np.array([isinstance(value, float) and np.isfinite(value) for value in said])
        values = np.array([value if ok else np.nan for value, ok in zip(said, known, strict=True)], dtype=np.float64)
        values = -values if shared.certain else values
        estimator = kinds[shared.ours]()
        evidence.require(estimator.needs, estimator.min_samples, shared.ours)
        if shared.answer:
            assert isinstance(estimator, AnswerEstimator)
            own = np.array([each[0] for each in estimator.score_answers_evidence(evidence)])
        else:
            own = np.asarray(estimator.score_evidence(evidence))
        yield {
            "package": f"{shared.package} {PEERS[shared.package].version}",
            "method": shared.method,
            "ours": shared.ours,
            "answers": case.title,
            "no_number": int((~known).sum()),
            "auroc_theirs": auroc_of(values[known], case.right[known], counts[:, known]),
            "auroc_ours": auroc_of(own[known], case.right[known], counts[:, known]),
            "rank_correlation": round(float(spearmanr(values[known], own[known]).statistic), 4),
            "why": shared.why,
        }


def summary(found: Sequence[Mapping[str, Any]]) -> str:
    """One sentence for the page."""
    far = max((abs(row["auroc_theirs"][0] - row["auroc_ours"][0]) for row in found if row["auroc_theirs"]), default=0.0)
    return f"AUROCs of theirs and ours differ by {far:.3f} at most."


def main(
    work: Annotated[Path, typer.Option(help="Folder of pairs already compared.")] = Path("runs/leaderboard"),
    answers: Annotated[Path, typer.Option(help="Folder of the packed answers.")] = HERE / "answers",
    venvs: Annotated[Path | None, typer.Option(help="Folder of the peers' environments, built if need be.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the results, in place of the repository's own.")] = None,
) -> None:
    """Score, write the results file, and the page anew."""
    chosen = [case for case in cases(answers) if by_meaning(case.data)]
    found = [row for case in chosen for row in rows(case, work, venvs)]
    recorded = {
        "command": "python -m benchmarks.leaderboard.answer_peers",
        "about": "The judged answer and the sampled ones, scored by other packages' own code with the same entailment "
        f"probabilities, each in an environment of its own. {summary(found)}",
        "rows": found,
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("semuq", "numpy")} | {"python": platform.python_version()},
    }
    write((RESULTS if out is None else out) / "answer_peers.json", recorded)
    publish(out)


if __name__ == "__main__":
    typer.run(main)
