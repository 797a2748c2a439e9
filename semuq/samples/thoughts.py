"""Texts of reasoning models: what was thought, and what was answered. The thought stands between tags in front."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Split", "split_thought"]


TAGS = ("think", "thinking", "thought", "reasoning")
"""Names of the tags that open and close a thought."""

_OPEN = re.compile(rf"\s*<({'|'.join(TAGS)})>")
_CLOSE = re.compile(rf"</({'|'.join(TAGS)})>\s*")


@dataclass(frozen=True, kw_only=True)
class Split:
    """A text in two parts.

    Args:
        thought: what stands before the end of the thought, without its tags; None if there was none.
        answer: what stands behind it.
        closed: False if the thought never ended, so that there is no answer.
        start: where in the text the answer begins.
    """

    thought: str | None
    answer: str
    closed: bool
    start: int


def split_thought(text: str) -> Split:
    """Thought and answer of one text.

    The answer is what follows the last closing tag. A closing tag without an opening one counts, since many chat
    templates open the thought in the prompt; an opening tag counts at the beginning of the text, or of what follows
    a closing one, and nowhere else: elsewhere a text may speak of tags.

    Degenerate cases. A thought that never ends (cut at the token limit) leaves an empty answer.

    Example:
        >>> split_thought("<think>7 is prime.</think> Yes.").answer, split_thought("No tags, <think> or other").answer
        ('Yes.', 'No tags, <think> or other')
        >>> split_thought("<think>But what if").closed
        False
    """
    closings = list(_CLOSE.finditer(text))
    start = closings[-1].end() if closings else 0
    opened = _OPEN.match(text, start)
    if not closings and not opened:
        return Split(thought=None, answer=text, closed=True, start=0)
    end = closings[-1].start() if closings else start
    if opened:
        start = end = len(text)
    thought = text[:end]
    if first := _OPEN.match(thought):
        thought = thought[first.end() :]
    return Split(thought=thought.strip(), answer=text[start:].strip(), closed=not opened, start=start)
