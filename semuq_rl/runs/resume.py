"""Going on with a run: only the run that was begun, and from the newest checkpoint that is whole.

A kill can leave the last checkpoint in pieces; its files are read to their ends before anything is built on them.
"""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

from semuq.errors import InvalidParameter
from semuq_rl.runs.recipe import Recipe

__all__ = ["RECIPE", "last_checkpoint", "same_recipe", "write_whole"]

RECIPE = "recipe.json"


def same_recipe(recipe: Recipe, out: Path) -> None:
    """Refuse to go on with other settings than a run was begun with.

    Raises:
        InvalidParameter: names the settings that differ, or the file that cannot be read.
    """
    path = out / RECIPE
    if not path.is_file():
        return
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"{path}: expected the recipe of a run, got something unreadable ({error})") from error
    now = json.loads(json.dumps(recipe.as_dict()))
    changed = sorted(_differences(begun, now))
    if changed:
        raise InvalidParameter(
            f"--resume: expected the settings that {out} was begun with, got others: {', '.join(changed):.300}; "
            "take those again, or another folder"
        )


def last_checkpoint(out: Path) -> tuple[int, Path] | None:
    """The step and folder of the newest checkpoint that is whole, with a warning for each newer one that is not."""
    found = []
    for folder in out.glob("checkpoint-*"):
        name = folder.name.removeprefix("checkpoint-")
        if name.isdigit():
            found.append((int(name), folder))
    for step, folder in sorted(found, reverse=True):
        damage = _damage(folder)
        if damage is None:
            return step, folder
        warnings.warn(f"{folder}: damaged ({damage}); going on from the one before", stacklevel=2)
    return None


def write_whole(path: Path, record: dict[str, Any]) -> None:
    """Written aside, then renamed: a kill leaves the old file or the new one, never a half."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(record, indent=1), encoding="utf-8")
    fresh.replace(path)


def _differences(begun: Any, now: Any, where: str = "") -> list[str]:
    """ "field was X, is Y" for every leaf that differs."""
    if isinstance(begun, dict) and isinstance(now, dict):
        return [
            line
            for name in sorted({*begun, *now})
            for line in _differences(begun.get(name), now.get(name), f"{where}.{name}".lstrip("."))
        ]
    return [] if begun == now else [f"{where} was {begun!r}, is {now!r}"]


def _damage(folder: Path) -> str | None:
    """What is wrong with a checkpoint, None if every file in it can be read to its end."""
    from safetensors import SafetensorError, safe_open

    if not (folder / "trainer_state.json").is_file():
        return "trainer_state.json is missing"
    weights = [path for path in folder.iterdir() if path.suffix in (".safetensors", ".bin") and "args" not in path.name]
    if not weights:
        return "weights are missing"
    for path in sorted(folder.iterdir()):
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".safetensors":
                with safe_open(path, framework="np") as file:  # its header is held against the length of the file
                    file.keys()
            elif path.suffix in (".pt", ".pth", ".bin") and (broken := zipfile.ZipFile(path).testzip()):
                return f"{path.name}: {broken}"
        except (OSError, ValueError, SafetensorError, zipfile.BadZipFile) as error:
            return f"{path.name}: {' '.join(str(error).split()):.100}"
    return None
