r"""How a question is put to a model, and where in its rollout the answer stands.

The three templates of understand-r1-zero (Dr.GRPO), which SEED-GRPO took over, letter by letter. The
answer of "r1" counts only in its tags, as there: a right number in the wrong format is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from semuq.errors import InvalidParameter
from semuq_rl.groups.answers import last_boxed

__all__ = ["TEMPLATES", "Template", "template"]

_QWEN_MATH = (
    "<|im_start|>system\nPlease reason step by step, and put your final answer within \\boxed{}.<|im_end|>\n"
    "<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
)
_R1 = (
    "A conversation between User and Assistant. The User asks a question, and the Assistant solves it. "
    "The Assistant first thinks about the reasoning process in the mind and then provides the User with the answer. "
    "The reasoning process is enclosed within <think> </think> and answer is enclosed within <answer> </answer> tags, "
    "respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>.\nUser: ",
    "\nAssistant: <think>",
)


@dataclass(frozen=True, kw_only=True)
class Template:
    """A prompt around a question.

    Args:
        name: what it is called on the command line.
        before: what stands before the question.
        after: what stands behind it.
        answer: a rollout -> its answer, None if it has none in the right place.
        stop: generation ends with the first of these texts, which stays in the rollout.
    """

    name: str
    before: str
    after: str
    answer: Callable[[str], str | None]
    stop: tuple[str, ...] = ()

    def prompt(self, question: str) -> str:
        """The whole text that the model reads; special tokens are in it."""
        return self.before + question + self.after


def _tagged(text: str) -> str | None:
    r"""What stands in the last <answer> tags behind </think>, or in the \boxed{} there.

    >>> _tagged("2 + 2 </think> <answer> 4 </answer>"), _tagged("it is 4 </answer>")
    ('4', None)
    """
    if "</think> <answer>" not in text or "</answer>" not in text:
        return None
    answer = text.rpartition("<answer>")[2].replace("</answer>", "")
    return last_boxed(answer) if "\\boxed" in answer else answer.strip() or None


TEMPLATES = {
    "qwen_math": Template(name="qwen_math", before=_QWEN_MATH[0], after=_QWEN_MATH[1], answer=last_boxed),
    "r1": Template(name="r1", before=_R1[0], after=_R1[1], answer=_tagged, stop=("</answer>",)),
    "no": Template(name="no", before="", after="", answer=last_boxed),
}
"""The templates by name."""


def template(name: str) -> Template:
    """The template of that name.

    Raises:
        InvalidParameter: there is none.
    """
    if name not in TEMPLATES:
        raise InvalidParameter(f"template: expected one of {', '.join(TEMPLATES)}, got {name!r}")
    return TEMPLATES[name]
