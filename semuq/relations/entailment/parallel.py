"""One model on several devices: a process for each, a share of every batch for each."""

from __future__ import annotations

import multiprocessing
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.loading import ModelSource, load_model
from semuq.relations.entailment.networks import make_network
from semuq.relations.entailment.pairs import PairEncoder

if TYPE_CHECKING:
    import torch

__all__ = ["ParallelNetwork", "Replica"]

FloatArray = NDArray[np.float32]
PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Replica:
    """What a process loads and where it computes; `threads` are those of a CPU."""

    source: ModelSource
    labels: Mapping[str, str] | None
    device: str
    precision: str
    threads: int
    compiled: bool = False


class ParallelNetwork:
    """The same network in a process per replica.

    Processes start with this object and end with it. They are spawned, so that a script that uses them
    needs its `if __name__ == "__main__":`.

    Args:
        replicas: one process each.
        pads: whether their networks pad.
    """

    overlaps = True

    def __init__(self, replicas: Sequence[Replica], *, pads: bool) -> None:
        self.pads = pads
        self._workers = [_Worker(replica) for replica in replicas]

    def prepare(self, tokens: Tokens) -> Tokens:
        """The same: each process prepares its share."""
        return tokens

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """(pairs, labels) logits, on the CPU."""
        import torch

        asked = list(zip(self._workers, shares(tokens, len(self._workers)), strict=False))
        for worker, share in asked:
            worker.send(share)
        # Every reply is taken before an error is raised, or the next batch would read this one's.
        replies = [worker.receive() for worker, _ in asked]
        logits: list[FloatArray] = []
        for reply in replies:
            if isinstance(reply, BaseException):
                raise reply
            logits.append(reply)
        return torch.from_numpy(np.concatenate(logits))


def shares(tokens: Tokens, count: int) -> Iterator[Tokens]:
    """Up to `count` runs of consecutive pairs, as nearly alike in tokens as whole pairs allow."""
    ends = np.cumsum(tokens.lengths)
    cuts = np.searchsorted(ends, ends[-1] * np.arange(1, count) / count) + 1
    for pairs in np.split(np.arange(len(ends)), np.unique(cuts)):
        if len(pairs):
            span = slice(int(ends[pairs[0]] - tokens.lengths[pairs[0]]), int(ends[pairs[-1]]))
            yield Tokens(tokens.ids[span], tokens.segments[span], tokens.lengths[pairs])


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, replica: Replica) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, replica), daemon=True)
        self._process.start()
        theirs.close()
        self._device = replica.device
        weakref.finalize(self, _end, self._pipe, self._process)

    def send(self, tokens: Tokens) -> None:
        with suppress(ConnectionError):  # `receive` says what became of the process
            self._pipe.send(tokens)

    def receive(self) -> FloatArray | BaseException:
        try:
            reply: FloatArray | BaseException = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            reply = InvalidModel(
                f"device {self._device!r}: its process ended with code {self._process.exitcode}; its own messages are "
                'above. A script needs `if __name__ == "__main__":` around what it starts'
            )
        return reply


def _end(pipe: Connection, process: multiprocessing.process.BaseProcess) -> None:
    pipe.close()
    process.join(PATIENCE_SECONDS)
    if process.is_alive():  # busy with a share that nobody waits for
        process.terminate()
        process.join()


def _serve(pipe: Connection, replica: Replica) -> None:
    """Load the network, then answer until the pipe is closed."""
    import torch

    torch.set_num_threads(max(1, replica.threads))
    loaded = load_model(replica.source, replica.labels)
    encoder = PairEncoder(loaded.tokenizer, loaded.max_length)
    device = torch.device(replica.device)
    network = make_network(loaded, encoder, replica.precision, device, compiled=replica.compiled)
    while True:
        try:
            tokens = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            with torch.inference_mode():
                pipe.send(np.asarray(network(tokens).float().cpu().numpy()))
        except Exception as error:  # told to the one who asked, who knows what to do about it
            pipe.send(error)
