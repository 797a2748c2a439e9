"""The page as text: what it holds, that it loads nothing, that no answer becomes markup, and its size."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree.ElementTree import TreeBuilder

import numpy as np
import pytest

from semuq import ExactMatch, InvalidParameter, InvalidSamples, Platt, SampleSet, cross_fit
from semuq.cards import TEXT_LIMIT, visible
from semuq.cli.output import score_line
from semuq.metrics import auroc, reliability_diagram, risk_coverage
from semuq.report import render_report, write_report
from semuq.report.curves import curves
from semuq.report.distribution import distribution
from semuq.report.embed import HEAT_MAP_LIMIT, script_json
from semuq.scoring import score_stream
from semuq.scoring.record import QuestionScore
from tests.report.hostile import MARK, graded_questions, hostile_question

VOID = ("meta", "input", "br", "link", "img")


class Page(HTMLParser):
    """The page as a tree; every element must be closed where it was opened."""

    def __init__(self, html):
        super().__init__()
        self.elements, self._builder, self._open = [], TreeBuilder(), []
        self.feed(html)
        self.close()
        self.tree = self._builder.close()

    def handle_starttag(self, tag, attributes):
        known = {name: value or "" for name, value in attributes}
        self.elements.append((tag, known))
        self._builder.start(tag, known)
        if tag in VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        self._builder.end(tag)

    def handle_data(self, data):
        if self._open:
            self._builder.data(data)

    def texts(self, tag):
        return ["".join(element.itertext()) for element in self.tree.iter(tag)]

    @property
    def cards(self):
        return [CardOnPage(element) for element in self.tree.iter("details")]

    @property
    def data(self):
        return json.loads(self.texts("script")[0])

    @property
    def policy(self):
        return next(a["content"] for tag, a in self.elements if a.get("http-equiv") == "Content-Security-Policy")


class CardOnPage:
    """One question as the page shows it."""

    def __init__(self, element):
        self.element, self.anchor = element, element.get("id")

    def all(self, kind):
        found = [one for one in self.element.iter() if kind in one.get("class", "").split()]
        return ["".join(one.itertext()) for one in found]

    @property
    def meanings(self):
        """Percentage and count of each, from the words beside its bar."""
        heads = [" ".join("".join(one.find("h4").itertext()).split()) for one in self.sections]
        found = [re.search(r"(\d+)%.*?(\d+)(?: of \d+)? answer", head) for head in heads]
        return [(int(match[1]), int(match[2])) for match in found]

    @property
    def sections(self):
        return [one for one in self.element.iter("section") if "cluster" in one.get("class", "")]

    @property
    def widths(self):
        return [float(next(one.iter("rect")).get("width")) for one in self.sections]

    @property
    def numbers(self):
        return {row.find("th").text: "".join(row.find("td").itertext()) for row in self.element.iter("tr")}


@pytest.fixture(scope="module")
def graded():
    return graded_questions(40)


@pytest.fixture(scope="module")
def hostile():
    return hostile_question()


def test_nothing_is_loaded_from_anywhere(graded, hostile):
    page = Page(render_report([hostile, *graded]))
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form", "source", "image", "use")
        assert attributes.get("href", "#").startswith("#")
        assert not set(attributes) & {"src", "srcset", "action", "data", "xlink:href", "style"}
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_forbids_all_but_the_inline_script_and_style_by_their_hash(graded):
    page = Page(render_report(graded))
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind, text in (("script-src", page.texts("script")[1]), ("style-src", page.texts("style")[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert "unsafe" not in page.policy
    assert "http" not in page.policy


def test_hostile_texts_stay_text(hostile, graded):
    html = render_report([hostile, *graded], title=f"</title><script>window.{MARK} = 1</script>")
    page = Page(html)
    assert [tag for tag, _ in page.elements].count("script") == 2
    block = html[html.index('id="data">') + len('id="data">') :]
    block = block[: block.index("</script>")]
    assert not set("<>&\u2028\u2029") & set(block)
    shown = page.cards[0].all("text")
    assert f"</script><script>window.{MARK} = 1</script>" in shown
    assert "null␀byte ␛[31mred \ufffd" in shown
    assert "\ufffdgpj.exe" in shown
    assert "مرحبا بالعالم" in shown
    assert page.texts("h1") == page.texts("title")[:1] == [f"</title><script>window.{MARK} = 1</script>"]


def test_a_hostile_estimator_name_and_relation_are_escaped(graded):
    name = f"<script>window.{MARK} = 1</script>\ud800"
    question = dataclasses.replace(graded[0], scores={name: 1.0}, estimators={}, relation=name)
    html = render_report([question])
    assert [tag for tag, _ in Page(html).elements].count("script") == 2


def test_huge_texts_are_cut_and_say_by_how_much(hostile):
    html = render_report([hostile])
    assert len(html) < 150_000
    answers = Page(html).cards[0].all("answer")
    (cut,) = [text for text in answers if "xxx" in text]
    assert cut == "x" * TEXT_LIMIT + "cut here, 98,000 more characters"


def test_the_page_holds_the_numbers_of_the_scores(graded):
    page = Page(render_report(graded))
    names = list(graded[0].by_estimator)
    for data, card, question in zip(page.data["questions"], page.cards, graded, strict=True):
        assert data["scores"] == pytest.approx([question.by_estimator[name] for name in names], abs=5e-5)
        assert data["correct"] is question.metadata["correct"]
        assert card.all("mark") == ["✓ right" if question.metadata["correct"] else "✗ wrong"]
        assert card.all("verdict")[0].strip() == question.verdict
        heaviest = sorted(question.cluster_masses, reverse=True)
        assert [percent for percent, _ in card.meanings] == [int(f"{100 * mass:.0f}") for mass in heaviest]
        assert card.widths == pytest.approx([100 * mass for mass in heaviest], abs=0.051)
        assert sum(count for _, count in card.meanings) == len(question)
        numbers = sorted(int(own) for text in card.all("numbers") for own in re.findall(r"#(\d+)", text))
        assert numbers == list(range(1, len(question) + 1))
        for name, value in question.scores.items():
            assert card.numbers[name].startswith(f"{value:.4f}")


def test_masses_are_told_from_counts_where_both_appear(graded, hostile):
    by_likelihood, counted = Page(render_report([graded[0], hostile])).cards
    assert "shares of likelihood" in by_likelihood.all("detail")[0]
    assert "of likelihood, " in by_likelihood.all("cluster")[0]
    assert "likelihood" not in "".join(counted.all("detail"))


def test_every_question_has_a_link_of_its_own(graded, hostile):
    ids = ["q1", "q1", "a/b c", "", "../..", "日本", None]
    questions = [dataclasses.replace(graded[0], id=own) for own in ids]
    page = Page(render_report([hostile, *questions]))
    anchors = [card.anchor for card in page.cards]
    assert anchors[1:] == ["q-q1", "q-q1-3", "q-a-b-c", "q-5", "q-..-..", "q-日本", "q-8"]
    assert all(re.fullmatch(r"[\w.-]+", anchor) for anchor in anchors)
    assert [card.numbers["Link"] for card in page.cards] == [f"#{anchor}" for anchor in anchors]
    links = [element.get("href") for element in page.tree.iter("a")]
    assert links == [f"#{anchor}" for anchor in anchors]


def test_what_was_done_about_an_answer_is_shown(graded):
    done = dataclasses.replace(graded[0], metadata={"actions": ["Asked a second time.", 7, "a\x00b"]})
    first, second = Page(render_report([done, graded[1]])).cards
    assert first.all("action") == ["↻ Asked a second time.", "↻ a␀b"]
    assert second.all("action") == []


def test_the_heat_map_is_the_relation_in_the_order_it_names(graded):
    for shown, question in zip(Page(render_report(graded)).data["questions"], graded, strict=True):
        order = np.array(shown["relation"]["order"]) - 1
        for name in ("entailment", "contradiction"):
            expected = getattr(question.relation_scores, name)[np.ix_(order, order)]
            assert np.allclose(np.array(shown["relation"][name]) / 100, expected, atol=0.0051)
        clusters = [question.clusters[answer] for answer in order]
        assert sum(a != b for a, b in pairwise(clusters)) == len(set(clusters)) - 1


@pytest.mark.parametrize("n", [HEAT_MAP_LIMIT, HEAT_MAP_LIMIT + 1])
def test_large_heat_maps_are_left_out_and_the_page_says_so(n):
    samples = SampleSet(prompt="?", texts=[f"answer {index}" for index in range(n)])
    html = render_report(score_stream([samples], None, ExactMatch()))
    assert ("tooLarge" in Page(html).data["questions"][0]["relation"]) is (n > HEAT_MAP_LIMIT)
    assert f"heat maps are drawn for up to {HEAT_MAP_LIMIT} answers" in html


def test_auroc_and_its_interval_are_shown_where_there_are_right_and_wrong_answers(graded):
    name = next(iter(graded[0].scores))
    scores = [question.scores[name] for question in graded]
    value = auroc(scores, [question.metadata["correct"] for question in graded])
    html = render_report(graded)
    assert f"<dd>{value:.3f} <small>95% interval" in html
    right = [question for question in graded if question.metadata["correct"]]
    assert f"needs ten right and ten wrong answers, there are {len(right)} and 0" in render_report(right)
    few = [*right, *[question for question in graded if not question.metadata["correct"]][:9]]
    assert "too few to say" in render_report(few)
    ungraded = [dataclasses.replace(question, metadata={}) for question in graded]
    assert "AUROC" not in render_report(ungraded).split("<script")[0]


def test_risk_and_reliability_are_drawn_from_the_metrics_where_there_are_grades(graded):
    name = next(iter(graded[0].by_estimator))
    found = curves(name, graded)
    scores = [question.by_estimator[name] for question in graded]
    right = [question.metadata["correct"] for question in graded]
    risk = risk_coverage(scores, right)
    drawn = np.array([point.split(",") for point in found.line.split()], dtype=float)
    assert drawn == pytest.approx(np.column_stack([100 * risk.coverage, 100 - 100 * risk.risk]), abs=0.006)
    assert found.at(1.0)[:2] == pytest.approx((1.0, 1 - np.mean(right)))
    diagram = reliability_diagram(cross_fit(scores, right, calibrator=Platt()), right, bins=8)
    assert [bar[1] for bar in found.bars] == pytest.approx(list(100 * diagram.observed))
    html = render_report(graded)
    assert "Risk against coverage" in html
    assert f'points="{found.line}"' in html
    few = [*(own for own in graded if own.metadata["correct"]), *[o for o in graded if not o.metadata["correct"]][:9]]
    assert curves(name, few) is None
    assert "from 10 right and 10 wrong graded answers on" in render_report(few)
    ungraded = [dataclasses.replace(question, metadata={}) for question in graded]
    assert "risk" not in render_report(ungraded).split("<body>")[1].split("<script")[0].lower()


def test_long_curves_are_thinned_and_keep_their_ends():
    batch = graded_questions(30)
    spread = [dataclasses.replace(batch[i % 30], scores={"A": i / 900}, estimators={}) for i in range(900)]
    points = curves("A", spread).line.split()
    assert len(points) == 200
    assert points[-1].startswith("100.00,")


def test_right_and_wrong_are_shown_and_nothing_between_or_else(graded):
    marks = [1, 0.0, "true", None, 0.5]
    questions = [dataclasses.replace(graded[0], metadata={"correct": mark}) for mark in marks]
    assert [shown["correct"] for shown in Page(render_report(questions)).data["questions"]] == [True, False] + [
        None
    ] * 3


def test_a_histogram_counts_every_question_once_in_the_bar_that_holds_its_score(graded):
    for name in graded[0].by_estimator:
        spread = distribution(name, name, graded)
        scores = np.array([question.by_estimator[name] for question in graded])
        marks = np.array([question.metadata["correct"] for question in graded])
        last = spread.bars[-1]
        for bar in spread.bars:
            inside = (scores >= bar.low) & ((scores < bar.high) | ((bar is last) & (scores <= bar.high)))
            assert (bar.right, bar.wrong) == ((inside & marks).sum(), (inside & ~marks).sum())
        assert sum(bar.total for bar in spread.bars) == len(graded)
        assert spread.high == pytest.approx(np.log(6))
        assert spread.median == pytest.approx(np.median(scores))


def test_estimators_this_version_does_not_know_are_drawn_on_the_scale_of_their_scores(graded):
    questions = [
        dataclasses.replace(item, scores={"Theirs(x=1)": value}, estimators={})
        for item, value in zip(graded, (-1.0, 0.0, 3.0), strict=False)
    ]
    spread = distribution("Theirs(x=1)", "Theirs(x=1)", questions)
    assert (spread.low, spread.high, spread.units) == (-1.0, 3.0, "")
    assert "Theirs(x=1)" in render_report(questions)


def test_questions_without_a_score_are_not_counted_in_its_distribution(hostile, graded):
    data = Page(render_report([hostile, *graded])).data
    assert None in data["questions"][0]["scores"]
    assert None not in data["questions"][1]["scores"]


def test_equal_scores_of_zero_can_be_drawn():
    batch = [SampleSet(prompt="?", texts=("a",))]
    assert "Median" in render_report(score_stream(batch, None, ExactMatch()))


def test_no_question_is_a_page_that_says_so(tmp_path):
    empty = tmp_path / "scores.jsonl"
    empty.touch()
    assert write_report(empty, tmp_path / "report.html") == 0
    html = (tmp_path / "report.html").read_text()
    assert "holds no question" in html
    assert "semuq score" in html


def test_mixed_settings_and_unequal_sizes_are_warned_of(graded):
    assert "Mixed settings" not in render_report(graded)
    assert "Mixed settings" in render_report([*graded, dataclasses.replace(graded[0], settings="other")])
    assert "Unequal numbers" not in render_report(graded)
    assert "Unequal numbers" in render_report([*graded, *graded_questions(1, n=3)])


def test_two_thousand_questions_make_a_page_of_reasonable_size(graded):
    questions = [graded[index % len(graded)] for index in range(2_000)]
    assert len(render_report(questions).encode()) < 6_000_000


def test_a_file_of_scores_and_the_scores_themselves_give_the_same_page(tmp_path, graded):
    path = tmp_path / "scores.jsonl"
    graded = [QuestionScore.from_dict(question.to_dict()) for question in graded]  # with the decimals of a file
    path.write_bytes(b"".join(map(score_line, graded)))
    assert write_report(path, tmp_path / "a.html") == len(graded)
    assert write_report(iter(graded), tmp_path / "b.html") == len(graded)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_failure_leaves_the_older_page_and_no_litter(tmp_path, graded):
    def broken():
        yield graded[0]
        raise InvalidSamples("scores.jsonl, line 2: broken")

    page = tmp_path / "report.html"
    page.write_text("older")
    with pytest.raises(InvalidSamples):
        write_report(broken(), page)
    with pytest.raises(IsADirectoryError):
        write_report(graded, tmp_path)
    assert page.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_what_is_no_score_and_no_title_is_refused():
    with pytest.raises(InvalidParameter, match=r"scores\[0\]: expected a QuestionScore, got str"):
        render_report(["x"])
    with pytest.raises(InvalidParameter, match="title: expected str, got int"):
        render_report([], title=3)


@pytest.mark.parametrize("text", ["</script>", "<!--", "&lt;", "\u2028\u2029", "日本", '"\\'])
def test_embedded_json_reads_back_and_holds_nothing_a_parser_of_html_looks_for(text):
    block = script_json({"text": text})
    assert json.loads(block) == {"text": text}
    assert not re.search(r"[<>&\u2028\u2029]", block)


def test_visible_keeps_line_breaks_and_ordinary_text():
    assert visible("a\n\tGröße 日本 😀", 100) == ("a\n\tGröße 日本 😀", 0)
