import numpy as np

from semuq import DiscreteSemanticEntropy, ExactMatch
from semuq.inference import (
    Case,
    EntropyReset,
    InformationPursuit,
    IntervalShorter,
    UProp,
    adaptive_samples,
    asked_again,
    trajectory_from_responses,
)
from semuq.sampling import Decoding, HuggingFaceSampler

sampler = HuggingFaceSampler(decoding=Decoding(temperature=0.6, max_new_tokens=8), keep=("token_entropies",))

print("--- 1. as many answers as needed")
for question in ("What is the capital of France? Reply with its name.", "Who wrote Middlemarch? Reply with a name."):
    drawn = adaptive_samples(
        sampler, question, stop=IntervalShorter(width=1.2), relation=ExactMatch(), least=3, most=9, step=3
    )
    entropy = DiscreteSemanticEntropy().score(drawn.samples, ExactMatch())
    print(question, list(dict.fromkeys(drawn.samples.texts)))
    print(f"{entropy:.2f} nats. {drawn.describe()}")

print("--- 2. ask again, with room to reason")
second = asked_again(sampler.at(max_new_tokens=48), drawn.samples, n=3)
print(second.texts, second.metadata["actions"], f"{second.metadata.get('unread', 0)} said no answer")

print("--- 3. start the conversation anew")


def generate(messages):
    said = "\n".join(f"{message['role']}: {message['content']}" for message in messages)
    answer = sampler.at(temperature=0.0).sample(said, n=1)
    return answer.texts[0], answer.token_entropies[0]


guard = EntropyReset(threshold=0.0)  # in earnest: reset_threshold(changes of a calibration log, share)
state = guard.start(system="Answer in a few words.")
for message in ("How many pens are there?", "Ann has 7 pens.", "Bob has 3 more."):
    state, step = guard.turn(state, message, generate)
    print(f"{step.entropy:.2f} nats, {step.describe()}")

print("--- 4. ask next what says most")
animals = {"lion": (1, 0), "zebra": (0, 0), "whale": (0, 1)}  # eats meat, lives in the sea
table = np.array(list(animals.values()))


def posterior(history):
    fits = np.array([all(row[question] == answer for question, answer in history) for row in table], dtype=float)
    return fits / fits.sum()


cases = [Case(answers=dict(enumerate(row.tolist())), label=label) for label, row in enumerate(table)]
game = InformationPursuit(posterior=posterior, weights="posterior").play(
    lambda question: int(table[2, question]), range(2), cases, budget=2, sure=0.99
)
print(f"it is a {list(animals)[game.guess]}, after {len(game.history)} question(s)")

print("--- 5. an agent's steps")


def step_of(*choices):
    return {
        "choices": [
            {"message": {"content": text}, "logprobs": {"content": [{"logprob": value} for value in logprobs]}}
            for text, logprobs in choices
        ]
    }


run = trajectory_from_responses(
    [
        step_of(("Search[Eliot]", [-1.2]), ("Search[Austen]", [-1.9])),
        step_of(("George Eliot", [-0.1]), ("Eliot", [-0.2])),
    ]
)
print([tuple(round(value, 2) for value in own) for own in UProp().steps(run)], round(UProp().score([run]), 2))
