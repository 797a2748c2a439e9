# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Who did what to whom: the same event said otherwise, and the event with its parts exchanged."""

from __future__ import annotations

import random

from ..example import Contrast
from . import people, places
from .aliases import KINDS
from .numbers import different, same

# active | passive or converse, with {a} the agent
EVENTS = (
    "{a} defeated {b}.|{b} was defeated by {a}.|{b} lost to {a}.|{a} won against {b}.|{a} beat {b}.#{a} killed {b}.|{b} was killed by {a}.|{a} murdered {b}.|{b} died at the hands of {a}.#"
    "{a} taught {b}.|{b} was taught by {a}.|{b} was a student of {a}.|{a} was the teacher of {b}.|{b} learned from {a}.#{a} succeeded {b}.|{b} was succeeded by {a}.|{a} came after {b}.|{b} came before {a}.|{b} preceded {a}.#"
    "{a} bought it from {b}.|{b} sold it to {a}.|It was sold to {a} by {b}.#{a} is the father of {b}.|{b} is the child of {a}.|{b}'s father is {a}.#{a} discovered {b}.|{b} was discovered by {a}.|{b} was first found by {a}.#"
    "{a} invaded {b}.|{b} was invaded by {a}.|{a}'s army marched into {b}.#{a} is larger than {b}.|{b} is smaller than {a}.|{a} is bigger than {b}.|Of the two, {a} is the larger.#{a} is older than {b}.|{b} is younger than {a}.|Of the two, {a} is the elder.#"
    "{a} is north of {b}.|{b} is south of {a}.|{b} lies to the south of {a}.#{a} happened before {b}.|{b} happened after {a}.|{b} came later than {a}.#{a} eats {b}.|{b} is eaten by {a}.|{a} feeds on {b}.#{a} caused {b}.|{b} was caused by {a}.|{b} happened because of {a}.|{a} led to {b}.#"
    "{a} employed {b}.|{b} worked for {a}.|{b} was employed by {a}.#{a} won more votes than {b}.|{b} got fewer votes than {a}.#{a} sent a letter to {b}.|{b} received a letter from {a}.|{a} wrote to {b}.#{a} lent money to {b}.|{b} borrowed money from {a}.|{b} owed {a} money.#"
    "{a} orbits {b}.|{b} is orbited by {a}.|{a} goes around {b}.#{a} owns {b}.|{b} belongs to {a}.|{b} is owned by {a}.#{a} influenced {b}.|{b} was influenced by {a}.#{a} is faster than {b}.|{b} is slower than {a}.#{a} betrayed {b}.|{b} was betrayed by {a}.#{a} replaced {b}.|{b} was replaced by {a}.|{a} took the place of {b}.#"
    "{a} saved {b}.|{b} was saved by {a}.|{a} rescued {b}.#{a} costs more than {b}.|{b} is cheaper than {a}.|{b} costs less than {a}.#{a} painted {b}.|{b} was painted by {a}.#{a} is heavier than {b}.|{b} weighs less than {a}.|{b} is lighter than {a}.#{a} sued {b}.|{b} was sued by {a}.#{a} colonised {b}.|{b} was a colony of {a}.|{b} was colonised by {a}."
).split("#")
MUTUAL = ("{a} married {b}.|{b} married {a}.|{a} and {b} got married.#{a} borders {b}.|{b} borders {a}.|{a} and {b} share a border.#{a} met {b}.|{b} met {a}.|{a} and {b} met.#"
          "{a} and {b} are twins.|{b} is the twin of {a}.#{a} fought alongside {b}.|{a} and {b} were allies.|{b} and {a} fought on the same side.#{a} is equal to {b}.|{b} equals {a}.").split("#")  # fmt: skip
