"""Letters of a multiple choice: whole kinds of outputs, and the relation over them."""

import time

import pytest

from semuq import InvalidParameter, SampleSet
from semuq.relations.choice import ChoiceMatch, options_of
from semuq.relations.letters import chosen_letter, chosen_letters

PROMPT = "Which one barks?\nA. the cat\nB. the dog\nC. the fish"
LANGUAGES = (
    "Antwort: {}", "La réponse est {}.", "Respuesta: {}", "答案：{}", "正确答案是 {}。", "正解は{}です", "Ответ: {}",
)  # fmt: skip
WRAPPINGS = (
    "{}", "({})", "{}.", "**{}**", "[{}]", r"\boxed{{{}}}", r"$\boxed{{\textbf{{({})}}\ 42}}$", '{{"answer": "{}"}}',
    "<answer>{}</answer>", "<think>A? no, D.</think>{}", "The answer is {}<|im_end|>", "```\n{}\n```", "{}. 7", "{}: 7",
    "{} - 7",
)  # fmt: skip
CLAIMS = (
    "The answer is {} because it is so.", "I would pick {} — a safe one.", "Option {} is correct.", "So {} is correct.",
    "It must be {}.", "The correct choice is {}: seven", "Answer: I think it is {}", "Final Answer: ({})", "Choose {}",
    "It is not A, the answer is {}", "Answer: rules out A, leaving {}", "The answer cannot be A. It is {}.",
    "(A) is wrong because it is too small, so I choose {}.", "The answer is {}. Note that A is a common distractor.",
)  # fmt: skip


@pytest.mark.parametrize("letter", "BCDE")
@pytest.mark.parametrize("form", [*LANGUAGES, *WRAPPINGS, *CLAIMS])
def test_the_letter_is_found_in_every_form(form, letter):
    assert chosen_letter(form.format(letter)) == letter


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A dog",
        "I think so",
        "Vitamin C",
        "Plan B failed",
        "None of the above",
        "ANSWER: I don't know",
        "not B",
        "Z",
    ],
)
def test_a_letter_that_is_none_is_not_found(text):
    assert chosen_letters(text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        *("A and C", "(A), (C)", "Both A and C", "Answer: A, C", "C & A", "A or C", "AC", '{"answers": ["A", "C"]}'),
        "Options A and C apply; the others do not.",
    ],
)
def test_several_letters_are_kept_together(text):
    assert chosen_letters(text) == {"A", "C"}
    assert chosen_letter(text) is None


def test_answers_that_name_one_option_are_one():
    texts = ("B", "The answer is (B).", "the dog", "A", "B and A", "a bird", "Bird!")
    scores = ChoiceMatch().compare(SampleSet(prompt=PROMPT, texts=texts))[0]
    groups = [0, 0, 0, 1, 2, 3, 3]
    assert scores.equivalence().tolist() == [[a == b for b in groups] for a in groups]
    assert scores.undecided == 3  # "bird" with each of the three options named


def test_letters_come_from_the_question_or_from_the_parameter():
    assert options_of("A dog?\nB. is no option") == {}
    two = SampleSet(prompt=PROMPT, texts=("D", "d"))
    assert ChoiceMatch().compare(two)[0].undecided == 0
    assert ChoiceMatch(letters="ABCD").identity != ChoiceMatch().identity
    with pytest.raises(InvalidParameter, match=r"ChoiceMatch\.letters: expected None or distinct capitals"):
        ChoiceMatch(letters="AAB")


@pytest.mark.parametrize("part", ["answer ", "the answer is B. ", "(A) ", "not ", r"\boxed{", "A, ", "answer\n\n"])
def test_long_hostile_texts_are_read_in_linear_time(part):
    start = time.process_time()
    chosen_letters(part * 10_000 + "x")
    assert time.process_time() - start < 10  # well under 2 s; hours where a pattern backtracks


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        *(
            ("故选C", "C"),
            ("答案选 C。", "C"),
            ("الإجابة: C", "C"),
            ("La bonne réponse est la C.", "C"),
            ("Верный ответ — C", "C"),
        ),
        *(
            ("My pick is C.", "C"),
            ("I think A", "A"),
            ("Probably C", "C"),
            ("Answer: maybe C", "C"),
            ("C, I think", "C"),
        ),
        *(("C is the only one left.", "C"), ("The one that fits is C.", "C"), ("All options except C are wrong.", "C")),
        *(("{'answer': 'C'}", "C"), ("[[C]]", "C"), ("Answer: (c) 7 m", "C"), ("A? No, C.", "C"), ("ans. (c)", "C")),
        *(("C\n\nQuestion: Next?\nAnswer: B", "C"), ("It might be C.", "C"), ("It could be A or D.", None)),
        *(("It might be C. It could be (B).", None), ("C or maybe D", None), ("A good guess", None)),
        *(("Answer: C\n\nExplanation: Option B confuses cause and effect.", "C"), ("Choice: <b>C</b>", "C")),
        *(
            ("Choice C it is.", "C"),
            ("It points to Greek roots, i.e. choice (c).", "C"),
            ("Die Antwort ist also C.", "C"),
        ),
        *(("I choose C, although many people would say A.", "C"), ("C\n\nReasoning: B is for fish.", "C")),
    ],
)
def test_letters_are_found_in_what_models_say_around_them(text, letter):
    assert chosen_letter(text) == letter
