"""Twenty questions with conformal sets: stage 1 without a language model, stage 2 with one where the gate is open.

    python -m benchmarks.inference.pursuit
    python -m benchmarks.inference.pursuit --gate --model FOLDER --name qwen2.5-coder-1.5b
    python -m benchmarks.inference.pursuit --predict --model FOLDER --name qwen2.5-coder-1.5b

20 animals, 85 yes/no questions whose answers are the AwA2 table; predictors that know the table more or less well, and
behind the gate (stage 2) a language model, asked about every animal.
Design and criteria: `design.md`. Writes benchmarks/results/inference_pursuit.json.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.common import (
    HERE,
    Log,
    Row,
    mean_difference,
    model_arguments,
    rate,
    resampled,
    sampler,
    write,
)
from semuq.decisions.conformal_sets import SplitConformalSets
from semuq.numerics import entropy

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ALL_ANIMALS = [
    "antelope",
    "grizzly bear",
    "killer whale",
    "beaver",
    "dalmatian",
    "persian cat",
    "horse",
    "german shepherd",
    "blue whale",
    "siamese cat",
    "skunk",
    "mole",
    "tiger",
    "hippopotamus",
    "leopard",
    "moose",
    "spider monkey",
    "humpback whale",
    "elephant",
    "gorilla",
    "ox",
    "fox",
    "sheep",
    "seal",
    "chimpanzee",
    "hamster",
    "squirrel",
    "rhinoceros",
    "rabbit",
    "bat",
    "giraffe",
    "wolf",
    "chihuahua",
    "rat",
    "weasel",
    "otter",
    "buffalo",
    "zebra",
    "giant panda",
    "deer",
    "bobcat",
    "pig",
    "lion",
    "mouse",
    "polar bear",
    "collie",
    "walrus",
    "raccoon",
    "cow",
    "dolphin",
]
"""The rows of the AwA2 matrices, in its own order."""

GAMES, STEPS, CALIBRATION, HISTORIES = 50, 20, 100, 40
OVERCONFIDENCE = {"1/3": 1 / 3, "1": 1.0, "3": 3.0}
ALPHAS = (0.05, 0.1, 0.2)
ESTIMATION = ("4 prior", "all prior", "posterior")
LEAST_AUROC = 0.65
PAIRS = 200


@dataclass(frozen=True)
class Animals:
    """The table: 20 of 50 animals, 85 questions."""

    names: tuple[str, ...]
    questions: tuple[str, ...]
    answers: IntArray  # (20, 85) 0 or 1
    human: FloatArray  # (20, 85) strengths as probabilities of yes
    others: IntArray  # (30, 85) answers of the other animals
    other_names: tuple[str, ...]

    @classmethod
    def load(cls) -> Animals:
        with gzip.open(HERE / "data" / "animals.json.gz", "rt") as file:
            record = json.load(file)
        names = tuple(record["classes20"])
        rows = [ALL_ANIMALS.index(name) for name in names]
        rest = [index for index in range(50) if index not in rows]
        table, strengths = np.array(record["binary_50x85"]), np.array(record["continuous_50x85"])
        said = np.array([[own[0].startswith("Yes") for own in record["yes_no"][name]] for name in names])
        assert (said == table[rows]).all(), "the answers are the table"
        return cls(
            names=names,
            questions=tuple(record["queries"]),
            answers=table[rows],
            human=_probability(np.maximum(strengths[rows], 0) / 100),
            others=table[rest],
            other_names=tuple(ALL_ANIMALS[index] for index in rest),
        )

    @cached_property
    def ridge(self) -> FloatArray:
        """(20, 85) P(yes) from sentence vectors of the names, by ridge regression over the other 30 animals."""
        from semuq.models.embedder import SentenceEmbedder

        embedder = SentenceEmbedder()
        x, own = embedder.embed(list(self.other_names)), embedder.embed(list(self.names))
        mean = x.mean(axis=0)
        gram = (x - mean) @ (x - mean).T + 0.3 * np.eye(len(x))
        weights = np.linalg.solve(gram, self.others - self.others.mean(axis=0))
        return _probability((own - mean) @ (x - mean).T @ weights + self.others.mean(axis=0))


def _probability(values: FloatArray) -> FloatArray:
    return np.clip(values, 0.02, 0.98)


@dataclass(frozen=True)
class Predictor:
    """A factorised predictor: log-likelihoods of both answers, (2, 20, 85), index 1 for yes."""

    loglik: FloatArray

    @classmethod
    def of(cls, yes: FloatArray, overconfidence: float) -> Predictor:
        return cls(overconfidence * np.stack([np.log1p(-yes), np.log(yes)]))

    def posterior(self, history: Sequence[tuple[int, int]]) -> FloatArray:
        """(20,) after questions and answers."""
        return _softmax(sum((self.loglik[answer, :, question] for question, answer in history), np.zeros(20)))


def _softmax(logs: FloatArray) -> FloatArray:
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def calibrated(predictor: Predictor, answers: IntArray, alpha: float, seed: int = 0) -> SplitConformalSets:
    """Sets by the length of random histories, as the paper calibrates them."""
    rng = np.random.default_rng(seed)
    posteriors, labels = [], []
    for length in range(1, STEPS + 1):
        own = rng.integers(20, size=CALIBRATION)
        asked = [rng.choice(85, size=length, replace=False) for _ in own]
        posteriors.append(
            np.stack(
                [
                    predictor.posterior([(int(q), int(answers[y, q])) for q in questions])
                    for y, questions in zip(own, asked, strict=True)
                ]
            )
        )
        labels.append(own)
    return SplitConformalSets(alpha=alpha).fit(posteriors, labels)


def values(
    predictor: Predictor, logs: FloatArray, share_yes: FloatArray, sets: SplitConformalSets | None, length: int
) -> FloatArray:
    """(85,) the criterion of every question at once; `InformationPursuit.values` in arrays.

    `logs` (20,): the log-posterior, unnormalised. `share_yes` (85,): weight of the cases that answer yes. `sets`: None
    for entropy. `length`: of the history with the question.
    """
    after = _softmax(logs + predictor.loglik.swapaxes(1, 2))  # (2, 85, 20)
    weights = np.stack([1 - share_yes, share_yes])
    if sets is None:
        return np.asarray((weights * entropy(after)).sum(axis=0))
    sizes = np.maximum(sets.members(after.reshape(-1, 20), length).reshape(after.shape).sum(axis=-1), 1)
    return np.asarray(np.log((weights * sizes).sum(axis=0)))


def play(
    predictor: Predictor,
    answers: IntArray,
    hidden: int,
    seed: int,
    *,
    criterion: SplitConformalSets | str | None,
    estimation: str,
    shown: SplitConformalSets,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(20,) each: is the guess right after every question, is the truth in the set, how large is the set."""
    rng = np.random.default_rng(seed)
    few = rng.integers(20, size=4)
    logs, left = np.zeros(20), np.ones(85, dtype=bool)
    right, covered, sizes = np.zeros(STEPS), np.zeros(STEPS), np.zeros(STEPS)
    for step in range(STEPS):
        if criterion == "random":
            question = int(rng.choice(np.flatnonzero(left)))
        else:
            masses = {"4 prior": np.bincount(few, minlength=20), "all prior": np.ones(20), "posterior": _softmax(logs)}
            own = masses[estimation] / masses[estimation].sum()
            assert not isinstance(criterion, str)
            found = np.round(values(predictor, logs, own @ answers, criterion, step + 1), 12)
            best = np.flatnonzero(left & (found == found[left].min()))
            question = int(rng.choice(best))
        left[question] = False
        logs = logs + predictor.loglik[answers[hidden, question], :, question]
        posterior = _softmax(logs)
        members = shown.members(posterior, step + 1)
        right[step], covered[step], sizes[step] = posterior.argmax() == hidden, members[hidden], members.sum()
    return right, covered, sizes


