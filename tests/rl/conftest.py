"""What is loaded before a module trains is kept out of the collector's sight: trainers call it after every run."""

import gc

import pytest


@pytest.fixture(scope="module", autouse=True)
def _frozen(request):
    if request.path.parent.name in {"trainer", "runs"}:
        gc.collect()
        gc.freeze()
