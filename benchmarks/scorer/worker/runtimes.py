"""The bare model in two other runtimes, on the batches of the ideal: ONNX Runtime and OpenVINO."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModelForSequenceClassification

from benchmarks.scorer.worker.bare import Bare, Packed
from benchmarks.scorer.worker.contestant import Batch, Cost, Outcome, Probabilities

NAMES = ("input_ids", "attention_mask", "token_type_ids")

Arrays = list[NDArray[np.int64]]
Forward = Callable[[Arrays], NDArray[np.float32]]


class Runtimes:
    """Modes: "onnxruntime", "onnxruntime-int8" (dynamic, a scale per output), "openvino", "openvino-bf16"."""

    packages = ("onnxruntime", "onnx", "openvino")

    def load(self, folder: Path) -> None:
        self._bare = Bare()
        self._bare.load(folder)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        )
        self._model = _Logits(model.eval())
        self._scratch = tempfile.TemporaryDirectory(prefix="semuq-runtimes-")
        self._made: dict[str, Forward] = {}

    def prepare(self, batch: Batch, mode: str) -> None:
        self._bare.prepare(batch, "ideal")
        self._packed: Packed = self._bare._packed
        if mode not in self._made:
            self._made[mode] = self._openvino(mode) if mode.startswith("openvino") else self._onnx(mode)
            self._run(mode, self._packed[:2])
        self._logits: list[NDArray[np.float32]] = []

    def run(self, _batch: Batch, mode: str) -> Any:
        self._logits = self._run(mode, self._packed)
        return self._logits

    def outcome(self) -> Outcome:
        masks = [own["attention_mask"] for own in self._packed]
        cost = Cost(
            pairs=sum(len(mask) for mask in masks),
            forwards=len(masks),
            tokens=sum(int(mask.sum()) for mask in masks),
            padded=sum(int(mask.numel() - mask.sum()) for mask in masks),
        )
        return Outcome(cost, self._found())

    def _run(self, mode: str, packed: Packed) -> list[NDArray[np.float32]]:
        return [self._made[mode]([own[name].numpy() for name in NAMES]) for own in packed]

    def _found(self) -> Iterator[tuple[tuple[int, ...], Probabilities]]:
        for own, logits in zip(self._packed, self._logits, strict=True):
            values = torch.from_numpy(logits).softmax(-1).tolist()
            for row, kept, found in zip(own["input_ids"].tolist(), own["attention_mask"].tolist(), values, strict=True):
                yield tuple(token for token, real in zip(row, kept, strict=True) if real), tuple(found)

    def _example(self) -> tuple[torch.Tensor, ...]:
        """A real batch with padding: exported from whole rows alone, a graph forgets the mask."""
        padded = next(own for own in self._packed if not own["attention_mask"].all())
        return tuple(padded[name] for name in NAMES)

    def _onnx(self, mode: str) -> Forward:
        path = Path(self._scratch.name) / "model.onnx"
        if not path.is_file():
            batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=2, max=512)
            torch.onnx.export(
                self._model,
                self._example(),
                path,
                input_names=list(NAMES),
                dynamic_shapes=({0: batch, 1: length},) * 3,
                dynamo=True,
            )
        if mode.endswith("int8"):
            whole, path = path, path.with_name("int8.onnx")
            quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)
        options = SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda arrays: session.run(None, dict(zip(NAMES, arrays, strict=True)))[0]

    def _openvino(self, mode: str) -> Forward:
        settings = {
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "INFERENCE_PRECISION_HINT": "bf16" if mode.endswith("bf16") else "f32",
        }
        model = openvino.convert_model(self._model, example_input=self._example())
        compiled = openvino.Core().compile_model(model, "CPU", settings)
        return lambda arrays: compiled(arrays)[0]


class _Logits(torch.nn.Module):
    """The model with three positional arguments and logits alone."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        return self._model(input_ids=ids, attention_mask=mask, token_type_ids=segments).logits
