"""The other modulators, literally, one group (or batch) at a time: loops, no import from the package.

Groups are ragged lists; each function names its paper and equation.
"""

import math


def mean(values):
    return sum(values) / len(values)


def mean_variance(rewards, beta, centre):
    """arXiv:2008.03707, reward with frozen mean: r' = r - beta (r - mu)^2, less the group's mean."""
    shaped = [reward - beta * (reward - centre) ** 2 for reward in rewards]
    return [own - mean(shaped) for own in shaped]


def arm(advantages, rewards, logprobs, prompt_logprobs, alpha, fraction=0.2, only_correct=True):
    """arXiv:2602.05281: A + alpha (c(q) - c(o)), over the least likely fraction of tokens."""

    def confidence(tokens):
        count = max(1, -(-len(tokens) * round(fraction * 100) // 100))
        return math.exp(mean(sorted(tokens)[:count]))

    if not any(reward > 0 for reward in rewards):
        return list(advantages)
    return [
        own + alpha * (confidence(prompt_logprobs) - confidence(tokens)) if reward > 0 or not only_correct else own
        for own, reward, tokens in zip(advantages, rewards, logprobs, strict=True)
    ]


def edge(advantages, entropies, clamp):
    """arXiv:2507.21848: A_i / (P_i / mean_j P_j)."""
    own = [mean(tokens) for tokens in entropies]
    return [a * min(max(mean(own) / p, clamp[0]), clamp[1]) for a, p in zip(advantages, own, strict=True)]


def gtpo_token_rewards(rewards, entropies, alpha1, alpha2):
    """arXiv:2508.04349, Eq. 3 and 5, as ports cite them; 0/1 rewards."""
    shaped = []
    for i, own in enumerate(entropies):
        right = rewards[i] > 0
        row = []
        for t, entropy in enumerate(own):
            alive = [k for k, other in enumerate(entropies) if (rewards[k] > 0) == right and len(other) > t]
            if right:
                share = entropy / sum(entropies[k][t] for k in alive)
                row.append(alpha1 * rewards[i] + alpha2 * share * len(alive))
            else:
                share = (1 / entropy) / sum(1 / entropies[k][t] for k in alive)
                row.append(-alpha1 - alpha2 * share * len(alive))
        shaped.append(row)
    return shaped


def gtpo_token_advantages(rewards, entropies, alpha1, alpha2):
    """The same paper: normalised separately over the tokens of O+ and of O-."""
    shaped = gtpo_token_rewards(rewards, entropies, alpha1, alpha2)
    result = [[0.0] * len(row) for row in shaped]
    for right in (True, False):
        pool = [value for i, row in enumerate(shaped) if (rewards[i] > 0) == right for value in row]
        if not pool:
            continue
        spread = math.sqrt(mean([(value - mean(pool)) ** 2 for value in pool]))
        for i, row in enumerate(shaped):
            if (rewards[i] > 0) == right:
                result[i] = [(value - mean(pool)) / spread if spread > 1e-9 else 0.0 for value in row]
    return result


def grpo_s_rewards(rewards, entropies, beta1, beta2):
    """arXiv:2508.04349, the sequence version."""
    return [row[0] for row in gtpo_token_rewards(rewards, [[mean(own)] for own in entropies], beta1, beta2)]


def grpo_s_advantages(rewards, entropies, beta1, beta2):
    """The same, normalised over the group as the one port that has it does: torch's std, over n - 1."""
    shaped = grpo_s_rewards(rewards, entropies, beta1, beta2)
    spread = math.sqrt(sum((value - mean(shaped)) ** 2 for value in shaped) / (len(shaped) - 1))
    return [(value - mean(shaped)) / spread if spread > 1e-9 else 0.0 for value in shaped]


def conflict(ids, signs):
    """arXiv:2508.03772: how many of the leading and trailing runs shared with an opposite completion a token is in."""
    marked = []
    for i, own in enumerate(ids):
        marks = [0] * len(own)
        opposite = [other for k, other in enumerate(ids) if signs[k] * signs[i] < 0]
        for t in range(len(own)):
            if not any(len(other) > t and other[t] == own[t] for other in opposite):
                break
            marks[t] += 1
        for t in range(1, len(own) + 1):
            if not any(len(other) >= t and other[-t] == own[-t] for other in opposite):
                break
            marks[-t] += 1
        marked.append(marks)
    return marked


def gtpo_trajectory(advantages, entropies, ids, initial, gamma=0.1, threshold=0.6931471805599453, once=False):
    """arXiv:2508.03772: delta_i (A_i - gamma <H>_i) lambda_{i,t}; the weights of both runs multiplied, or one."""
    marks = conflict(ids, advantages)
    result = []
    for i, own in enumerate(entropies):
        delta = 0 if initial < threshold < mean(own) else 1
        penalised = delta * (advantages[i] - gamma * mean(own))
        weight = 2 if advantages[i] > 0 else 0
        result.append([penalised * weight ** (min(times, 1) if once else times) for times in marks[i]])
    return result


def empg(advantages, steps, k, zeta):
    """arXiv:2509.09265, Eq. 10 and 12, then minus the mean over all steps.

    `steps[i]` lists the token entropies of each step of trajectory i; returns a value per step.
    """
    entropy = [[mean(step) for step in own] for own in steps]
    flat = [value for own in entropy for value in own]
    low, high = min(flat), max(flat)
    scaled = [[(value - low) / (high - low + 1e-8) for value in own] for own in entropy]
    normaliser = mean([math.exp(-k * value) for own in scaled for value in own])
    result = []
    for i, own in enumerate(scaled):
        row = []
        for t, value in enumerate(own):
            bonus = zeta * math.exp(-k * own[t + 1]) if t + 1 < len(own) else 0.0
            row.append(advantages[i] * math.exp(-k * value) / normaliser + bonus)
        result.append(row)
    centre = mean([value for row in result for value in row])
    return [[value - centre for value in row] for row in result]


def entropy_advantage(advantage, entropies, alpha, kappa):
    """arXiv:2506.14758: A + min(alpha H, |A| / kappa), token by token."""
    return [advantage + min(alpha * h, abs(advantage) / kappa) for h in entropies]


def ucas(groups, beta_right, beta_wrong, penalty):
    """arXiv:2510.10649 as released, entropies and log-probs for its logits: [(advantages, entropies, logprobs)]."""
    flat = [logp for _, _, logprobs in groups for own in logprobs for logp in own]
    low, high = min(flat), max(flat)
    result = []
    for advantages, entropies, logprobs in groups:
        confidence = [-mean(own) for own in entropies]
        spread = math.sqrt(sum((c - mean(confidence)) ** 2 for c in confidence) / max(len(confidence) - 1, 1))
        rows = []
        for a, c, own in zip(advantages, confidence, logprobs, strict=True):
            z = (c - mean(confidence)) / (spread + 1e-6)
            shaped = a * math.exp(-beta_right * z) if a > 0 else a * math.exp(beta_wrong * z)
            charged = [shaped - penalty * (logp - low) / (high - low + 1e-6) for logp in own]
            rows.append([max(value, 0.0) for value in charged] if shaped > 0 else charged)
        result.append(rows)
    return result


def pass_at_k(rewards, k):
    """arXiv:2503.19595: k times the mean of max(S) - max(S without i) over every set S of k that holds i."""
    from itertools import combinations

    result = []
    for i in range(len(rewards)):
        rest = [reward for j, reward in enumerate(rewards) if j != i]
        result.append(k * mean([max(*others, rewards[i]) - max(others) for others in combinations(rest, k - 1)]))
    return result


def unlikeliness(rewards, logliks, beta):
    """arXiv:2506.02355: r (1 - beta (G - rank) / G), rank 0 the likeliest, less the group's mean."""
    n = len(rewards)
    shaped = []
    for reward, loglik in zip(rewards, logliks, strict=True):
        rank = sum(other > loglik for other in logliks)
        shaped.append(reward * (1 - beta * (n - rank) / n))
    return [own - mean(shaped) for own in shaped]
