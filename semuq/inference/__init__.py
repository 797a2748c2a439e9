"""Uncertainty put to use while a model answers: ask again, start anew, ask next, stop early.

Each method is a pure decision over what was seen and a loop that takes callables; none imports a framework.
"""

from __future__ import annotations

from semuq.inference.conversations import Conversation, Message, listed, rewrite_prompt
from semuq.inference.propagation import Step, StepUncertainty, Trajectory, UProp, step_aggregate, word_distance
from semuq.inference.pursuit import Case, Entropy, Game, InformationPursuit, SetSize
from semuq.inference.resets import EntropyReset, Reply, ResetState, ResetStep, reset_threshold
from semuq.inference.second_pass import (
    OptionDistribution,
    SecondPass,
    SecondPassResult,
    option_distribution,
    second_prompt,
)

__all__ = [
    "Case",
    "Conversation",
    "Entropy",
    "EntropyReset",
    "Game",
    "InformationPursuit",
    "Message",
    "OptionDistribution",
    "Reply",
    "ResetState",
    "ResetStep",
    "SecondPass",
    "SecondPassResult",
    "SetSize",
    "Step",
    "StepUncertainty",
    "Trajectory",
    "UProp",
    "listed",
    "option_distribution",
    "reset_threshold",
    "rewrite_prompt",
    "second_prompt",
    "step_aggregate",
    "word_distance",
]
