"""From graded scores to decisions, as a user runs it."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from semuq import (
    DiscreteSemanticEntropy,
    ExactMatch,
    InvalidParameter,
    KernelLanguageEntropy,
    LexicalSimilarity,
    SampleSet,
    SemanticEntropy,
)
from semuq.cli import app
from semuq.cli.output import score_line
from semuq.decisions.calibration import cross_fit
from semuq.decisions.rule import DecisionRule, cross_fitted_quality, fit_decision_rule
from semuq.metrics import auroc, brier, ece
from semuq.report import render_report
from semuq.scoring import score_stream
from semuq.scoring.record import read_scores

ESTIMATORS = (DiscreteSemanticEntropy(), KernelLanguageEntropy())


def questions(count, seed=0, *, label=True, references=False):
    """The more often 'a' is sampled, the more often it is right."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        share = rng.random()
        texts = tuple("a" if rng.random() < share else f"b{j}" for j in range(6))
        right = bool(rng.random() < share**0.5 if texts.count("a") > 3 else rng.random() < 0.1)
        yield SampleSet(
            id=f"q{index}",
            prompt="?",
            texts=texts,
            references=("a",) if references else (),
            metadata={"correct": right} if label else {},
        )


def write(path, batch):
    path.write_bytes(b"".join(map(score_line, score_stream(batch, ESTIMATORS, ExactMatch()))))
    return path


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


@pytest.fixture
def graded(tmp_path):
    return write(tmp_path / "graded.jsonl", questions(400))


def test_the_promise_of_fit_is_kept_by_decide_on_new_questions(graded, tmp_path):
    rule = tmp_path / "rule.json"
    fitted = run("fit", graded, "-o", rule, "--max-error", "0.3", "--confidence", "0.9")
    assert fitted.exit_code == 0, fitted.stderr
    assert "400 questions" in fitted.stderr
    assert "at most 0.3, with probability 0.9" in fitted.stderr.replace("\n", " ")
    new = list(questions(2000, seed=1))
    right = {samples.id: samples.metadata["correct"] for samples in new}
    decided = run("decide", write(tmp_path / "new.jsonl", new), "--rule", rule)
    assert decided.exit_code == 0, decided.stderr
    lines = [json.loads(line) for line in decided.stdout.splitlines()]
    assert [line["id"] for line in lines] == list(right)
    assert set(lines[0]) == {"id", "prompt", "answer", "score", "probability_right", "decision", "why"}
    limit = DecisionRule.load(rule).promise.thresholds[None].value
    assert {line["why"].split(",")[1][1:9] for line in lines if line["decision"] == "answer"} == {"at most "}
    assert all((line["score"] <= limit) == (line["decision"] == "answer") for line in lines)
    given = [right[line["id"]] for line in lines if line["decision"] == "answer"]
    assert 0 < len(given) < len(lines)
    assert np.mean(given) >= 0.7
    assert f"{len(given):,} of 2,000 questions answered" in decided.stderr


def test_least_answers_by_the_probability_and_reads_standard_input(graded, tmp_path):
    rule = tmp_path / "rule.json"
    assert run("fit", graded, "-o", rule, "--method", "platt").exit_code == 0
    refused = run("decide", graded, "--rule", rule)
    assert refused.exit_code == 2
    assert "--least" in refused.stderr
    result = run("decide", "-", "-r", rule, "--least", "0.6", input=graded.read_text())
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["decision"] for line in lines} == {"answer", "abstain"}
    assert all((line["probability_right"] >= 0.6) == (line["decision"] == "answer") for line in lines)


def test_labels_from_a_file_from_metadata_and_from_references(graded, tmp_path):
    truth = {samples.id: samples.metadata["correct"] for samples in questions(400)}
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps({"id": i, "correct": c}) + "\n" for i, c in reversed(truth.items())))
    for name, extra in (("a", []), ("b", ["--labels", labels])):
        assert run("fit", graded, "-o", tmp_path / f"{name}.json", *extra).exit_code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    bare = write(tmp_path / "bare.jsonl", questions(50, label=False, references=True))
    result = run("fit", bare, "-o", tmp_path / "c.json")
    assert result.exit_code == 0
    right = np.mean([score.leading_answer == "a" for score in read_scores(bare)])
    assert 0 < right < 1
    assert f"{right:.1%} right" in result.stderr


