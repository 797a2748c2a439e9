"""Groups without a gradient left out of the loss: it is TRL's loss of the other groups alone, term by term."""

import pytest
import torch
from trl import GRPOTrainer

from semuq.errors import InvalidParameter
from semuq_rl import UncertaintyGRPOTrainer
from tests.tiny import policy

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning"),
    pytest.mark.filterwarnings("ignore:You are using 'rollout_func':UserWarning"),
]

ANSWERS = ("2", "22", "2", "2+2=4", "4", "5", "6+1", "8")
REWARDS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
"""The first group has no gradient, and more tokens than the second."""


class Recording(UncertaintyGRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        self.output = super()._generate_and_score_completions(inputs)
        return self.output


def trained(folder, cls=Recording, rewards=REWARDS, config=(), **options):
    made = cls(
        model=policy.model(),
        reward_funcs=lambda completions, **columns: list(rewards),
        args=policy.config(folder, **{"max_steps": 1, **dict(config)}),
        train_dataset=policy.dataset(),
        processing_class=policy.tokenizer(),
        rollout_func=policy.table_of(ANSWERS),
        **options,
    )
    made.train()
    return made


def loss(trainer, inputs, beta=0.0):
    trainer.beta = beta
    trainer.model.train()
    with torch.no_grad():
        return float(trainer._compute_loss(trainer.model, inputs))


def rows_of(inputs, rows):
    taken = {name: own[rows] if own.ndim else own for name, own in inputs.items()}
    return {**taken, "num_items_in_batch": taken["completion_mask"].sum()}


@pytest.mark.parametrize("loss_type", ["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"])
def test_the_loss_of_the_others_is_what_it_is_without_them(tmp_path, loss_type):
    config = {"loss_type": loss_type} | ({"importance_sampling_level": "sequence"} if loss_type == "luspo" else {})
    made = trained(tmp_path / "own", config=config, mask_uninformative=True)
    host = trained(tmp_path / "host", GRPOTrainer, config=config)
    host.model.load_state_dict(made.model.state_dict())
    inputs = dict(made.output)
    noise = torch.randn(inputs["completion_ids"].shape, generator=torch.Generator().manual_seed(0))
    inputs["ref_per_token_logps"] = -2.0 - noise.abs()
    inputs["old_per_token_logps"] = -2.5 - noise.roll(1, dims=0).abs()  # or means of ratios 1 would be 0
    bare = {name: own for name, own in inputs.items() if name not in ("tool_mask", "informative_share")}
    for beta in (0.0, 0.3):
        found, expected = loss(made, inputs, beta), loss(host, rows_of(bare, slice(4, 8)), beta)
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)
        # And it is not what the host makes of all of them.
        diluted = loss(host, {**bare, "num_items_in_batch": bare["completion_mask"].sum()}, beta)
        assert diluted != pytest.approx(expected, rel=1e-3)
    assert made.state.log_history[0]["modulation/groups_in_loss"] == 0.5


def test_nothing_left_is_no_loss_and_nothing_to_mask_changes_nothing(tmp_path):
    none = trained(tmp_path / "none", rewards=(1.0,) * 8, mask_uninformative=True)
    assert loss(none, dict(none.output)) == 0
    assert torch.isfinite(torch.tensor(none.state.log_history[0]["grad_norm"]))
    all_mixed = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    own = trained(tmp_path / "all", rewards=all_mixed, mask_uninformative=True, config={"loss_type": "dapo"})
    host = trained(tmp_path / "host", GRPOTrainer, all_mixed, config={"loss_type": "dapo"})
    for name, value in policy.weights(own.model).items():
        torch.testing.assert_close(value, policy.weights(host.model)[name], atol=1e-7, rtol=0)


def test_over_an_accumulation_window_too(tmp_path):
    """The sum over micro-batches is the gradient's loss: rows are shuffled between them."""
    config = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "loss_type": "dr_grpo"}
    made = trained(tmp_path, config=config, mask_uninformative=True)
    alone = trained(tmp_path / "one", mask_uninformative=True)
    for name, value in policy.weights(made.model).items():
        torch.testing.assert_close(value, policy.weights(alone.model)[name], atol=1e-6, rtol=0)


def test_other_terms_beside_a_division_by_rows_are_refused(tmp_path):
    with pytest.raises(InvalidParameter, match="mask_uninformative: expected no entropy bonus and no router loss"):
        trained(tmp_path, config={"entropy_coef": 0.01}, mask_uninformative=True)
