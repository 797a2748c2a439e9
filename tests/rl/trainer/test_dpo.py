"""WeightedDPOTrainer: TRL at certainty, no slope at a toss-up, the formula between, a reference that stays."""

import numpy as np
import pytest
import torch
from datasets import Dataset
from peft import LoraConfig
from trl import DPOConfig, DPOTrainer

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl import WeightedDPOTrainer
from tests.tiny import policy

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")

PAIRS = {
    "prompt": ["1+1=", "2+3=", "4+4=", "5+2="],
    "chosen": ["2", "5", "8", "7"],
    "rejected": ["3+1", "6", "44", "0"],
}
BETA = 0.5


def trainer(folder, cls=WeightedDPOTrainer, confidences=None, config=(), **options):
    columns = {} if confidences is None else {"confidence": confidences}
    reference = {} if "peft_config" in options else {"ref_model": policy.model()}
    arguments = {
        **policy.QUIET,
        "output_dir": str(folder),
        "per_device_train_batch_size": 4,
        "max_steps": 3,
        "learning_rate": 1e-2,
        "beta": BETA,
        "logging_steps": 1,
        "gradient_checkpointing": False,
    }
    return cls(
        model=policy.model(),
        args=DPOConfig(**(arguments | dict(config))),
        train_dataset=Dataset.from_dict(PAIRS | columns),
        processing_class=policy.tokenizer(),
        **(reference | options),
    )


def trained(*args, **options):
    made = trainer(*args, **options)
    made.train()
    return made


def log_prob(model, prompt, answer):
    """Of an answer with its end, token by token."""
    encode = policy.tokenizer().encode
    ids = [*encode(prompt + answer), 1]
    start = len(encode(prompt))
    with torch.no_grad():
        logits = type(model).forward(model, input_ids=torch.tensor([ids])).logits[0].double()
    return sum(float(logits[t - 1].log_softmax(-1)[ids[t]]) for t in range(start, len(ids)))


def margins(model, reference):
    return [
        log_prob(model, p, c) - log_prob(reference, p, c) - log_prob(model, p, r) + log_prob(reference, p, r)
        for p, c, r in zip(*PAIRS.values(), strict=True)
    ]


@pytest.mark.parametrize("extra", ["plain", "adapter", "precomputed"])
def test_certain_pairs_train_as_the_host_does_bit_for_bit(tmp_path, extra):
    options = {
        "plain": {},
        "adapter": {"peft_config": LoraConfig(r=2, target_modules=["q_proj", "v_proj"])},
        "precomputed": {"config": {"precompute_ref_log_probs": True}},
    }[extra]
    host = trained(tmp_path / "host", DPOTrainer, **options)
    own = trained(tmp_path / "own", confidences=[1.0] * 4, **options)
    assert [log.get("loss") for log in own.state.log_history] == [log.get("loss") for log in host.state.log_history]
    for name, value in policy.weights(own.model).items():
        assert torch.equal(value, policy.weights(host.model)[name]), name


def test_a_toss_up_has_no_slope_at_margin_0_and_a_turned_pair_learns_the_other_way(tmp_path):
    start = policy.weights(policy.model())
    still = trained(tmp_path / "half", confidences=[0.5] * 4, config={"max_steps": 1, "weight_decay": 0.0})
    for name, value in policy.weights(still.model).items():
        torch.testing.assert_close(value, start[name], atol=1e-7, rtol=0)
    turned = trained(tmp_path / "turned", confidences=[0.0] * 4)
    right = trained(tmp_path / "right", confidences=[1.0] * 4)
    assert np.mean(margins(turned.model, policy.model())) < 0 < np.mean(margins(right.model, policy.model()))


def test_the_loss_is_the_formula_and_the_reference_stays(tmp_path):
    chances = [1.0, 0.8, 0.5, 0.1]
    made = trained(tmp_path, confidences=chances)
    reference = policy.model()
    for name, value in policy.weights(made.ref_model).items():
        assert torch.equal(value, policy.weights(reference)[name]), name
    batch = made.data_collator([made.train_dataset[row] for row in range(4)])
    with torch.no_grad():
        found = float(made.compute_loss(made.model, batch))
    expected = [
        -g * np.log(1 / (1 + np.exp(-BETA * m))) - (1 - g) * np.log(1 / (1 + np.exp(BETA * m)))
        for g, m in zip(chances, margins(made.model, reference), strict=True)
    ]
    assert found == pytest.approx(np.mean(expected), rel=1e-5)
    assert made.state.log_history[0]["confidence"] == pytest.approx(np.mean(chances))


def test_refusals(tmp_path):
    with pytest.raises(InvalidSamples, match="train data set: expected a column 'confidence' of confidences in"):
        trainer(tmp_path)
    with pytest.raises(InvalidSamples, match=r"train data set, row 2: expected confidence in \[0, 1\], got 1.5"):
        trainer(tmp_path, confidences=[0, 1, 1.5, 1])
    with pytest.raises(InvalidParameter, match=r"args.loss_type: expected \['sigmoid'\], got \['ipo'\]"):
        trainer(tmp_path, confidences=[1.0] * 4, config={"loss_type": ["ipo"]})
    with pytest.raises(InvalidParameter, match=r"args.ld_alpha: expected None, got 0.5"):
        trainer(tmp_path, confidences=[1.0] * 4, config={"ld_alpha": 0.5})