def study(animals: Animals, yes: FloatArray, overconfidence: float) -> Row:
    """All players with one predictor; games share hidden animals and seeds."""
    predictor = Predictor.of(yes, overconfidence)
    sets = {alpha: calibrated(predictor, animals.answers, alpha) for alpha in ALPHAS}
    players: dict[str, tuple[Any, str, float]] = {"random": ("random", "", 0.1)}
    for estimation in ESTIMATION:
        players[f"entropy, {estimation}"] = (None, estimation, 0.1)
        for alpha in ALPHAS:
            players[f"set size {alpha:g}, {estimation}"] = (sets[alpha], estimation, alpha)
    table: Row = {}
    kept: dict[str, FloatArray] = {}
    for name, (criterion, estimation, alpha) in players.items():
        games = [
            play(
                predictor,
                animals.answers,
                game % 20,
                game,
                criterion=criterion,
                estimation=estimation,
                shown=sets[alpha],
            )
            for game in range(GAMES)
        ]
        right, covered, sizes = (np.stack(column) for column in zip(*games, strict=True))
        kept[name] = right.mean(axis=1)
        table[name] = {
            "accuracy_over_steps": resampled(lambda index, own=right: float(own[index].mean()), GAMES),
            "accuracy_at_the_end": rate(right[:, -1]),
            "curve": [round(float(value), 3) for value in right.mean(axis=0)],
            "coverage_on_path": resampled(lambda index, own=covered: float(own[index].mean()), GAMES),
            "promised": 1 - alpha,
            "set_size": round(float(sizes.mean()), 3),
        }
    gaps = {
        f"set size {alpha:g} - entropy, {estimation}": mean_difference(
            kept[f"set size {alpha:g}, {estimation}"], kept[f"entropy, {estimation}"]
        )
        for alpha, estimation in product(ALPHAS, ESTIMATION)
    }
    return {"players": table, "differences": gaps}


