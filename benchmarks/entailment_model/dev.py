"""Small held-out parts that are scored while the model trains, to see early that something is wrong.

None of them is a test part: settings may be chosen on them.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from sklearn.metrics import roc_auc_score
from torch import nn
from transformers import PreTrainedTokenizerBase

from . import evouna, nli
from .example import ENTAILMENT, Example, pair
from .network import probabilities
from .pairs import contrast_rows

HAND_WRITTEN = Path(__file__).parent / "contrasts_dev.jsonl"


class DevSets:
    """NLI accuracy, answer equivalence on dev questions of EVOUNA, and the hand-written dev contrasts."""

    def __init__(self, directory: Path) -> None:
        self.nli = nli.dev_sets(directory)
        self.pairs: list[Example] = []
        self.rows: list[int] = []
        self.correct: list[bool] = []
        for question in evouna.split(directory)["dev"]:
            for answer, correct in question.answers:
                for golden in question.golden[:6]:
                    for one, two in ((golden, answer), (answer, golden)):
                        self.pairs.append(pair(question.text, evouna.shorten(one), evouna.shorten(two), 1, "dev"))
                        self.rows.append(len(self.correct))
                self.correct.append(correct)

    def figures(self, model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> dict[str, object]:
        """All figures, as a flat dictionary."""
        result: dict[str, object] = {}
        for name, rows in self.nli.items():
            guessed = probabilities(model, tokenizer, rows).argmax(-1).tolist()
            result[name] = round(sum(g == e.label for g, e in zip(guessed, rows, strict=True)) / len(rows), 4)
        entails = probabilities(model, tokenizer, self.pairs, 160)[:, ENTAILMENT].tolist()
        scores = [0.0] * len(self.correct)
        for place in range(0, len(entails), 2):
            row = self.rows[place]
            scores[row] = max(scores[row], min(entails[place], entails[place + 1]))
        result["evouna_auroc"] = round(float(roc_auc_score(self.correct, scores)), 4)
        if HAND_WRITTEN.exists():
            result.update(contrast_figures(model, tokenizer, HAND_WRITTEN))
        return result


def contrast_scores(model: nn.Module, tokenizer: PreTrainedTokenizerBase, path: Path) -> list[dict[str, object]]:
    """The contrasts of a file, each with `score`: the smaller of the two directions' entailment."""
    rows = contrast_rows(path)
    pairs = []
    for row in rows:
        pairs.append(pair(row["question"], row["a"], row["b"], 1, "contrast"))
        pairs.append(pair(row["question"], row["b"], row["a"], 1, "contrast"))
    entails = probabilities(model, tokenizer, pairs)[:, ENTAILMENT].reshape(-1, 2).min(-1).values.tolist()
    return [{**row, "score": score} for row, score in zip(rows, entails, strict=True)]


def contrast_figures(model: nn.Module, tokenizer: PreTrainedTokenizerBase, path: Path) -> dict[str, object]:
    """Accuracy at one half on a file of contrasts, in all and by category."""
    right: dict[str, list[bool]] = defaultdict(list)
    for row in contrast_scores(model, tokenizer, path):
        right[str(row["category"])].append((float(str(row["score"])) > 0.5) == bool(row["same"]))
    total = [hit for hits in right.values() for hit in hits]
    by_kind = {name: f"{sum(hits)}/{len(hits)}" for name, hits in sorted(right.items())}
    return {"contrasts": round(sum(total) / len(total), 4), "contrasts_by_kind": by_kind}
