"""`Entailment`: the relation of a natural-language-inference model to the answers of a question."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Context, Equivalence, Kind, Progress, RelationScores
from semuq.relations.cache import cache_at
from semuq.relations.entailment import guard
from semuq.relations.entailment.choosing import choose, describe
from semuq.relations.entailment.feeding import ahead
from semuq.relations.entailment.ledger import Ledger
from semuq.relations.entailment.loading import LoadedModel, ModelSource, files_hash, load_model, weights_hash
from semuq.relations.entailment.networks import Network, Unavailable, make_network, packs
from semuq.relations.entailment.pairs import PairEncoder
from semuq.relations.entailment.parallel import ParallelNetwork, Replica
from semuq.relations.entailment.plan import Plan, Side, make_plan
from semuq.relations.entailment.readable import READING, Reader
from semuq.relations.entailment.rules import Rules, answers_cut, warn_of_unreadable
from semuq.relations.entailment.scorer import Scorer, ScorerReport
from semuq.relations.entailment.stated import Stated, stated
from semuq.relations.entailment.support import support_in_windows
from semuq.relations.entailment.tuning import Choice, recall
from semuq.relations.entailment.walk import clusters_of, scores_of
from semuq.relations.entailment.windows import windows
from semuq.relations.support import Support
from semuq.relations.unanswered import unanswered
from semuq.samples import SampleSet, as_batch

if TYPE_CHECKING:
    import torch

__all__ = ["Entailment", "Guard", "Precision"]

logger = logging.getLogger(__name__)

Precision = Literal["auto", "fp32", "bf16", "fp16", "int16"]
Guard = Literal["auto", "on", "off"]

WINDOW_PAIRS = 50_000
"""Questions are scored in windows of about this many pairs, so that memory does not grow with the batch."""

SURELY_READ = 500
"""Tokens of a pair that every model reads, but for those made for less."""

SMALL_WINDOW_PAIRS = 16_384
"""On a GPU, where the next window is planned while this one is scored."""
TOKEN_BUDGET = 2_048
"""Tokens of a pass on a CPU: more do not pay, and less leaves its cache half empty."""
ROOM = 2_048
"""Pairs that a GPU computes in about the time of one."""


@dataclass(frozen=True)
class Entailment:
    """What a three-way entailment model says of every ordered pair of answers.

    Every distinct pair of distinct texts goes through the model once in each direction; repeated
    answers and the diagonal cost nothing.

    Args:
        model: None for the model inside the package; a hub name such as "microsoft/deberta-large-mnli";
            a folder; or a loaded (model, tokenizer). The order of labels is read from its config.
        context: "question" shows the model each answer as "Q: <prompt> A: <answer>", "none" the answer
            alone. Short answers mean little without their question.
        guard: rules for what small models are worst at, applied before and after the model
            (`semuq.relations.entailment.guard`): answers that differ only in how a number or date is written
            are the same; answers with different numbers, dates, or yes against no, are not. "auto"
            is on for the model inside the package and off for any other.
        threshold: from which probability on a pair counts as entailed, where a label is asked for (clusters,
            hard edges); what falls short is neutral or contradiction. "auto" is the one that the model's config
            states as `entailment_threshold`, as that of the model inside the package does, and for any other model
            "label": the most probable label.
        labels: what the model's label names mean, if its config does not say so.
        device: "cpu", "cuda", "cuda:1", ...; None takes a GPU if there is one. Several, such as
            ("cuda:0", "cuda:1"), share the work: a process each, with a copy of the model each.
        precision: "auto" is the fastest whose probabilities stay within 0.02 of fp32, found by trying once per
            machine (`tuning`): of int16, bf16 and fp32 on a CPU, of fp16, bf16 and fp32 on a GPU. "int16"
            is a kernel of ours for x86-64, compiled on first use.
        compile: hand the model to `torch.compile`: minutes of warm-up in every process for somewhat faster
            passes, for long runs on a GPU. Not with "int16".
        max_length: tokens per pair; None takes the model's own limit. Longer pairs are cut by the rule
            of `PairEncoder`, and counted in the report.
        token_budget: tokens per forward pass; None is what suits the device, on a GPU found by trying once.
            Halves by itself when memory runs out.
        cache: keep scores in a file and look there first: True for the one in the user's cache folder,
            False for none, or a path.

    Raises (on first use):
        InvalidModel: the model cannot be read, has no trained head, or unknown labels.
        InvalidParameter: an option is unknown or out of range.

    Degenerate cases. One answer, or the same answer n times: no forward pass. Empty answers and refusals
    (`semuq.relations.unanswered`) are one class, unlike every answer, whatever the model or guard.

    Cost. For u distinct answers u (u - 1) ordered pairs, packed over the whole batch of questions.

    Example:
        >>> from semuq import Entailment, SampleSet
        >>> samples = SampleSet(prompt="What is the capital of France?", texts=("Paris", "It is Paris.", "Lyon"))
        >>> Entailment().compare(samples)[0].equivalence()
        array([[ True,  True, False],
               [ True,  True, False],
               [False, False,  True]])
    """

    model: ModelSource = None
    _: KW_ONLY
    context: Context = "question"
    guard: Guard = "auto"
    threshold: float | Literal["auto", "label"] = "auto"
    labels: Mapping[str, str] | None = None
    device: str | Sequence[str] | None = None
    precision: Precision = "auto"
    compile: bool = False
    max_length: int | None = None
    token_budget: int | None = None
    cache: bool | str | Path = True

    kind: ClassVar[Kind] = "entailment"
    tells_progress: ClassVar[bool] = True
    symmetric: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name, allowed in (("context", Context), ("guard", Guard), ("precision", Precision)):
            if getattr(self, name) not in get_args(allowed):
                raise InvalidParameter(
                    f"Entailment.{name}: expected one of {get_args(allowed)}, got {getattr(self, name)!r}"
                )
        given = self.threshold
        if given not in ("auto", "label") and (isinstance(given, str | bool) or not 0 < given <= 1):
            raise InvalidParameter(
                f'Entailment.threshold: expected "auto", "label" or a number in (0, 1], got {given!r}'
            )
        if self.device is not None and (not self.device or not all(isinstance(own, str) for own in self.device)):
            raise InvalidParameter(f"Entailment.device: expected None, a device or several, got {self.device!r}")
        for name in ("max_length", "token_budget"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 8):
                raise InvalidParameter(f"Entailment.{name}: expected None or an integer >= 8, got {value!r}")

    @property
    def guarded(self) -> bool:
        """Whether the guard's rules apply."""
        return self.guard == "on" or (self.guard == "auto" and self.model is None)

    @property
    def identity(self) -> str:
        """Weights, labels, length limit, template, guard, and the precision as asked for.

        "auto" is the same on every machine, whatever it comes to there: the difference is within its promise.
        """
        own = self._scored_in(self.precision)
        rules = guard.VERSION if self.guarded else "off"
        return f"{own}/context={self.context}/guard={rules}/reading={READING}/threshold={self.decides_from}"

    def compare(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> list[RelationScores]:
        """One RelationScores per question; `progress(pairs done, pairs in all)` is called as it goes."""
        return self.compare_with_report(batch, progress=progress)[0]

    def compare_with_report(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> tuple[list[RelationScores], ScorerReport]:
        """The scores and what they cost."""
        questions = as_batch(batch)
        scores, costs = scores_of(lambda: self.plans(questions), self._all_pairs, self.scores, progress)
        report = sum(costs, start=ScorerReport(unreadable=sum(own.unreadable for own in scores)))
        warn_of_unreadable(report.unreadable)
        return scores, report

    def cluster(self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict") -> list[IntArray]:
        """(n,) greedy cluster ids per question, for less than the price of the matrices."""
        return self.cluster_with_report(batch, equivalence)[0]

    def cluster_with_report(
        self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict"
    ) -> tuple[list[IntArray], ScorerReport]:
        """The clusters and what they cost."""
        notes: list[ScorerReport] = []

        def noted() -> Iterator[Plan]:
            for plan in self.plans(batch):
                notes.append(ScorerReport(decided=len(plan.decided), unreadable=sum(self._rules.unreadable(plan))))
                yield plan

        room = ROOM if self._overlaps else 0
        clusters, costs = clusters_of(noted(), self._some_pairs, equivalence, lambda: self.decides_from, room=room)
        report = sum([*notes, *costs], start=ScorerReport())
        warn_of_unreadable(report.unreadable)
        return clusters, report

    def support(self, batch: Sequence[SampleSet], claims: Sequence[Sequence[str]]) -> list[Support]:
        """What the answers say of claims: each distinct answer as premise, each distinct claim as hypothesis.

        The guard is not asked: its rules are about two answers, not about a part of one.
        """
        ask = self._ledger.probabilities
        return support_in_windows(batch, claims, self.context, lambda sides, pairs: ask(sides, pairs)[0])

    def plans(self, batch: SampleSet | Sequence[SampleSet]) -> Iterator[Plan]:
        """What there is to ask, in windows of the batch; for relations that are made of this one."""
        rules = self._rules
        overlaps = self._overlaps
        most = SMALL_WINDOW_PAIRS if overlaps else WINDOW_PAIRS
        plans = (make_plan(window, self.context, rules) for window in windows(as_batch(batch), _pairs, most))
        return ahead(plans) if overlaps else plans

    def scores(self, plan: Plan, probabilities: FloatArray) -> list[RelationScores]:
        """One RelationScores per question of a plan, from (pairs, 3); for relations that are made of this one."""
        threshold = self.decides_from if len(plan.pairs) else None
        silent = [sum(bool(unanswered(plan.answer(side))) for side in ids.tolist()) for ids in plan.ids]
        cut = answers_cut(plan, lambda: self._encoder, min(self.max_length or SURELY_READ, SURELY_READ))
        return [
            RelationScores(
                kind="entailment",
                entailment=entailment,
                neutral=neutral,
                contradiction=contradiction,
                threshold=threshold,
                truncated=truncated,
                unreadable=unreadable,
                unanswered=no_answer,
            )
            for (entailment, neutral, contradiction), truncated, unreadable, no_answer in zip(
                plan.scatter(probabilities), cut, self._rules.unreadable(plan), silent, strict=True
            )
        ]

    def ask(
        self, sides: Sequence[Side], pairs: IntArray, progress: Progress | None = None
    ) -> tuple[FloatArray, ScorerReport]:
        """(pairs, 3) probabilities of entailment, neutral and contradiction of pairs of sides, and what they cost.

        From the cache or the model, whatever the guard says of them.
        """
        return self._ledger.probabilities(sides, pairs, progress)

    def _some_pairs(self, plan: Plan, pairs: IntArray, progress: Progress | None) -> tuple[FloatArray, ScorerReport]:
        return self._ledger.probabilities(plan.sides, pairs, progress)

    def _all_pairs(self, plan: Plan, pairs: IntArray, progress: Progress | None) -> tuple[FloatArray, ScorerReport]:
        probabilities, cost = self._some_pairs(plan, pairs, progress)
        return probabilities, cost + ScorerReport(decided=len(plan.decided))

    @cached_property
    def decides_from(self) -> float | None:
        """The threshold in use: the one given, or what "auto" and "label" come to here."""
        if self.threshold == "label":
            return None
        return self._stated.threshold if self.threshold == "auto" else float(self.threshold)

    @cached_property
    def computed_in(self) -> str:
        """The precision in use: the one asked for, or what "auto" comes to here."""
        return self.precision if self.precision != "auto" else self._choice.precision

    @cached_property
    def _choice(self) -> Choice:
        """What suits this machine, as found before or by trying now."""
        what, device = f"{self._weights}/{self.precision}/{self.compile}", describe(self._device)
        return recall(what, device) or choose(
            what, device, self._device, None if self.precision == "auto" else self.precision, self._scorer_in
        )

    def _scored_in(self, precision: str) -> str:
        """Everything that can change the score of a pair of given texts."""
        return (
            f"entailment/weights={self._weights}/labels={self.labels and sorted(self.labels.items())}"
            f"/precision={precision}/max_length={self.max_length}"
        )

    @cached_property
    def _rules(self) -> Rules:
        return Rules(self.guarded, lambda: self._reader)

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self._stated.scripts, lambda text: self._encoder.unknown(text))

    @cached_property
    def _stated(self) -> Stated:
        return stated(self.model)

    @cached_property
    def _encoder(self) -> PairEncoder:
        loaded = self._loaded
        return PairEncoder(loaded.tokenizer, min(self.max_length or loaded.max_length, loaded.max_length))

    @cached_property
    def _weights(self) -> str:
        return files_hash(self.model) or weights_hash(self._loaded.model)

    @cached_property
    def _device(self) -> torch.device:
        import torch

        named = self.device if isinstance(self.device, str) else next(iter(self._devices), None)
        return torch.device(named or ("cuda" if torch.cuda.is_available() else "cpu"))

    @property
    def _overlaps(self) -> bool:
        """Whether this process has time of its own while the device computes."""
        return self._device.type == "cuda" or len(self._devices) > 1

    @cached_property
    def _loaded(self) -> LoadedModel:
        return load_model(self.model, self.labels)

    @cached_property
    def _ledger(self) -> Ledger:
        # Without a cache nothing has to be named, and where no pair is asked no model is loaded.
        cache = None if self.cache is False else cache_at(self.cache, self._scored_in(self.computed_in))
        return Ledger(lambda: self._scorer, cache)

    @cached_property
    def _scorer(self) -> Scorer:
        precision = self.computed_in
        if not self._devices:
            scorer = self._scorer_in(precision)
            scorer.token_budget = self._token_budget
            return scorer
        import torch

        threads = torch.get_num_threads() // len(self._devices)
        replicas = [Replica(self.model, self.labels, own, precision, threads, self.compile) for own in self._devices]
        network = ParallelNetwork(replicas, pads=not packs(self._loaded.model))
        budget = self._token_budget * (1 if self.token_budget else len(self._devices))
        return Scorer(network, self._encoder, columns=self._loaded.columns, token_budget=budget)

    @property
    def _token_budget(self) -> int:
        if self.token_budget is not None:
            return self.token_budget
        return TOKEN_BUDGET if self._device.type != "cuda" else self._choice.token_budget or TOKEN_BUDGET

    def _scorer_in(self, precision: str) -> Scorer:
        """A scorer on the first device, of which "auto" also tries the speed."""
        return Scorer(
            self._network_in(precision),
            self._encoder,
            columns=self._loaded.columns,
            token_budget=self.token_budget or TOKEN_BUDGET,
            rescue=None if self.precision != "auto" else lambda: self._network_in("fp32"),
        )

    def _network_in(self, precision: str) -> Network:
        try:
            return make_network(self._loaded, self._encoder, precision, self._device, compiled=self.compile)
        except Unavailable as error:
            raise InvalidParameter(f"Entailment.precision: {precision!r} cannot be had here: {error}") from error

    @property
    def _devices(self) -> tuple[str, ...]:
        """The devices that share the work; none if there is only one."""
        return () if self.device is None or isinstance(self.device, str) else tuple(self.device)


def _pairs(samples: SampleSet) -> int:
    return len(set(samples.texts)) ** 2
