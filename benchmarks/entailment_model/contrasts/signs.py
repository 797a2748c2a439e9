# ruff: noqa: E501 - tables of words are read best in long lines
"""What is written rather than named: formulas, versions, codes, notes, moves, addresses, numbers in short."""

from __future__ import annotations

import random

from num2words import num2words

from ..example import Contrast
from .numbers import different, same

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LINES = tuple(
    (question, tuple(signs.split("  ")))
    for question, signs in (
        ("Which operator is it?", "==  !=  <=  >=  <  >  &&  ||  !  +  -  *  /  %  **  //  ++  --  =>  ->  <-  :="),
        (
            "Which symbol?",
            "∪  ∩  ⊂  ⊃  ∈  ∉  ≤  ≥  ≠  ≈  ∑  ∏  ∀  ∃  ¬  ∧  ∨  →  ←  ↑  ↓  ∞  ∂  ∇  ±  ∓  √  α  β  γ  δ  λ  μ  π  σ  ω",
        ),
        ("Which grade?", "A+  A  A-  B+  B  B-  C+  C  C-  D  F"),
        ("Which note?", "C sharp  C flat  D  D flat  E  E flat  F  F sharp  G  G sharp  A  A flat  B  B flat"),
        (
            "Which key?",
            "C major  C minor  D major  D minor  E flat major  E minor  F major  G major  G minor  A major  A minor  B minor",
        ),
        ("Which blood type?", "A  B  AB  O  A+  A-  B+  B-  AB+  AB-  O+  O-"),
        ("Which move?", "e4  d4  c4  e5  d5  Nf3  Nc3  Nf6  Nc6  Bb5  Bc4  Qd2  O-O  O-O-O  Rd1  Re1  cxd4  exd5"),
        ("Which option?", "A  B  C  D  E"),
        ("Which chromosome?", "X  Y  21  13  18  7  11"),
        ("Which ion?", "Fe2+  Fe3+  Cu+  Cu2+  Na+  Cl-  Ca2+  SO4 2-  NO3-  NO2-  H+  OH-"),
        ("Which file type?", ".py  .pyc  .js  .ts  .c  .cpp  .h  .json  .jsonl  .csv  .tsv  .xls  .xlsx  .doc  .docx"),
        (
            "Which command?",
            "git push  git pull  git fetch  git merge  git rebase  rm -r  rm -rf  ls -l  ls -a  cp -r  mv  chmod +x  chmod -x  kill -9  kill  docker run  docker rm  pip install  pip uninstall  systemctl start  systemctl stop",
        ),
        ("What does it print?", "True  False  None  0  1  -1  []  {}  ''  nan  inf"),
        ("Which language?", "C  C++  C#  Java  JavaScript  TypeScript  Go  R  D  F#  Objective-C"),
    )
)


def listed(rng: random.Random) -> Contrast:
    """Two signs of a line; or one of them, written bare and wrapped."""
    question, signs = rng.choice(LINES)
    one, other = rng.sample(signs, 2)
    if rng.random() < 0.25:
        shape = rng.choice(("{}.", "`{}`", "({})", "It is {}.", "The answer is {}."))
        return same(one, shape.format(one), question, "sign")
    return different(one, other, question, "sign")