def test_references_grade_by_the_grader_that_is_named_as_everywhere(tmp_path):
    capital = [dataclasses.replace(own, references=("A",)) for own in questions(50, label=False)]
    bare = write(tmp_path / "bare.jsonl", capital)
    strict = run("fit", bare, "-o", tmp_path / "r.json", "--grader", "ExactMatchGrader(normalise=False)")
    assert "0.0% right" in strict.stderr
    loose = run("fit", bare, "-o", tmp_path / "r.json", "--grader", "EntailmentGrader(relation=exact)")
    right = np.mean([score.leading_answer == "a" for score in read_scores(bare)])
    assert f"{right:.1%} right" in loose.stderr
    unknown = run("fit", bare, "-o", tmp_path / "r.json", "--grader", "TokenF")
    assert unknown.exit_code == 2
    assert "TokenF1" in unknown.stderr
    assert run("fit", bare, "-o", tmp_path / "r.json", "--grader", "TokenF1", "--field", "x").exit_code == 2


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"id": "q0"}\n', "line 1"),
        ('{"id": "q0", "correct": "yes"}\n', "expected true, false or a number"),
        ('{"id": "q0", "correct": NaN}\n', "expected true, false or a number"),
        ('{"id": "q0", "correct": 2}\n', "expected true, false or a number"),
        ('{"id": "q0", "correct": true}\n' * 2, "each id once"),
        ('{"id": "elsewhere", "correct": true}\n', "got 1 for others, such as 'elsewhere'"),
        ('{"id": null, "correct": true}\n', "line 1"),
        ("", "got 0 for others"),
        ("{\n", "line 1"),
    ],
)
def test_bad_labels_name_their_line(graded, tmp_path, lines, message):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(lines)
    result = run("fit", graded, "-o", tmp_path / "rule.json", "--labels", labels)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "rule.json").exists()


def test_questions_without_labels_say_what_to_pass(tmp_path):
    bare = write(tmp_path / "bare.jsonl", questions(3, label=False))
    result = run("fit", bare, "-o", tmp_path / "rule.json")
    assert result.exit_code == 1
    assert "--labels FILE" in result.stderr


def test_wrong_usage(graded, tmp_path):
    assert run("fit", graded, "-o", tmp_path / "r.json", "--method", "magic").exit_code == 2
    assert "expected one of" in run("fit", graded, "-o", tmp_path / "r.json", "--estimator", "Nope").stderr
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert run("fit", empty, "-o", tmp_path / "r.json").exit_code == 1


def test_fit_says_how_good_the_score_is_on_questions_left_out(graded, tmp_path):
    scores = list(read_scores(graded))
    correct = np.array([float(score.metadata["correct"]) for score in scores])
    rule = fit_decision_rule(scores, correct)
    values = [score.by_estimator[rule.estimator] for score in scores]
    found = cross_fitted_quality(rule, scores, correct)
    assert found.auroc.value == pytest.approx(auroc(values, correct))
    assert found.brier == pytest.approx(brier(cross_fit(values, correct, 5), correct))
    assert found.ece == pytest.approx(ece(cross_fit(values, correct, 5), correct, bins=10, binning="mass"))
    assert found.brier_of_rate == pytest.approx(correct.var())
    assert found.brier < found.brier_of_rate
    said = run("fit", graded, "-o", tmp_path / "rule.json").stderr.replace("\n", " ")
    assert found.describe() in said
    assert f"AUROC {found.auroc}" in said


@pytest.mark.parametrize("method", ["isotonic", "platt", "histogram"])
def test_few_questions_or_one_kind_of_answer_are_no_failure(tmp_path, method):
    for count, right in ((1, None), (2, None), (12, True), (12, False)):
        batch = [
            dataclasses.replace(own, metadata={"correct": right if right is not None else number == 0})
            for number, own in enumerate(questions(count))
        ]
        path = write(tmp_path / "few.jsonl", batch)
        result = run("fit", path, "-o", tmp_path / "rule.json", "--method", method, "--max-error", "0.2")
        assert result.exit_code == 0, result.stderr
        assert ("On questions left out" in result.stderr) == (count > 9)
        assert (f"{count} questions are too few to say how good that is" in result.stderr) == (count < 10)
        assert ("AUROC too few to say" in result.stderr) == (count > 9)
        decided = run("decide", path, "-r", tmp_path / "rule.json")
        assert [json.loads(line)["decision"] for line in decided.stdout.splitlines()] == ["abstain"] * count


