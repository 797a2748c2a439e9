"""Does `VLLMSampler` obey the laws of samplers on vLLM itself, and are vLLM's log-probs those of transformers?

    make test-vllm                               results/vllm_engine.json, in an environment of its own

On the packaged SmolLM2-135M-Instruct in float32. (1) Every law of `semuq.testing.check_sampler`. (2) Answers drawn by
vLLM are read by `HuggingFaceSampler.read`: the largest difference of a token's log-prob between the two.
"""

from __future__ import annotations

import argparse
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "vllm_engine.json"
QUESTIONS = (
    "What is the capital of France?",
    "Who wrote Middlemarch?",
    "How many legs has a spider?",
    "What is 17 x 23?",
)
ANSWERS = 8
CONTEXT = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")  # GB
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")

    import vllm

    from semuq import HuggingFaceSampler, VLLMSampler
    from semuq.models.cachedir import cache_dir
    from semuq.models.smollm2 import load_embedded
    from semuq.sampling import Decoding
    from semuq.testing import SAMPLER_LAWS, check_sampler

    model, tokenizer = load_embedded()
    (folder,) = cache_dir().glob("smollm2-135m-instruct-q4_1-*.*.*")
    # Made once: a process holds one engine, and the laws try the sampler with other settings.
    engine = vllm.LLM(str(folder), dtype="float32", enforce_eager=True, max_model_len=CONTEXT, max_num_seqs=16)
    short = VLLMSampler(engine, decoding=Decoding(max_new_tokens=6), top_logprobs=3)
    check_sampler(short, QUESTIONS[:2], bad="who " * CONTEXT)

    drawn = short.at(max_new_tokens=24).sample(list(QUESTIONS), n=ANSWERS)
    differences, compared = compare(drawn, HuggingFaceSampler((model, tokenizer)).read(drawn))
    report = {
        "question": "Does VLLMSampler obey the laws on vLLM itself, and are its log-probs those of transformers?",
        "command": "make test-vllm",
        "model": "SmolLM2-135M-Instruct (Q4_1, unpacked to float32)",
        "laws": [law.__name__ for law in SAMPLER_LAWS],
        "log_probs": {
            "answers": len(QUESTIONS) * ANSWERS,
            "answers_with_the_same_tokens": compared,
            "tokens": len(differences),
            "largest_difference_nats": float(np.max(differences)),
            "median_difference_nats": float(np.median(differences)),
        },
        "versions": {name: version(name) for name in ("vllm-cpu", "torch", "transformers", "numpy")},
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report["log_probs"], indent=1))


def compare(drawn: Any, read: Any) -> tuple[list[float], int]:
    """Differences of the log-probs of tokens, over the answers that both tokenise alike, and how many those are.

    A cut answer has no token that ends it, and white space around an answer is dropped: its tokens may be others.
    """
    differences: list[float] = []
    compared = 0
    for own, other in zip(drawn, read, strict=True):
        for place, truncated in enumerate(own.metadata["truncated"]):
            ours, theirs = own.token_logprobs[place], other.token_logprobs[place][: -1 if truncated else None]
            if len(ours) == len(theirs):
                differences += np.abs(ours - theirs).tolist()
                compared += 1
    return differences, compared


if __name__ == "__main__":
    main()
