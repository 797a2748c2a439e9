"""Two processes that train together, forked from one that has the libraries loaded: importing them takes longer."""

import multiprocessing
import os
import runpy
import socket
import sys

WORLD = 2


def launch(folder, module, *arguments):
    """(standard output, standard error) of each of two ranks that run a module as the main one, both without error.

    What `torchrun` sets is set: RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT. In an argument, {rank} is
    the rank.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["tests.rl.ranks", "tests.tiny.policy", "semuq_rl.train", "semuq_rl.runs.run"])
    told = [(folder / f"{rank}.out", folder / f"{rank}.err") for rank in range(WORLD)]
    started = [
        server.Process(target=_run, args=(rank, port, *told[rank], module, arguments), daemon=True)
        for rank in range(WORLD)
    ]
    try:
        for process in started:
            process.start()
        for process in started:
            process.join(timeout=300)
    finally:
        for process in started:
            process.kill()
            process.join()
    output = [(out.read_text(), err.read_text()) for out, err in told]
    assert [process.exitcode for process in started] == [0] * WORLD, [err[-2000:] for _, err in output]
    return output


def _run(rank, port, out, err, module, arguments):
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        with path.open("w") as file:
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": WORLD, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in place.items()} | {"ACCELERATE_USE_CPU": "true"}
    sys.argv = [module, *(argument.format(rank=rank) for argument in arguments)]
    sys.modules.pop(module, None)  # to run as the main module, it must not be loaded
    runpy.run_module(module, run_name="__main__", alter_sys=True)