def test_a_rule_reads_back_as_it_was_and_damaged_ones_are_refused(graded, tmp_path):
    scores = list(read_scores(graded))
    correct = [float(score.metadata["correct"]) for score in scores]
    rule = fit_decision_rule(scores, correct, estimator="KernelLanguageEntropy", max_error=0.4)
    assert rule.estimator == repr(KernelLanguageEntropy())
    path = tmp_path / "rule.json"
    rule.save(path)
    assert DecisionRule.load(path) == rule
    assert [rule.decide(score) for score in scores] == [DecisionRule.load(path).decide(score) for score in scores]
    for broken in ("{}", "[1]", "x", '{"format": "semuq.decisions.rule", "version": 1, "estimator": "x"}'):
        path.write_text(broken)
        with pytest.raises(InvalidParameter, match=r"rule\.json"):
            DecisionRule.load(path)


def test_a_score_that_is_missing_is_refused_and_never_answered(graded, tmp_path):
    rule = tmp_path / "rule.json"
    run("fit", graded, "-o", rule, "--estimator", "KernelLanguageEntropy", "--max-error", "0.4")
    other = tmp_path / "other.jsonl"
    batch = list(questions(2))
    other.write_bytes(b"".join(map(score_line, score_stream(batch, (DiscreteSemanticEntropy(),), ExactMatch()))))
    result = run("decide", other, "--rule", rule)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "score the answers with it" in result.stderr


def test_a_rule_is_for_the_relation_it_was_fitted_with(graded, tmp_path):
    rule = tmp_path / "rule.json"
    assert run("fit", graded, "-o", rule, "--max-error", "0.4").exit_code == 0
    batch = list(questions(2))
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"".join(map(score_line, score_stream(batch, ESTIMATORS, LexicalSimilarity()))))
    result = run("decide", other, "--rule", rule)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "relation: expected that of the fitted scores" in result.stderr.replace("\n", " ")
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(graded.read_bytes() + other.read_bytes())
    result = run("fit", mixed, "-o", tmp_path / "mixed.json")
    assert result.exit_code == 1
    assert "relation: expected one for all questions" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        '{"prompt": "?"}',
        "\x00",
        '{"scores": NaN}',
        "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_broken_line_is_named_and_nothing_after_it_is_decided(graded, tmp_path, line):
    rule = tmp_path / "rule.json"
    assert run("fit", graded, "-o", rule, "--max-error", "0.4").exit_code == 0
    whole = graded.read_text().splitlines(keepends=True)
    broken = tmp_path / "broken.jsonl"
    broken.write_text("".join([*whole[:2], line + "\n", *whole[2:4]]))
    for arguments in (("decide", broken, "--rule", rule), ("fit", broken, "-o", tmp_path / "new.json")):
        result = run(*arguments)
        assert result.exit_code == 1, result.output
        assert "broken.jsonl, line 3" in result.stderr.replace("\n", " ")
        assert "Traceback" not in result.stderr
    assert not (tmp_path / "new.json").exists()
    assert len(run("decide", broken, "--rule", rule).stdout.splitlines()) <= 2


def test_one_answer_is_no_certainty(graded, tmp_path):
    """It agrees with itself: 250 of 250 were answered at a stated probability of .94, half of them wrong."""
    rule = tmp_path / "rule.json"
    run("fit", graded, "-o", rule, "--max-error", "0.4")
    single = [dataclasses.replace(own, texts=own.texts[:1]) for own in questions(50)]
    result = run("decide", write(tmp_path / "one.jsonl", single), "--rule", rule)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["decision"] for line in lines} == {"abstain"}
    assert {line["probability_right"] for line in lines} == {None}
    assert {line["why"] for line in lines} == {"the rule was fitted on 6 answers a question, this one has 1"}
    assert "50 abstained from: the rule was fitted on 6 answers" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the answer is empty"),
        ("...", "the answer is empty"),
        ("I don't know.", "the model gives no answer"),
        ("I'm sorry, but I can't help with that.", "the model gives no answer"),
        ("I am unable to determine the answer.", "the model gives no answer"),
    ],
)
def test_agreeing_on_no_answer_is_none(graded, tmp_path, text, why):
    rule = tmp_path / "rule.json"
    run("fit", graded, "-o", rule, "--max-error", "0.4")
    agreed = [SampleSet(prompt="?", texts=(own,) * 6) for own in (text, "a", "I'm not sure, but I think it's Paris")]
    result = run("decide", write(tmp_path / "none.jsonl", agreed), "--rule", rule)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["decision"] for line in lines] == ["abstain", "answer", "answer"]
    assert lines[0]["why"].startswith(why)


