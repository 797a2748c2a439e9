"""Tests and doctests keep their caches to themselves, and no test asks a hub for anything."""

import gc
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# No test asserts on time: a busy machine would fail it.
settings.register_profile("semuq", deadline=None)
settings.load_profile("semuq")

ALONE = re.compile(
    r"tests/(documentation|serving|benchmarks|cli|models)/|tests/test_(documentation|distribution)|"
    r"test_(browser|ray|maths|code|parallel|cache|gguf|samplers|multi_process|two_ranks)"
)
"""Files that start processes, servers or browsers, or load the language model: one after another, in one process."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which tests stay together where several processes share them: a file's, and all of `ALONE`."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "alone" if ALONE.search(file) else file

    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several processes begin with what takes longest: with `ALONE`, then with files that have slow tests."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: (not ALONE.search(item.nodeid.partition("::")[0]), item.path not in slow))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take what is loaded by now out of the collector's sight, which trainers call after every run: it stays anyway."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMUQ_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield
