"""One answer as a model gave it: its text, why it ended, the log-probs of its tokens; and the fields of a SampleSet.

Below the readers of servers' replies (`replies`) and of vLLM's outputs (`vllm`): what is malformed costs an answer its
likelihoods, never its neighbours theirs, and nothing is repaired by guessing: a log-prob above 0 is refused, not
clipped to certainty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter, InvalidSamples
from semuq.numerics import FloatArray
from semuq.samples.fields import logprobs
from semuq.samples.stops import cut, cut_pieces, ended
from semuq.samples.thoughts import split_thought

__all__ = ["REFUSED", "Answer", "Rest", "Token", "answer_fields", "answer_of", "entropies_from_top"]

REFUSED = "refusal"
"""Why an answer ended that a server marks as a refusal."""

_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a reply.

    Args:
        text: without the white space around it, and without reasoning.
        reason: why it ended, in the server's word; "refusal" where the server marks one.
        logprobs: (T,) of the answer's own tokens; None if the server gave none or gave unusable ones.
        entropies: (T,) from the top tokens; None if any place lacks one of those that were asked for.
        reasoning: what the model thought before it answered, if the server tells.
        spoiled: why log-probs that came are not used; "" if they are, or none came.
    """

    text: str
    reason: str
    logprobs: FloatArray | None
    entropies: FloatArray | None
    reasoning: str
    spoiled: str


@dataclass(frozen=True)
class Token:
    """One token as it was reported, unchecked.

    Args:
        text: "" where it is not known.
        logprob: what stands where its log-prob should.
        top: the log-probs of the most probable tokens at its place; None where they are not listed.
    """

    text: str
    logprob: Any
    top: list[Any] | None


def answer_of(
    raw: str,
    reason: str,
    tokens: list[Token] | None,
    *,
    top: int | None = None,
    stop: Sequence[str] = (),
    reasoning: str = "",
) -> Answer:
    """One answer, with what was thought in front of it taken off, and cut at the first stop text.

    Args:
        raw: the text as it came.
        reason: why it ended.
        tokens: of the text, with those of a thought; None where they were not reported.
        top: how many of the most probable tokens were asked for at each place; None takes the fewest listed at any.
        stop: texts that were to end it.
        reasoning: what was thought, where that was told apart from the text.
    """
    split = split_thought(raw)
    if split.thought is not None:
        reasoning, raw = reasoning + split.thought, split.answer
    if reason != REFUSED and ended(raw, stop):
        reason = "stop"
    values, tops, spoiled = _likelihoods(tokens, raw.strip(), bool(reasoning.strip()), stop)
    return Answer(
        text=_HALF.sub("\ufffd", cut(raw, stop)).strip(),
        reason=reason,
        logprobs=values,
        entropies=_entropies(tops, top) if values is not None else None,
        reasoning=_HALF.sub("\ufffd", reasoning).strip(),
        spoiled=spoiled,
    )


def answer_fields(answers: Sequence[Answer]) -> dict[str, Any]:
    """What a SampleSet holds of the answers of a reply, all but the prompt.

    Where the log-probs of an answer are unusable it has none, and the metadata say why (`unusable_logprobs`).
    """
    metadata: dict[str, Any] = {
        "truncated": [answer.reason == "length" for answer in answers],
        "finish_reasons": [answer.reason for answer in answers],
    }
    if any(answer.reasoning for answer in answers):
        metadata["reasoning"] = [answer.reasoning for answer in answers]
    if any(answer.spoiled for answer in answers):
        metadata["unusable_logprobs"] = [answer.spoiled or None for answer in answers]
    return {
        "texts": tuple(answer.text for answer in answers),
        "token_logprobs": [answer.logprobs for answer in answers],
        "token_entropies": [answer.entropies for answer in answers],
        "metadata": metadata,
    }


