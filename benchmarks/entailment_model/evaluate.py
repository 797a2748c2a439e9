"""Measures the embedded model and writes `benchmarks/results/entailment_model.json`.

`python -m benchmarks.entailment_model.evaluate --data DIR [--original OUT/model] [--wordnet DIR] [--nq301 CLONE]`:
accuracy on MNLI dev and SNLI test, agreement with people on the held-out questions of EVOUNA and the unseen ones of
NQ-301 beside four baselines, the hand-written contrasts with and without the guard, and what int8 costs against the
float32 model.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import platform
import time
from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, BertForSequenceClassification, PreTrainedTokenizerBase

from benchmarks.leaderboard.questions import trained_questions
from semuq.models import EMBEDDED, load_embedded, weights_hash
from semuq.models.bundled import settings
from semuq.relations.entailment import guard
from semuq.relations.entailment.readable import Reader, plain
from semuq.relations.entailment.stated import stated

from . import evouna, measures, nli, nq301, verdicts, wordnet
from .contrasts import aliases as aliases_table
from .contrasts import ladders, lookalikes, places
from .dev import contrast_scores
from .evouna import Question
from .example import ENTAILMENT, LABELS, digest, normalise, pair
from .network import probabilities, start_folder

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.entailment_model.evaluate --data DIR --original OUT/model --wordnet DIR --nq301 CLONE"
RESULT = HERE.parent / "results" / "entailment_model.json"
TRAINED = HERE / "trained_questions.txt.gz"
PARTS = ("nli", "contrasts", "answers", "guard", "nq301")
EVOUNA = "answer equivalence (EVOUNA, held-out questions)"
NQ301 = "answer equivalence (NQ-301, unseen questions)"
READER = Reader(stated(None).scripts, lambda text: 0.0)
ALIASES = 10  # golden answers of a question that are compared, distinct ones
BOTH_WAYS = "min"  # as the default relation asks
RULES = {BOTH_WAYS: torch.minimum, "mean": lambda a, b: (a + b) / 2, "answer entails golden": lambda a, b: a}


def nli_figures(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, directory: Path
) -> tuple[dict[str, object], dict[str, Tensor]]:
    """Accuracy and confusion on the two test parts, and the probabilities behind them."""
    figures: dict[str, object] = {}
    kept = {}
    for name, rows in nli.test_sets(directory).items():
        kept[name] = probabilities(model, tokenizer, rows)
        guessed = kept[name].argmax(-1).tolist()
        confusion = np.zeros((3, 3), int)
        for guess, row in zip(guessed, rows, strict=True):
            confusion[row.label, guess] += 1
        accuracy = measures.share([g == r.label for g, r in zip(guessed, rows, strict=True)])
        figures[name] = {**accuracy, "confusion (row: truth)": {n: confusion[i].tolist() for i, n in enumerate(LABELS)}}
    return figures, kept


def aliases(question: Question) -> list[str]:
    """The distinct golden answers of a question, at most `ALIASES`."""
    return list({normalise(g): g for g in reversed(question.golden)}.values())[::-1][:ALIASES]


def answer_scores(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, questions: list[Question]
) -> dict[str, measures.Array]:
    """For each judged answer, the best agreement with a golden answer under each rule of `RULES`, and guarded."""
    pairs, rows, texts = [], [], []
    count = 0
    for question in questions:
        for answer, _ in question.answers:
            for golden in aliases(question):
                pairs += [pair(question.text, answer, golden, 1, ""), pair(question.text, golden, answer, 1, "")]
                rows.append(count)
                texts.append((answer, golden))
            count += 1
    entails = probabilities(model, tokenizer, pairs)[:, ENTAILMENT].reshape(-1, 2)
    result = {}
    for name, rule in RULES.items():
        result[name] = best(rule(entails[:, 0], entails[:, 1]).numpy(), rows, count)
    guarded = torch.minimum(entails[:, 0], entails[:, 1]).numpy().copy()
    for i, (a, b) in enumerate(texts):
        guarded[i] = decided(a, b, guarded[i])
    result["min, guarded"] = best(guarded, rows, count)
    return result


def decided(a: str, b: str, score: float) -> float:
    """The score of two answers, or what the guard says instead, or how texts that the model cannot read compare."""
    verdict = guard.verdict(a, b)
    if not verdict and not (READER.reads(a) and READER.reads(b)):
        return float(plain(a) == plain(b))
    return (score, 1.0, 0.0)[verdict]


def best(values: measures.Array, rows: list[int], count: int) -> measures.Array:
    """The largest value of each row."""
    result = np.zeros(count)
    np.maximum.at(result, rows, values)
    return result


def cosine_scores(questions: list[Question], *, context: bool) -> measures.Array:
    """The best cosine of the sentence encoder (the one that training started from) with a golden answer."""
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(start_folder()), device="cpu")

    def side(question: str, text: str) -> str:
        return f"Q: {question} A: {text}" if context else text

    texts = {side(q.text, t) for q in questions for t in (*aliases(q), *(a for a, _ in q.answers))}
    order = sorted(texts, key=len)
    vectors = encoder.encode(order, normalize_embeddings=True, batch_size=64, show_progress_bar=False)
    place = {text: i for i, text in enumerate(order)}
    scores = []
    for q in questions:
        golden = vectors[[place[side(q.text, g)] for g in aliases(q)]]
        scores += [float((golden @ vectors[place[side(q.text, a)]]).max()) for a, _ in q.answers]
    return np.asarray(scores)


def equivalence_figures(model: nn.Module, tokenizer: PreTrainedTokenizerBase, directory: Path) -> dict[str, object]:
    """AUROC against human judgement on held-out questions, beside the baselines; the rule is chosen on dev."""
    parts = evouna.split(directory)
    dev_correct = np.asarray([ok for q in parts["dev"] for _, ok in q.answers])
    dev_scores = answer_scores(model, tokenizer, parts["dev"])
    dev = {name: float(measures.roc_auc_score(dev_correct, s)) for name, s in dev_scores.items()}
    chosen = max(RULES, key=lambda name: dev[name])
    figures = agreement_figures(model, tokenizer, parts["test"], chosen, {})
    return {**figures, "dev_auroc_by_rule": {name: round(value, 4) for name, value in dev.items()}}


def agreement_figures(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    questions: list[Question],
    chosen: str,
    others: Mapping[str, measures.Array],
) -> dict[str, object]:
    """AUROC and accuracy against people's judgement by a rule of `RULES`, beside baselines and other judges."""
    correct = np.asarray([ok for q in questions for _, ok in q.answers])
    ours = answer_scores(model, tokenizer, questions)
    answers = [(a, aliases(q)) for q in questions for a, _ in q.answers]
    scores = {"model": ours[chosen]}
    scores |= {f"model, {name}": s for name, s in ours.items() if name != chosen}
    for measure in (measures.exact, measures.token_f1, measures.containment):
        scores[measure.__name__] = np.asarray([measure(a, g) for a, g in answers])
    scores["cosine"] = cosine_scores(questions, context=False)
    scores["cosine, with question"] = cosine_scores(questions, context=True)
    scores |= others
    groups = [q.text for q in questions for _ in q.answers]
    return {
        "questions": len(questions),
        "answers": len(answers),
        "judged right": measures.share(correct.tolist()),
        "rule": f"{chosen} of the two directions' entailment, maximum over at most {ALIASES} golden answers",
        "auroc": measures.aurocs(scores, correct, groups, resamples=1000, seed=0),
        "accuracy_at_half": measures.share(((ours[chosen] > 0.5) == correct).tolist()),
        "accuracy_at_half_guarded": measures.share(((ours["min, guarded"] > 0.5) == correct).tolist()),
        "guard_verdicts": verdicts.on_judged_answers(questions, aliases),
    }


