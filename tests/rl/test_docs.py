"""The page on modulators: its examples run, and its table says what the claims say."""

import doctest
import re
from pathlib import Path

import pytest

from semuq_rl import modulators

PAGE = Path(__file__).parents[2] / "docs" / "rl" / "modulators.md"
ROWS = {
    cells[0].strip("`"): cells
    for line in PAGE.read_text(encoding="utf-8").split("## The modulators")[1].split("\n\n")[1].splitlines()[2:]
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])
}
BUILT = {re.match(r"\w+", built.name)[0]: built for built in (build(0.8) for build in modulators.MODULATORS.values())}


def test_examples_run():
    # A closing fence would be taken for expected output.
    source = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(source, {}, "modulators.md", str(PAGE), 0)
    output = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    results = runner.run(test, out=output.append)
    assert not results.failed, "".join(output)
    assert results.attempted > 10


def test_every_modulator_has_a_row_and_every_row_a_modulator():
    assert set(ROWS) == set(BUILT)


@pytest.mark.parametrize("name", sorted(BUILT))
def test_rows_agree_with_the_claims(name):
    claims = BUILT[name].claims
    assert ROWS[name][1] == claims.level
    if ROWS[name][5] != "as the other":
        assert ROWS[name][5] == ", ".join(sorted(claims.needs))


def test_every_factory_is_public():
    assert all(callable(getattr(modulators, name)) for name in ROWS)