def _likelihoods(
    tokens: list[Token] | None, text: str, apart: bool, stop: Sequence[str]
) -> tuple[FloatArray | None, list[list[Any] | None], str]:
    """Log-probs and top log-probs of the answer's own tokens, or why they are not used."""
    if tokens is None:
        return None, [], ""
    if apart:
        # The reasoning's tokens stand in front: the answer's are those that reach behind its beginning.
        joined = "".join(token.text for token in tokens)
        begin = joined.rfind(text) if text else len(joined)
        if begin < 0:
            return None, [], "the reasoning's tokens cannot be told from the answer's"
        ends = np.cumsum([len(token.text) for token in tokens])
        tokens = [token for token, end in zip(tokens, ends, strict=True) if end > begin]
    tokens = tokens[: len(cut_pieces([token.text for token in tokens], stop))]
    if not tokens and text:
        return None, [], ""  # servers without log-probs may send an empty list of them
    if any(isinstance(token.logprob, bool) for token in tokens):
        return None, [], "expected numbers, got true or false"
    try:
        values = logprobs("logprobs", [token.logprob for token in tokens])
    except InvalidSamples as error:
        return None, [], str(error).removeprefix("logprobs: ")
    return values, [token.top for token in tokens], ""


def _entropies(tops: Sequence[list[Any] | None], top: int | None) -> FloatArray | None:
    """(T,) entropies, if at every place all that was asked for is there: with fewer they would come out too small."""
    if top is None:
        top = min((len(own or ()) for own in tops), default=0)
    if not top:
        return None
    rows = []
    for own in tops:
        values = [
            value for value in own or [] if isinstance(value, float) or (type(value) is int and -1e300 < value < 1)
        ]
        row = np.array(values, dtype=np.float64)
        whole = own is not None and len(values) == len(own) and not np.isnan(row).any() and (row <= 1e-3).all()
        if not whole or not row.size or (len(row) < top and np.exp(row).sum() < 1 - 1e-3):
            return None
        rows.append(row)
    if any(np.exp(row).sum() > 1 + 1e-2 for row in rows):
        return None
    return entropies_from_top(rows)


Rest = Literal["one token", "left out", "renormalised"]


def entropies_from_top(top_logprobs: Sequence[ArrayLike], rest: Rest = "one token") -> FloatArray:
    """(T,) an entropy in nats for each token from the log-probs of its k most probable alternatives.

    Args:
        top_logprobs: for each of T tokens the natural log-probs of its most probable alternatives; k may differ.
        rest: what becomes of the mass that is not listed. "one token" counts it as one more token, a lower bound
            of the true entropy; "left out" sums over the listed ones as they are (so ERGO does), a lower bound too;
            "renormalised" divides by their sum.

    Raises:
        InvalidParameter: a log-prob is above 0 or NaN, the masses of a token exceed 1, or none is listed.

    Degenerate cases. k = 1: the binary entropy of the token, -p log p, or 0. Scores are comparable only where k and
    `rest` are the same.

    Example:
        >>> entropies_from_top([np.log([0.5, 0.25]), np.log([1.0])]).round(4)
        array([1.0397, 0.    ])
    """
    if rest not in get_args(Rest):
        raise InvalidParameter(f"rest: expected one of {get_args(Rest)}, got {rest!r}")
    return np.array([_entropy(index, own, rest) for index, own in enumerate(top_logprobs)], dtype=np.float64)


def _entropy(index: int, logprobs: ArrayLike, rest: Rest) -> float:
    p = np.exp(np.asarray(logprobs, dtype=np.float64))
    # `not <=` rather than `>`: NaN must fail too. Servers round: a sum may exceed 1 a little.
    if p.ndim != 1 or not p.size or not (p <= 1 + 1e-3).all() or not p.sum() <= 1 + 1e-2:
        raise InvalidParameter(
            f"top_logprobs[{index}]: expected log-probs <= 0 of one token's alternatives, got {logprobs!r:.60}"
        )
    if rest == "renormalised":
        p = p / p.sum()
    elif rest == "one token":
        p = np.append(p, max(0.0, 1 - p.sum()))
    p = p[p > 0]
    return max(0.0, float(-(p * np.log(p)).sum()))
