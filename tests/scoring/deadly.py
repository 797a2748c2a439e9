"""A relation whose process dies, in a file that a worker of Ray imports without what the tests need."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from semuq import ExactMatch


@dataclass(frozen=True)
class Deadly(ExactMatch):
    """An exact match whose process dies over one question, as often as there are files to take away."""

    folder: str = ""
    question: str = ""
    identity: str = field(default="deadly", init=False)

    def compare(self, batch):
        if any(samples.prompt == self.question for samples in batch):
            for life in Path(self.folder).iterdir():
                life.unlink()
                os._exit(1)
        return super().compare(batch)
