r"""Templates, letter by letter as in understand-r1-zero (train_zero_math.py at 14046dc), and where answers count."""

import pytest

from semuq.errors import InvalidParameter
from semuq_rl.tasks.maths.templates import TEMPLATES, template

QWEN_MATH = (
    "<|im_start|>system\nPlease reason step by step, and put your final answer within \\boxed{}.<|im_end|>\n"
    "<|im_start|>user\nWhat is 1 + 1?<|im_end|>\n<|im_start|>assistant\n"
)
R1 = (
    "A conversation between User and Assistant. The User asks a question, and the Assistant solves it. The Assistant "
    "first thinks about the reasoning process in the mind and then provides the User with the answer. The reasoning "
    "process is enclosed within <think> </think> and answer is enclosed within <answer> </answer> tags, respectively, "
    "i.e., <think> reasoning process here </think> <answer> answer here </answer>.\nUser: What is 1 + 1?"
    "\nAssistant: <think>"
)


@pytest.mark.parametrize(("name", "prompt"), [("qwen_math", QWEN_MATH), ("r1", R1), ("no", "What is 1 + 1?")])
def test_the_prompt_is_the_published_one(name, prompt):
    assert template(name).prompt("What is 1 + 1?") == prompt


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("qwen_math", r"so \boxed{2}.", "2"),
        ("qwen_math", r"first \boxed{1}, no, \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        ("qwen_math", "the answer is 2", None),
        ("qwen_math", "<answer> 2 </answer>", None),
        ("qwen_math", r"cut off in \boxed{2", None),
        ("no", r"\boxed{ }", None),
        ("r1", "1 + 1 = 2 </think> <answer> 2 </answer>", "2"),
        ("r1", r"so </think> <answer> it is \boxed{2} </answer>", "2"),
        ("r1", r"so </think> <answer> \boxed{2 </answer>", None),
        ("r1", r"so \boxed{2}", None),
        ("r1", "so </think><answer> 2 </answer>", None),
        ("r1", "so </think> <answer> 2", None),
        ("r1", "so </think> <answer> 1 </answer> no <answer> 2 </answer>", "2"),
        ("r1", "so </think> <answer> </answer>", None),
    ],
)
def test_an_answer_counts_in_its_place_only(name, text, answer):
    assert template(name).answer(text) == answer


def test_only_r1_stops_at_a_text():
    assert {name: own.stop for name, own in TEMPLATES.items()} == {"qwen_math": (), "r1": ("</answer>",), "no": ()}


def test_an_unknown_template_is_refused():
    with pytest.raises(InvalidParameter, match=r"^template: expected one of qwen_math, r1, no, got 'llama'"):
        template("llama")
