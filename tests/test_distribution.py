"""The wheel and the source distribution: whole, alike, and at work where nothing else is installed than they ask for.

The bare environment holds links to the distributions that are declared, to theirs, and to no others, in the versions
of the environment that runs the tests. So what is imported without being declared fails here; what pip would choose is
not tried, nor are the lower bounds.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

pytest.importorskip("hatchling", reason="hatchling is not installed")

pytestmark = pytest.mark.slow  # builds twice and runs the library in an environment of its own


def run(*command, cwd, **settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    found = subprocess.run(command, cwd=cwd, env={**environment, **settings}, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", str(folder), cwd=ROOT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def declared(requirements, into):
    """The distributions that these requirements and theirs name, by name."""
    for text in requirements or ():
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        wanted = not requirement.marker or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
        )
        if wanted and name not in into:
            into[name] = distribution(name)
            declared(of_no_extra(into[name], requirement.extras), into)
    return into


def of_no_extra(found: Distribution, extras):
    for text in found.requires or ():
        marker = Requirement(text).marker
        if not marker or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield text.partition(";")[0]


@pytest.fixture(scope="module")
def bare(built, tmp_path_factory):
    """Python of an environment with the wheel, what it declares, and nothing else."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(folder), cwd=folder.parent)
    python = folder / "bin" / "python"
    install = ("-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps", str(built[0]))
    run(sys.executable, *install, cwd=folder.parent)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    metadata = metadata_of(built[0])
    found = declared([str(own) for own in metadata.requires_dist if not own.marker], {})
    for one in found.values():
        for top in {Path(str(file)).parts[0] for file in one.files or () if not str(file).startswith("..")}:
            here, there = packages / top, Path(str(one.locate_file(top)))
            if there.exists() and not here.exists() and top != "__pycache__":
                here.symlink_to(there)
    return python


def metadata_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (own for own in archive.namelist() if own.endswith(".dist-info/METADATA"))
        return Metadata.from_email(archive.read(name), validate=True)


def test_the_metadata_are_valid_and_say_what_a_package_index_shows(built):
    metadata = metadata_of(built[0])
    assert (metadata.name, metadata.license_expression) == ("semuq", "Apache-2.0")
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (ROOT / "README.md").read_text()
    assert {str(own.name) for own in metadata.requires_dist if not own.marker} >= {"numpy", "torch", "transformers"}


def test_the_wheel_holds_the_packages_and_their_data_and_nothing_else(built):
    with zipfile.ZipFile(built[0]) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0] for name in names} == {"semuq", "semuq_rl", "semuq-0.1.0.dist-info"}
    tracked = run("git", "ls-files", "semuq", "semuq_rl", cwd=ROOT).splitlines()
    assert set(tracked) <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".so"))]


def test_a_wheel_made_of_the_source_distribution_is_the_same(built, tmp_path):
    with tarfile.open(built[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"), cwd=folder)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert contents(wheel) == contents(built[0])


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_in_the_bare_environment_all_requirements_are_met_and_nothing_else_is_there(bare, tmp_path):
    run(sys.executable, "-m", "pip", "--python", str(bare), "check", cwd=tmp_path)
    code = "import semuq, importlib.util as u; print(semuq.__file__); print([n for n in {!r} if u.find_spec(n)])"
    where, extra = run(bare, "-c", code.format(["pytest", "openai", "trl", "pandas", "fastapi"]), cwd=tmp_path).split(
        "\n"
    )[:2]
    assert where.startswith(str(bare.parents[1]))
    assert extra == "[]"


def test_every_public_name_can_be_had_with_what_is_declared(bare, tmp_path):
    code = "import semuq; print(len([getattr(semuq, name) for name in semuq.__all__]))"
    assert int(run(bare, "-c", code, cwd=tmp_path)) > 80


def test_the_five_lines_run_in_the_bare_environment(bare, tmp_path):
    snippet = (ROOT / "docs" / "snippets" / "answers.py").read_text()
    said = run(bare, "-c", snippet, cwd=tmp_path, SEMUQ_CACHE_DIR=str(tmp_path), HF_HUB_OFFLINE="1")
    assert said.strip() == (ROOT / "docs" / "snippets" / "answers.txt").read_text().strip()


def test_the_command_scores_a_file_in_the_bare_environment(bare, tmp_path):
    (tmp_path / "answers.jsonl").write_text(
        '{"prompt": "Capital of France?", "texts": ["Paris", "It is Paris.", "Lyon"]}\n'
    )
    command = (bare.parent / "semuq", "score", "answers.jsonl", "-o", "scores.jsonl")
    run(*command, cwd=tmp_path, SEMUQ_CACHE_DIR=str(tmp_path), HF_HUB_OFFLINE="1")
    (line,) = (tmp_path / "scores.jsonl").read_text().splitlines()[-1:]
    assert json.loads(line)["prompt"] == "Capital of France?"
