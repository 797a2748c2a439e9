"""Makes a page per estimator from its docstring, and the table that compares them.

Run by the documentation's build; nothing that an estimator says of itself is written twice.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from semuq.estimators import ESTIMATORS
from semuq.estimators.base import Estimator

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
        lines += ["", f"## {name}", "", *body(name, text)]
    return "\n".join(lines) + "\n"


def facts(kind: type[Estimator]) -> Iterator[str]:
    """What the class states, as a table."""
    example = kind.examples()[0]
    low, high = example.bounds(10)
    yield "| | |"
    yield "|---|---|"
    yield f"| needs | {needs(kind)} |"
    yield f"| units | {kind.units} |"
    yield f"| bounds at n = 10 | {low:.4g} to {high:.4g} |"
    yield f"| fewest answers | {kind.min_samples} |"
    yield f"| comparable across n | {'no' if kind.depends_on_n else 'yes'} |"
    for law, reason in example.law_exceptions.items():
        yield f"| does not obey `{law}` | {reason} |"
    yield "| source | " + "; ".join(kind.references) + " |"


def needs(kind: type[Estimator]) -> str:
    """What an estimator needs beside the texts."""
    return ", ".join(sorted(kind.needs)) or "only texts"


def body(name: str, text: str) -> Iterator[str]:
    """A section as Markdown: formulas and examples as code, arguments as a list."""
    first, _, rest = text.partition("\n")
    if name.startswith("Example"):
        yield from ["```pycon", inspect.cleandoc(text), "```"]
    elif name == "Args":
        yield re.sub(r"^(\S[^:]*):", r"- `\1`:", inspect.cleandoc(text), flags=re.MULTILINE)
    elif rest.startswith("    ") and name in ("Formula", "Laws"):
        block = [line for line in rest.splitlines() if line.startswith("    ") or not line.strip()]
        after = rest.splitlines()[len(block) :]
        yield from [first.strip(), "", "```text", inspect.cleandoc("\n".join(block)), "```", "", *after]
    else:
        yield inspect.cleandoc(first.strip() + "\n" + rest)


def overview() -> str:
    """The table of all estimators."""
    lines = [
        "# Estimators",
        "",
        "Higher is more uncertain, for every one of them. Each passes the contract checks of `semuq.testing`.",
        "",
        "| estimator | in one line | needs | units | range at n = 10 | fewest answers |",
        "|---|---|---|---|---|---|",
    ]
    for kind in ESTIMATORS:
        low, high = kind.examples()[0].bounds(10)
        line = sections(kind)[""].split("\n\n")[0].replace("\n", " ")
        lines.append(
            f"| [{kind.__name__}]({kind.__name__}.md) | {line} | {needs(kind)} | {kind.units} | "
            f"{low:.3g} to {high:.3g} | {kind.min_samples} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the pages into the build."""
    import mkdocs_gen_files

    with mkdocs_gen_files.open("estimators/index.md", "w") as file:
        file.write(overview())
    for kind in ESTIMATORS:
        with mkdocs_gen_files.open(f"estimators/{kind.__name__}.md", "w") as file:
            file.write(page(kind))


if __name__ == "<run_path>":  # how the build runs its scripts
    main()