def test_a_refusal_that_the_server_marks_is_one_in_any_words(graded, tmp_path):
    rule = tmp_path / "rule.json"
    run("fit", graded, "-o", rule, "--max-error", "0.4")
    marked = SampleSet(prompt="?", texts=("Nein.",) * 6, metadata={"finish_reasons": ["refusal"] * 5 + ["stop"]})
    result = run("decide", write(tmp_path / "none.jsonl", [marked]), "--rule", rule)
    assert json.loads(result.stdout)["decision"] == "abstain"


def test_a_rule_is_for_the_sampler_it_was_fitted_with_whatever_its_seed(tmp_path):
    def of(temperature, seed, count=60):
        name = f"m/Decoding(temperature={temperature}, seed={seed})"
        return [dataclasses.replace(own, metadata={**own.metadata, "sampler": name}) for own in questions(count)]

    rule = tmp_path / "rule.json"
    assert run("fit", write(tmp_path / "a.jsonl", of(1.0, 0)), "-o", rule, "--max-error", "0.4").exit_code == 0
    assert DecisionRule.load(rule).samplers == ("m/Decoding(temperature=1.0)",)
    assert run("decide", write(tmp_path / "b.jsonl", of(1.0, 7, 3)), "--rule", rule).exit_code == 0
    for other in (of(0.5, 0, 3), list(questions(3))):
        result = run("decide", write(tmp_path / "c.jsonl", other), "--rule", rule)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "sampler: expected that of the fitted answers" in result.stderr.replace("\n", " ")


def test_labels_for_a_part_of_the_questions_are_the_normal_case(graded, tmp_path):
    truth = {samples.id: samples.metadata["correct"] for samples in questions(400)}
    labels = tmp_path / "labels.jsonl"
    chosen = [own for own in truth if own.endswith("3")]
    labels.write_text("".join(json.dumps({"id": own, "correct": truth[own]}) + "\n" for own in [*chosen]))
    result = run("fit", graded, "-o", tmp_path / "part.json", "--labels", labels)
    assert result.exit_code == 0
    said = result.stderr.replace("\n", " ")
    assert f"{len(chosen)} questions" in said
    assert f"{400 - len(chosen)} without a label left out" in said
    assert "Decides by DiscreteSemanticEntropy, for questions with 6 answers." in said
    alone = write(tmp_path / "alone.jsonl", [own for own in questions(400) if own.id in chosen])
    assert run("fit", alone, "-o", tmp_path / "alone.json").exit_code == 0
    assert (tmp_path / "alone.json").read_bytes() == (tmp_path / "part.json").read_bytes()


def test_a_mistyped_field_is_an_error_and_never_other_labels(tmp_path):
    batch = list(questions(30, references=True))
    path = write(tmp_path / "a.jsonl", batch)
    result = run("fit", path, "-o", tmp_path / "r.json", "--field", "corect")
    assert result.exit_code == 1
    assert "got 'corect', which no question has; did you mean 'correct'?" in result.stderr.replace("\n", " ")
    half = [dataclasses.replace(own, metadata={}) if place % 2 else own for place, own in enumerate(batch)]
    path = write(tmp_path / "half.jsonl", half)
    said = run("fit", path, "-o", tmp_path / "r.json", "--field", "correct").stderr.replace("\n", " ")
    assert "15 questions" in said
    assert "15 without a label left out" in said
    said = run("fit", path, "-o", tmp_path / "r.json").stderr.replace("\n", " ")
    assert "30 questions" in said
    assert "by metadata 'correct' (15) and references (15)" in said
    assert run("fit", path, "-o", tmp_path / "r.json", "--field", "x", "--labels", path).exit_code == 2


