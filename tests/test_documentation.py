"""What the documentation shows runs, and its numbers are those of the committed results."""

import ast
import doctest
import importlib
import importlib.util
import json
import re
import runpy
from pathlib import Path

import pytest

from semuq.estimators import ESTIMATORS
from semuq.evidence.needs import access, forwards, pairs

ROOT = Path(__file__).parent.parent
SNIPPETS = sorted((ROOT / "docs" / "snippets").glob("*.py"))
CITING = [ROOT / "README.md", ROOT / "benchmarks" / "entailment_model" / "README.md"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")), ROOT / "CHANGELOG.md"]

# A number in one of these is followed by where it comes from: 81.2%<!-- entailment_model:snli.accuracy:.1% -->
CITED = re.compile(r"(?P<number>[-+]?[\d.,%]+)\**<!-- (?P<file>[\w-]+):(?P<path>[^:]+):(?P<format>\S+) -->")


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.name)
def test_snippets_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")


@pytest.mark.parametrize("package", ["semuq", "semuq_rl"])
def test_the_picture_of_the_layers_shows_every_room(package):
    drawing = load("architecture").drawing(package)
    rooms = {path.name for path in (ROOT / package).iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(re.findall(r">(\w+)</text>", drawing))


def test_the_readme_shows_a_snippet_as_it_is_with_its_output(capsys):
    readme = (ROOT / "README.md").read_text()
    code, output = ((ROOT / "docs" / "snippets" / f"answers.{kind}").read_text().strip() for kind in ("py", "txt"))
    assert f"```python\n{code}\n```\n\n```text\n{output}\n```" in readme
    assert max(map(len, code.splitlines())) <= 100
    exec(code, {})
    assert capsys.readouterr().out.strip() == output


def test_the_readme_promises_no_release_and_leads_on_in_each_situation():
    readme = (ROOT / "README.md").read_text()
    assert not re.search(r"pip install \"?semuq", readme)
    for page in ("recipes.md#comparing-estimators-for-a-paper", "gate.md", "rl/train.md"):
        assert f"(docs/{page})" in readme


def test_the_picture_of_the_readme_is_what_the_command_prints_of_the_stored_answers():
    picture = load("picture")
    svg = picture.PICTURE.read_text(encoding="utf-8")
    assert svg == picture.drawn()
    assert "](docs/picture.svg)" in (ROOT / "README.md").read_text()
    assert not re.search(r"https?://(?!www\.w3\.org|www\.textualize\.io|rich\.readthedocs)", svg)


@pytest.mark.parametrize("path", CITING, ids=lambda path: path.parent.name)
def test_cited_numbers_are_those_of_the_results(path):
    look_up = load("hooks").look_up
    cited = list(CITED.finditer(path.read_text()))
    assert cited
    for match in cited:
        assert match["number"] == look_up(match["file"], match["path"], match["format"]), match[0]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_numbers_on_pages_can_be_looked_up(path):
    load("hooks").fill(path.read_text())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path):
    made = {f"{kind.__name__}.md" for kind in ESTIMATORS} | {"index.md", "compared.md"}
    drawn = {"architecture.md", "notebook.md"}
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text()):
        generated = (
            target in drawn or target.startswith("plots/") or ("estimators/" in target and Path(target).name in made)
        )
        assert generated or (path.parent / target).exists(), target


@pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_every_estimator_has_a_page_with_what_a_reader_needs(kind):
    generate = load("generate")
    parts = generate.sections(kind)
    for name in ("What it says", "Formula", "Returns", "Raises", "Degenerate cases", "Cost", "Variant", "Example"):
        assert parts.get(name), f"{kind.__name__}: its docstring has no '{name}'"
    assert parts.get("References")
    assert doctest.DocTestParser().get_examples(kind.__doc__), "the example does not run"
    page = generate.page(kind)
    assert page.startswith(f"# {kind.__name__}\n")
    assert "```pycon\n>>> " in page


def test_the_overview_lists_every_estimator():
    overview = load("generate").overview()
    assert all(f"[{kind.__name__}]" in overview for kind in ESTIMATORS)


def test_the_overview_says_where_every_field_comes_from():
    from semuq.evidence import Need

    overview = load("generate").overview()
    assert all(f"`{need.field}` | {need.remedy}" in overview for need in Need if need.field is not None)


def test_the_overview_says_of_every_estimator_what_it_is_blind_to():
    assert [kind.__name__ for kind in ESTIMATORS if not kind.blind_to] == []


def test_costs_follow_from_needs():
    from semuq import CoCoA, DiscreteSemanticEntropy, EigenScore, HiddenEigenScore, PTrue, SelfCertainty

    assert [access(kind.needs) for kind in (DiscreteSemanticEntropy, CoCoA, SelfCertainty, HiddenEigenScore)] == [
        "black",
        "log-probs",
        "vocabulary",
        "states",
    ]
    assert [pairs(kind.needs) for kind in (DiscreteSemanticEntropy, CoCoA, PTrue)] == [
        "u to u (u - 1)",
        "u (u - 1)",
        "none",
    ]
    assert (forwards(EigenScore.needs), forwards(CoCoA.needs)) == ("u embeddings", "none")


def test_laws_are_code_and_what_is_ours_is_told_from_what_is_said_of_it():
    generate = load("generate")
    assert generate.code("A(b=C()), first answer, f (g)") == "`A(b=C())`, first answer, f (g)"
    assert generate.code("A(b=C())") == "`A(b=C())`"


def test_the_index_lists_every_estimator_once_under_what_it_needs():
    from semuq import DINCO, RAUQ, CoCoA, DiscreteSemanticEntropy, SelfCertainty, TokenSAR

    grouped = load("generate").grouped()
    assert sorted(kind.__name__ for kinds in grouped.values() for kind in kinds) == sorted(
        kind.__name__ for kind in ESTIMATORS
    )
    first = [next(number for number, kinds in enumerate(grouped.values()) if kind in kinds) for kind in (
        DiscreteSemanticEntropy, DINCO, CoCoA, TokenSAR, SelfCertainty, RAUQ
    )]  # fmt: skip
    assert first == list(range(6))


def test_the_comparison_page_names_every_difference():
    generate = load("generate")
    page = generate.compared()
    for row in json.loads((generate.RESULTS / "estimator_peers.json").read_text())["comparisons"]:
        assert f"| {row['method']} | {generate.code(row['ours'])} |" in page
        assert all(difference["why"] in page for difference in row["differences"])


SPOKEN = re.compile(r"(?<![\w./-])semuq(?:_rl)?(?:\.[A-Za-z_]\w*)+")


def spoken_paths():
    """Every dotted path of ours that a string of the code (docstrings and errors) or a page names, and who names it."""
    sources = [path for package in ("semuq", "semuq_rl") for path in sorted((ROOT / package).rglob("*.py"))]
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                # A string that is a path and nothing else names the kind of a file.
                yield from ((found, path) for found in SPOKEN.findall(node.value) if found != node.value)
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        yield from ((found, path) for found in SPOKEN.findall(path.read_text()))


def exists(path):
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if not error.name or not path.startswith(error.name):
                return True  # the module is there and asks for a package that is not
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return name in {**getattr(found, "__dataclass_fields__", {}), **getattr(found, "__annotations__", {})}
            found = getattr(found, name)
        return True
    return False


def test_what_errors_and_pages_point_to_exists():
    named = {}
    for found, path in spoken_paths():
        named.setdefault(found, path.relative_to(ROOT).as_posix())
    assert len(named) > 100
    assert {found: where for found, where in named.items() if not exists(found)} == {}
