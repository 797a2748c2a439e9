"""UncertaintyGRPOTrainer on a tiny random policy: what it changes, and what it must not."""

import numpy as np
import pytest
import torch
from trl import GRPOTrainer

from semuq import DiscreteSemanticEntropy, ExactMatch, SemanticEntropy
from semuq.errors import InvalidParameter, MissingEvidence
from semuq_rl import Signal, UncertaintyGRPOTrainer, identity, same_mean, seed
from tests.rl import tiny

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")

COUNTS = Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())
LIKELIHOODS = Signal(estimator=SemanticEntropy(), relation=ExactMatch())


def trainer(folder, cls=UncertaintyGRPOTrainer, *, config=(), rewards=tiny.even_digits, model=None, **options):
    return cls(
        model=model or tiny.model(),
        reward_funcs=rewards,
        args=tiny.config(folder, **dict(config)),
        train_dataset=tiny.dataset(),
        processing_class=tiny.tokenizer(),
        **options,
    )


def trained(*args, **options):
    made = trainer(*args, **options)
    made.train()
    return made


def same_weights(one, other):
    return all(torch.equal(value, tiny.weights(other.model)[name]) for name, value in tiny.weights(one.model).items())


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("host"), GRPOTrainer)


@pytest.mark.parametrize(
    "options",
    [{}, {"modulator": identity()}, {"modulator": seed(alpha=0.0), "signal": LIKELIHOODS}, {"signal": COUNTS}],
    ids=["nothing", "identity", "strength 0", "signal only"],
)
def test_without_strength_the_weights_are_the_hosts_bit_for_bit(tmp_path, host, options):
    assert same_weights(host, trained(tmp_path, **options))


def test_a_modulator_changes_the_weights(tmp_path, host):
    assert not same_weights(host, trained(tmp_path, modulator=seed(alpha=0.5), signal=COUNTS))


def test_refuses_a_modulator_without_its_signal(tmp_path):
    with pytest.raises(MissingEvidence, match=r"signal: seed\(alpha=0.5, shape='linear'\) needs one, got None; pass"):
        trainer(tmp_path, modulator=seed(alpha=0.5))


def test_refuses_a_comparison_of_questions_where_there_is_one(tmp_path):
    with pytest.raises(InvalidParameter, match="its factor cancels; raise generation_batch_size"):
        trainer(
            tmp_path, modulator=same_mean(seed(alpha=0.5)), signal=COUNTS, config={"per_device_train_batch_size": 4}
        )


def test_logs(tmp_path):
    log = trained(tmp_path, modulator=seed(alpha=0.5), signal=COUNTS).state.log_history[0]
    assert log["modulation/multiplier_mean"] == pytest.approx(1 - 0.5 * log["modulation/signal_mean"], abs=1e-6)
    assert log["modulation/advantage_abs_after"] < log["modulation/advantage_abs_before"]
    assert np.isfinite([value for name, value in log.items() if name.startswith("modulation/")]).all()
