"""CCP as LM-Polygraph computes it, with probabilities instead of logs. Imports nothing of semuq."""


def combined(forward, backward):
    """One label of two: what is not neutral counts, unless the two say opposite things."""
    if forward == backward:
        return forward
    if {forward, backward} == {"entail", "contra"}:
        return "neutral"
    return next(own for own in ("entail", "contra") if own in (forward, backward))


def ccp(tokens):
    """1 - prod_t q_t; a token is [(probability, label), ...], its own first."""
    product = 1.0
    for alternatives in tokens:
        entail = sum(p for i, (p, label) in enumerate(alternatives) if i == 0 or label == "entail")
        contra = sum(p for i, (p, label) in enumerate(alternatives) if i > 0 and label == "contra")
        product *= entail / (entail + contra)
    return 1 - product
