"""Tests and doctests keep their caches to themselves, and no test asks a hub for anything."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# No test asserts on time: a busy machine would fail it.
settings.register_profile("semuq", deadline=None)
settings.load_profile("semuq")


@pytest.fixture(scope="session", autouse=True)
def _own_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMUQ_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield
