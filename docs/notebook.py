"""Runs the notebook recipe when the documentation is built, cell by cell, and writes the page with what each shows."""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

SOURCE = Path(__file__).parent / "snippets" / "recipes" / "notebook.py"

OPENING = """# In a notebook

Let a cell end on a `SampleSet`, a scored question, a table, a comparison or a decision, and the notebook shows it as
below: this page was made by running the [recipe](recipes.md#an-estimator-in-a-notebook), a file in cells (`# %%`) that
Jupyter (with jupytext), VS Code and PyCharm open as a notebook. The cards are plain HTML: no script, nothing
loaded, every text escaped, in light and dark. Pictures are in [plots](plot.md).
"""


def cells(source: str) -> list[tuple[str, str]]:
    """The title and the code of each cell.

    >>> cells("# %% One\\na = 1\\na\\n\\n# %% Two\\nb\\n")
    [('One', 'a = 1\\na'), ('Two', 'b')]
    """
    parts = [part.partition("\n") for part in source.split("# %% ")[1:]]
    return [(title.strip(), code.strip()) for title, _, code in parts]


def shown(code: str, names: dict[str, Any]) -> str:
    """Run a cell; what a notebook shows below it, as Markdown."""
    parsed = ast.parse(code)
    ends = parsed.body.pop() if isinstance(parsed.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(parsed, SOURCE.name, "exec", dont_inherit=True), names)
        value = None if ends is None else eval(compile(ast.Expression(ends.value), SOURCE.name, "eval"), names)
    text = printed.getvalue()
    if value is not None and not hasattr(value, "_repr_html_"):
        text += repr(value) + "\n"
    html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
    out = f"```text\n{text.rstrip()}\n```\n\n" if text else ""
    # A blank line would end the block of HTML.
    return out + "\n".join(line for line in html.splitlines() if line.strip()) + "\n"


def page() -> str:
    """The page."""
    module = ModuleType("notebook_of_the_page")
    sys.modules[module.__name__] = module  # its classes are pickled by that name
    parts = [OPENING]
    for title, code in cells(SOURCE.read_text(encoding="utf-8")):
        head, _, more = title.partition(": ")
        parts.append(f"## {head}\n" + (f"\n{more[0].upper()}{more[1:]}.\n" if more else ""))
        parts.append(f"```python\n{code}\n```\n")
        parts.append(shown(code, vars(module)))
    return "\n".join(parts)


def main() -> None:
    """Write the page into the build."""
    import mkdocs_gen_files

    with mkdocs_gen_files.open("notebook.md", "w") as file:
        file.write(page())


if __name__ == "<run_path>":
    main()
