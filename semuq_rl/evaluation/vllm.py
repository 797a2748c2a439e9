"""The same through vLLM, for machines where it runs; imported only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semuq.errors import MissingExtra
from semuq.sampling.base import Decoding
from semuq_rl.evaluation.generation import Completion

__all__ = ["VLLMGenerator"]


class VLLMGenerator:
    """Continues prompts with vLLM, which batches by itself.

    Args:
        model: a folder or hub name.
        dtype: as vLLM names it.
        tensor_parallel: over how many GPUs the model is split.
        memory: share of a GPU's memory that vLLM may take.
        context: longest prompt and rollout in tokens; None is the model's own.
        engine: a loaded `vllm.LLM` in place of all of these.

    Raises:
        MissingExtra: vLLM is not installed.

    The paper's wrapper runs in bfloat16 with a context of 4,096; so does this by default.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        dtype: str = "bfloat16",
        tensor_parallel: int = 1,
        memory: float = 0.9,
        context: int | None = 4096,
        engine: Any = None,
    ) -> None:
        try:
            import vllm
        except ImportError as error:
            raise MissingExtra(
                "backend: 'vllm' needs vLLM; pip install vllm, or take --backend transformers"
            ) from error
        self._sampling_params = vllm.SamplingParams
        self._name = f"vllm-{vllm.__version__}/{Path(model).name}/{dtype}"
        self._engine = engine or vllm.LLM(
            str(model),
            dtype=dtype,
            tensor_parallel_size=tensor_parallel,
            gpu_memory_utilization=memory,
            max_model_len=context,
            enable_prefix_caching=True,
        )

    @property
    def identity(self) -> str:
        """vLLM's version, the model's name, and the precision."""
        return self._name

    def generate(
        self, prompts: Sequence[str], *, n: int, decoding: Decoding, stop: Sequence[str] = ()
    ) -> list[list[Completion]]:
        """n rollouts of each prompt."""
        params = self._sampling_params(
            n=n,
            temperature=decoding.temperature,
            top_p=decoding.top_p,
            top_k=decoding.top_k,
            max_tokens=decoding.max_new_tokens,
            seed=decoding.seed,
            stop=list(stop) or None,
            include_stop_str_in_output=bool(stop),
        )
        outputs = self._engine.generate(list(prompts), params, use_tqdm=False)
        return [
            [
                Completion(text=own.text, tokens=len(own.token_ids), finished=own.finish_reason != "length")
                for own in output.outputs
            ]
            for output in outputs
        ]
