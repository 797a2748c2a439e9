"""`Gate`: ask a model and get an answer or an abstention. A sampler, a scorer and a decision rule, put together.

The production path: a question comes in, answers are sampled, scored and decided about. Whatever goes wrong on the
way, the gate stays closed: it abstains and says why.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from semuq.checks import positive
from semuq.decisions.files import read_json
from semuq.decisions.rule import Decision, DecisionRule, without_seed
from semuq.errors import InvalidParameter
from semuq.estimators import ESTIMATORS
from semuq.relations import RELATIONS
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.samples.messages import question_of
from semuq.sampling import SAMPLERS
from semuq.sampling.asking import as_prompts, is_one_prompt
from semuq.sampling.base import Sampler
from semuq.scoring.scorer import Scorer, embedder_for

__all__ = ["Gate"]

_FORMAT, _VERSION = "semuq.gate", 1
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Gate:
    """Answers where its rule lets it, and abstains otherwise, also where anything fails.

    Args:
        sampler: asks the model; as many answers as the rule was fitted on are sampled. One with `asample`, such as
            `OpenAISampler`, is awaited by `aask`; any other is called in a thread.
        scorer: scores them; must have the rule's estimator and relation.
        rule: decides; see `semuq fit`.
        least: answer where the probability of being right is at least this; None follows the rule's promise.
        timeout: seconds for one question, all together.
        concurrency: questions whose answers are sampled at a time; scoring is done for one after the other.

    Fails closed. An error of the sampler or the scorer, a timeout, an answer that cannot be read, is empty or
    refuses: the decision is to abstain, `why` says what happened, and the log (`semuq.decisions.gate`) has the
    traceback. Only a question that is none (neither text nor messages) is an error of the caller's.

    Threads. One gate serves any number of threads and coroutines. A question that timed out is not waited for, but
    its request ends by the sampler's own limits; give the sampler a timeout below the gate's.

    Raises:
        InvalidParameter: scorer or sampler are not those that the rule was fitted with, or the rule says nothing of
            how many answers, or neither promises nor `least` is given.

    Example:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch, Platt
        >>> class Sure:
        ...     identity = "sure"
        ...     def sample(self, prompts, *, n=10):
        ...         return SampleSet(prompt=prompts, texts=("Paris",) * n)
        >>> calibrator = Platt().fit([0.0, 0.0, 0.0, 1.0, 1.0], [True, True, True, False, False])
        >>> estimator = DiscreteSemanticEntropy()
        >>> rule = DecisionRule(estimator=repr(estimator), relation=ExactMatch().identity, calibrator=calibrator,
        ...                     answers=(5,))
        >>> gate = Gate(Sure(), Scorer((estimator,), ExactMatch()), rule, least=0.7)
        >>> decision = gate.ask("Capital of France?")
        >>> decision.given, decision.answer, decision.why
        (True, 'Paris', 'right with probability 0.800, at least 0.7')
    """

    sampler: Sampler
    scorer: Scorer
    rule: DecisionRule
    least: float | None = field(default=None, kw_only=True)
    timeout: float = field(default=60.0, kw_only=True)
    concurrency: int = field(default=32, kw_only=True)
    _asking: ThreadPoolExecutor = field(init=False, repr=False)
    _scoring: ThreadPoolExecutor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        positive(self, timeout=self.timeout, concurrency=self.concurrency)
        if not self.rule.answers:
            raise InvalidParameter(
                "rule: expected one that says how many answers it was fitted on, got none; fit again"
            )
        if self.least is None and self.rule.promise is None:
            raise InvalidParameter("least: expected a probability, for the rule was fitted without a promise; got None")
        if self.rule.estimator not in map(repr, self.scorer.estimators):
            raise InvalidParameter(
                f"scorer: expected the rule's estimator {self.rule.estimator}, got {self.scorer.estimators!r:.200}"
            )
        if self.rule.relation != self.scorer.relation.identity:
            raise InvalidParameter(
                f"scorer: expected the rule's relation {self.rule.relation!r}, got {self.scorer.relation.identity!r}"
            )
        if self.rule.samplers and without_seed(self.sampler.identity) not in self.rule.samplers:
            raise InvalidParameter(
                f"sampler: expected the rule's, {' or '.join(self.rule.samplers)!r}, got "
                f"{without_seed(self.sampler.identity)!r}; sample with that one, or fit again"
            )
        object.__setattr__(self, "_asking", ThreadPoolExecutor(self.concurrency, thread_name_prefix="semuq-ask"))
        # One thread: models and caches are used by one question at a time.
        object.__setattr__(self, "_scoring", ThreadPoolExecutor(1, thread_name_prefix="semuq-score"))

    def ask(self, messages: str | Sequence[Mapping[str, Any]]) -> Decision:
        """The decision about a question: a text, or the messages of a conversation.

        Raises:
            InvalidParameter: it is neither.
        """
        question, late = _checked(messages), time.monotonic() + self.timeout
        try:
            samples = self._asking.submit(self._sampled, messages, self.sampler).result(self.timeout)
            return self._scoring.submit(self._decide, samples, late).result(late - time.monotonic())
        except Exception as error:
            return self._closed(question, error, self.sampler)

    async def aask(self, messages: str | Sequence[Mapping[str, Any]], *, sampler: Sampler | None = None) -> Decision:
        """As `ask`, for an event loop, which is not held up.

        Args:
            messages: the question.
            sampler: instead of the gate's own for this question, such as one with another key; it must draw alike.

        Raises:
            InvalidParameter: no question; or the sampler has another identity than the gate's.
        """
        question, late = _checked(messages), time.monotonic() + self.timeout
        loop = asyncio.get_running_loop()
        asked: Any = sampler or self.sampler
        if without_seed(asked.identity) != without_seed(self.sampler.identity):
            raise InvalidParameter(f"sampler: expected one like {self.sampler.identity!r}, got {asked.identity!r}")
        try:
            async with asyncio.timeout(self.timeout):
                if hasattr(asked, "asample"):
                    samples = await asked.asample(messages, n=self._n)
                else:
                    samples = await loop.run_in_executor(self._asking, self._sampled, messages, asked)
                return await loop.run_in_executor(self._scoring, self._decide, samples, late)
        except Exception as error:
            return self._closed(question, error, asked)

    @property
    def _n(self) -> int:
        return max(self.rule.answers)

    def _sampled(self, messages: Any, sampler: Sampler) -> SampleSet:
        samples: SampleSet = sampler.sample(messages, n=self._n)
        return samples

    def _decide(self, samples: SampleSet, late: float) -> Decision:
        if time.monotonic() > late:  # nobody waits for it any more
            raise TimeoutError
        if "sampler" not in samples.metadata:
            samples = replace(samples, metadata={**samples.metadata, "sampler": self.sampler.identity})
        (scored,) = self.scorer.score(samples)
        return self.rule.decide(scored, self.least)

    def _closed(self, question: str, error: Exception, sampler: Sampler) -> Decision:
        what = f"no decision within {self.timeout:g} seconds" if isinstance(error, TimeoutError) else None
        why = without_keys(what or f"no decision: {type(error).__name__}: {' '.join(str(error).split())}", sampler)
        trace = without_keys("".join(traceback.format_exception(error)), sampler)
        _LOG.warning("abstained from %r: %s\n%s", question[:80], why, trace)
        return Decision(
            id=None,
            prompt=question,
            answer="",
            given=False,
            why=why,
            score=None,
            probability_right=None,
            failure=type(error).__name__,
        )

    def save(self, path: str | Path) -> None:
        """Write sampler, relation, rule and limits as JSON: names and numbers, no code, no key.

        Raises:
            InvalidParameter: sampler or relation are not among those that can be named.
        """
        for registry, own in ((SAMPLERS, self.sampler), (RELATIONS, self.scorer.relation)):
            written: Any = registry.read(repr(own))
            if written.identity != getattr(own, "identity", None):
                raise InvalidParameter(f"{registry.kind}: {own!r:.80} cannot be written down; build the gate in code")
        record = {
            "format": _FORMAT,
            "version": _VERSION,
            "sampler": repr(self.sampler),
            "relation": repr(self.scorer.relation),
            "least": self.least,
            "timeout": self.timeout,
            "concurrency": self.concurrency,
            "rule": self.rule.to_dict(),
        }
        Path(path).write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path, *, sampler: Sampler | None = None, relation: Relation | None = None) -> Gate:
        """Read what `save` wrote; a key comes from the environment, as the sampler says.

        Args:
            path: the file.
            sampler, relation: instead of the named ones, such as a sampler with a client of your own.

        Raises:
            InvalidParameter: the file is damaged, not a gate, or of a later version.
        """
        record = read_json(path, _FORMAT, _VERSION)
        texts = {name: record.get(name) for name in ("sampler", "relation")}
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(record.get("rule"), dict):
            raise InvalidParameter(f"{path}: damaged file (no sampler, relation or rule); build and save it again")
        rule = DecisionRule.from_dict(record["rule"], path)
        try:
            estimator = ESTIMATORS.read(rule.estimator)
            compared_by = relation or RELATIONS.read(record["relation"])
            scorer = Scorer((estimator,), compared_by, embedder_for((estimator,)))
            return cls(
                sampler or SAMPLERS.read(record["sampler"]),
                scorer,
                rule,
                least=record.get("least"),
                timeout=float(record.get("timeout", 60.0)),
                concurrency=int(record.get("concurrency", 32)),
            )
        except (TypeError, ValueError) as error:
            raise InvalidParameter(f"{path}: {error}") from error


def without_keys(text: str, sampler: object) -> str:
    """A text without the sampler's key, which servers repeat in what they say of it."""
    for key in (getattr(sampler, "api_key", None), os.environ.get("OPENAI_API_KEY")):
        if key and len(key) > 3:
            text = text.replace(key, "***")
    return text


def _checked(messages: Any) -> str:
    """The question's text, if it is one question."""
    prompts = as_prompts(messages)
    if not is_one_prompt(messages):
        raise InvalidParameter(f"messages: expected one question, got a list of {len(prompts)}; ask one at a time")
    return question_of(prompts[0])
