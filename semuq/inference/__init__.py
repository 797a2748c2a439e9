"""Uncertainty put to use while a model answers: ask again, start anew, ask next, stop early.

Each method is a pure decision over what was seen and a loop that takes callables; none imports a framework.
"""

from __future__ import annotations

from semuq.inference.actions import actions_of, noted
from semuq.inference.adaptive import (
    AdaptiveSamples,
    DecisionFixed,
    DecisionSettled,
    IntervalShorter,
    StoppingRule,
    adaptive_samples,
    entropy_range,
    stopping_point,
)
from semuq.inference.dialogue import Dialogue, Message, listed, rewrite_prompt
from semuq.inference.propagation import Step, StepUncertainty, Trajectory, UProp, step_aggregate, word_distance
from semuq.inference.pursuit import Case, Entropy, Game, InformationPursuit, SetSize
from semuq.inference.resets import EntropyReset, Reply, ResetState, ResetStep, reset_threshold
from semuq.inference.second_pass import (
    OptionDistribution,
    SecondPass,
    SecondPassResult,
    asked_again,
    option_distribution,
    second_prompt,
    stated_answer,
)
from semuq.inference.thinking import (
    EntropySettled,
    SettlingState,
    Thinking,
    ThoughtConfidence,
    think_until_settled,
    thought_confidence,
    token_confidences,
)
from semuq.inference.trajectories import read_inspect_log, trajectory_from_messages, trajectory_from_responses

__all__ = [
    "AdaptiveSamples",
    "Case",
    "DecisionFixed",
    "DecisionSettled",
    "Dialogue",
    "Entropy",
    "EntropyReset",
    "EntropySettled",
    "Game",
    "InformationPursuit",
    "IntervalShorter",
    "Message",
    "OptionDistribution",
    "Reply",
    "ResetState",
    "ResetStep",
    "SecondPass",
    "SecondPassResult",
    "SetSize",
    "SettlingState",
    "Step",
    "StepUncertainty",
    "StoppingRule",
    "Thinking",
    "ThoughtConfidence",
    "Trajectory",
    "UProp",
    "actions_of",
    "adaptive_samples",
    "asked_again",
    "entropy_range",
    "listed",
    "noted",
    "option_distribution",
    "read_inspect_log",
    "reset_threshold",
    "rewrite_prompt",
    "second_prompt",
    "stated_answer",
    "step_aggregate",
    "stopping_point",
    "think_until_settled",
    "thought_confidence",
    "token_confidences",
    "trajectory_from_messages",
    "trajectory_from_responses",
    "word_distance",
]
