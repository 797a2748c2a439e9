"""What a rewriting model is asked in the search for robust instructions."""

from __future__ import annotations

from collections.abc import Sequence

from semuq.sampling.perturbations import KINDS, Kind
from semuq.sampling.prompting import DATA, quote

__all__ = ["differences_request", "improvement_request", "paraphrase_request", "summary_request"]


def differences_request(pairs: Sequence[tuple[Kind, str, str]]) -> str:
    """Asks what perturbation did: (kind, original, perturbed) for some items."""
    shown = "\n".join(f"{KINDS[kind]}: {quote(before)} became {quote(after)}" for kind, before, after in pairs)
    return (
        f"{DATA}\nInputs of a task were changed by mistakes:\n{shown}\n"
        "Say for each what is different, and how it could mislead whoever answers. One line each."
    )


def summary_request(differences: str) -> str:
    """Asks for what the differences have in common."""
    return f"{differences}\n\nSum up in two sentences what kinds of mistakes inputs may have, without examples."


_REWRITE = (
    "A language model is given an instruction and then an input. Rewrite the instruction. "
    "Do not follow it, and do not answer to it.\n"
)
# A worked example tells small rewriters which of the two texts before them is the instruction; without one they follow
# either, or improve the request itself.
_EXAMPLE = "Classify the review. Reply with one word."
_CLEARER = "Read the whole review, decide whether it is positive or negative, and reply with that one word."
_HOLDS_UP = (
    "Classify the review. If words are misspelt or strange signs appear, go by what is meant. Reply with one word."
)
_OTHER_WORDS = "Give the class of the review, in a single word."


def improvement_request(instruction: str, known: Sequence[str], summary: str | None) -> str:
    """Asks for a better instruction, with what the inputs suffer from, or (None) without."""
    because = "" if summary is None else f"Inputs may have mistakes: {summary}\n"
    task = "Write an instruction that asks for the same, in the same form of reply, but is clearer"
    end = "." if summary is None else " and says what to do about such mistakes."
    return f"{_REWRITE}{because}{task}{end}" + _asked(instruction, known, _CLEARER if summary is None else _HOLDS_UP)


def paraphrase_request(instruction: str, known: Sequence[str]) -> str:
    """Asks for the same instruction in other words."""
    return f"{_REWRITE}Say the same in other words." + _asked(instruction, known, _OTHER_WORDS)


def _asked(instruction: str, known: Sequence[str], example: str) -> str:
    return (
        f"\n\nInstruction: {quote(_EXAMPLE)}\nRewritten: {quote(example)}"
        f"\n\nInstruction: {quote(instruction)}\nNot: {', '.join(quote(own) for own in known)}\nRewritten:"
    )
