"""The page as text: what it holds, that it loads nothing, that no answer becomes markup, and its size."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from semuq import ExactMatch, InvalidParameter, InvalidSamples, SampleSet
from semuq.cli.output import score_line
from semuq.metrics import auroc
from semuq.report import render_report, write_report
from semuq.report.distribution import distribution
from semuq.report.embed import HEAT_MAP_LIMIT, TEXT_LIMIT, script_json, visible
from semuq.scoring import score_stream
from semuq.scoring.record import QuestionScore
from tests.report.hostile import MARK, graded_questions, hostile_question


class Page(HTMLParser):
    """The elements and attributes of a page, and the text of its scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.raw, self._open = [], {}, None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open = tag if tag in ("script", "style") else None
        if self._open:
            self.raw.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open:
            self.raw[self._open][-1] += data

    @property
    def data(self):
        return json.loads(self.raw["script"][0])

    @property
    def policy(self):
        return next(a["content"] for tag, a in self.elements if a.get("http-equiv") == "Content-Security-Policy")


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
        assert not set(attributes) & {"src", "href", "srcset", "action", "data", "xlink:href", "style"}
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_forbids_all_but_the_inline_script_and_style_by_their_hash(graded):
    page = Page(render_report(graded))
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind, text in (("script-src", page.raw["script"][1]), ("style-src", page.raw["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert "unsafe" not in page.policy
    assert "http" not in page.policy


def test_hostile_texts_stay_inside_the_data(hostile, graded):
    html = render_report([hostile, *graded], title=f"</title><script>window.{MARK} = 1</script>")
    page = Page(html)
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert [tag for tag, _ in page.elements].count("b") == 0
    block = html[html.index('id="data">') + len('id="data">') :]
    block = block[: block.index("</script>")]
    assert not set("<>&\u2028\u2029") & set(block)
    shown = {wording[0] for cluster in page.data["questions"][0]["clusters"] for wording in cluster["wordings"]}
    assert f"</script><script>window.{MARK} = 1</script>" in shown
    assert "null␀byte ␛[31mred \ufffd" in shown
    assert "\ufffdgpj.exe" in shown
    assert "مرحبا بالعالم" in shown


def test_a_hostile_estimator_name_and_relation_are_escaped(graded):
    name = f"<script>window.{MARK} = 1</script>\ud800"
    question = dataclasses.replace(graded[0], scores={name: 1.0}, estimators={}, relation=name)
    html = render_report([question])
    assert [tag for tag, _ in Page(html).elements].count("script") == 2


def test_huge_texts_are_cut_and_say_by_how_much(hostile):
    html = render_report([hostile])
    assert len(html) < 150_000
    wordings = [wording for cluster in Page(html).data["questions"][0]["clusters"] for wording in cluster["wordings"]]
    assert [(len(text), cut) for text, cut, _ in wordings if cut] == [(TEXT_LIMIT, 100_000 - TEXT_LIMIT)]


def test_the_data_hold_the_numbers_of_the_scores(graded):
    data = Page(render_report(graded)).data
    names = list(graded[0].scores)
    for shown, question in zip(data["questions"], graded, strict=True):
        assert shown["scores"] == pytest.approx([question.scores[name] for name in names], abs=5e-5)
        assert shown["verdict"] == question.verdict
        assert shown["correct"] is question.metadata["correct"]
        assert sum(cluster["count"] for cluster in shown["clusters"]) == len(question)
        masses = [cluster["mass"] for cluster in shown["clusters"]]
        assert masses == sorted(masses, reverse=True)
        assert masses == pytest.approx(sorted(question.cluster_masses, reverse=True), abs=5e-5)
        numbers = sorted(number for c in shown["clusters"] for wording in c["wordings"] for number in wording[2])
        assert numbers == list(range(1, len(question) + 1))


def test_what_was_done_about_an_answer_is_shown(graded):
    done = dataclasses.replace(graded[0], metadata={"actions": ["Asked a second time.", 7, "a\x00b"]})
    shown = Page(render_report([done, graded[1]])).data["questions"]
    assert sorted(own["actions"] for own in shown) == [[], ["Asked a second time.", "a␀b"]]


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
    assert "too few to say: needs ten right and ten wrong answers" in render_report(right)
    few = [*right, *[question for question in graded if not question.metadata["correct"]][:9]]
    assert "too few to say" in render_report(few)
    ungraded = [dataclasses.replace(question, metadata={}) for question in graded]
    assert "AUROC" not in render_report(ungraded).split("<script")[0]


def test_only_a_boolean_is_a_grade(graded):
    marks = [1, "true", None, 0.5]
    questions = [dataclasses.replace(graded[0], metadata={"correct": mark}) for mark in marks]
    assert [shown["correct"] for shown in Page(render_report(questions)).data["questions"]] == [None] * 4


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
    assert len(render_report(questions).encode()) < 4_000_000


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
