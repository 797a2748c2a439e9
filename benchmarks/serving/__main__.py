"""What does `semuq serve` add to a request, and does it lose any?

    python -m benchmarks.serving [--clients 64] [--requests 640] [--seconds 0.5]

A fake model takes a fixed time for a request, whatever is asked of it. The clients ask it for five answers directly,
and then through the proxy, the command in a process of its own, which samples five answers, compares and decides. The
difference of the medians is what the proxy adds. All processes share this machine's cores with the clients and with
whatever else runs: the load is in the record. Writes benchmarks/results/serving.json.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from benchmarks.machine import hardware
from benchmarks.serving.load import load
from semuq import RELATIONS, DecisionRule, DiscreteSemanticEntropy, OpenAISampler, Platt
from semuq.decisions.rule import without_seed

RESULTS = Path(__file__).parents[1] / "results" / "serving.json"
ANSWERS = 5
RELATIONS_MEASURED = ("exact", "entailment")


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        port: int = own.getsockname()[1]
        return port


@contextmanager
def running(port: int, *command: str) -> Iterator[str]:
    """A server in a process of its own, once it listens; its address."""
    process = subprocess.Popen([sys.executable, "-m", *command])
    try:
        for _ in range(1200):
            with socket.socket() as own:
                if own.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def rule(base_url: str, relation: str, path: Path) -> Path:
    """A rule that answers where the answers agree."""
    estimator = DiscreteSemanticEntropy()
    fitted = DecisionRule(
        estimator=repr(estimator),
        relation=RELATIONS.read(relation).identity,
        calibrator=Platt().fit([0.0] * 20 + [1.6] * 20, [True] * 20 + [False] * 20),
        answers=(ANSWERS,),
        samplers=(without_seed(OpenAISampler("fake", base_url=base_url).identity),),
    )
    fitted.save(path)
    return path


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=640)
    parser.add_argument("--seconds", type=float, default=0.5, help="that the fake model takes")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    size = {"clients": options.clients, "requests": options.requests}
    record = {
        "answers": ANSWERS,
        "model_seconds": options.seconds,
        "hardware": hardware(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("fastapi", "uvicorn", "openai")},
        },
        "ways": {},
    }
    model_port = free_port()
    base_url = f"http://127.0.0.1:{model_port}/v1"
    with (
        tempfile.TemporaryDirectory() as folder,
        running(model_port, "benchmarks.serving.fake", str(model_port), str(options.seconds)) as model,
    ):
        for relation in RELATIONS_MEASURED:
            path, port = rule(base_url, relation, Path(folder) / f"{relation}.json"), free_port()
            command = ("semuq", "serve", "--rule", str(path), "--base-url", base_url, "--relation", relation)
            with running(port, *command, "--least", "0.5", "--port", str(port)) as address:
                load(address, clients=4, requests=8)  # loads the models
                direct = load(model, n=ANSWERS, **size)
                served = load(address, **size)
                connection = http.client.HTTPConnection(address)
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
            counted = [line for line in text.splitlines() if line.startswith("semuq_requests_total")]
            record["ways"][relation] = {
                "direct": direct,
                "served": served,
                "added_p50": round(served["p50"] - direct["p50"], 4),
                "counted": sum(int(float(line.split()[-1])) for line in counted) - 8,
                "load": round(os.getloadavg()[0], 1),
            }
            print(relation, record["ways"][relation], flush=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
