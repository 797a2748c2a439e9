"""Makes a page per estimator from its docstring, and the table that compares them.

Run by the documentation's build; nothing that an estimator says of itself is written twice.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

from docs import formulas
from semuq.estimators import ESTIMATORS
from semuq.estimators.base import Estimator
from semuq.evidence.needs import EMBEDDED, RELATED, Access, Need, access, forwards, pairs

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"

WIDE = "---\nhide: [toc]\n---\n"
"""What opens a page whose tables need the whole width."""

CARDS = '<div class="cards" markdown>'
"""What opens a table that a phone shows row by row; `</div>` closes it."""

_SECTION = re.compile(
    r"^(What it says|Intuition|Formula|Args|Returns[^.:\n]*|Raises[^.:\n]*|Degenerate cases|Cost|Variant|Variants|Laws"
    r"|Example|Examples|See also|References|Blind to)(?:[.:])",
    re.MULTILINE,
)


def sections(kind: type[Estimator]) -> dict[str, str]:
    """The opening line of a docstring under "", and each section's text under its name."""
    doc = inspect.cleandoc(kind.__doc__ or "")
    matches = list(_SECTION.finditer(doc))
    ends = [match.start() for match in matches[1:]] + [len(doc)]
    found = {"": doc[: matches[0].start()].strip() if matches else doc}
    for match, end in zip(matches, ends, strict=False):
        found[match[1].split(" (")[0]] = doc[match.end() : end].strip("\n")
    return found


def page(kind: type[Estimator]) -> str:
    """The page of one estimator."""
    parts = sections(kind)
    lines = [f"# {kind.__name__}", "", parts.pop(""), "", *facts(kind)]
    for name, text in parts.items():
        lines += ["", f"## {name}", "", *body(name, text, numbers(kind))]
    return "\n".join(lines) + "\n"


def facts(kind: type[Estimator]) -> Iterator[str]:
    """What the class states, as a table."""
    example = kind.examples()[0]
    low, high = example.bounds(10)
    yield "| | |"
    yield "|---|---|"
    yield f"| needs | {needs(kind)} |"
    yield f"| sees of the model | {access(example.needs)} |"
    yield f"| pairs compared | {pairs(example.needs)} |"
    yield f"| other passes | {forwards(example.needs)} |"
    yield f"| blind to | {kind.blind_to} |"
    yield f"| units | {kind.units} |"
    yield f"| bounds at n = 10 | {low:.4g} to {high:.4g} |"
    yield f"| fewest answers | {kind.min_samples} |"
    yield f"| comparable across n | {'no' if kind.depends_on_n else 'yes'} |"
    for law, reason in example.law_exceptions.items():
        yield f"| does not obey `{law}` | {reason} |"
    yield "| source | " + "; ".join(kind.papers) + " |"


def needs(kind: type[Estimator]) -> str:
    """What an estimator needs beside the texts."""
    return ", ".join(sorted(kind.examples()[0].needs)) or "only texts"


def numbers(kind: type[Estimator]) -> set[str]:
    """The parameters that are numbers: symbols in the formula."""
    return {own.name for own in fields(kind) if own.type in ("float", "int", "float | None")}


def body(name: str, text: str, names: Collection[str] = ()) -> Iterator[str]:
    """A section as Markdown: formulas typeset, laws and examples as code, arguments as a list."""
    first, _, rest = text.partition("\n")
    if name.startswith("Example"):
        yield from ["```pycon", inspect.cleandoc(text), "```"]
    elif name in ("Args", "Raises"):
        yield re.sub(r"^(\S[^:]*):", r"- `\1`:", inspect.cleandoc(text), flags=re.MULTILINE)
    elif name == "Formula":
        yield formulas.block(text, names)
    elif name == "Laws" and "\n    " in "\n" + text:
        for indented, lines in groupby(text.splitlines(), key=lambda line: line.startswith("    ") or not line.strip()):
            block = inspect.cleandoc("\n".join(["", *lines]))
            yield from ["```text", block, "```", ""] if indented else [*map(str.strip, block.splitlines()), ""]
    else:
        yield inspect.cleandoc(first.strip() + "\n" + rest)


GROUPS: dict[tuple[Access, bool], str] = {
    ("black", False): "The texts of the answers, and nothing else",
    ("black", True): "Texts, and the model asked for more",
    ("log-probs", False): "Log-probs of the tokens",
    ("log-probs", True): "Log-probs, and more passes of a model",
    ("vocabulary", False): "The distribution over all tokens",
    ("states", False): "What the model computes inside",
}
"""What must be had, least first: how far one sees into the model, and whether it is asked for more than its answers."""