def codes(rng: random.Random) -> Contrast:
    """A version, address, path, number in another base, sequence of letters; and one with another sign in it."""
    kind = rng.randrange(8)
    digits = "0123456789"
    if kind == 0:
        question, text = "Which version?", f"v{rng.randrange(1, 15)}.{rng.randrange(0, 20)}.{rng.randrange(0, 10)}"
        pool = digits
    elif kind == 1:
        question, pool = "What is the hex value?", "0123456789ABCDEF"
        text = "0x" + "".join(rng.choices(pool, k=rng.choice((2, 4, 8))))
    elif kind == 2:
        question, pool = "Which DNA sequence?", "ACGT"
        text = "".join(rng.choices(pool, k=rng.randrange(4, 20)))
    elif kind == 3:
        question, pool = "Which address?", LETTERS
        text = "".join(rng.choices(LETTERS, k=rng.randrange(1, 8))) + rng.choice(
            ("@example.com", "@mail.org", "@test.net")
        )
    elif kind == 4:
        question, pool = "Which path?", LETTERS
        text = "/" + "/".join(
            rng.choice(("usr", "var", "home", "etc", "bin", "lib", "tmp", "opt", "src"))
            for _ in range(rng.randrange(2, 4))
        )
        changed = text.rsplit("/", 1)[0] + "/" + rng.choice(("bin", "lib", "log", "run", "data"))
        return (
            different(text, changed, question, "code") if changed != text else same(text, f"`{text}`", question, "code")
        )
    elif kind == 5:
        question, pool = "What is the formula?", "+-*/^"
        x, y = rng.sample(LETTERS, 2)
        text = rng.choice(
            (
                f"{x}+{y}",
                f"{x}-{y}",
                f"{rng.randrange(2, 9)}{x}+{rng.randrange(1, 9)}",
                f"{x}^2-{y}^2",
                f"{x}*{y}",
                f"{x}/{y}",
            )
        )
    elif kind == 6:
        question, pool = "What is the serial number?", "0123456789ABCDEF"
        text = ":".join("".join(rng.choices(pool, k=2)) for _ in range(rng.choice((3, 6))))
    else:
        question, pool = "What is the model called?", digits
        text = (
            rng.choice(
                ("GPT", "BRCA", "Boeing", "F", "Type", "PS", "iPhone", "B", "Mark", "H", "COVID", "Room", "Vitamin B")
            )
            + rng.choice(("-", " ", ""))
            + str(rng.randrange(1, 99))
        )
    if rng.random() < 0.3:
        return same(text, rng.choice(("It is {}.", "{}.", "`{}`", "The answer is {}.")).format(text), question, "code")
    places = [i for i, sign in enumerate(text) if sign in pool and not (kind == 1 and i < 2)]
    if not places:
        return same(text, f"It is {text}.", question, "code")
    at = rng.choice(places)
    sign = rng.choice([own for own in pool if own != text[at]])
    return different(text, text[:at] + sign + text[at + 1 :], question, "code")


def in_short(rng: random.Random) -> Contrast:
    """5M and 5 million, 2^10 and 1024, 3k and 3000; and their neighbours."""
    if rng.random() < 0.6:
        n = rng.choice((rng.randrange(1, 20), rng.randrange(1, 900), rng.randrange(11, 99) / 10))
        short, word, zeros = rng.choice(
            (
                ("k", "thousand", 3),
                ("K", "thousand", 3),
                ("M", "million", 6),
                ("m", "million", 6),
                ("bn", "billion", 9),
                ("B", "billion", 9),
            )
        )
        forms = [f"{n:g}{short}", f"{n:g} {word}", f"{round(n * 10**zeros):,}"]
        other = rng.choice(
            (f"{n:g} " + rng.choice([w for w in ("thousand", "million", "billion") if w != word]), f"{n + 1:g}{short}")
        )
        question = rng.choice(("How many people live there?", "How many?", "What did it cost?"))
        return (
            same(*rng.sample(forms, 2), question, "in short")
            if rng.random() < 0.55
            else different(rng.choice(forms), other, question, "in short")
        )
    base, power = rng.choice(
        ((2, rng.randrange(2, 17)), (10, rng.randrange(2, 7)), (3, rng.randrange(2, 6)), (rng.randrange(2, 13), 2))
    )
    value = base**power
    forms = [f"{base}^{power}", str(value), f"{base}**{power}", f"{base} to the power of {power}"] + (
        [f"{base} squared"] if power == 2 else []
    )
    question = rng.choice(("How many?", "What is the result?", "What is the value?"))
    if rng.random() < 0.5:
        return same(*rng.sample(forms, 2), question, "power")
    return different(
        rng.choice(forms),
        rng.choice(
            (
                f"{base}^{power + 1}",
                str(value + 1),
                str(base * power) if base * power != value else str(value * 2),
                num2words(value + base),
            )
        ),
        question,
        "power",
    )


RULES = ((listed, 1.5), (codes, 1.8), (in_short, 1.2))
