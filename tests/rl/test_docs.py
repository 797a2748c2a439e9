"""The page on modulators: its examples run, and its table says what the claims say."""

import doctest
import re
from functools import partial
from pathlib import Path

import pytest

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq_rl import GroupBatch, Signal, modulators
from semuq_rl.trainer.log import COLUMNS, signal_metrics, step_metrics

PAGE = Path(__file__).parents[2] / "docs" / "rl" / "modulators.md"
ROWS = {
    cells[0].strip("`"): cells
    for line in PAGE.read_text(encoding="utf-8")
    .split("## The modulators")[1]
    .split("| factory ")[1]
    .split("\n\n")[0]
    .splitlines()[2:]
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])
}
BUILT = {re.match(r"\w+", built.name)[0]: built for built in (build(0.8) for build in modulators.AT_STRENGTH.values())}


@pytest.mark.parametrize(("name", "examples"), [("modulators.md", 11), ("adapters.md", 6)])
def test_examples_run(name, examples):
    page = PAGE.parent / name
    # A closing fence would be taken for expected output.
    source = re.sub(r"^```.*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(source, {}, name, str(page), 0)
    output = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    results = runner.run(test, out=output.append)
    assert not results.failed, "".join(output)
    assert results.attempted >= examples


@pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")
def test_the_example_of_the_trainer_trains(tmp_path, monkeypatch):
    from trl import GRPOConfig

    from tests.tiny import policy

    monkeypatch.chdir(tmp_path)
    here = {"use_cpu": True, "bf16": False, "report_to": "none", "disable_tqdm": True, "max_completion_length": 4}
    monkeypatch.setattr("trl.GRPOConfig", partial(GRPOConfig, dataloader_pin_memory=False, **here))
    example = re.search(r"```python\n(.*?)```", (PAGE.parent / "trainer.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    given = {
        "model": policy.model(),
        "tokenizer": policy.tokenizer(),
        "dataset": policy.dataset(policy.PROMPTS[:2]),
        "right": policy.even_digits,
    }
    exec(example, given)
    assert given["trainer"].state.global_step == 6


@pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")
def test_the_examples_around_the_modulators_train(tmp_path, monkeypatch):
    import numpy as np
    from datasets import Dataset
    from trl import DPOConfig

    import semuq_rl
    from semuq.fitted.layer_vote import LayerVote
    from tests.tiny import policy

    monkeypatch.chdir(tmp_path)
    page = (PAGE.parent / "more.md").read_text(encoding="utf-8")
    wordings, pairs = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    own = {"processing_class": policy.tokenizer()}
    monkeypatch.setattr(semuq_rl, "UncertaintyGRPOTrainer", partial(semuq_rl.UncertaintyGRPOTrainer, **own))
    reference = partial(semuq_rl.WeightedDPOTrainer, ref_model=policy.model(), **own)
    monkeypatch.setattr(semuq_rl, "WeightedDPOTrainer", reference)
    rows = {"prompt": list(policy.PROMPTS), "question": [1, 2, 1, 2]}
    args = policy.config(tmp_path, num_generations=2, max_steps=1)
    given = {"model": policy.model(), "args": args, "dataset": Dataset.from_dict(rows)}
    exec(wordings, given)
    given["trainer"].train()
    chosen, rejected = np.random.default_rng(0).normal(size=(2, 4, 2, 3))
    here = {"use_cpu": True, "bf16": False, "report_to": "none", "disable_tqdm": True, "max_steps": 1}
    given = {
        "model": policy.model(),
        "args": DPOConfig(output_dir=str(tmp_path), dataloader_pin_memory=False, save_strategy="no", **here),
        "pairs": Dataset.from_dict({"prompt": ["1+1="] * 4, "chosen": ["2"] * 4, "rejected": ["3"] * 4}),
        "vote": LayerVote.fit(chosen, rejected, epochs=2),
        "chosen": chosen,
        "rejected": rejected,
    }
    exec(pairs, given)
    given["trainer"].train()
    assert given["trainer"].state.global_step == 1


def test_the_page_on_the_trainer_names_every_metric_and_column():
    page = (PAGE.parent / "trainer.md").read_text(encoding="utf-8")
    group = GroupBatch(prompts=["q"], texts=[["a", "b"]], rewards=[[0, 1]])
    result = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch()).measure(group)
    metrics = {**signal_metrics(result, group), **step_metrics(group.advantages, group.advantages, group.mask, [True])}
    assert [name for name in (*metrics, *COLUMNS) if f"`{name}`" not in page] == []


def test_every_modulator_has_a_row_and_every_row_a_modulator():
    assert set(ROWS) == set(BUILT)


@pytest.mark.parametrize("name", sorted(BUILT))
def test_rows_agree_with_the_claims(name):
    claims = BUILT[name].claims
    assert ROWS[name][1] == claims.level
    if ROWS[name][5] != "as the other":
        assert ROWS[name][5] == ", ".join(sorted(claims.needs))


def test_every_factory_is_public():
    assert all(callable(getattr(modulators, name)) for name in ROWS)
