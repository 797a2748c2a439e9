"""Perturbations that a model is asked for: synonyms, added words, another wording, another syntax."""

from __future__ import annotations

import json
import re

from semuq.samples.thoughts import split_thought

__all__ = ["ASKED", "read_rewording", "rewording_prompt"]

ASKED: dict[str, str] = {
    "W1": "Replace some of its words by synonyms. Change nothing else.",
    "W3": "Add at most four neutral words that do not change what is asked. Change nothing else.",
    "S2": "Paraphrase it: ask for exactly the same in other words.",
    "S3": "Change its syntactic structure (active to passive, question to request, order of clauses), and keep its "
    "words as far as possible.",
}
"""PertBench's kinds that need a model, and what it is told to do. The wordings are ours."""

_PROMPT = """\
Below is a question as a JSON string. Do not answer it: rewrite it. {task} It must keep its meaning, every name, \
number and option. Reply with the rewritten question alone.

{question}"""
_LABEL = re.compile(r"^(?:the\s+)?(?:rewritten|rephrased|paraphrased|new)\s+(?:question|version)\s*:\s*", re.IGNORECASE)


def rewording_prompt(question: str, kind: str) -> str:
    """What to ask a model for a rewording of this kind."""
    return _PROMPT.format(task=ASKED[kind], question=json.dumps(question, ensure_ascii=False))


def read_rewording(reply: str, question: str) -> str | None:
    """The rewording in a reply; None where it is none: empty, the question itself, or far longer than it.

    >>> read_rewording('Rewritten question: "Which city is the capital?"', "What is the capital?")
    'Which city is the capital?'
    >>> read_rewording("what is  the capital?", "What is the capital?") is None
    True
    """
    text = _LABEL.sub("", split_thought(reply).answer.strip()).strip()
    if len(text) > 1 and text[0] in "\"'“`" and text[-1] in "\"'”`":
        text = text[1:-1].strip()
    same = " ".join(text.lower().split()) == " ".join(question.lower().split())
    return None if not text or same or len(text) > 2 * len(question) + 60 else text
