"""`perturb` and `with_perturbations`: from questions to the same questions put otherwise, and the answers to them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args, overload

import numpy as np

from semuq.checks import whole
from semuq.errors import InvalidParameter
from semuq.samples import SampleSet, as_batch
from semuq.sampling.base import Sampler
from semuq.sampling.perturbations.asked import ASKED, read_rewording, rewording_prompt
from semuq.sampling.perturbations.rules import RULES

__all__ = ["KINDS", "Kind", "Perturbation", "perturb", "with_perturbations"]

Kind = Literal["C1", "C2", "C3", "W1", "W2", "W3", "S1", "S2", "S3"]

KINDS: dict[Kind, str] = {
    "C1": "typing errors in some words",
    "C2": "some letters changed",
    "C3": "stray signs at the end",
    "W1": "synonyms for some words",
    "W2": "unimportant words left out",
    "W3": "neutral words added",
    "S1": "a meaningless handle at the end",
    "S2": "a paraphrase",
    "S3": "another syntax",
}
"""The nine kinds of PertBench: C of characters, W of words, S of the sentence."""


class Perturbation(NamedTuple):
    """A question put otherwise."""

    kind: Kind
    text: str


def perturb(
    prompts: Sequence[str],
    kinds: Sequence[Kind] = ("C1", "C2", "C3", "S1", "W2"),
    *,
    per_kind: int = 1,
    rewriter: Sampler | None = None,
    seed: int = 0,
    attempts: int = 4,
) -> list[list[Perturbation]]:
    """The questions, each put otherwise in every kind.

    Args:
        prompts: questions.
        kinds: of `KINDS`; W1, W3, S2 and S3 need a `rewriter`.
        per_kind: distinct perturbations of each kind, >= 1.
        rewriter: a model that rewords; a greedy one is asked once.
        seed: of the rules; a question is changed in the same way whatever its batch mates.
        attempts: how often to try for each perturbation wanted: what equals the question, another perturbation
            of it, or is no rewording, is dropped.

    Returns: for each question at most `len(kinds) * per_kind` perturbations; fewer where the attempts gave none
        (a question of digits has no typing errors).

    Raises:
        InvalidParameter: a kind is unknown, needs a rewriter that is not there, or a number is not >= 1.

    Cost. One call of the rewriter for all questions and kinds.

    Example:
        >>> for own in perturb(["What is the capital of France?"], ["C3", "W2"])[0]:
        ...     print(*own)
        C3 What is the capital of France?@|[
        W2 What is capital of France?

    References: Shi et al., Robustness-aware Automatic Prompt Optimization (PertBench), arXiv:2412.18196 (the
        kinds; its perturbations are written by a model and chosen to do harm, these are neither).
    """
    for kind in kinds:
        if kind not in KINDS:
            raise InvalidParameter(f"kinds: expected some of {get_args(Kind)}, got {kind!r}")
    asked = [kind for kind in kinds if kind in ASKED]
    if asked and not isinstance(rewriter, Sampler):
        raise InvalidParameter(f"rewriter: expected a sampler for the kinds {asked}, got {rewriter!r:.60}")
    whole(None, 1, per_kind=per_kind, attempts=attempts)
    replies = {} if rewriter is None or not asked else _ask(rewriter, prompts, asked, per_kind * attempts)
    found: list[list[Perturbation]] = []
    for prompt in prompts:
        own: list[Perturbation] = []
        for kind in kinds:
            if kind in ASKED:
                candidates = [read_rewording(reply, prompt) for reply in replies[rewording_prompt(prompt, kind)]]
            else:
                rng = np.random.default_rng([seed, *f"{kind} {prompt}".encode()])
                candidates = [RULES[kind](prompt, rng) for _ in range(per_kind * attempts)]
            known = {prompt, *(other.text for other in own)}
            fresh = [text for text in dict.fromkeys(candidates) if text is not None and text not in known]
            own += [Perturbation(kind, text) for text in fresh[:per_kind]]
        found.append(own)
    return found


@overload
def with_perturbations(
    sampler: Sampler,
    samples: SampleSet,
    *,
    n: int = 5,
    kinds: Sequence[Kind] = ("C1", "C2", "C3", "S1", "W2"),
    per_kind: int = 1,
    rewriter: Sampler | None = None,
    seed: int = 0,
    attempts: int = 4,
) -> SampleSet: ...
@overload
def with_perturbations(
    sampler: Sampler,
    samples: Sequence[SampleSet],
    *,
    n: int = 5,
    kinds: Sequence[Kind] = ("C1", "C2", "C3", "S1", "W2"),
    per_kind: int = 1,
    rewriter: Sampler | None = None,
    seed: int = 0,
    attempts: int = 4,
) -> list[SampleSet]: ...
def with_perturbations(
    sampler: Sampler,
    samples: SampleSet | Sequence[SampleSet],
    *,
    n: int = 5,
    kinds: Sequence[Kind] = ("C1", "C2", "C3", "S1", "W2"),
    per_kind: int = 1,
    rewriter: Sampler | None = None,
    seed: int = 0,
    attempts: int = 4,
) -> SampleSet | list[SampleSet]:
    """The same answers, and the answers of a sampler to each question put otherwise.

    Each entry of `perturbations` carries its kind in `perturbation`. `metadata["perturbations_missing"]` says how
    many perturbations of which kind could not be made.

    Args:
        sampler: answers the perturbed questions; the one that answered the questions themselves.
        samples: questions with answers.
        n: answers to each perturbed question.
        kinds, per_kind, rewriter, seed, attempts: as in `perturb`.

    Raises:
        InvalidParameter: as `perturb`.

    Cost. One call of the sampler for all perturbed questions.
    """
    batch = as_batch(samples)
    made = perturb(
        [own.prompt for own in batch],
        kinds,
        per_kind=per_kind,
        rewriter=rewriter,
        seed=seed,
        attempts=attempts,
    )
    texts = list(dict.fromkeys(other.text for own in made for other in own))
    answered = dict(zip(texts, sampler.sample(texts, n=n), strict=True)) if texts else {}
    results = []
    for own, others in zip(batch, made, strict=True):
        missing = {kind: per_kind - count for kind, count in _counts(kinds, others).items() if count < per_kind}
        metadata = {**own.metadata, **({"perturbations_missing": missing} if missing else {})}
        versions = tuple(dataclasses.replace(answered[other.text], perturbation=other.kind) for other in others)
        results.append(dataclasses.replace(own, perturbations=versions, metadata=metadata))
    return results[0] if isinstance(samples, SampleSet) else results


def _ask(rewriter: Sampler, prompts: Sequence[str], kinds: Sequence[Kind], n: int) -> dict[str, tuple[str, ...]]:
    greedy = getattr(getattr(rewriter, "decoding", None), "greedy", False)
    wanted = list(dict.fromkeys(rewording_prompt(prompt, kind) for prompt in prompts for kind in kinds))
    return {own: reply.texts for own, reply in zip(wanted, rewriter.sample(wanted, n=1 if greedy else n), strict=True)}


def _counts(kinds: Sequence[Kind], made: Sequence[Perturbation]) -> dict[Kind, int]:
    counted = Counter(other.kind for other in made)
    return {kind: counted[kind] for kind in kinds}
