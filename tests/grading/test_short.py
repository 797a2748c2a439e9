"""The default grader: kinds of answers that a count of words gets wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq.errors import InvalidParameter
from semuq.grading import ShortAnswer, default_grader
from semuq.grading.claims import asserted

NAMES = ("Paris", "Jane Austen", "Mount Everest", "New Zealand")


def right(answer, gold):
    return ShortAnswer().grade("?", answer, [gold]) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "form", ["{}", "It is {}.", "The answer is {}", "**{}**", "<answer>{}</answer>", "It's {}, I think"]
)
def test_the_gold_answer_in_a_sentence_is_right(name, form):
    assert right(form.format(name), name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["Not {}", "It is not {}", "{} or Lagos", "Lagos, not {}", "never {}", "不是{}", ""])
def test_what_is_denied_or_left_open_is_wrong(name, form):
    assert not right(form.format(name), name)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        *(("−5", "-5"), ("minus 5", "-5"), ("1,000", "1000"), ("$5", "5"), ("eight", "8"), ("8", "eight")),
        *(
            ("3/4", "0.75"),
            ("٤٢", "42"),
            ("30 minutes", "half an hour"),
            ("50 percent", "50%"),
            ("2.5 million", "2500000"),
        ),
        *(("Zürich", "Zurich"), ("O'Brien", "OBrien"), ("AT&T", "AT and T"), ("USA", "United States"), ("U.S.", "US")),
        *(("George Bush", "George W. Bush"), ("the Beatles", "Beatles"), ("東京", "東京")),
    ],
)
def test_another_way_of_writing_is_right(answer, gold):
    assert right(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        *(("5%", "5"), ("5", "5%"), ("5 kg", "5 g"), ("50", "5"), ("10", "1.0"), ("12 million", "12"), ("4 2", "42")),
        *(("Vitamin C", "Vitamin A"), ("Type O blood", "Type A blood"), ("A-", "A"), ("C#", "C"), (".NET", "net")),
        *(("10²", "102"), ("x²", "x2"), ("King of France", "Queen of France"), ("Henry VII", "Henry VIII")),
        *(("1945 was after 1939", "1939"), ("George H. W. Bush", "George X. Bush"), ("I don't know", "Paris")),
    ],
)
def test_another_value_label_or_name_is_wrong(answer, gold):
    assert not right(answer, gold)


@given(answer=st.text(max_size=40), gold=st.text(max_size=20))
def test_every_text_is_graded_and_equals_itself(answer, gold):
    assert ShortAnswer().grade("?", answer, [gold]) in (0.0, 1.0)
    assert right(answer, answer)


def test_it_is_the_default_and_checks_its_threshold():
    assert default_grader() == ShortAnswer()
    with pytest.raises(InvalidParameter, match=r"ShortAnswer\.threshold: expected a share"):
        ShortAnswer(threshold=0)


def test_only_short_answers_are_searched_for_denials():
    long = "The song You'll Never Walk Alone was first released in 1945 as a show tune of the musical Carousel"
    assert asserted(long) == long


@pytest.mark.parametrize(
    ("answer", "gold", "grade"),
    [
        *(("3²", "9", 1), ("2^3", "8", 1), ("23", "2^3", 0), ("9", "3²", 1)),
        *(
            ("after 1875", "1875", 0),
            ("more than 42", "42", 0),
            ("42 to 50", "42", 0),
            ("more than 42", "more than 42", 1),
        ),
        *(
            ("It is Rome, Milan, or Turin.", "Rome", 0),
            ("Maybe Rome, maybe Turin", "Rome", 0),
            ("Rome? Or Turin?", "Rome", 0),
        ),
        *(
            ("Rome and Turin", "Rome", 0),
            ("Rome, Turin, Bari, Pisa", "Rome", 0),
        ),
        *(("Rome, Italy", "Rome", 1), ("red, green and blue", "red and blue", 0), ("blue and red", "red and blue", 1)),
        *(("nothing but Rome", "Rome", 0), ("everywhere except Rome", "Rome", 0), ("Rome is wrong", "Rome", 0)),
        *(
            ("East Timor", "Timor", 0),
            ("New Zealand", "Zealand", 0),
            ("Guinea-Bissau", "Guinea", 0),
            ("in Timor", "Timor", 1),
        ),
        *(("Wells", "H. G. Wells", 1), ("Orson Wells", "H. G. Wells", 0), ("Malcolm", "Malcolm X", 0)),
        *(("As an AI, I do not know", "AI", 0), ("Acme Widget", "Acme™ Widget", 1), ("AB negative", "A negative", 0)),
        *(("Rome\n\nQuestion: And?\nAnswer: Bari", "Bari", 0), ("Rome\n\nQuestion: And?\nAnswer: Bari", "Rome", 1)),
    ],
)
def test_the_form_of_an_answer_tells_what_it_claims(answer, gold, grade):
    assert right(answer, gold) == grade
