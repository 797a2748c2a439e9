# ruff: noqa: E501 - the card has long lines
"""Writes the model's card from the measured results: `python -m benchmarks.entailment_model.card`."""

from __future__ import annotations

import json
from typing import Any

from semuq.models import EMBEDDED

from .calibrate import RESULT as CALIBRATION
from .evaluate import EVOUNA, NQ301, RESULT

CARD = """\
# semuq's embedded entailment model

A three-way cross-encoder (contradiction, entailment, neutral) that says whether one text entails another. It is meant for the answers of language models: sentences, and short answers in the context of their question. {parameters:.1f} million parameters (BERT, 6 layers, width 384), English, uncased, up to 512 tokens; {megabytes:.1f} MB as int8 with a float32 scale per row, restored to float32 on loading.

```python
from semuq.models import load_embedded

model, tokenizer = load_embedded()
question = "What is the capital of Australia?"
pair = tokenizer(f"Q: {{question}} A: Canberra", f"Q: {{question}} A: Sydney", return_tensors="pt")
model.config.id2label[model(**pair).logits.argmax().item()]  # 'contradiction'
```

Answers in context are written `Q: {{question}} A: {{answer}}` on both sides; bare answers and sentences as they are. Labels: 0 contradiction, 1 entailment, 2 neutral.

## What it reaches
95% intervals in brackets; all figures are of the shipped int8 weights, from `benchmarks/results/entailment_model.json`.

| measured on | figure |
|---|---|
| MNLI dev ({mnli[n]} pairs of the validation sets), accuracy | {mnli_text} |
| SNLI test ({snli[n]} pairs), accuracy | {snli_text} |
| EVOUNA, {questions} held-out questions, {answers} answers judged by people: AUROC | {ours} |
| the same with best token F1 | {f1} |
| the same with containment of a golden answer | {containment} |
| the same with the cosine of the sentence encoder | {cosine} |
| the same with exact match | {exact} |
| EVOUNA, accuracy at probability 0.5 | {evouna_accuracy} |
| NQ-301, {nq_questions} questions of which none was trained on, {nq_answers} answers judged by others: AUROC, both ways | {nq_ours} |
| the same with BEM (BERT, 110 million parameters, trained on answer equivalence) | {nq_bem} |
| the same with GPT-4's yes or no | {nq_gpt} |
| the same with best token F1 | {nq_f1} |
| 200 hand-written contrasts of short answers, never trained on, accuracy | {contrasts} |
| the same with the rules of `semuq.relations.entailment.guard` | {guarded} |
| those of the 200 whose two names are in no training table and no WordNet synset, with the rules | {unknown} |
| all 200, as the default relation decides: rules, and entailment from {threshold} both ways | {default} |

Each baseline is behind the model by: {gaps}.

Its probabilities are divided by a temperature of {temperature:.2f}, fitted on held-out sentences: calibration error of the three labels {ece_fitted:.3f} there ({ece_fitted_before:.3f} before), {ece_mnli:.3f} on MNLI dev ({ece_mnli_before:.3f}) and {ece_snli:.3f} on SNLI test ({ece_snli_before:.3f}), {sampled:,} pairs of each. Two answers are believed to mean the same from an entailment of {threshold} both ways (`entailment_threshold`): {merged_same:.0%} of the held-out pairs that people call the same are then merged, and {merged_different:.1%} of those that they call different; from 0.7 it would be {stricter_same:.0%} and {stricter_different:.1%}. From `benchmarks/results/entailment_calibration.json`.

The aims were set beforehand: {aims}.

### Contrasts by category, model alone and with the guard
| category | model | with guard |
|---|---|---|
{categories}

### What int8 costs
Accuracy in float32: MNLI {float_mnli:.4f}, SNLI {float_snli:.4f}; the same label for {agree_mnli:.2%} and {agree_snli:.2%} of the pairs; mean difference of a probability {difference_mnli:.4f} and {difference_snli:.4f}.

## What it is bad at
- It is small, and what two names mean the same it knows only where it has seen them: rarer aliases, pen names, formulas and abbreviations are missed, and near names of two people (same surname or first name) are now and then taken for one.
- Who did what to whom: a sentence and the same sentence with its parties exchanged are often taken for the same. The rules catch only the exchange that changes nothing else.
- Opposites in sentences that differ in one word: "A man is asleep." entails "A man is awake." for it, and an exception (closed on Mondays) is neutral to a rule (open every day).
- Numbers, dates and units inside sentences. The guard decides the plain cases by rule; the rest is the model's guess.
- Explanations: two reasons in different words, or two different reasons.
- Neutral and contradiction of short answers: it was taught that two values of like kind exclude each other, also where a question has several right answers.
- Long answers are judged as a whole, not claim by claim. Other languages than English were not trained on, and texts in other scripts than Latin are not for it (`entailment_scripts`): `Entailment` compares them as text.
- It judges meaning, not truth.

## How it was made
Second edition: fine-tuned from all-MiniLM-L6-v2 (Apache-2.0) for 98 minutes on two CPU cores, then for 50 more on harder contrasts; recipe, commands and what was tried in `benchmarks/entailment_model/README.md`. Sources, with repository, commit and licence, in `benchmarks/entailment_model/SOURCES.md`:

- Sentences: SNLI dev (CC BY-SA 4.0), counterfactual SNLI (Apache-2.0), 3,000 pairs of MNLI train (OANC and Creative Commons), ConjNLI (MIT), MED and Breaking NLI (CC BY-SA 4.0), CommitmentBank (CC BY-SA), FEVER-symmetric (MIT; Wikipedia CC BY-SA), Factcheck-GPT (Apache-2.0), RTE (licence unclear), and two sets **whose repositories have no licence file**: ling_in_loop (new hypotheses on MNLI premises) and semi-automatic-nli (Wikipedia premises).
- Answers: EVOUNA (Apache-2.0), OpenTriviaQA (CC BY-SA 4.0), WebQuestions train (CC BY 4.0).
- Words and names: WordNet 3.0, GeoNames (CC BY 4.0), iso-codes, names made by Faker, and tables written by hand.

No pair or premise of MNLI dev or SNLI test was trained on. The questions of TriviaQA, NQ-open, PopQA, SQuAD, TruthfulQA, SVAMP, GSM8K and MMLU were kept out of the trivia sets. **EVOUNA's questions are from the test sets of NQ and TriviaQA:** a leaderboard on those must leave out the questions listed (as digests) in `benchmarks/entailment_model/trained_questions.txt.gz`.

The files are covered by the project's licence, Apache-2.0, as far as weights can be; the licences of the sources are theirs.
"""


