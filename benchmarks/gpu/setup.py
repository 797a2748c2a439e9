"""Where a run takes place and how large it is: on a card in full, or tiny on a CPU, so that nothing is new on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import torch

from benchmarks.scorer.questions import make_batch
from semuq import SampleSet

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One run.

    Args:
        device: "cuda" or "cpu".
        tiny: models and questions small enough for a test.
        deadline: when to be done, of `time.monotonic`.
    """

    device: torch.device
    tiny: bool
    deadline: float
    repeats: int = field(default=3)

    @property
    def left(self) -> float:
        """Seconds."""
        return self.deadline - time.monotonic()

    def size(self, full: int, tiny: int) -> int:
        """How many of something."""
        return tiny if self.tiny else full

    def samples(self, questions: int, answers: int, context: str) -> list[SampleSet]:
        """Real questions with real answers."""
        batch = make_batch(questions, answers, context)
        return [
            SampleSet(prompt=prompt, texts=tuple(texts))
            for prompt, texts in zip(batch.prompts, batch.answers, strict=True)
        ]

    def wait(self) -> None:
        """Until the device has done everything."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def seconds(self, run: Callable[[], Result]) -> tuple[float, Result]:
        """Of a call, and of what it started on the device; with what it returned."""
        self.wait()
        start = time.perf_counter()
        result = run()
        self.wait()
        return time.perf_counter() - start, result
