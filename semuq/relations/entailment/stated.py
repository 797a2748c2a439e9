"""What the config of an entailment model says of its use, read without its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from semuq.errors import InvalidModel
from semuq.relations.entailment.loading import ModelSource

__all__ = ["Stated", "stated"]


@dataclass(frozen=True)
class Stated:
    """None for what a model does not say.

    Args:
        threshold: `entailment_threshold`, from which probability of entailment on it is to be believed.
        scripts: `entailment_scripts`, Unicode names of the scripts that it was trained on, such as ["LATIN"].
    """

    threshold: float | None = None
    scripts: frozenset[str] | None = None


def stated(source: ModelSource) -> Stated:
    """What the config of a model says.

    Raises:
        InvalidModel: there is no config, or it states a threshold that is no probability.
    """
    config = _config(source)
    threshold, scripts = config.get("entailment_threshold"), config.get("entailment_scripts")
    if threshold is None or (
        isinstance(threshold, int | float) and not isinstance(threshold, bool) and 0 < threshold <= 1
    ):
        return Stated(threshold, None if scripts is None else frozenset(str(script).upper() for script in scripts))
    raise InvalidModel(
        f"model {source!r:.80}: entailment_threshold in its config: expected a number in (0, 1], got {threshold!r}"
    )


def _config(source: ModelSource) -> Mapping[str, Any]:
    if isinstance(source, tuple):
        return dict(source[0].config.to_dict())
    if source is None:
        from semuq.models.bundled import settings

        return settings()
    from transformers import AutoConfig

    try:
        return dict(AutoConfig.from_pretrained(source).to_dict())
    except (OSError, ValueError, KeyError) as error:
        raise InvalidModel(
            f"model {str(source)!r}: expected the name or folder of a model with a config, got "
            f"{type(error).__name__}: {str(error).splitlines()[0]:.200}; check the name, or the files in the folder"
        ) from error