def bracketed(entry: dict[str, Any], name: str = "value", digits: int = 1) -> str:
    """A share in per cent with its interval."""
    return f"{entry[name]:.{digits}%} [{entry['low']:.{digits}%}, {entry['high']:.{digits}%}]"


def auroc(entry: dict[str, Any]) -> str:
    """An AUROC with its interval."""
    return f"{entry['auroc']:.3f} [{entry['low']:.3f}, {entry['high']:.3f}]"


def aims(result: dict[str, Any]) -> str:
    """What was aimed at, and whether it is reached."""
    test = result["contrasts"]["test"]
    area = result[EVOUNA]["auroc"]["model"]["auroc"]
    reached = {
        "MNLI dev 75%": result["nli"]["mnli_dev"]["value"] >= 0.75,
        "SNLI test 84%": result["nli"]["snli_test"]["value"] >= 0.84,
        "an AUROC of 0.93 on EVOUNA": area >= 0.93,
        "95% of the contrasts with the rules": test["model and guard"]["all"]["value"] >= 0.95,
    }
    return "; ".join(f"{aim}, {'reached' if met else '**missed**'}" for aim, met in reached.items())


def main() -> None:
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    answers = result[EVOUNA]
    others = result[NQ301]
    scores, test, int8 = answers["auroc"], result["contrasts"]["test"], result["int8 against float32"]
    calibration = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    fitted, unseen = calibration["fitted on"]["together"], calibration["not seen"]
    before, after = "calibration error, temperature 1", "calibration error"
    mergers = calibration["mergers"]
    same, different = "of pairs that people call the same", "of pairs that people call different"
    threshold = calibration["threshold"]
    apart = ("all", "same", "different", "not known")
    names = [name for name in test["model"] if name not in apart] + ["same", "different", "all"]
    rows = [
        f"| {name.replace('_', ' ')} | {bracketed(test['model'][name], digits=0)} | "
        f"{bracketed(test['model and guard'][name], digits=0)} |"
        for name in names
    ]
    baselines = {"token_f1": "token F1", "containment": "containment", "cosine": "cosine", "exact": "exact match"}
    gaps = "; ".join(
        f"{shown} {scores[b]['model_minus_this']:.3f} "
        f"[{scores[b]['difference_low']:.3f}, {scores[b]['difference_high']:.3f}]"
        for b, shown in baselines.items()
    )
    text = CARD.format(
        parameters=result["parameters"] / 1e6,
        megabytes=sum(size for name, size in result["bytes"].items() if name != "README.md") / 1e6,
        mnli=result["nli"]["mnli_dev"],
        snli=result["nli"]["snli_test"],
        mnli_text=bracketed(result["nli"]["mnli_dev"]),
        snli_text=bracketed(result["nli"]["snli_test"]),
        questions=answers["questions"],
        answers=answers["answers"],
        ours=auroc(scores["model"]),
        f1=auroc(scores["token_f1"]),
        containment=auroc(scores["containment"]),
        cosine=auroc(scores["cosine"]),
        exact=auroc(scores["exact"]),
        evouna_accuracy=bracketed(answers["accuracy_at_half"]),
        nq_questions=others["questions"],
        nq_answers=others["answers"],
        nq_ours=auroc(others["auroc"]["model"]),
        nq_bem=auroc(others["auroc"]["BEM"]),
        nq_gpt=auroc(others["auroc"]["GPT-4"]),
        nq_f1=auroc(others["auroc"]["token_f1"]),
        contrasts=bracketed(test["model"]["all"]),
        guarded=bracketed(test["model and guard"]["all"]),
        default=bracketed(test["default relation"]["all"]),
        temperature=calibration["temperature"],
        threshold=threshold,
        ece_fitted=fitted[after],
        ece_fitted_before=fitted[before],
        ece_mnli=unseen["mnli_dev"][after],
        ece_mnli_before=unseen["mnli_dev"][before],
        ece_snli=unseen["snli_test"][after],
        ece_snli_before=unseen["snli_test"][before],
        sampled=unseen["mnli_dev"]["pairs"],
        merged_same=mergers[f"from {threshold:g}"][same],
        merged_different=mergers[f"from {threshold:g}"][different],
        stricter_same=mergers["from 0.7"][same],
        stricter_different=mergers["from 0.7"][different],
        unknown=bracketed(test["model and guard"]["not known"]) + f", n = {test['model and guard']['not known']['n']}",
        gaps=gaps,
        aims=aims(result),
        categories="\n".join(rows),
        float_mnli=int8["nli accuracy, float32"]["mnli_dev"],
        float_snli=int8["nli accuracy, float32"]["snli_test"],
        agree_mnli=int8["same label"]["mnli_dev"],
        agree_snli=int8["same label"]["snli_test"],
        difference_mnli=int8["mean |difference of a probability|"]["mnli_dev"],
        difference_snli=int8["mean |difference of a probability|"]["snli_test"],
    )
    (EMBEDDED / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
