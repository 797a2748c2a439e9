"""Who takes part: which class runs in which environment, and what it makes."""

from __future__ import annotations

from dataclasses import dataclass

WORKERS = "benchmarks.scorer.worker"


@dataclass(frozen=True)
class Contestant:
    """One way to the scores.

    Args:
        name: names its results.
        title: in tables and plots.
        runner: "module:Class" in the worker, which several contestants may share.
        mode: what the runner is asked to do.
        environment: the peer's; None is our own.
        makes: "matrix" (all probabilities) or "clusters".
        tolerance: by how much a probability may differ from the unbatched float32 reference.
    """

    name: str
    title: str
    runner: str
    mode: str
    environment: str | None = None
    makes: str = "matrix"
    tolerance: float = 1e-4


_SEMUQ = f"{WORKERS}.semuq:Semuq"
_UQLM = f"{WORKERS}.uqlm:Uqlm"
_TTLM = f"{WORKERS}.truthtorchlm:TruthTorchLm"
_CROSS = f"{WORKERS}.cross_encoder:SentenceTransformers"
_BARE = f"{WORKERS}.bare:Bare"
_RUNTIMES = f"{WORKERS}.runtimes:Runtimes"

CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("semuq", "semuq", _SEMUQ, "matrix", tolerance=0.02),
        Contestant("semuq-fp32", "semuq, float32", _SEMUQ, "matrix-fp32"),
        Contestant("semuq-warm", "semuq, warm cache", _SEMUQ, "warm", tolerance=0.02),
        Contestant("semuq-clusters", "semuq, clusters", _SEMUQ, "clusters", makes="clusters", tolerance=0.02),
        Contestant("ideal", "ideal: bare model, packed, float32", _BARE, "ideal"),
        Contestant("one", "one pair at a time", _BARE, "one"),
        Contestant("lm-polygraph", "lm-polygraph", f"{WORKERS}.lm_polygraph:LmPolygraph", "matrix", "lm-polygraph"),
        Contestant("uqlm-matrix", "uqlm, every answer scored", _UQLM, "matrix", "uqlm"),
        Contestant("uqlm-pairs", "uqlm's NLI class on distinct pairs", _UQLM, "pairs", "uqlm"),
        Contestant("uqlm-clusters", "uqlm, semantic entropy", _UQLM, "clusters", "uqlm", makes="clusters"),
        Contestant("truthtorchlm", "TruthTorchLM", _TTLM, "matrix", "truthtorchlm"),
        Contestant(
            "truthtorchlm-clusters", "TruthTorchLM, semantic entropy", _TTLM, "clusters", "truthtorchlm", "clusters"
        ),
        Contestant("crossencoder", "CrossEncoder.predict, all pairs", _CROSS, "all"),
        Contestant("crossencoder-distinct", "CrossEncoder.predict, distinct pairs", _CROSS, "distinct"),
        # In fewer bits they are shown with what they lose.
        *(
            Contestant(f"runtime-{mode}", f"ideal in {title}", _RUNTIMES, mode, "runtimes", tolerance=tolerance)
            for mode, title, tolerance in (
                ("onnxruntime", "ONNX Runtime, float32", 1e-4),
                ("onnxruntime-int8", "ONNX Runtime, dynamic int8", 1.0),
                ("openvino", "OpenVINO, float32", 1e-4),
                ("openvino-bf16", "OpenVINO, bfloat16", 0.1),
            )
        ),
    )
}
