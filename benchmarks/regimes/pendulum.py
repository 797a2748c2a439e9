"""Does an agent that notices changes gain by it where models are networks and states are continuous?

    python -m benchmarks.regimes.pendulum run [--minutes 60]     drives; resumes, a line a run
    python -m benchmarks.regimes.pendulum analyse                results/regimes_pendulum.json, in seconds

What is measured and how it is judged was written down before: design.md. Finished runs are kept in
pendulum_runs.jsonl.xz.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.leaderboard.answers import append, pack_grown, read_growing, read_packed
from benchmarks.machine import hardware
from benchmarks.regimes.drivers import AGENTS, CHOSEN, Driver, driver
from benchmarks.regimes.judging import judged
from benchmarks.regimes.swing import EPISODE, TORQUE, WORLDS, begin, cost, step
from benchmarks.rl.statistics import student_interval

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "regimes_pendulum.json"
WORK = HERE.parents[1] / "rl-out" / "pendulum.jsonl"
PACKED = HERE / "pendulum_runs.jsonl.xz"

PHASES = ("sound", "negated", "wind", "sound", "heavy", "negated")
PHASE_STEPS, EARLY, SEEDS = 800, 300, 5
RANDOM = "random"
UPRIGHT = 0.3
GATE = {"oracle_above": 0.5, "random_below": 0.15}

FloatArray = NDArray[np.float64]
Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "analyse"])
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no new run after this long")
    parser.add_argument("--first", type=int, default=0, help="seed; with a file of its own each process can have some")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="the seed before which to end")
    parser.add_argument("--phase-steps", type=int, default=PHASE_STEPS)
    parser.add_argument("--work", type=Path, default=WORK, help="the growing file of runs")
    parser.add_argument("--packed", type=Path, default=PACKED, help="the file that they are packed into")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.command == "run":
        run(options)
        return
    pack_grown(options.packed, options.work)
    report = analysed(read_packed(options.packed))
    options.out.write_text(json.dumps(report, indent=1) + "\n")


def run(options: argparse.Namespace) -> None:
    """All drivers seed by seed; what is done is not done again."""
    from semuq_rl.runs.machine import instruction_set, pin_instructions

    pin_instructions()
    import torch

    torch.set_num_threads(1)
    until = time.monotonic() + 60 * options.minutes
    done = read_packed(options.packed) | read_growing(options.work)
    for seed in range(options.first, options.seeds):
        for agent in (RANDOM, *AGENTS):
            key = f"{agent}--{seed}"
            if key in done:
                continue
            if time.monotonic() > until:
                return
            begun = time.process_time()
            found = play(agent, seed, options.phase_steps)
            record = {"id": key, "agent": agent, "seed": seed, **found, "instructions": instruction_set()}
            append(options.work, [record | {"cpu": round(time.process_time() - begun, 1)}])
            print(f"{key}: {time.process_time() - begun:.0f} s", flush=True)


def play(agent: str, seed: int, phase_steps: int = PHASE_STEPS, **chosen: Any) -> Record:
    """A run through all phases: by episode reward and share upright, a decision each, and the alarms."""
    rng = np.random.default_rng((seed, 7))
    own = None if agent == RANDOM else driver(agent, seed, **chosen)
    rewards, upright, alarms = [], [], []
    state = begin(rng)
    for count in range(len(PHASES) * phase_steps):
        world = PHASES[count // phase_steps]
        if count % EPISODE == 0:
            state = begin(rng)
        torque = float(rng.uniform(-TORQUE, TORQUE)) if own is None else own.act(state, rng)
        after = step(state, torque, WORLDS[world], rng)
        if own is not None and own.observe((state, torque, after), world):
            alarms.append((count, own.name))
        rewards.append(-float(cost(after[0], after[1], np.float64(torque))))
        upright.append(float(abs(after[0]) < UPRIGHT))
        state = after
    episodes = {"reward": rewards, "upright": upright}
    found: Record = {
        name: np.reshape(values, (-1, EPISODE)).mean(axis=1).round(4).tolist() for name, values in episodes.items()
    }
    return found | {"phase_steps": phase_steps} | (_judged(own, alarms, phase_steps) if agent == "mbcd" else {})


def analysed(runs: dict[str, Record]) -> Record:
    """The record of results: means, paired differences, the gate and the verdict."""
    seeds = sorted({own["seed"] for own in runs.values()})
    whole = [seed for seed in seeds if all(f"{agent}--{seed}" in runs for agent in (*AGENTS, RANDOM))]
    by = {agent: [runs[f"{agent}--{seed}"] for seed in whole] for agent in (*AGENTS, RANDOM)}
    steps = by[RANDOM][0]["phase_steps"]
    agents = {agent: _summary(own, by["mbcd"], steps) for agent, own in by.items()}
    late = {agent: agents[agent]["upright_late"] for agent in ("oracle", RANDOM)}
    is_open = late["oracle"] > GATE["oracle_above"] and late[RANDOM] < GATE["random_below"]
    return {
        "question": "Does an agent that notices changes gain by it where models are networks?",
        "command": "python -m benchmarks.regimes.pendulum",
        "seeds": len(whole),
        "phases": list(PHASES),
        "decisions_a_phase": steps,
        "early_decisions": EARLY,
        "chosen": CHOSEN,
        "gate": {**GATE, **late, "open": is_open},
        "verdict": _verdict(
            [agents[name]["mbcd_earned_more_early"] for name in ("one model", "window")], len(whole), is_open
        ),
        "agents": agents,
        "alarms": _alarms(by["mbcd"]),
        "cpu_seconds": round(sum(own["cpu"] for each in by.values() for own in each)),
        "instructions": by[RANDOM][0]["instructions"],
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("semuq", "torch", "numpy")},
    }


def _judged(own: Driver | None, alarms: list[tuple[int, str]], phase_steps: int) -> Record:
    return {"alarms": alarms, "contexts": len(own.models) if own else 0, **judged(alarms, PHASES, phase_steps)}


def _summary(runs: Sequence[Record], mbcd: Sequence[Record], steps: int) -> Record:
    early = _early(runs, steps)
    late = np.array([_phases(run, "upright", steps)[:, -_of(steps) :].mean() for run in runs])
    return {
        "reward": round(float(np.mean([run["reward"] for run in runs])), 3),
        "early": round(float(early.mean()), 3),
        "upright": round(float(np.mean([run["upright"] for run in runs])), 3),
        "upright_late": round(float(late.mean()), 3),
        "mbcd_earned_more_early": student_interval(_early(mbcd, steps) - early, digits=3),
        "mbcd_earned_more": student_interval(
            np.array([np.mean(a["reward"]) - np.mean(b["reward"]) for a, b in zip(mbcd, runs, strict=True)]), digits=3
        ),
    }


def _early(runs: Sequence[Record], steps: int) -> FloatArray:
    """(seeds,) reward a decision in the first episodes after changes."""
    return np.array([_phases(run, "reward", steps)[1:, : _of(steps)].mean() for run in runs])


def _phases(run: Record, name: str, steps: int) -> FloatArray:
    """(phases, episodes)."""
    return np.reshape(run[name], (len(PHASES), steps // EPISODE))


def _of(steps: int) -> int:
    """Episodes that are early, or late, of a phase."""
    return min(EARLY, steps) // EPISODE


def _alarms(runs: Sequence[Record]) -> Record:
    delays = [delay for run in runs for delay in run["delays"]]
    return {
        "changes": len(runs) * (len(PHASES) - 1),
        "median_delay": float(np.median(delays)) if delays else None,
        "missed": sum(run["missed"] for run in runs),
        "extra": sum(run["extra"] for run in runs),
        "recognised": round(float(np.mean([run["recognised"] for run in runs])), 3),
        "contexts": round(float(np.mean([run["contexts"] for run in runs])), 2),
    }


def _verdict(gains: Sequence[list[float] | None], seeds: int, is_open: bool) -> str:
    """Against design.md; open until all seeds are in."""
    known = [gain for gain in gains if gain is not None]
    if not is_open:
        return "gate closed"
    if seeds < SEEDS or len(known) < len(gains):
        return "open"
    if any(gain[2] < 0 for gain in known):
        return "reversed"
    return "reproduction" if all(gain[1] > 0 for gain in known) else "null"


if __name__ == "__main__":
    main()