def known_pairs(wordnet_folder: Path | None) -> set[frozenset[str]]:
    """Pairs of names that training met side by side: lines of the tables by hand, synsets of WordNet."""
    lines = [line for table in (aliases_table, places, lookalikes, ladders) for line in table.written_down()]
    if wordnet_folder:
        lines += [list(s.lemmas) for s in wordnet.read(wordnet_folder).values() if len(s.lemmas) > 1]
    return {frozenset(two) for line in lines for two in itertools.combinations({normalise(n) for n in line}, 2)}


def contrast_figures(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, path: Path, known: set[frozenset[str]]
) -> dict[str, dict[str, object]]:
    """Accuracy on hand-written contrasts in all and by category, by the model alone and with the guard.

    "default relation" asks for the threshold of the config in place of 0.5. "not known" leaves out the pairs whose two
    names stood together in a training table or in WordNet.
    """
    limits = {"model": 0.5, "model and guard": 0.5, "default relation": float(settings()["entailment_threshold"])}
    hits: dict[str, dict[str, list[bool]]] = {name: defaultdict(list) for name in limits}
    for row in contrast_scores(model, tokenizer, path):
        a, b, same, category = str(row["a"]), str(row["b"]), bool(row["same"]), str(row["category"])
        score = float(str(row["score"]))
        guarded = decided(a, b, score)
        for name, value in (("model", score), ("model and guard", guarded), ("default relation", guarded)):
            right = (value >= limits[name]) == same
            for group in (category, "same" if same else "different", "all"):
                hits[name][group].append(right)
            if frozenset((normalise(a), normalise(b))) not in known:
                hits[name]["not known"].append(right)
    return {name: {c: measures.share(h) for c, h in sorted(by.items())} for name, by in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--original",
        type=Path,
        default=None,
        help="the float32 model before packing, to measure what packing costs (with the part nli)",
    )
    parser.add_argument("--wordnet", type=Path, default=None, help="to tell contrasts that WordNet gives away")
    parser.add_argument("--nq301", type=Path, default=None, help="clone of OpenQA-eval; NQ-301 is left out without it")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="the others keep their figures")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    parts = [part for part in options.parts if part != "nq301" or options.nq301]
    torch.set_num_threads(options.threads)
    write_trained_questions(options.data)
    started = time.monotonic()
    model, tokenizer = load_embedded()
    known = known_pairs(options.wordnet)
    measured = measured_of_same_weights(options.out, weights_hash())
    result: dict[str, object] = {
        **measured,
        "command": COMMAND,
        "weights": weights_hash(),
        "bytes": {p.name: p.stat().st_size for p in sorted(EMBEDDED.iterdir()) if p.is_file()},
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    ours: dict[str, Tensor] = {}
    if "nli" in parts:
        result["nli"], ours = nli_figures(model, tokenizer, options.data)
    if "contrasts" in parts:
        result["contrasts"] = {
            part: contrast_figures(model, tokenizer, HERE / f"contrasts_{part}.jsonl", known)
            for part in ("test", "dev")
        }
    if options.original and "nli" in parts:
        full = BertForSequenceClassification.from_pretrained(options.original, dtype=torch.float32).eval()
        with torch.no_grad():  # at the temperature that was fitted to the packed one
            for weight in full.classifier.parameters():
                weight /= model.config.entailment_temperature
        own = AutoTokenizer.from_pretrained(options.original)
        exact, theirs = nli_figures(full, own, options.data)
        result["int8 against float32"] = {
            "nli accuracy, float32": {name: exact[name]["value"] for name in exact},  # type: ignore[index]
            "mean |difference of a probability|": {
                n: round(float((ours[n] - theirs[n]).abs().mean()), 5) for n in ours
            },
            "largest": {n: round(float((ours[n] - theirs[n]).abs().max()), 4) for n in ours},
            "same label": {
                n: round(float((ours[n].argmax(-1) == theirs[n].argmax(-1)).float().mean()), 4) for n in ours
            },
            "contrasts test, float32": contrast_figures(full, own, HERE / "contrasts_test.jsonl", known)["model"][
                "all"
            ],
        }
    if "answers" in parts:
        result[EVOUNA] = equivalence_figures(model, tokenizer, options.data)
    if "nq301" in parts:
        questions, others = nq301.unseen(options.nq301, trained_questions())
        result[NQ301] = agreement_figures(model, tokenizer, questions, BOTH_WAYS, others)
    if "guard" in parts:
        result["guard"] = {
            "version": guard.VERSION,
            "EVOUNA, training part": verdicts.on_judged_answers(evouna.split(options.data)["train"], aliases),
            "aliases": verdicts.on_aliases(options.data),
        }
    result["environment"] = {
        "hardware": f"{os.cpu_count()}-core {platform.machine()} CPU, {torch.backends.cpu.get_cpu_capability()}",
        "threads": options.threads,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "transformers", "numpy", "scikit-learn", "sentence-transformers")},
        "seconds": round(time.monotonic() - started),
        "seeds": {"bootstrap": 0, "resamples": 1000, "training": 0},
        "precision": "float32",
        "longest pair": "256 tokens",
        "parts measured last": parts,
    }
    result["sources"] = "benchmarks/entailment_model/SOURCES.md"
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measured_of_same_weights(path: Path, weights: str) -> dict[str, object]:
    """What was measured before on these very weights; nothing if it was on others."""
    known: dict[str, object] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return known if known.get("weights") == weights else {}


def write_trained_questions(directory: Path) -> None:
    """Lists the digests of the EVOUNA questions that were trained on (train and dev parts)."""
    parts = evouna.split(directory)
    digests = sorted({digest(q.text) for part in ("train", "dev") for q in parts[part]})
    with gzip.GzipFile(TRAINED, "wb", mtime=0) as file:
        file.write(("\n".join(digests) + "\n").encode())


if __name__ == "__main__":
    main()