def exact(answers: IntArray) -> Row:
    """The control: greedy information gain on the true table, questions until one animal is left."""
    needed = []
    for hidden in range(20):
        alive, asked = np.ones(20, dtype=bool), 0
        while alive.sum() > 1:
            share = answers[alive].mean(axis=0)
            question = int(np.argmax(entropy(np.stack([share, 1 - share], axis=-1).clip(1e-12))))
            alive &= answers[:, question] == answers[hidden, question]
            asked += 1
        needed.append(asked)
    return {"mean": float(np.mean(needed)), "most": int(max(needed))}


def random_coverage(animals: Animals, yes: FloatArray, overconfidence: float, alpha: float) -> Row:
    """What is promised, checked where it is promised: on fresh random histories, averaged over lengths."""
    predictor = Predictor.of(yes, overconfidence)
    rng, hits = np.random.default_rng(1), []
    for seed in range(HISTORIES):
        sets = calibrated(predictor, animals.answers, alpha, seed=seed)
        for length in range(1, STEPS + 1):
            hidden = int(rng.integers(20))
            questions = rng.choice(85, size=length, replace=False)
            posterior = predictor.posterior([(int(q), int(animals.answers[hidden, q])) for q in questions])
            hits.append(bool(sets.members(posterior, length)[hidden]))
    return rate(hits)


def gate(animals: Animals, arguments: Any) -> Row:
    """Stage 2's gate: does a language model know which of two animals the answer is yes for?"""
    rng = np.random.default_rng(0)
    items = []
    while len(items) < PAIRS:
        question, one, other = int(rng.integers(85)), *(int(v) for v in rng.choice(20, size=2, replace=False))
        if animals.answers[one, question] > animals.answers[other, question]:
            items.append({"id": str(len(items)), "question": question, "yes": one, "no": other})
    model = None if arguments.only_tables else sampler(arguments.model)

    def ask(part: Sequence[Row]) -> list[Row]:
        prompts = [prompt(animals, item[side], item["question"]) for item in part for side in ("yes", "no")]
        found = model.option_probabilities(prompts, ["Yes", "No"])[:, 0]
        return [
            {**item, "p": [round(float(p), 6) for p in found[2 * place : 2 * place + 2]]}
            for place, item in enumerate(part)
        ]

    minutes = 0 if arguments.only_tables else arguments.minutes
    records = Log("pursuit-gate", arguments.name).fill(items, ask, chunk=20, minutes=minutes)
    better = np.array([np.sign(row["p"][0] - row["p"][1]) for row in records])
    auroc = resampled(lambda index: float((better[index] > 0).mean() + (better[index] == 0).mean() / 2), len(better))
    return {"pairs": len(records), "planned": PAIRS, "auroc": auroc, "open": bool(auroc["value"] > LEAST_AUROC)}


def prompt(animals: Animals, animal: int, question: int) -> str:
    """A question of the table, about one animal."""
    asked = animals.questions[question].replace("the animal", f"a {animals.names[animal]}")
    return f"{asked} Reply with one word, yes or no."


