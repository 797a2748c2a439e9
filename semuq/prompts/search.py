"""The search for an instruction that survives perturbed inputs: propose, score on the same items, keep the best."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from semuq.checks import one_of, whole
from semuq.errors import InvalidParameter
from semuq.metrics.resample import Interval
from semuq.numerics import FloatArray
from semuq.prompts.items import Attack, Item, PerturbedItems, SameMeaning, Score, perturbed_items
from semuq.prompts.requests import (
    differences_request,
    improvement_request,
    paraphrase_request,
    summary_request,
)
from semuq.sampling.base import Sampler
from semuq.sampling.perturbations import Kind
from semuq.sampling.prompting import read_rewritten

__all__ = ["Found", "Proposal", "RobustPromptSearch"]

Guidance = Literal["differences", "none", "paraphrase"]
SelectBy = Literal["perturbed", "clean"]
Fate = Literal["start", "scored", "kept", "empty", "repeated", "leaks"]

RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An instruction that came up.

    Args:
        instruction: its text.
        round: in which it came up; 0 for the first instruction.
        fate: "start"; "scored", or "kept" if it beat the one before; "empty", "repeated" and "leaks" were not scored.
        clean: mean score on items as they are.
        by_kind: kind -> mean score on perturbed items.
        worst_kind: the kind with the lowest.
        score: mean over kinds of `by_kind`; what proposals are ranked by (or `clean`, as the search says).
    """

    instruction: str
    round: int
    fate: Fate
    clean: float = float("nan")
    by_kind: Mapping[Kind, float] | None = None
    worst_kind: Kind | None = None
    score: float = float("nan")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search came to.

    Args:
        best: the instruction kept at the end.
        ranked: all that were scored, best first; of equal ones the earlier.
        log: every proposal, in order.
        improvement: best less first, mean score on the dev items paired by item, with a bootstrap interval. Optimistic,
            since the best was chosen on these items: measure on others.
        dropped: dev items that could not be perturbed.
    """

    best: Proposal
    ranked: tuple[Proposal, ...]
    log: tuple[Proposal, ...]
    improvement: Interval
    dropped: int


@dataclass(frozen=True, kw_only=True)
class RobustPromptSearch:
    """Improve an instruction so that the task survives perturbed inputs (perturbation-aware prompt optimisation, PGO).

    Algorithm. In each round a rewriting model is shown some items with their perturbed copies, says what is different
    (the "pseudo-gradient"), sums that up, and proposes instructions. Each proposal is scored on the same perturbed dev
    items as the incumbent, and takes its place if it does better.

    Args:
        kinds: of perturbation, see `semuq.sampling.perturbations.KINDS`.
        rounds, proposals: rounds, and instructions asked for in each. Every second one is a paraphrase of the first
            proposal of the round.
        dev_items: dev items that are scored; the first of a draw by the seed.
        shown: items shown to the rewriter in a round.
        attack: "random", or "worst" (the copy with the lowest score counts), see `perturbed_items`.
        candidates: copies of each kind for "worst".
        guidance: "differences" as above; "none" asks for better instructions without saying what inputs suffer from;
            "paraphrase" asks for other words only. The controls of an experiment.
        select_by: "perturbed" or "clean": what a proposal has to be better at.
        seed: of items and perturbations.

    Degenerate cases. A proposal that is empty, known, or holds a dev item's answer (of three letters or more, and not
    in the first instruction) is logged and not scored. A rewriter that returns what it was given: the result is the
    first instruction.

    Cost. rounds x (proposals + 2) calls of the rewriter; for each scored instruction dev_items x (kinds + 1) scores,
    times `candidates` for "worst".

    Example:
        >>> search = RobustPromptSearch(kinds=("C3", "W2"), rounds=1, proposals=2, dev_items=2)
        >>> dev = [Item("What is the capital of France?"), Item("Who wrote the play of Hamlet?")]
        >>> def score(instruction, items):
        ...     return [float("stray" in instruction or item.text.endswith("?")) for item in items]
        >>> found = search.run("Answer.", dev, score=score, rewrite=lambda prompt: "Ignore stray signs.")
        >>> found.best.instruction, round(found.improvement.value, 2), [own.fate for own in found.log]
        ('Ignore stray signs.', 0.5, ['start', 'kept', 'repeated'])

    Variant. In the released code each proposal is scored on other dev items, the incumbent is never scored again, and
    the attack on classification takes no task score; here all are paired, the incumbent stays unless beaten, and
    "worst" is an attack.

    References: Shi et al., Robustness-aware automatic prompt optimization, arXiv:2412.18196.
    """

    kinds: tuple[Kind, ...] = ("C1", "C2", "C3", "S1", "W2")
    rounds: int = 3
    proposals: int = 4
    dev_items: int = 60
    shown: int = 5
    attack: Attack = "random"
    candidates: int = 5
    guidance: Guidance = "differences"
    select_by: SelectBy = "perturbed"
    seed: int = 0

    def __post_init__(self) -> None:
        whole(self, 1, rounds=self.rounds, proposals=self.proposals, dev_items=self.dev_items, shown=self.shown)
        one_of(self, get_args(Guidance), guidance=self.guidance)
        one_of(self, get_args(SelectBy), select_by=self.select_by)

    def run(
        self,
        instruction: str,
        dev: Sequence[Item],
        *,
        score: Score,
        rewrite: Callable[[str], str],
        rewriter: Sampler | None = None,
        same_meaning: SameMeaning | None = None,
    ) -> Found:
        """Search from an instruction.

        Args:
            instruction: the first.
            dev: items to score on; disjoint from those of a test.
            score: an instruction and items -> the score of each.
            rewrite: a prompt -> a model's reply.
            rewriter: for perturbations that a model makes.
            same_meaning: see `perturbed_items`.
        """
        rng = np.random.default_rng(self.seed)
        chosen = [dev[index] for index in rng.permutation(len(dev))[: self.dev_items]]
        items = perturbed_items(
            chosen,
            self.kinds,
            attack=self.attack,
            candidates=self.candidates,
            rewriter=rewriter,
            same_meaning=same_meaning,
            seed=self.seed,
        )
        log: list[Proposal] = []
        paired: dict[str, FloatArray] = {}

        def consider(text: str, number: int, fate: Fate) -> Proposal:
            clean, by_kind = items.score(text, score)
            means = {kind: float(own.mean()) for kind, own in by_kind.items()}
            paired[text] = clean if self.select_by == "clean" else np.mean(list(by_kind.values()), axis=0)
            return Proposal(
                instruction=text,
                round=number,
                fate=fate,
                clean=float(clean.mean()),
                by_kind=means,
                worst_kind=min(means.items(), key=lambda pair: pair[1])[0],
                score=float(np.mean(list(means.values()))),
            )

        best = first = consider(instruction, 0, "start")
        log.append(first)
        for number in range(1, self.rounds + 1):
            incumbent = best
            for text in self._proposed(incumbent.instruction, [own.instruction for own in log], items, rewrite, rng):
                known = {_key(own.instruction) for own in log}
                if (refusal := _refused(text, known, instruction, items.items)) is not None:
                    log.append(Proposal(instruction=text, round=number, fate=refusal))
                    continue
                proposal = consider(text, number, "scored")
                if paired[text].mean() > paired[best.instruction].mean():
                    proposal = Proposal(**{**vars(proposal), "fate": "kept"})
                    best = proposal
                log.append(proposal)
        scored = [own for own in log if own.instruction in paired and own.fate in ("start", "scored", "kept")]
        return Found(
            best=best,
            ranked=tuple(sorted(scored, key=lambda own: -paired[own.instruction].mean())),
            log=tuple(log),
            improvement=_interval(paired[best.instruction] - paired[instruction], self.seed),
            dropped=items.dropped,
        )

    def _proposed(
        self,
        instruction: str,
        known: Sequence[str],
        items: PerturbedItems,
        rewrite: Callable[[str], str],
        rng: np.random.Generator,
    ) -> list[str]:
        """The instructions of one round, as the rewriter words them."""
        summary = self._summary(items, rewrite, rng) if self.guidance == "differences" else None
        found: list[str] = []
        for number in range(self.proposals):
            told = [*known, *found]
            if self.guidance == "paraphrase" or number % 2:
                request = paraphrase_request(found[0] if found and found[0] else instruction, told)
            else:
                request = improvement_request(instruction, told, summary)
            found.append(_line(rewrite(request)))
        return found

    def _summary(self, items: PerturbedItems, rewrite: Callable[[str], str], rng: np.random.Generator) -> str:
        chosen = rng.permutation(len(items.items))[: self.shown]
        pairs = []
        for place, index in enumerate(chosen):
            kind = self.kinds[place % len(self.kinds)]
            pairs.append((kind, items.items[index].text, items.copies[kind][index][0].text))
        return _line(rewrite(summary_request(rewrite(differences_request(pairs)))))


def _line(reply: str) -> str:
    return " ".join(read_rewritten(reply).split())


def _refused(text: str, known: set[str], first: str, items: Sequence[Item]) -> Fate | None:
    if not text:
        return "empty"
    if _key(text) in known:
        return "repeated"
    answers = {str(item.answer) for item in items if isinstance(item.answer, str | int | float)}
    leaks = any(len(own) >= 3 and _holds(text, own) and not _holds(first, own) for own in answers)
    return "leaks" if leaks else None


def _holds(text: str, answer: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) is not None


def _key(text: str) -> str:
    return " ".join(text.lower().split())


def _interval(difference: FloatArray, seed: int) -> Interval:
    """The mean of paired differences and its percentile interval over items."""
    if not len(difference):
        raise InvalidParameter("dev: expected at least one item, got none")
    rng = np.random.default_rng(seed)
    draws = difference[rng.integers(len(difference), size=(RESAMPLES, len(difference)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    value = float(difference.mean())
    return Interval(
        value=value,
        low=float(low),
        high=float(high),
        confidence=0.95,
        method="percentile",
        n_resamples=RESAMPLES,
        bias=float(draws.mean()) - value,
    )
