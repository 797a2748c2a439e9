"""The trainer over one process or two on the same rollouts, for test_multi_process.

Run by `python -m tests.rl.two_processes FILE` with RANK and WORLD_SIZE set: writes what this process
got. Rollouts are a table, as sampling draws differently in every process.
"""

import json
import sys
import tempfile
from pathlib import Path

from semuq import DiscreteSemanticEntropy, ExactMatch, SemanticEntropy
from semuq_rl import Signal, UncertaintyGRPOTrainer, arm, chain, dynamic_sampling, edge, empg, seed_grpo, shuffled
from tests.tiny import policy

PROMPTS = ("1+1=", "2+3=", "4+4=")
GENERATIONS = 4
# Rows of different lengths, so that the two processes pad differently; the second group has one answer only, and
# straddles the processes: rows 0 to 5 and 6 to 11.
ANSWERS = ("2", "2", "3", "12", "5", "5", "5", "5", "8", "8=8=8=", "80", "9")


def refuses_eights(text):
    """Finds no answer in some rollouts."""
    return None if text.startswith("8") else text


def no_answer(text):
    return text if "5" in text else None


def breaks_on_nine(text):
    """A bug that only the process with the last group meets."""
    if text == "9":
        raise KeyError("nine")
    return text


CASES = {
    "counts": (seed_grpo(alpha=0.8), Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())),
    "likelihoods": (
        chain(shuffled(seed_grpo(alpha=0.8), seed=3), dynamic_sampling(), arm(alpha=0.3)),
        Signal(estimator=SemanticEntropy(), relation=ExactMatch(), extract=refuses_eights),
    ),
    "failed groups": (
        chain(seed_grpo(alpha=0.8), edge()),
        Signal(estimator=SemanticEntropy(), relation=ExactMatch(), extract=no_answer),
    ),
    "tokens": (empg(k=1.0), None),
    "masked": (seed_grpo(alpha=0.8), Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch())),
}
OPTIONS = {"masked": {"mask_uninformative": True}}
"""Of the trainer. The group in the middle, which is cut, has no gradient."""

BROKEN = (
    seed_grpo(alpha=0.8),
    Signal(estimator=DiscreteSemanticEntropy(), relation=ExactMatch(), extract=breaks_on_nine),
)


class Recording(UncertaintyGRPOTrainer):
    """Keeps the advantages of this process."""

    recorded: list

    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        self.recorded.append(output["advantages"].tolist())
        return output


def run(modulator, signal, processes, **options):
    with tempfile.TemporaryDirectory() as folder:
        made = Recording(
            model=policy.model(),
            reward_funcs=policy.even_digits,
            args=policy.config(
                folder,
                per_device_train_batch_size=len(ANSWERS) // processes,
                num_generations=GENERATIONS,
                max_steps=2,
                shuffle_dataset=False,
            ),
            train_dataset=policy.dataset(PROMPTS),
            processing_class=policy.tokenizer(),
            rollout_func=policy.table_of(ANSWERS),
            modulator=modulator,
            signal=signal,
            **options,
        )
        made.recorded = []
        made.train()
        logs = [
            {name: value for name, value in log.items() if name.startswith("modulation/") and "seconds" not in name}
            for log in made.state.log_history[:2]
        ]
        weights = {name: value.tolist() for name, value in policy.weights(made.model).items()}
        return {"advantages": made.recorded, "logs": logs, "weights": weights}


if __name__ == "__main__":
    found = {case: run(*CASES[case], 2, **OPTIONS.get(case, {})) for case in CASES}
    try:
        run(*BROKEN, 2)
    except KeyError as error:
        found["error"] = repr(error)
    Path(sys.argv[1]).write_text(json.dumps(found))
