from semuq import ClaimUncertainty, Entailment, SampleSet
from semuq.sampling.claims import with_claims

samples = SampleSet(
    prompt="Who was Marie Curie?",
    texts=[
        "Marie Curie was a physicist. She was born in Warsaw. She won two Nobel Prizes.",
        "Marie Curie was a physicist and chemist. She was born in Warsaw. She won two Nobel Prizes.",
        "Marie Curie was a physicist born in Warsaw. She won two Nobel Prizes. She died in Madrid.",
    ],
)
estimator, relation = ClaimUncertainty(support="entailment"), Entailment()
for claim in estimator.judge_claims(with_claims(samples), relation)[:4]:
    print(f"{claim.score:.2f}  answer {claim.answer + 1}: {claim.text}")
print(f"{estimator.score(with_claims(samples), relation):.2f}  all together")
