"""The page of the documentation, made from the results file alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.scorer.contestants import CONTESTANTS
from benchmarks.scorer.plots import growth_curves, ratio_bars

TEMPLATE = Path(__file__).parent / "page.md.jinja"
WHY = Path(__file__).parent / "why.md"
"""What the profile says of missed targets, in words; its figures are looked up in the results."""

TABLES = ("main", "truthtorchlm", "runtimes", "context", "base", "base-context")

Results = Mapping[str, Any]


def page(results: Results) -> str:
    """The whole page."""
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), keep_trailing_newline=True, trim_blocks=True)
    settings = results["settings"]
    missed = [own for own in results["targets"] if not own["reached"]]
    return template.render(
        r=results,
        main=settings["main"],
        titles={name: own.title for name, own in CONTESTANTS.items()},
        missed=missed,
        why=WHY.read_text(encoding="utf-8").strip(),
        targets=targets_table(results["targets"]),
        bars=bars(settings["main"]),
        tables={name: setting_table(settings[name]) for name in TABLES if name in settings},
        growth_answers=growth(settings, "answers-", "answers"),
        growth_questions=growth(settings, "questions-", "questions"),
        growth_table=growth_table(settings),
        equality=equality_table(results["equality"]),
        profile=profile_table(results["profile"]),
        versions=versions(results["versions"]),
    )


def targets_table(targets: Iterable[Results]) -> str:
    """Each target, what was reached, and the spread over the repeats."""
    return _table(
        ("target", "wanted", "measured", ""),
        (
            (
                own["title"],
                f"{own['bound']} {own['target']:g}",
                f"{own['value']:.3g}" + (f" [{own['low']:.3g}, {own['high']:.3g}]" if "low" in own else ""),
                "reached" if own["reached"] else "**missed**",
            )
            for own in targets
        ),
    )


def bars(setting: Results) -> str:
    """How many times as long as semuq the others take, matrices and clusters apart."""
    drawn = []
    for makes, title in (("matrix", "the full matrix"), ("clusters", "clusters alone")):
        own = [
            (CONTESTANTS[name].title, *(figures["times_semuq"][key] for key in ("value", "low", "high")))
            for name, figures in setting["contestants"].items()
            if CONTESTANTS[name].makes == makes and "times_semuq" in figures and name != "semuq-warm"
        ]
        if own:
            drawn.append(f"Time of {title}, semuq's = 1:\n\n" + ratio_bars(own, f"Time relative to semuq, {title}"))
    return "\n\n".join(drawn)


def setting_table(setting: Results) -> str:
    """A row per contestant: time, ratio, counts, memory."""
    rows = sorted(setting["contestants"].items(), key=lambda row: row[1]["median"])
    return _table(
        ("contestant", "seconds", "times semuq", "pairs", "forward passes", "padding", "peak memory, MB"),
        (
            (
                f"**{CONTESTANTS[name].title}**" if name.startswith("semuq") else CONTESTANTS[name].title,
                f"{own['median']:.3g} [{min(own['seconds']):.3g}, {max(own['seconds']):.3g}]",
                _ratio(own.get("times_semuq")),
                f"{own['pairs']:,}",
                f"{own['forwards']:,}",
                f"{own['padded_share']:.1%}" if own["pairs"] else "-",
                f"{own['peak_mb']:,} ({own['before_mb']:,})",
            )
            for name, own in rows
        ),
    )


def growth(settings: Results, prefix: str, across: str) -> str:
    """Seconds per question against the number of answers, or seconds against the number of questions."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for name, setting in settings.items():
        if not name.startswith(prefix):
            continue
        for contestant, own in setting["contestants"].items():
            seconds = own["median"] / (setting["questions"] if across == "answers" else 1)
            curves.setdefault(CONTESTANTS[contestant].title, []).append((setting[across], seconds))
    if not curves:
        return "_Not measured yet._"
    upwards = "seconds per question" if across == "answers" else "seconds"
    return growth_curves(curves, f"{across}", upwards, f"{upwards} against the number of {across}")


def growth_table(settings: Results) -> str:
    """semuq's time and memory as the questions become more."""
    rows = [
        (setting, setting["contestants"]["semuq"])
        for name, setting in settings.items()
        if name.startswith("questions-") and "semuq" in setting["contestants"]
    ]
    return _table(
        ("questions", "pairs", "seconds", "pairs/s", "warm, seconds", "peak memory, MB (before)"),
        (
            (
                f"{setting['questions']:,}",
                f"{own['pairs']:,}",
                f"{own['median']:.3g}",
                f"{own['pairs'] / own['median']:,.0f}",
                f"{setting['contestants']['semuq-warm']['median']:.3g}"
                if "semuq-warm" in setting["contestants"]
                else "-",
                f"{own['peak_mb']:,} ({own['before_mb']:,})",
            )
            for setting, own in rows
        ),
    )


def equality_table(rows: Iterable[Results]) -> str:
    """A row per precision and context."""
    return _table(
        (
            "precision",
            "question shown",
            "questions",
            "largest change",
            "clusters equal",
            "waves as the matrix",
            "pairs of waves",
        ),
        (
            (
                f"`{own['precision']}`",
                "yes" if own["context"] == "question" else "no",
                str(own["questions"]),
                f"{own['largest_difference_of_entailment']:.2g}",
                f"{own['questions_with_equal_clusters']:.1%}",
                f"{own['questions_where_waves_equal_matrix']:.1%}",
                f"{own['waves_share_of_pairs']:.0%}",
            )
            for own in rows
        ),
    )


def profile_table(profiles: Results) -> str:
    """A column per profiled pass, a row per kind of work."""
    kinds = list(dict.fromkeys(kind for own in profiles.values() for kind in own["shares"]))
    return _table(
        ("", *(CONTESTANTS[name].title for name in profiles)),
        (
            ("seconds", *(f"{own['seconds']:.2f}" for own in profiles.values())),
            *((kind, *(f"{own['shares'].get(kind, 0):.0%}" for own in profiles.values())) for kind in kinds),
        ),
    )


def versions(found: Results) -> str:
    """A line per environment."""
    return "\n".join(
        f"- {environment}: {', '.join(f'{name} {version}' for name, version in own.items())}"
        for environment, own in found.items()
    )


def _ratio(own: Results | None) -> str:
    return "-" if own is None else f"{own['value']:.2f} [{own['low']:.2f}, {own['high']:.2f}]"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
