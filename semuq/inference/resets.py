"""Starting a conversation anew when the model's answers grow uncertain: ERGO's entropy-guided resets.

A task that is told bit by bit gets lost among the model's own early guesses. When the mean entropy of its tokens
jumps from one answer to the next, all the user has said is made one message, and the model answers that afresh.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.inference.dialogue import Dialogue, listed
from semuq.metrics.inputs import as_scores
from semuq.samples.thoughts import split_thought

__all__ = ["EntropyReset", "Reply", "ResetState", "ResetStep", "reset_threshold"]


class Reply(NamedTuple):
    """What a model said.

    text: its answer. token_entropies: (tokens,) of the next-token distribution at each token, nats. scale: what
    distribution they are of: "full" for the whole vocabulary, or a name of your own such as "top-20" for a truncated
    one.
    """

    text: str
    token_entropies: ArrayLike
    scale: str = "full"


Generate = Callable[[list[dict[str, str]]], Any]
"""Messages -> a `Reply`, or the tuple of its parts."""


@dataclass(frozen=True, kw_only=True)
class ResetState:
    """Where a conversation stands: what was said, and the mean entropy of the last answer (infinite before any)."""

    conversation: Dialogue
    baseline: float = math.inf


@dataclass(frozen=True, kw_only=True)
class ResetStep:
    """One turn.

    Args:
        text: the answer that stands.
        entropy: its mean token entropy, nats; None for an answer without tokens.
        change: of the first answer of this turn against the last turn's; None where there is nothing to compare.
        reset: whether the conversation was started anew.
        message: what it was started with; None without reset.
        generations: calls of the model, 1 to 3.
    """

    text: str
    entropy: float | None
    change: float | None
    reset: bool
    message: str | None
    generations: int

    def describe(self) -> str:
        """In a sentence, for `noted`."""
        if not self.reset:
            return "The conversation went on."
        rose = "" if self.change is None else f": the entropy of the answer changed by {self.change:+.2f} nats"
        return f"The conversation was started anew at this turn{rose}."


@dataclass(frozen=True, kw_only=True)
class EntropyReset:
    r"""Answer turn by turn; start anew when the entropy of the answer jumps.

    Formula. With H_i the entropy of the next-token distribution at token i of the answer of turn t,
        Hbar_t = mean_i H_i,   Delta_t = Hbar_t - Hbar_(t-1),   Hbar_0 = infinity,
    and the conversation is reset if Delta_t > threshold: the user's messages become one (`consolidate`), the model's
    own answers are dropped, and the model answers again. The entropy of that answer is the next baseline. After a
    reset, the one message stands for all before it.

    Args:
        threshold: in nats; see `reset_threshold`. Infinity is plain chat, -infinity resets every turn but the first.
        consolidate: the user's messages -> one message, such as a call of the same model with `rewrite_prompt`; None
            lists them as they are, which costs no call.
        scale: what distributions the threshold was calibrated on; replies of another scale are refused.

    Raises:
        InvalidParameter: the threshold is NaN, or a reply is of another scale or has NaN or negative entropies.

    Degenerate cases. An answer without tokens triggers nothing and leaves the baseline. A `consolidate` that returns
    nothing (or nothing but a thought) falls back on the plain list of messages.

    Cost. One call a turn; two or three where it resets.

    Example:
        >>> entropies = iter([[0.1, 0.2], [0.9, 0.8], [0.2, 0.1]])
        >>> guard = EntropyReset(threshold=0.3)
        >>> state = guard.start()
        >>> for message in ("How many pens?", "Ann has 7."):
        ...     state, step = guard.turn(state, message, lambda messages: ("some", next(entropies)))
        ...     print(step.reset, step.message)
        False None
        True - How many pens?
        - Ann has 7.

    Variant. The paper's Eq. with strict inequality (its code has >=); a `consolidate` that fails is not in the paper.

    References: Khalid et al., ERGO: Entropy-guided resetting for generation optimization, UncertaiNLP 2025,
        arXiv:2510.14077.
    """

    threshold: float
    consolidate: Callable[[Sequence[str]], str] | None = None
    scale: str = "full"

    def __post_init__(self) -> None:
        given: Any = self.threshold
        if isinstance(given, bool) or not isinstance(given, Real) or math.isnan(given):
            raise InvalidParameter(f"EntropyReset.threshold: expected a number of nats, got {given!r}")

    def start(self, system: str | None = None) -> ResetState:
        """A conversation in which nothing was said."""
        return ResetState(conversation=Dialogue(system=system))

    def triggers(self, entropy: float | None, baseline: float) -> bool:
        """Whether a turn of this mean entropy, after one of that, starts the conversation anew."""
        return entropy is not None and math.isfinite(baseline) and entropy - baseline > self.threshold

    def turn(
        self, state: ResetState, message: str, generate: Generate, *, reset: bool | None = None
    ) -> tuple[ResetState, ResetStep]:
        """One message of the user's and the answer to it.

        Args:
            state: from `start`, or the last turn.
            message: what the user says.
            generate: messages, as a chat template takes them -> `Reply`.
            reset: True or False overrules the entropy, as controls of an experiment do (resets at random, at fixed
                intervals).
        """
        talk = state.conversation.user(message)
        text, entropy = self._ask(talk, generate)
        known = entropy is not None and math.isfinite(state.baseline)
        change = entropy - state.baseline if known and entropy is not None else None
        again = self.triggers(entropy, state.baseline) if reset is None else reset
        said, calls = None, 1
        if again:
            said = self._one_message(talk.asked)
            talk = talk.anew(said)
            text, entropy = self._ask(talk, generate)
            calls = 2 if self.consolidate is None else 3
        baseline = state.baseline if entropy is None else entropy
        step = ResetStep(text=text, entropy=entropy, change=change, reset=again, message=said, generations=calls)
        return replace(state, conversation=talk.assistant(text), baseline=baseline), step

    def _one_message(self, texts: Sequence[str]) -> str:
        rewritten = "" if self.consolidate is None else split_thought(self.consolidate(texts)).answer.strip()
        return rewritten or listed(texts)

    def _ask(self, talk: Dialogue, generate: Generate) -> tuple[str, float | None]:
        reply = Reply(*generate(talk.to_messages()))
        if reply.scale != self.scale:
            raise InvalidParameter(
                f"scale: expected entropies of {self.scale!r} distributions, as the threshold was calibrated on, "
                f"got {reply.scale!r}; calibrate on these with reset_threshold"
            )
        entropies = np.asarray(reply.token_entropies, dtype=np.float64)
        # `not >=` rather than `<`: NaN must fail too.
        if entropies.ndim != 1 or not (entropies >= 0).all() or not np.isfinite(entropies).all():
            raise InvalidParameter(
                f"token_entropies: expected finite numbers >= 0, one per token, got {entropies!r:.80}"
            )
        return reply.text, float(entropies.mean()) if entropies.size else None


def reset_threshold(changes: ArrayLike, share: float) -> float:
    """The threshold that a share of the turns of a calibration log stays at or below.

    Args:
        changes: (turns,) `ResetStep.change` of turns without resets, those with None left out.
        share: in [0, 1]; the paper takes the model's accuracy on the undivided task.

    Example:
        >>> reset_threshold([0.0, 0.1, 0.2, 0.3, 0.4], share=0.75)
        0.3
    """
    within(None, 0, 1, share=share)
    return float(np.quantile(as_scores(changes, "changes"), share))
