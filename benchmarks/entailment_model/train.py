"""Trains the entailment model: `python -m benchmarks.entailment_model.train --data DIR --out DIR [--resume]`.

The learning rate follows the clock: it warms up, then falls along a cosine to zero after `--minutes` of
training, so a machine of any speed gets a finished schedule. A checkpoint is written every few minutes;
`--resume` goes on from it after a kill, with the time already spent counted; SIGTERM writes one and stops.
`OUT/log.jsonl` holds the loss and the dev figures, `OUT/model` the finished model (average of the last steps).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import time
from pathlib import Path

import torch

from .data import DEFAULT_MIX, Mixture
from .dev import DevSets
from .network import Trainer, batches, load, probabilities, start_folder

CHUNK = 3000  # examples drawn, tokenised and sorted by length together
LONGEST = 160  # tokens of a pair
WARM_UP = 0.03
FINAL = 0.01  # share of the peak rate at the end


def rate(progress: float, peak: float) -> float:
    """Learning rate at a share of the time: linear warm-up, then a cosine down to `FINAL` of the peak."""
    if progress < WARM_UP:
        return peak * (0.05 + 0.95 * progress / WARM_UP)
    down = min((progress - WARM_UP) / (1 - WARM_UP), 1.0)
    return peak * (FINAL + (1 - FINAL) * 0.5 * (1 + math.cos(math.pi * down)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds nli/ and qa_equivalence/")
    parser.add_argument("--trivia", type=Path, default=None, help="clone of OpenTriviaQA")
    parser.add_argument("--webquestions", type=Path, default=None, help="clone of dataset-factoid-webquestions")
    parser.add_argument("--wordnet", type=Path, default=None, help="folder that holds WordNet's data.noun")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=None, help="encoder, or a packed model to go on from")
    parser.add_argument("--teacher", type=Path, default=None, help="trained model whose probabilities are learnt too")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, ...")
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--peak", type=float, default=2e-4, help="learning rate of the top layer")
    parser.add_argument("--mix", default=DEFAULT_MIX, help=f"shares of the sources, such as {DEFAULT_MIX}")
    parser.add_argument("--tokens", type=int, default=4096, help="padded tokens of a batch; more on a GPU")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-minutes", type=float, default=4.0)
    parser.add_argument("--dev-minutes", type=float, default=6.0)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    log = (options.out / "log.jsonl").open("a", encoding="utf-8")

    def note(**fields: object) -> None:
        line = json.dumps(fields)
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    mixture = Mixture(
        options.data,
        options.mix,
        trivia=options.trivia,
        webquestions=options.webquestions,
        wordnet=options.wordnet,
    )
    dev = DevSets(options.data)
    model, tokenizer = load(options.start or start_folder(), options.device)
    teacher = load(options.teacher, options.device) if options.teacher else None
    trainer = Trainer(model)
    spent, chunk = 0.0, 0
    checkpoint = options.out / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        state = trainer.restore(checkpoint)
        spent, chunk = state["spent"], state["chunk"]
    note(start=time.strftime("%H:%M:%S"), spent=spent, steps=trainer.steps, **mixture.sizes())

    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    begun = time.monotonic() - spent
    saved = watched = spent
    seconds = options.minutes * 60
    examples = tokens = 0
    while time.monotonic() - begun < seconds:
        chunk += 1
        rng = random.Random(f"{options.seed} chunk {chunk}")
        pairs = mixture.draw(rng, CHUNK)
        taught = probabilities(*teacher, pairs, LONGEST) if teacher else None
        drawn = list(batches(pairs, tokenizer, options.tokens, LONGEST))
        rng.shuffle(drawn)
        losses = []
        for inputs, labels, places in drawn:
            elapsed = time.monotonic() - begun
            if elapsed >= seconds or stopping:
                break
            soft = None if taught is None else taught[places]
            losses.append(trainer.step(inputs, labels, rate(elapsed / seconds, options.peak), soft))
            examples += len(labels)
            tokens += inputs["input_ids"].numel()
        elapsed = time.monotonic() - begun
        per_second = 1 / max(elapsed - spent, 1e-9)
        note(
            minutes=round(elapsed / 60, 2),
            steps=trainer.steps,
            loss=round(sum(losses) / max(len(losses), 1), 4),
            rate=rate(elapsed / seconds, options.peak),
            examples_per_second=round(examples * per_second),
            tokens_per_second=round(tokens * per_second),
        )
        if elapsed - saved > options.checkpoint_minutes * 60 or elapsed >= seconds:
            trainer.save(checkpoint, spent=elapsed, chunk=chunk)
            saved = elapsed
        if stopping:
            trainer.save(checkpoint, spent=elapsed, chunk=chunk)
            raise SystemExit("stopped; go on with --resume")
        if elapsed - watched > options.dev_minutes * 60:
            note(minutes=round(elapsed / 60, 2), dev=dev.figures(trainer.model, tokenizer))
            watched = elapsed

    with torch.no_grad():
        for name, weight in trainer.working.items():
            weight.copy_(trainer.average[name])
    note(minutes=round(seconds / 60, 2), dev_of_average=dev.figures(trainer.model, tokenizer))
    finished = trainer.model.float()
    with torch.no_grad():
        for name, weight in finished.named_parameters():
            weight.copy_(trainer.average[name])
    finished.save_pretrained(options.out / "model")
    tokenizer.save_pretrained(options.out / "model")


if __name__ == "__main__":
    main()
