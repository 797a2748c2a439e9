"""SEED-GRPO, arXiv:2505.12346, literally: loops, no import from the package.

The released code is known from two independent descriptions of it (maxent-grpo, Apache-2.0, which
pins commit 325cb1a), the paper from its first version.
"""

import math

# Eq. 6 with alpha = 0.02; the released alpha, "normalised by the largest entropy", is 0.02 log 8.
PAPER_ALPHA = 0.02
RELEASED_ALPHA = 0.0417
LEAST_RELEASED_FACTOR = 0.96
# Table 4: the ablation's settings.
ABLATION_ALPHAS = (0.01, 0.02, 0.03)
# Stated maximum of the signal for G = 8.
LARGEST_ENTROPY_OF_8 = 2.07


def released_entropy(answers, token_logprobs):
    """Steps 2 to 5: exact clusters, an unparsable rollout (None) alone, Rao's entropy."""
    clusters = {}
    for i, answer in enumerate(answers):
        clusters.setdefault(("no answer", i) if answer is None else answer, []).append(i)
    mean_logprob = [sum(tokens) / len(tokens) for tokens in token_logprobs]
    total = sum(math.exp(value) for value in mean_logprob)
    entropy = 0.0
    for members in clusters.values():
        mass = sum(math.exp(mean_logprob[i]) for i in members) / total
        entropy -= mass * math.log(mass)
    return entropy


def printed_entropy(answers, token_logprobs):
    """Eq. 5 with masses normalised over the sample: -(1/K) sum_k log p(C_k)."""
    likelihood = [math.exp(sum(tokens)) for tokens in token_logprobs]
    masses = [
        sum(own for own, other in zip(likelihood, answers, strict=True) if other == answer) / sum(likelihood)
        for answer in dict.fromkeys(answers)
    ]
    return -sum(math.log(mass) for mass in masses) / len(masses)


def dr_grpo_advantages(rewards):
    """Eq. 1."""
    mean = sum(rewards) / len(rewards)
    return [reward - mean for reward in rewards]


def paper_advantages(rewards, entropy, alpha=PAPER_ALPHA):
    """Eq. 6 with the natural reading of "linear": 1 - alpha SE / log G."""
    largest = math.log(len(rewards))
    return [(1 - alpha * entropy / largest) * own for own in dr_grpo_advantages(rewards)]


def released_advantages(rewards, entropy, alpha=RELEASED_ALPHA):
    """Step 6: 1 / (1 + (alpha / log G) H)."""
    per_nat = alpha / math.log(len(rewards))
    return [own / (1 + per_nat * entropy) for own in dr_grpo_advantages(rewards)]