def test_grades_of_each_answer_are_labels_of_the_leading_one(tmp_path):
    """What a log of Inspect leaves: by the answer that would be given, not by the first or by most."""
    batch = list(questions(60))
    plain = write(
        tmp_path / "a.jsonl", [dataclasses.replace(own, metadata={"correct": "a" in own.texts}) for own in batch]
    )

    def grades(own):
        leading = max(own.texts, key=own.texts.count)
        return [("a" in own.texts) if text == leading else ("a" not in own.texts) for text in own.texts]

    stored = [dataclasses.replace(own, metadata={"grades": {"judge": grades(own), "other": [0] * 6}}) for own in batch]
    path = write(tmp_path / "b.jsonl", stored)
    assert [own.correct for own in read_scores(path)] == [own.correct for own in read_scores(plain)]
    # A table with a row for each answer has such a list under the name of the column.
    listed = [dataclasses.replace(own, metadata={"correct": grades(own)}) for own in batch]
    other = write(tmp_path / "d.jsonl", listed)
    assert [own.correct for own in read_scores(other)] == [own.correct for own in read_scores(plain)]
    said = run("fit", path, "-o", tmp_path / "b.json").stderr.replace("\n", " ")
    assert "60 questions" in said
    assert "by metadata 'grades'" in said
    assert run("fit", path, "-o", tmp_path / "c.json", "--field", "grades").exit_code == 0
    assert run("fit", plain, "-o", tmp_path / "a.json").exit_code == 0
    assert (
        (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes() == (tmp_path / "c.json").read_bytes()
    )
    assert render_report(read_scores(path)).count("✗ wrong") == sum("a" not in own.texts for own in batch)


@pytest.mark.parametrize("grades", [[1, 0], [1, 0, "C", 0, 0, 1], {}, {"judge": [1]}])
def test_grades_that_are_none_are_an_error_and_no_mark(tmp_path, grades):
    path = write(tmp_path / "a.jsonl", [dataclasses.replace(own, metadata={"grades": grades}) for own in questions(12)])
    said = run("fit", path, "-o", tmp_path / "r.json").stderr.replace("\n", " ")
    assert "metadata 'grades': expected true, false or a number in [0, 1] for each of the 6 answers" in said
    assert [own.correct for own in read_scores(path)] == [None] * 12


def test_a_label_is_never_shared_by_two_questions_of_one_name(tmp_path):
    batch = [dataclasses.replace(own, id="same" if place < 2 else own.id) for place, own in enumerate(questions(20))]
    path, labels = write(tmp_path / "a.jsonl", batch), tmp_path / "labels.jsonl"
    labels.write_text('{"id": "same", "correct": true}\n')
    result = run("fit", path, "-o", tmp_path / "r.json", "--labels", labels)
    assert result.exit_code == 1
    assert "got one for 2 questions that are all called 'same'" in result.stderr.replace("\n", " ")
    labels.write_text('{"id": "q5", "correct": true}\n')
    assert run("fit", path, "-o", tmp_path / "r.json", "--labels", labels).exit_code == 0


def test_whole_numbers_are_ids_too(tmp_path):
    path, labels = (
        write(tmp_path / "a.jsonl", [dataclasses.replace(own, id=own.id[1:]) for own in questions(5)]),
        tmp_path / "l",
    )
    labels.write_text("".join(json.dumps({"id": place, "correct": place > 1}) + "\n" for place in range(5)))
    assert run("fit", path, "-o", tmp_path / "r.json", "--labels", labels).exit_code == 0


def test_scores_with_full_names_as_earlier_files_have_them_are_fitted_and_decided_alike(graded, tmp_path):
    short = list(read_scores(graded))
    full = [dataclasses.replace(score, scores=score.by_estimator, estimators={}) for score in short]
    correct = [float(score.metadata["correct"]) for score in short]
    rules = [fit_decision_rule(own, correct, estimator="KernelLanguageEntropy") for own in (short, full)]
    assert rules[0] == rules[1]
    for one, other in zip(short, full, strict=True):
        assert rules[0].decide(one, 0.5) == rules[0].decide(other, 0.5)


def likelihoods(count, gaps=()):
    """Questions with log-probs, but for the second answer of some of them."""
    rng = np.random.default_rng(5)
    for place, own in enumerate(questions(count)):
        tokens = [-rng.exponential(1.0, size=2) for _ in own.texts]
        if place in gaps:
            tokens[1] = None
        yield dataclasses.replace(own, token_logprobs=tokens)


def test_a_question_without_the_score_is_left_out_of_the_fit_and_abstained_from(tmp_path):
    estimators = (SemanticEntropy(), DiscreteSemanticEntropy())

    def scored(name, gaps):
        path = tmp_path / name
        path.write_bytes(b"".join(map(score_line, score_stream(likelihoods(60, gaps), estimators, ExactMatch()))))
        return path

    gaps, rule, other = scored("gaps.jsonl", {0, 7}), tmp_path / "rule.json", tmp_path / "other.json"
    fitted = run("fit", gaps, "-o", rule)
    assert fitted.exit_code == 0, fitted.stderr
    assert "58 questions" in fitted.stderr
    assert "2 without this score left out" in " ".join(fitted.stderr.split())
    assert json.loads(rule.read_text())["estimator"] == repr(SemanticEntropy())
    kept = tmp_path / "kept.jsonl"
    kept.write_text(
        "".join(line for place, line in enumerate(gaps.read_text().splitlines(keepends=True)) if place not in {0, 7})
    )
    run("fit", kept, "-o", other)
    assert rule.read_bytes() == other.read_bytes()
    result = run("decide", gaps, "--rule", rule, "--least", "0.0")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [place for place, line in enumerate(lines) if line["decision"] == "abstain"] == [0, 7]
    assert lines[7]["why"].startswith("no score of SemanticEntropy: token_logprobs: expected those of all 6 answers")
    assert (lines[7]["score"], lines[7]["probability_right"]) == (None, None)
    assert "2 abstained from: no score of SemanticEntropy" in result.stderr
    none = tmp_path / "none.jsonl"
    none.write_text(
        "".join(line for place, line in enumerate(gaps.read_text().splitlines(keepends=True)) if place in {0, 7})
    )
    refused = run("fit", none, "-o", other, "--estimator", "SemanticEntropy")
    assert (refused.exit_code, "expected some score of" in refused.stderr) == (1, True)


def test_an_answer_that_is_none_is_right_with_no_probability(graded, tmp_path):
    """However alike refusals are, and however sure of such scores the rule is."""
    rule = tmp_path / "rule.json"
    assert run("fit", graded, "-o", rule).exit_code == 0
    none = [SampleSet(prompt="?", texts=(text,) * 6) for text in ("I cannot answer that.", "")]
    result = run("decide", write(tmp_path / "none.jsonl", none), "--rule", rule, "--least", "0.1")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["decision"], line["probability_right"]) for line in lines] == [("abstain", None)] * 2
    assert "1 abstained from: the answer is empty" in result.stderr


