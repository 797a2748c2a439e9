"""Tests and doctests keep their caches to themselves, and no test asks a hub for anything."""

import functools
import gc
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import typer.testing
from hypothesis import settings

# No test asserts on time: a busy machine would fail it.
settings.register_profile("semuq", deadline=None)
settings.load_profile("semuq")

TOGETHER = re.compile(r"tests/(?:documentation/|test_documentation|test_distribution)")
"""Files that look at one site and one wheel, which are built once a process."""


def _group(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return "documentation" if TOGETHER.match(file) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which tests stay together where several processes share them: a file's, and those of `TOGETHER`."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several processes begin with what takes longest: with the groups that have most slow tests."""
    if hasattr(config, "workerinput"):
        slow = Counter(_group(item.nodeid) for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: -slow[_group(item.nodeid)])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take what is loaded by now out of the collector's sight, which trainers call after every run: it stays anyway."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_cache_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """One for all processes of a run: what takes long, such as unpacking the language model, is done once."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMUQ_CACHE_DIR", str(folder))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_command_line() -> Iterator[None]:
    """Make the command line of the declared functions once, not at every call: that is what a call mostly takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", functools.cache(typer.testing._get_command))
        yield
