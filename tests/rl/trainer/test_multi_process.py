"""Two processes, with a group cut between them, give what one process gives."""

import json

import numpy as np
import pytest

from tests.rl.ranks import launch
from tests.rl.two_processes import ANSWERS, CASES, GENERATIONS, OPTIONS, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning"),
    pytest.mark.filterwarnings("ignore:You are using 'rollout_func':UserWarning"),
]


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What each of the two processes got, by case."""
    folder = tmp_path_factory.mktemp("ranks")
    launch(folder, "tests.rl.two_processes", str(folder / "{rank}.json"))
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("case", CASES)
def test_a_group_that_straddles_processes(ranks, case):
    alone = run(*CASES[case], 1, **OPTIONS.get(case, {}))
    first, second = (rank[case] for rank in ranks)
    assert len(ANSWERS) // 2 % GENERATIONS, "no group is cut"
    assert first["weights"] == second["weights"]
    # EMPG stretches the entropies of a step, which differ little for a random policy, to [0, 1].
    rounding = 1e-3 if case == "tokens" else 1e-5
    for step in range(2):
        whole = np.array(alone["advantages"][step])
        parts = [np.array(own["advantages"][step]) for own in (first, second)]
        if whole.ndim == 2:
            # Each process pads to its own longest rollout.
            parts = [np.pad(part, ((0, 0), (0, whole.shape[1] - part.shape[1]))) for part in parts]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=rounding, atol=1e-7)
        assert alone["logs"][step].keys() == first["logs"][step].keys()
        for name, value in alone["logs"][step].items():
            assert first["logs"][step][name] == pytest.approx(value, rel=rounding, nan_ok=True), name
    for name, value in alone["weights"].items():
        # Of a learning rate of 1e-2: Adam makes a step of the rounding of a gradient that is nearly 0.
        np.testing.assert_allclose(first["weights"][name], value, atol=2e-4)


def test_an_error_of_one_process_stops_both(ranks):
    assert [own["error"] for own in ranks] == ["KeyError('nine')"] * 2
