# The public names, imported on first use: the worker process needs none of them.
from .extraction import entry_point_of as entry_point_of
from .extraction import program_of as program_of
from .inputs import typed_inputs as typed_inputs
from .relation import CodeEquivalence as CodeEquivalence
from .runner import Behaviour as Behaviour
from .runner import ProcessRunner as ProcessRunner
from .runner import Program as Program
from .runner import Runner as Runner
from .runner import run_program as run_program
from .runner import shutdown_workers as shutdown_workers
