"""Answers that try to leave the page they are shown on, and scored questions to put around them."""

from __future__ import annotations

import numpy as np

from semuq import ExactMatch, SampleSet
from semuq.scoring import score_stream
from semuq.scoring.record import QuestionScore
from semuq.testing.cases import NoisyEntailment

MARK = "semuqPwned"
"""What the hostile texts try to set or to load; a page that shows it as text only is safe."""

HOSTILE = (
    f"<script>window.{MARK} = 1</script>",
    f"</script><script>window.{MARK} = 1</script>",
    f"<!--<script>window.{MARK} = 1</script>-->",
    f'<img src="http://{MARK}.invalid/x.png" onerror="window.{MARK} = 1">',
    f"\"' onmouseover='window.{MARK} = 1' x=\"",
    f"<svg onload=window.{MARK}=1>",
    f"{{{{ {MARK} }}}} {{% raw %}} ${{{MARK}}}",
    "\u202egpj.exe",
    "مرحبا بالعالم",
    "日本語 Größe 😀👩‍👩‍👧‍👦",
    "null\x00byte \x1b[31mred \x85",
    "\u2028line\u2029separators",
    "x" * 100_000,
    "",
)


def hostile_question() -> QuestionScore:
    """One question of hostile texts throughout, graded wrong."""
    samples = SampleSet(
        id=f"<b onclick=window.{MARK}=1>id</b>",
        prompt=f"</script><script>window.{MARK} = 1</script>",
        texts=HOSTILE,
        references=(f"<script>window.{MARK} = 1</script>",),
        metadata={"correct": False},
    )
    return next(score_stream([samples], None, ExactMatch()))


def graded_questions(count: int, seed: int = 0, n: int = 6) -> list[QuestionScore]:
    """Questions with log-probs; the more meanings, the more often wrong."""
    rng = np.random.default_rng(seed)
    batch = []
    for index in range(count):
        meanings = int(rng.integers(1, n + 1))
        batch.append(
            SampleSet(
                id=f"q{index}",
                prompt=f"Question {index}?",
                texts=[f"answer {rng.integers(meanings)}" for _ in range(n)],
                token_logprobs=[-rng.exponential(1, size=3) for _ in range(n)],
                metadata={"correct": bool(rng.random() > meanings / (n + 1))},
            )
        )
    return list(score_stream(batch, None, NoisyEntailment()))
