"""The bridge to Inspect, inside a real evaluation with epochs."""

import math

import pytest

inspect_ai = pytest.importorskip("inspect_ai", reason="inspect-ai is installed apart: its dependencies exclude ours")

from inspect_ai.dataset import Sample  # noqa: E402
from inspect_ai.model import (  # noqa: E402
    ChatCompletionChoice,
    ChatMessageAssistant,
    Logprob,
    Logprobs,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score, match  # noqa: E402
from inspect_ai.solver import generate  # noqa: E402

from semuq import DiscreteSemanticEntropy, ExactMatch, SampleSet, SemanticEntropy  # noqa: E402
from semuq.bridges.inspect import answers, uncertainty  # noqa: E402

SAID = {"known": ["Paris", "paris.", "Paris", "Paris"], "who": ["Lyon", "Nice", "Metz", "I do not know."]}


def output(text, logprob=None):
    tokens = None if logprob is None else Logprobs(content=[Logprob(token=text, logprob=logprob)])
    message = ChatMessageAssistant(content=text, source="generate")
    usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # counting them would take a download
    return ModelOutput(model="m", choices=[ChatCompletionChoice(message=message, logprobs=tokens)], usage=usage)


def evaluated(tmp_path, scorers, reducers):
    def say(messages, tools, choice, config):
        kind = "known" if "known" in messages[-1].text else "who"
        counts[kind] += 1
        return output(SAID[kind][counts[kind] - 1], -1.0)

    counts = {"known": 0, "who": 0}
    task = inspect_ai.Task(
        dataset=[Sample(input="known?", target="Paris"), Sample(input="who?", target="Lyon")],
        solver=generate(),
        scorer=scorers,
        epochs=inspect_ai.Epochs(4, reducers),
    )
    model = get_model("mockllm/model", custom_outputs=say)
    options = {"log_dir": str(tmp_path), "display": "none", "max_samples": 1, "max_connections": 1}
    (log,) = inspect_ai.eval(task, model=model, **options)
    assert log.status == "success", log.error
    return log


def expected(estimator, kind):
    logprobs = [[-1.0]] * 4
    samples = SampleSet(prompt=f"{kind}?", texts=SAID[kind], token_logprobs=logprobs)
    return float(estimator.score(samples, ExactMatch()))


@pytest.mark.filterwarnings("ignore")
def test_the_epochs_of_a_task_become_one_uncertainty_a_question(tmp_path):
    reducers = ["mean", *(uncertainty(own, ExactMatch()) for own in (DiscreteSemanticEntropy(), SemanticEntropy()))]
    log = evaluated(tmp_path, [answers(), match()], reducers)
    reduced = {(own.scorer, own.reducer): own.samples for own in log.reductions}
    assert [own.value for own in reduced["answers", "mean"]] == [1.0, 0.75]
    for estimator in (DiscreteSemanticEntropy(), SemanticEntropy()):
        found = reduced["answers", f"semuq_{type(estimator).__name__}"]
        assert [own.value for own in found] == pytest.approx([expected(estimator, kind) for kind in ("known", "who")])
        assert found[0].answer == "Paris"
        assert found[0].explanation == "All 4 answers mean 'Paris': the model is consistent."
        assert sorted(found[1].metadata["clusters"]) == [0, 1, 2, 3]
    # Another scorer's scores keep their answers too; no log-probs are known of them.
    assert reduced["match", "semuq_DiscreteSemanticEntropy"][0].value == 0.0
    assert math.isnan(reduced["match", "semuq_SemanticEntropy"][0].value)


def test_what_cannot_be_scored_is_unscored():
    reduce = uncertainty(SemanticEntropy(), ExactMatch())
    found = reduce([Score(value=1, answer="a"), Score(value=1, answer="b")])
    assert math.isnan(found.value)
    assert "needs token_logprobs" in found.explanation
