"""Times lm-polygraph's estimators on matrices from a file. Runs in an environment that has it.

For each line on standard input it runs every method once over all questions and prints the seconds as JSON.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from lm_polygraph.stat_calculators.semantic_classes import SemanticClassesCalculator
from lm_polygraph_values import METHODS


def statistics(path, questions):
    """What lm-polygraph's calculators would hand to its estimators."""
    data = {key: value[:questions] for key, value in np.load(path).items()}
    entail, contradict = data["entailment"], data["contradiction"]
    lengths, n = data["lengths"], entail.shape[1]
    places = [range(questions), range(n)]
    logprobs = [[data["logprobs"][q, i, : lengths[q, i]] for i in places[1]] for q in places[0]]
    relevance = [[data["relevance"][q, i, : lengths[q, i]] for i in places[1]] for q in places[0]]
    similarity = (entail + entail.swapaxes(1, 2)) / 2
    return {
        "sample_texts": [[f"answer {text}" for text in own] for own in data["texts"].tolist()],
        "sample_tokens": [[list(range(length)) for length in own] for own in lengths.tolist()],
        "sample_log_probs": [[float(own.sum()) for own in answers] for answers in logprobs],
        "sample_log_likelihoods": logprobs,
        "semantic_matrix_entail": entail,
        "semantic_matrix_contra": contradict,
        "semantic_matrix_entail_logits": np.log(entail + 1e-9),
        "semantic_matrix_contra_logits": np.log(contradict + 1e-9),
        "semantic_matrix_classes": np.stack([entail, 1 - entail - contradict, contradict]).argmax(axis=0),
        "entailment_id": 0,
        "sample_sentence_similarity": similarity,
        "sample_token_similarity": [[1 - own for own in answers] for answers in relevance],
        "greedy_log_likelihoods": [own[0] for own in logprobs],
        "token_similarity": [1 - own[0] for own in relevance],
        "greedy_sentence_similarity": similarity[:, 0, 1:],
        "sample_embeddings": data["hidden_states"],
        "entropy": [own[0] for own in relevance],
        "p_true": data["p_true"][:, 0],
        "greedy_semantic_matrix_contra_forward": contradict[:, 0],
        "greedy_semantic_matrix_neutral_forward": (1 - entail - contradict)[:, 0],
    }


def main():
    """Answer each line with timings."""
    path, questions, *names = sys.argv[1:]
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    stats = statistics(path, int(questions))
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.process_time()
        stats |= SemanticClassesCalculator()(stats, texts=None, model=None)
        seconds = {"clusters": time.process_time() - began}
        for name in names:
            began = time.process_time()
            METHODS[name](stats)
            seconds[name] = time.process_time() - began
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