def test_with_keep_going_a_broken_line_costs_nobody_else(graded, tmp_path):
    rule, broken, again = tmp_path / "rule.json", tmp_path / "broken.jsonl", tmp_path / "again.json"
    assert run("fit", graded, "-o", rule).exit_code == 0
    lines = graded.read_text().splitlines()
    other = json.loads(lines[3]) | {"relation": "another"}
    broken.write_text("\n".join([lines[0], "{", lines[1], json.dumps(other), *lines[2:]]))
    stopped = run("decide", broken, "--rule", rule, "--least", "0.5")
    assert (stopped.exit_code, len(stopped.stdout.splitlines())) == (1, 1)
    result = run("decide", broken, "--rule", rule, "--least", "0.5", "--keep-going")
    plain = run("decide", graded, "--rule", rule, "--least", "0.5")
    assert (result.exit_code, result.stdout) == (1, plain.stdout)
    said = " ".join(result.stderr.split())
    assert "line 2: not valid JSON" in said
    assert "question 'q3': relation: expected that of the fitted scores" in said
    assert "2 left out" in said
    broken.write_text("\n".join([lines[0], "{", *lines[1:]]))
    assert run("fit", broken, "-o", again).exit_code == 1
    assert not again.exists()
    kept = run("fit", broken, "-o", again, "--keep-going")
    assert (kept.exit_code, again.read_bytes() == rule.read_bytes()) == (1, True)
    assert "1 broken line left out" in kept.stderr
