"""A proxy on the loopback in front of the fake server, and a rule for it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from semuq import DecisionRule, DiscreteSemanticEntropy, ExactMatch, OpenAISampler, Platt
from semuq.decisions.rule import without_seed

CALIBRATOR = Platt().fit([0.0] * 20 + [1.6] * 20, [True] * 20 + [False] * 20)


def rule_for(base_url: str, model: str = "tiny", **changes: Any) -> DecisionRule:
    """A rule fitted on five answers of that model, which trusts answers that agree."""
    identity = without_seed(OpenAISampler(model, base_url=base_url).identity)
    own = {
        "estimator": repr(DiscreteSemanticEntropy()),
        "relation": ExactMatch().identity,
        "calibrator": CALIBRATOR,
        "answers": (5,),
        "samplers": (identity,),
    }
    return DecisionRule(**(own | changes))


@contextmanager
def listening(service: Any) -> Iterator[str]:
    """The service behind a socket, in a thread; its address."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen(128)
        server = uvicorn.Server(uvicorn.Config(service, log_level="debug", log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{own.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