def grouped() -> dict[str, list[type[Estimator]]]:
    """The estimators by what they need, in the order of `GROUPS`; within one, those with the same needs together."""
    found: dict[str, list[type[Estimator]]] = {heading: [] for heading in GROUPS.values()}
    for kind in ESTIMATORS:
        wanted = kind.examples()[0].needs
        more = any(need.field and need.forwards for need in wanted)
        found[GROUPS[access(wanted), more]].append(kind)
    return {heading: sorted(kinds, key=fields_needed) for heading, kinds in found.items()}


def fields_needed(kind: type[Estimator]) -> list[str]:
    """The fields of `SampleSet` it reads, besides prompt and texts."""
    return [need.field for need in Need if need in kind.examples()[0].needs and need.field]


def index() -> Iterator[str]:
    """Every estimator once, under what it needs, with its one line."""
    for heading, kinds in grouped().items():
        yield from ("", f"## {heading}", "", CARDS, "", "| estimator | in one line | needs |", "|---|---|---|")
        for kind in kinds:
            line = sections(kind)[""].split("\n\n")[0].replace("\n", " ")
            wanted = kind.examples()[0].needs
            said = ["a relation"] if wanted & RELATED else []
            said += ["an embedder"] if wanted & EMBEDDED else []
            said += [f"`{name}`" for name in fields_needed(kind)]
            yield f"| {link(kind)} | {line} | {', '.join(said) or 'only texts'} |"
        yield from ("", "</div>")