QUESTIONS = "What happened?|Who did what to whom?|What is known about the two?|How are they related?|What is the relation between them?|Which statement is right?".split(
    "|"
)
REASONS = (
    "He drank poison.|He poisoned himself.|He died by taking poison.|He took his own life with poison.#He was shot.|Someone shot him.|He died of a gunshot wound.#It was destroyed by fire.|It burned down.|A fire destroyed it.#"
    "The ship hit an iceberg.|It struck an iceberg.|A collision with an iceberg sank it.#The volcano erupted.|There was a volcanic eruption.|A volcano buried it.#She drowned.|She died in the water.|Her death was by drowning.#He had a heart attack.|His heart failed.|He died of cardiac arrest.#"
    "It was too expensive.|It cost too much.|The price was too high.#They ran out of money.|They went bankrupt.|There was no money left.#The Earth goes around the Sun.|The Earth orbits the Sun.|Our planet circles the Sun.#Hot air rises.|Warm air goes up.|Heated air moves upwards.#"
    "Ice is less dense than water.|Water is denser than ice.|Frozen water has a lower density than liquid water.#The Moon's gravity pulls the water.|The tides come from the Moon's attraction.|It is because of the pull of the Moon.#To escape the war.|They fled from the war.|Because of the war.#"
    "It rained all day.|The rain did not stop all day.|There was rain from morning to night.#The crew was rescued.|All of the crew survived.|Nobody on board died.#The plane crashed.|He died in a plane crash.|His aircraft went down.#She resigned.|She stepped down.|She gave up her office.#He was fired.|He lost his job.|They dismissed him.#"
    "Plants make oxygen.|Oxygen is produced by plants.|Plants release oxygen.#Metals expand when heated.|Heat makes metals expand.|Heating a metal makes it larger.#Sound needs air to travel.|Without air there is no sound.|Sound cannot travel through a vacuum.#They voted against it.|The vote went against it.|It was rejected in the vote.#"
    "The war ended.|Peace came.|The fighting stopped for good.#Smoking causes cancer.|Cancer is caused by smoking.|Smokers get cancer from their habit.#The bridge collapsed.|The bridge fell down.|The bridge gave way.#They moved to America.|They emigrated to America.|They left for America.#The king died without an heir.|The king left no heir.|There was no heir when the king died.#"
    "Blood carries oxygen.|Oxygen is transported by blood.|It is the blood that takes oxygen around.#He lost the election.|He was voted out.|The voters did not choose him.#The gods punished him.|It was a punishment from the gods.|He was punished by the gods.#He stole fire.|He took fire that was not his.|Fire was stolen by him.#To save money.|So that money is saved.|In order to spend less.#"
    "The asteroid killed them.|They were wiped out by an asteroid.|An impact from space ended them.#A disease wiped them out.|They died out because of a disease.|An epidemic killed them all.#It reflects sunlight.|It shines by reflecting the Sun's light.|Its light comes from the Sun.#She was the first woman to do so.|No woman had done so before her.|Before her, no woman did."
).split("#")
WHY = "Why did it happen?|What happened?|How did he die?|Why?|What was the reason?|What is the explanation?|How did it end?|What is the cause?".split(
    "|"
)


def two(rng: random.Random) -> tuple[str, str]:
    """Two parties of one kind."""
    pick = rng.random()
    if pick < 0.5:
        return " ".join(people.given(rng)), " ".join(people.given(rng))
    if pick < 0.65:
        return people.given(rng)[0], people.given(rng)[0]
    if pick < 0.8:
        a, b = rng.sample(places.atlas()["countries"], 2)
        return a["name"], b["name"]
    a, b = rng.sample(rng.choice(KINDS).split("|"), 2)
    return a, b


def events(rng: random.Random) -> Contrast:
    """An event in other words, or with the parties exchanged."""
    a, b = two(rng)
    question = rng.choice(QUESTIONS)
    if rng.random() < 0.15:
        one, other = rng.sample(rng.choice(MUTUAL).split("|"), 2)
        return same(one.format(a=a, b=b), other.format(a=a, b=b), question, "mutual")
    ways = rng.choice(EVENTS).split("|")
    one, other = rng.choice(ways), rng.choice(ways)
    if rng.random() < 0.5:
        return same(one.format(a=a, b=b), other.format(a=a, b=b), question, "roles")
    return different(one.format(a=a, b=b), (one if rng.random() < 0.5 else other).format(a=b, b=a), question, "roles")


def reasons(rng: random.Random) -> Contrast:
    """Explanations in other words, or other explanations."""
    first, second = (line.split("|") for line in rng.sample(REASONS, 2))
    question = rng.choice(WHY)
    lead = rng.choice(("", "", "", "Because ", "I think "))

    def led(text: str) -> str:
        return (
            lead + text[0].lower() + text[1:]
            if lead and text.split()[0] in ("He", "She", "It", "They", "The")
            else text
        )

    if rng.random() < 0.6:
        one, other = rng.sample(first, 2)
        return same(one, led(other), question, "reason")
    return different(rng.choice(first), led(rng.choice(second)), question, "reason")


RULES = ((events, 3.0), (reasons, 1.5))
