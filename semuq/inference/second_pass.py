"""Asking again where the first answer is uncertain: reinforcement inference, as a decision and a loop of two calls.

The first pass answers directly and gives a distribution over the options; where that is flat, the same question is
asked again with room to reason. What a score is worth as a trigger, at every budget, say
`semuq.metrics.second_pass_curve` and `selection_efficiency`, from one log with both passes for every question.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter
from semuq.inference.actions import noted
from semuq.metrics.inputs import as_correct, as_scores
from semuq.numerics import FloatArray, entropy
from semuq.relations.letters import chosen_letter
from semuq.samples import SampleSet, split_thought
from semuq.sampling.base import Sampler

__all__ = [
    "OptionDistribution",
    "SecondPass",
    "SecondPassResult",
    "asked_again",
    "option_distribution",
    "second_prompt",
    "stated_answer",
]

Score = Literal["entropy", "top_probability", "given"]

TIE = 1e-12
"""Scores that differ by no more are equal: a distribution normalised twice differs from itself in the last bit."""

_CUE = "Your first answer to this question{answer} was uncertain: its distribution over the options had high entropy."
_REASON = "Think step by step, then end with a line 'Answer: X', X being a letter."
_DIRECT = "Reply with one letter."


@dataclass(frozen=True, kw_only=True)
class SecondPassResult:
    """What was answered, and at what price.

    Args:
        answer: the letter of an option.
        asked_again: whether there was a second call.
        read: whether a letter could be read from the second reply; False keeps the first answer.
        entropy: of the first distribution, nats.
        top_probability: its largest entry.
        uncertainty: what was compared with the threshold.
        calls: 1 or 2.
    """

    answer: str
    asked_again: bool
    read: bool
    entropy: float
    top_probability: float
    uncertainty: float

    @property
    def calls(self) -> int:
        """How often the model was asked."""
        return 1 + self.asked_again


@dataclass(frozen=True, kw_only=True)
class SecondPass:
    r"""Ask again where the first answer is uncertain.

    What it says. A second, reasoning pass costs ten times the first; most questions do not need it.

    Formula. With P (K,) the first pass's distribution over K options,
        u = -sum_k P_k log P_k  ("entropy")  or  1 - max_k P_k  ("top_probability"),
    and the question is asked again if u > threshold.

    Args:
        score: "entropy", "top_probability", or "given": `decide(..., uncertainty=)` brings another score, such as
            the semantic entropy of five samples.
        threshold: ask again above it; infinity never does. `fit` sets it.
        budget: for `fit`: the share of questions to ask again.
        price: for `fit`, in place of a budget: what a second call costs, in units of accuracy.

    Raises:
        InvalidParameter: an argument is outside its limits; both budget and price.

    Degenerate cases. One option: entropy 0, never asked again with threshold >= 0. A second reply without a letter
    keeps the first answer, and says so (`read`). Ties at a budget's threshold are not asked again: at most that share.
    A NaN among probabilities or scores is refused, never taken for confidence.

    Cost. One call, or two.

    Example:
        >>> retry = SecondPass(threshold=0.5)
        >>> sure, unsure = [0.97, 0.01, 0.01, 0.01], [0.4, 0.3, 0.2, 0.1]
        >>> retry.decide(sure, again=lambda: "never called").answer
        'A'
        >>> result = retry.decide(unsure, again=lambda: "3 times 4 is 12. Answer: C")
        >>> result.answer, result.calls, round(result.entropy, 2)
        ('C', 2, 1.28)

    Variant. The paper triggers on entropy or top probability with thresholds per model family, which were not found
    in its text; how to set them is ours. It counts the gain of reasoning as that of selection: compare with asking
    all again, and with asking as many again at random.

    References: Sun, Reinforcement inference, arXiv:2602.08520.
    """

    score: Score = "entropy"
    threshold: float = np.inf
    budget: float | None = None
    price: float | None = None

    def __post_init__(self) -> None:
        if self.score not in get_args(Score):
            raise InvalidParameter(f"SecondPass.score: expected one of {get_args(Score)}, got {self.score!r}")
        if not _is_number(self.threshold):
            raise InvalidParameter(f"SecondPass.threshold: expected a number, got {self.threshold!r}")
        if self.budget is not None and not (_is_number(self.budget) and 0 <= self.budget <= 1):
            raise InvalidParameter(f"SecondPass.budget: expected a share in [0, 1], got {self.budget!r}")
        if self.price is not None and not (_is_number(self.price) and self.price >= 0):
            raise InvalidParameter(f"SecondPass.price: expected a number >= 0, got {self.price!r}")
        if self.budget is not None and self.price is not None:
            raise InvalidParameter("SecondPass.price: expected None beside a budget; give one of the two")

    def uncertainty(self, first: ArrayLike) -> float:
        """Of one first distribution over options, (K,); higher = more uncertain."""
        if self.score == "given":
            raise InvalidParameter("uncertainty: expected a number with score='given', got None; pass uncertainty=")
        p = _distribution(first)
        return float(entropy(p)) if self.score == "entropy" else float(1 - p.max())

    def fit(
        self,
        first: Sequence[ArrayLike] | FloatArray,
        correct_first: ArrayLike | None = None,
        correct_second: ArrayLike | None = None,
    ) -> SecondPass:
        """A copy with a threshold fitted on past questions.

        Args:
            first: their first distributions, each (K,) with any K; with score="given" their (n,) scores.
            correct_first, correct_second: (n,) correctness of both passes, for a `price`: the threshold that
                maximises mean correctness less price times the share asked again.

        Raises:
            InvalidParameter: neither budget nor price is set, or a price without correctness.
        """
        given = as_scores(np.asarray(first) if self.score == "given" else [self.uncertainty(own) for own in first])
        order = np.argsort(-given, kind="stable")
        scores = given[order]
        if self.budget is not None:
            # The first score that is not asked again: its ties are not either.
            allowed = int(np.floor(self.budget * len(scores) + 1e-9))
            return replace(self, threshold=float(scores[allowed]) if allowed < len(scores) else -np.inf)
        if self.price is None:
            raise InvalidParameter("SecondPass.budget: expected a budget or a price to fit by, got neither")
        if correct_first is None or correct_second is None:
            raise InvalidParameter("correct_first, correct_second: expected both to fit by a price, got None")
        gain = as_correct(correct_second, "correct_second") - as_correct(correct_first, "correct_first")
        if len(gain) != len(scores):
            raise InvalidParameter(f"correct_first: expected {len(scores)} values (one per question), got {len(gain)}")
        worth = np.append(0.0, np.cumsum(gain[order] - self.price))
        thresholds = np.append(np.inf, scores)
        # Asking k questions again is possible where the next one scores lower; of equal worth, the fewest calls.
        can = np.append(scores[:-1] > scores[1:], True)
        best = max(np.append(0, np.flatnonzero(can) + 1), key=lambda k: (worth[k], -k))
        if best == 0:
            return replace(self, threshold=float(np.inf))
        return replace(self, threshold=float(thresholds[best + 1]) if best < len(scores) else -np.inf)

    def decide(
        self,
        first: ArrayLike,
        again: Callable[[], str],
        options: Sequence[str] | None = None,
        *,
        uncertainty: float | None = None,
    ) -> SecondPassResult:
        """The answer to one question, asked again if need be.

        Args:
            first: (K,) the first pass's distribution over the options.
            again: asks a second time and returns the reply; called at most once.
            options: the letters; None is A, B, C, ...
            uncertainty: with score="given", the score.
        """
        p = _distribution(first)
        letters = string.ascii_uppercase[: len(p)] if options is None else options
        if len(letters) != len(p):
            raise InvalidParameter(f"options: expected {len(p)} letters (one per probability), got {len(letters)}")
        score = self.uncertainty(first) if uncertainty is None else float(as_scores([uncertainty], "uncertainty")[0])
        asked = score - self.threshold > TIE
        letter = chosen_letter(again(), "".join(letters)) if asked else None
        return SecondPassResult(
            answer=letters[int(p.argmax())] if letter is None else letter,
            asked_again=asked,
            read=letter is not None,
            entropy=float(entropy(p)),
            top_probability=float(p.max()),
            uncertainty=score,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class OptionDistribution:
    """A distribution over options read from an interface's most probable tokens.

    Args:
        probabilities: (K,) of the options, summing to 1.
        unlisted: the probability that went to none of them, before they were made to sum to 1.
        missing: how many options were not among the listed tokens, and got the floor.
    """

    probabilities: FloatArray
    unlisted: float
    missing: int


def option_distribution(logprobs: Mapping[str, float], options: Sequence[str]) -> OptionDistribution:
    """The distribution over options from the log-probs of the most probable first tokens, as servers list them.

    Formula. P_k is the listed probability of option k, with and without a space in front; an option that is not
    listed gets the smallest listed probability, which it cannot exceed; then all are made to sum to 1.

    Raises:
        InvalidParameter: none of the options is listed: the first pass did not answer.

    Example:
        >>> found = option_distribution({"A": -0.1, " A": -4.0, "The": -3.0, "B": -5.0}, "ABC")
        >>> found.probabilities.round(3), found.missing
        (array([0.986, 0.007, 0.007]), 1)
    """
    listed = [
        [float(np.exp(value)) for token, value in logprobs.items() if token.strip() == own.strip()] for own in options
    ]
    missing = sum(not own for own in listed)
    if missing == len(options):
        raise InvalidParameter(
            f"logprobs: expected some of {list(options)!r:.60} among the tokens, got {logprobs!r:.80}"
        )
    floor = min(float(np.exp(value)) for value in logprobs.values())
    masses = np.array([sum(own) if own else floor for own in listed])
    unlisted = max(1 - sum(sum(own) for own in listed), 0.0)
    return OptionDistribution(probabilities=masses / masses.sum(), unlisted=unlisted, missing=missing)


def second_prompt(question: str, *, answer: str | None = None, cue: bool = True, reason: bool = True) -> str:
    """The question once more, with a cue that the first answer was uncertain and a request to reason.

    Without `cue` it is plain reasoning, without `reason` a second direct pass: the controls of an experiment.

    >>> print(second_prompt("2 + 2? A) 3 B) 4", answer="A"))
    2 + 2? A) 3 B) 4
    Your first answer to this question, A, was uncertain: its distribution over the options had high entropy.
    Think step by step, then end with a line 'Answer: X', X being a letter.
    """
    named = "" if answer is None else f", {answer},"
    parts = [question, *([_CUE.format(answer=named)] if cue else []), _REASON if reason else _DIRECT]
    return "\n".join(parts)


_OPEN = (
    "{question}\nYour first answers to this question disagreed. Think step by step, then end with a line 'Answer: ...'."
)
_STATED = re.compile(r"answer\**\s*(?:is\b\s*|:)\s*:?\**\s*(\S[^\n]*)", re.IGNORECASE)


def asked_again(sampler: Sampler, samples: SampleSet, *, n: int) -> SampleSet:
    """Answers to an open question, asked once more with room to reason; what was done is noted in the metadata.

    Each answer is what the reply states behind "Answer:" (`stated_answer`). A reply that states nothing becomes an
    empty answer, which agrees with no other meaning, and is counted in `metadata["unread"]`: what cannot be read is no
    assurance.

    Args:
        sampler: of the same model, with room for some hundred tokens.
        samples: the first answers.
        n: answers wanted.

    Example:
        >>> class Reasons:
        ...     identity = "reasons"
        ...     def sample(self, prompt, *, n=10):
        ...         return SampleSet(prompt=prompt, texts=("It is in France, so no. Answer: Paris",) * n)
        >>> second = asked_again(Reasons(), SampleSet(prompt="Capital of France?", texts=("Lyon", "Paris")), n=2)
        >>> second.texts, second.metadata["actions"]
        (('Paris', 'Paris'), ['Asked a second time, with room to reason: the 2 first answers disagreed.'])
    """
    replies = sampler.sample(_OPEN.format(question=samples.prompt), n=n)
    found = [stated_answer(text) for text in replies.texts]
    metadata = {**samples.metadata, "first_answers": list(samples.texts), "replies": list(replies.texts)}
    if unread := sum(own is None for own in found):
        metadata["unread"] = unread
    second = SampleSet(
        prompt=samples.prompt,
        texts=tuple(own or "" for own in found),
        references=samples.references,
        id=samples.id,
        metadata=metadata,
    )
    return noted(second, f"Asked a second time, with room to reason: the {len(samples)} first answers disagreed.")


def stated_answer(reply: str) -> str | None:
    """What a reply says its answer is, from the last "Answer: ..." or "answer is ..." on; None where it says none.

    >>> stated_answer("7 is prime.\\n**Answer:** 7."), stated_answer("I cannot say.")
    ('7', None)
    """
    found = _STATED.findall(split_thought(reply).answer)
    return found[-1].strip().strip("*").rstrip(". ") or None if found else None


def _distribution(values: ArrayLike) -> FloatArray:
    p = np.asarray(values, dtype=np.float64)
    # `not >=` rather than `<`: NaN must fail too.
    if p.ndim != 1 or not 1 <= len(p) <= 26 or not (p >= 0).all() or not abs(p.sum() - 1) <= 1e-3:
        raise InvalidParameter(
            f"first: expected the probabilities of 1 to 26 options, summing to 1, got {values!r:.80}"
        )
    return p / p.sum()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool) and not np.isnan(value)