def overview() -> str:
    """The tables of all estimators: what each says, and how they compare."""
    lines = [
        WIDE,
        "# Estimators",
        "",
        "Higher is more uncertain, for every one of them. Each passes the contract checks of `semuq.testing`, equals a "
        "literal transcription of its paper on hundreds of generated questions, and is "
        "[compared with other packages](compared.md) where they have it. Not sure which? "
        "[How to choose](../choose.md), and the [leaderboard](../leaderboard.md).",
        "",
        "By what you must have, least first. Names in code are fields of `SampleSet`: "
        "[where they come from](#where-their-evidence-comes-from).",
        *index(),
    ]
    lines += [
        "",
        "## How they compare",
        "",
        "For n answers of which u differ. Pairs are compared once for all estimators of one `evaluate`; clusters alone "
        "ask an entailment model only for the pairs that a greedy clustering needs. *Sees*: black for texts alone, "
        "log-probs as many interfaces give them, the vocabulary's whole distribution, or the model's states.",
        "",
        CARDS,
        "",
        "| estimator | units | range at n = 10 | fewest answers | sees | pairs | other passes | comparable across n "
        "| blind to |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in ESTIMATORS:
        example = kind.examples()[0]
        across = "no" if kind.depends_on_n else "yes"
        costs = (access(example.needs), pairs(example.needs), forwards(example.needs))
        low, high = example.bounds(10)
        says = (kind.units, f"{low:.3g} to {high:.3g}", str(example.min_samples))
        lines.append(f"| {' | '.join((link(kind), *says, *costs, across, kind.blind_to))} |")
    lines += [
        "",
        "</div>",
        "",
        "## Where their evidence comes from",
        "",
        "Texts are always there; a relation and an embedder are passed to `score`. All else is an optional field of "
        "`SampleSet`, which samplers fill or you do.",
        "",
        "| need | field | how to come by it | other passes |",
        "|---|---|---|---|",
        *(
            f"| {need} | `{need.field}` | {need.remedy} | {need.forwards or 'none'} |"
            for need in Need
            if need.field is not None
        ),
    ]
    return "\n".join(lines) + "\n"


def link(kind: type[Estimator]) -> str:
    """A link to the estimator's page."""
    return f"[{kind.__name__}]({kind.__name__}.md)"


def compared() -> str:
    """The page on values and speed beside other packages, from the recorded results."""
    values = json.loads((RESULTS / "estimator_peers.json").read_text(encoding="utf-8"))
    rows = values["comparisons"]
    names = {"lm-polygraph": "LM-Polygraph", "uqlm": "UQLM", "truthtorchlm": "TruthTorchLM"}
    versions = ", ".join(f"{name} {values['versions'][package]}" for package, name in names.items())
    total, equal = sum(row["inputs"] for row in rows), sum(row["equal"] for row in rows)
    lines = [
        WIDE,
        "# Compared with other packages",
        "",
        f"The same {len(values['inputs'])} inputs (probabilities of entailment and contradiction, texts, log-probs, "
        f"states) were handed to {versions}, to their own classes in environments of their own, and to this package: "
        f"{len(rows)} methods that both have, {total} values. {equal} of them are equal after the stated conversion. "
        f"Each of the other {total - equal} is reproduced by a formula that says what is different: not a claim, but a "
        "computation that gives the other package's own number. A test computes ours anew and fails at any difference "
        "without one.",
        "",
        "```sh",
        "python -m benchmarks.estimators peers",
        "```",
    ]
    for package, name in names.items():
        lines += ["", f"## {name}", "", "| method | ours | conversion | equal | differs |", "|---|---|---|---|---|"]
        own = [row for row in rows if row["package"] == package]
        for row in own:
            differs = row["inputs"] - row["equal"]
            lines.append(
                f"| {row['method']} | {code(row['ours'])} | {row['conversion'] or 'none'} | {row['equal']} | "
                f"{differs or ''} |"
            )
        lines += ["", "What differs, and who is right:", ""]
        lines += differences(own)
    return "\n".join([*lines, *speed()]) + "\n"


def code(ours: str) -> str:
    """An estimator as code, with what is said behind it as text."""
    end = ours.rindex(")", 0, ours.find("), ") + 1 or None) + 1
    return f"`{ours[:end]}`{ours[end:]}"


def differences(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Each reason once, with the methods it concerns and an example."""
    reasons: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for row in rows:
        for difference in row["differences"]:
            reasons.setdefault(difference["why"], []).append((row, difference))
    for why, found in reasons.items():
        row, difference = found[0]
        example = difference["example"]
        yield (
            f"- **{', '.join(row['method'] for row, _ in found)}** ({sum(own['inputs'] for _, own in found)} values; "
            f'right: {difference["right"]}). {why} For example, "{example["input"]}": {shown(example["theirs"])} '
            f"there, {shown(example['ours'])} here ({row['method']}, before conversion)."
        )


def shown(value: float | str) -> str:
    """A value as a reader wants it; an error by its name."""
    return value.split(":")[0] if isinstance(value, str) else f"{value:.3f}"


def speed() -> Iterator[str]:
    """What scoring costs beside LM-Polygraph, if it was measured."""
    path = RESULTS / "estimators_speed.json"
    if not path.exists():
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    together, ours = found["together"], found["all_of_ours"]
    yield from (
        "",
        "## Speed",
        "",
        f"Given the matrices, {found['questions']:,} questions with {found['answers']} answers, one core "
        f"({found['hardware']}), {found['repeats']} rounds in turns with LM-Polygraph "
        f"{found['versions']['lm-polygraph']}, which is timed on {found['questions_of_lm_polygraph']} of the questions "
        "since it takes the same for each. Median microseconds per question, in brackets the least and most.",
        "",
        f"The {together['methods']} methods that both have, together: {interval(together['theirs'])} there, "
        f"{interval(together['ours'])} here: **{interval(together['ratio'])} times** as fast. Filling our containers "
        f"from raw arrays, which is no part of that, takes {found['building']['ours']} microseconds per question; "
        f"counted in, the ratio is {interval(together['ratio_with_building'])}. All {ours['estimators']} estimators "
        f"that such evidence feeds take {interval(ours['ours'])} microseconds per question together "
        f"({interval(ours['seconds_for_all_questions'])} seconds for all). Left out, since they need "
        f"more than that, or run a relation or an embedder of their own: {', '.join(ours['left_out'])}.",
        "",
        "```sh",
        "python -m benchmarks.estimators speed",
        "```",
        "",
        "Each method alone, with evidence built for it alone:",
        "",
        "| LM-Polygraph's method | theirs | ours | ratio |",
        "|---|---|---|---|",
        *(
            f"| {name} | {interval(own['theirs'])} | {interval(own['ours'])} | {interval(own['ratio'])} |"
            for name, own in found["methods"].items()
        ),
        f"| (clusters, shared by its semantic entropies) | {interval(found['their_clusters'])} | in each | |",
    )


def interval(spread: dict[str, float]) -> str:
    """Median with least and most."""
    return f"{spread['median']:.3g} [{spread['low']:.3g}, {spread['high']:.3g}]"


def main() -> None:
    """Write the pages into the build."""
    import mkdocs_gen_files

    with mkdocs_gen_files.open("estimators/index.md", "w") as file:
        file.write(overview())
    with mkdocs_gen_files.open("estimators/compared.md", "w") as file:
        file.write(compared())
    for kind in ESTIMATORS:
        with mkdocs_gen_files.open(f"estimators/{kind.__name__}.md", "w") as file:
            file.write(page(kind))


if __name__ == "<run_path>":  # how the build runs its scripts
    main()
