"""The package as a whole: quick to import, no torch before it is needed, files that introduce themselves."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import semuq

ROOT = Path(semuq.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

HEAVY = {"torch", "transformers", "sentence_transformers", "gguf", "vllm", "openai", "ray"}
MAY_IMPORT_HEAVY = (
    "sampling",
    "relations/entailment",
    "relations/embedding.py",
    "models",
    "fitted/aseu.py",
    "fitted/layer_vote.py",
    "scoring/ray.py",
)


def imports(path):
    """Every module a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_import_loads_nothing_heavy():
    code = "import sys, semuq; print(sorted({'torch', 'transformers', 'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
    assert python(code) == "[]"


def test_the_estimators_load_no_torch():
    code = "import sys; from semuq import SemanticEntropy, ExactMatch, evaluate; print('torch' in sys.modules)"
    assert python(code) == "False"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_packages_are_imported_where_they_may_be(path):
    name = path.relative_to(ROOT).as_posix()
    for module in imports(path):
        head = module.split(".")[0]
        if head in HEAVY:
            assert name.startswith(MAY_IMPORT_HEAVY), f"{name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_short_and_introduce_themselves(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 500
    assert not text or ast.get_docstring(ast.parse(text)), "a module opens with what it is for"


def test_every_public_name_can_be_had():
    for name in semuq.__all__:
        assert getattr(semuq, name) is not None
    assert set(semuq.__all__) <= set(dir(semuq))
    with pytest.raises(AttributeError, match="No semuq attribute Oracle"):
        semuq.Oracle  # noqa: B018
