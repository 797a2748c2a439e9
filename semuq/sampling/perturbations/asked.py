"""Perturbations that a model is asked for: synonyms, added words, another wording, another syntax."""

from __future__ import annotations

import re

from semuq.sampling.prompting import quote, read_rewritten

__all__ = ["ASKED", "read_rewording", "rewording_prompt"]

ASKED: dict[str, str] = {
    "W1": "Replace some of its words by synonyms. Change nothing else.",
    "W3": "Add at most four neutral words that do not change what is asked. Change nothing else.",
    "S2": "Paraphrase it: ask for exactly the same in other words.",
    "S3": "Change its syntactic structure (active to passive, question to request, order of clauses), and keep its "
    "words as far as possible.",
}
"""PertBench's kinds that need a model, and what it is told to do. The wordings are ours."""

# A worked example: without one small models answer the question, leave out what it asks, or copy it.
_EXAMPLE = "Tom bought 3 apples at 2 dollars each. How much did Tom pay?"
_ITS_OWN = frozenset({"apple", "apples", "tom"})
"""Words that a rewording has from the example, if they are not the question's."""
_REWRITTEN: dict[str, str] = {
    "W1": "Tom purchased 3 apples at 2 dollars apiece. How much did Tom spend?",
    "W3": "Tom just bought 3 apples at 2 dollars each. So how much did Tom pay in the end?",
    "S2": "Each apple costs 2 dollars. What is the price of the 3 apples that Tom bought?",
    "S3": "At 2 dollars each, 3 apples were bought by Tom. How much was paid by Tom?",
}


def rewording_prompt(question: str, kind: str) -> str:
    """What to ask a model for a rewording of this kind."""
    return (
        f"Rewrite a question. Do not answer it. {ASKED[kind]} It must keep its meaning, every name, number and option, "
        f"and end by asking the same.\n\nQuestion: {quote(_EXAMPLE)}\nRewritten: {quote(_REWRITTEN[kind])}"
        f"\n\nQuestion: {quote(question)}\nRewritten:"
    )


def read_rewording(reply: str, question: str) -> str | None:
    """The rewording in a reply; None where it is none.

    That is: empty, the question itself, far longer than it, about what the worked example is about, or no question
    where the question ends with its mark.

    >>> read_rewording('Rewritten question: "Which city is the capital?"', "What is the capital?")
    'Which city is the capital?'
    >>> read_rewording("what is  the capital?", "What is the capital?") is None
    True
    >>> read_rewording("It is the capital.", "Is it the capital?"), read_rewording("Did Tom pay?", "Is it the capital?")
    (None, None)
    """
    text = read_rewritten(reply)
    said, asked = (re.findall(r"\w+", own.lower()) for own in (text, question))
    foreign = _ITS_OWN.intersection(said).difference(asked)
    mute = question.rstrip().endswith("?") and "?" not in text
    return None if not said or said == asked or foreign or mute or len(text) > 2 * len(question) + 60 else text
