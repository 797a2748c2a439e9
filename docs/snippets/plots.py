"""Every plot of `semuq.plot`, as the documentation shows them: written as SVG beside where this is run."""

import numpy as np

from semuq import ExactMatch, SampleSet, cross_fit, evaluate, plot
from semuq.estimators import DiscreteSemanticEntropy
from semuq.relations.base import RelationScores
from semuq.scoring import score_stream

# Four hundred made-up questions: the more meanings a model wavers between, the more often it is wrong.
rng = np.random.default_rng(0)
meanings = rng.integers(1, 8, size=400)
batch = [
    SampleSet(prompt=f"Question {i}?", texts=[str(rng.integers(k)) for _ in range(10)]) for i, k in enumerate(meanings)
]
correct = rng.random(400) > meanings / 9

scores = np.asarray(evaluate([DiscreteSemanticEntropy()], batch, ExactMatch())["DiscreteSemanticEntropy"])
plot.roc(scores, correct).figure.savefig("roc.svg")
plot.risk_coverage(scores, correct).figure.savefig("risk_coverage.svg")
plot.rejection(scores, correct).figure.savefig("rejection.svg")
plot.histogram(scores, correct, limits=DiscreteSemanticEntropy().bounds(10)).figure.savefig("histogram.svg")
plot.reliability(cross_fit(scores, correct), correct, bins=8).figure.savefig("reliability.svg")


class Capitals:
    """A relation made up for one question: the first three agree, more or less; the last two are alone."""

    kind, symmetric, identity = "entailment", False, "docs/capitals"

    def compare(self, batch):
        entails = np.array(
            [
                [1.00, 0.97, 0.90, 0.02, 0.01],
                [0.96, 1.00, 0.88, 0.02, 0.01],
                [0.98, 0.97, 1.00, 0.03, 0.01],
                [0.01, 0.01, 0.01, 1.00, 0.30],
                [0.02, 0.02, 0.01, 0.02, 1.00],
            ]
        )
        neutral = np.where(np.eye(5) == 1, 0.0, 0.1 * (1 - entails))
        scores = RelationScores(
            kind="entailment", entailment=entails, neutral=neutral, contradiction=1 - entails - neutral
        )
        return [scores] * len(batch)


texts = ("Ouagadougou", "It is Ouagadougou.", "Ouagadougou, on the plateau", "Bamako", "A city in West Africa")
(question,) = score_stream([SampleSet(prompt="What is the capital of Burkina Faso?", texts=texts)], None, Capitals())
plot.question(question).figure.savefig("question.svg")
plot.kernel(question).figure.savefig("kernel.svg")
