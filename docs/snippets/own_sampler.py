from collections.abc import Sequence

from semuq import Sampler, SampleSet


class Parrot:
    """Says the last word of the question, every time."""

    identity = "parrot"

    def sample(self, prompts: Sequence[str], *, n: int = 10) -> list[SampleSet]:
        return [SampleSet(prompt=prompt, texts=(prompt.rstrip("?").split()[-1],) * n) for prompt in prompts]


assert isinstance(Parrot(), Sampler)
assert Parrot().sample(["What is the capital of France?"], n=2)[0].texts == ("France", "France")