def predicted(animals: Animals, arguments: Any) -> FloatArray:
    """(20, 85) a language model's probability of yes, each animal and question asked once and kept in the log."""
    model = None if arguments.only_tables else sampler(arguments.model)

    def ask(part: Sequence[Row]) -> list[Row]:
        prompts = [prompt(animals, item["animal"], question) for item in part for question in range(85)]
        found = model.option_probabilities(prompts, ["Yes", "No"])[:, 0].reshape(len(part), 85)
        return [{**item, "p": [round(float(p), 6) for p in own]} for item, own in zip(part, found, strict=True)]

    items = [{"id": name, "animal": index} for index, name in enumerate(animals.names)]
    minutes = 0 if arguments.only_tables else arguments.minutes
    records = Log("pursuit-predictor", arguments.name).fill(items, ask, chunk=1, minutes=minutes)
    if len(records) < len(items):
        raise SystemExit(f"pursuit: {len(records)} of {len(items)} animals asked about; run the same command again")
    return _probability(np.array([row["p"] for row in records]))


def stage_two(animals: Animals, arguments: Any) -> Row:
    """The games of stage 1 with a language model as predictor, and how well it knows the table."""
    yes = predicted(animals, arguments)
    studies = {arguments.name: {label: study(animals, yes, factor) for label, factor in OVERCONFIDENCE.items()}}
    return {
        "knows": rate(((yes > 0.5) == (animals.answers == 1)).ravel()),
        "coverage_on_random_histories": random_coverage(animals, yes, 3.0, 0.1),
        "studies": studies,
        "verdict": verdict(studies),
    }


def verdict(studies: Row) -> str:
    """Against the design: set size .1 - entropy at overconfidence 3."""
    gaps = {
        f"{name}, {estimation}": own["3"]["differences"][f"set size 0.1 - entropy, {estimation}"]
        for name, own in studies.items()
        for estimation in ESTIMATION
    }
    above = [name for name, gap in gaps.items() if gap["low"] > 0]
    below = [name for name, gap in gaps.items() if gap["high"] < 0]
    counts = f"ahead of entropy in {len(above)} of {len(gaps)} settings, behind in {len(below)}, intervals clear of 0"
    if above and below:
        return f"mixed: set size is {counts}; ahead: {', '.join(above)}"
    return f"{'reproduced' if above else 'reversal' if below else 'null'}: set size is {counts}"


def main() -> None:
    """Play and write, or ask a model for the gate."""
    parser = model_arguments("pursuit")
    parser.add_argument("--gate", action="store_true", help="only the gate of stage 2, for a model")
    parser.add_argument("--predict", action="store_true", help="stage 2, for a model whose gate is open")
    arguments = parser.parse_args()
    animals = Animals.load()
    if arguments.gate:
        write("pursuit", {**_kept(), "models": {arguments.name: gate(animals, arguments)}})
        return
    if arguments.predict:
        seen = _kept().get("models", {}).get(arguments.name, {"open": False})
        if not seen["open"]:
            raise SystemExit(f"pursuit: the gate of {arguments.name} is not open; run with --gate first")
        found = {**seen, "stage 2": stage_two(animals, arguments)}
        write("pursuit", {**_kept(), "models": {arguments.name: found}})
        return
    if arguments.only_tables:
        kept = _kept()
        write("pursuit", {**kept, "verdict": verdict(kept["studies"]), "models": {}})
        return
    ridge = animals.ridge
    predictors = {
        "human strengths": animals.human,
        "ridge over names": ridge,
        "half and half": (animals.human + ridge) / 2,
    }
    studies = {
        name: {label: study(animals, yes, factor) for label, factor in OVERCONFIDENCE.items()}
        for name, yes in predictors.items()
    }
    write(
        "pursuit",
        {
            **_kept(),
            "question": "does the size of conformal sets choose better questions than entropy?",
            "command": "python -m benchmarks.inference.pursuit",
            "design": "benchmarks/inference/design.md, 3",
            "games": GAMES,
            "exact": exact(animals.answers),
            "coverage_on_random_histories": {
                name: random_coverage(animals, yes, 3.0, 0.1) for name, yes in predictors.items()
            },
            "studies": studies,
            "verdict": verdict(studies),
            "models": {},
        },
    )


def _kept() -> Row:
    from benchmarks.inference.common import RESULTS

    path = RESULTS / "inference_pursuit.json"
    return json.loads(path.read_text()) if path.is_file() else {}


if __name__ == "__main__":
    main()
