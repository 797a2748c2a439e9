"""What notebooks show: every text escaped, every number there, readable without a style of the host's; short reprs."""

from html import unescape

import numpy as np
import pytest

from semuq import ExactMatch, Platt, SampleSet, Table
from semuq.cards import Cell, grid, html_grid, style
from semuq.cards.grid import ROWS_LIMIT
from semuq.decisions.rule import Decision, DecisionRule
from semuq.scoring import score_stream
from tests.report.hostile import HOSTILE, MARK, hostile_question
from tests.report.test_page import Page

SAMPLES = SampleSet(
    prompt="Capital of France?",
    texts=("Paris", "paris", "Lyon", "Paris"),
    token_logprobs=[[-0.1], [-0.2], [-2.0], [-0.1]],
    references=("Paris",),
    id="q1",
    metadata={"correct": True},
)


@pytest.fixture(scope="module")
def scored():
    return next(score_stream([SAMPLES], None, ExactMatch()))


def harmless(html):
    page = Page(f"<html>{html}</html>")
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "img", "iframe", "object", "embed", "form")
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")
    return page


def test_a_sample_set_shows_its_answers_with_their_numbers_and_what_it_has():
    page = harmless(SAMPLES._repr_html_())
    text = "".join(page.tree.itertext())
    for expected in ("Capital of France?", "Paris", "#1 #4", "Lyon", "#3", "token_logprobs", "Reference answers"):
        assert expected in text
    assert "%" not in "".join(page.texts("h4"))


def test_a_scored_question_shows_meanings_scores_verdict_and_grade(scored):
    text = "".join(harmless(scored._repr_html_()).tree.itertext())
    assert scored.verdict in text
    assert "✓ right" in text
    assert "2 meanings" in text
    for name, value in scored.scores.items():
        assert name in text
        assert f"{value:.4f} nats" in text


def test_hostile_texts_are_text_in_every_card():
    question = hostile_question()
    samples = SampleSet(prompt=HOSTILE[1], texts=HOSTILE, id=HOSTILE[0])
    decision = Decision(
        id="x", prompt=HOSTILE[1], answer=HOSTILE[3], given=True, why=HOSTILE[0], score=0.5, probability_right=0.5,
        meanings=tuple((text, 0.1) for text in HOSTILE),
    )  # fmt: skip
    table = Table(index=(HOSTILE[0],), columns={HOSTILE[3]: np.array([1.0])})
    for item in (question, samples, decision, table):
        html = item._repr_html_()
        page = harmless(html)
        assert f"<script>window.{MARK} = 1</script>" in "".join(page.tree.itertext())
        assert "\x00" not in html
        assert len(repr(item)) < 400
        assert "\x1b" not in repr(item)


def test_a_decision_shows_what_it_decided_and_why(scored):
    calibrator = Platt().fit([0.0, 0.1, 0.9, 1.0], [True, True, False, False])
    name = next(iter(scored.by_estimator))
    rule = DecisionRule(estimator=name, relation=scored.relation, calibrator=calibrator)
    given, abstained = rule.decide(scored, 0.0), rule.decide(scored, 1.0)
    right = f"right with probability {given.probability_right:.3f}"
    assert repr(given) == f"Decision('Capital of France?', answer 'Paris', {right})"
    assert repr(abstained) == f"Decision('Capital of France?', abstain: {right}, below 1, {right})"
    assert "Answer: 'Paris'" in unescape(given._repr_html_())
    assert "Abstain: right with" in abstained._repr_html_()


def test_reprs_are_one_short_line(scored):
    assert repr(scored).startswith("QuestionScore('Capital of France?', n=4, SemanticEntropy=")
    assert "\n" not in repr(scored)
    long = SampleSet(prompt="x" * 10_000, texts=("a" * 10_000,) * 50)
    assert len(repr(next(score_stream([long], None, ExactMatch())))) < 200


def test_long_tables_show_their_ends_and_say_what_is_left_out():
    rows = [(Cell(f"q{index}", left=True), Cell(str(index))) for index in range(2_000)]
    lines = grid(("id", "n"), rows).splitlines()
    assert len(lines) == ROWS_LIMIT + 2
    assert lines[ROWS_LIMIT // 2 + 1] == "… 1,960 more …"
    assert lines[-1].split() == ["q1999", "1999"]
    assert html_grid(("id", "n"), rows).count("<tr>") == ROWS_LIMIT + 2
    assert grid(("id", "n"), []) == "id  n"


def test_the_style_touches_nothing_outside_a_card():
    rules = style().replace("@media (max-width: 46rem) {", "").replace("@media print {", "")
    selectors = [part.split("}")[-1].strip() for part in rules.split("{")[:-1]]
    for selector in filter(None, selectors):
        assert all(one.strip().startswith(".semuq") for one in selector.split(","))
