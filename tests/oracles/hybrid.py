"""SCVC (arXiv:2603.19118): weight SC + (1 - weight) VC over the majority. Imports nothing of semuq."""


def scvc(clusters, stated, weight):
    n = len(clusters)
    count = {own: clusters.count(own) for own in clusters}
    most = max(count.values())
    winners = [own for own in count if count[own] == most]
    voices = [stated[i] for i in range(n) if clusters[i] in winners]
    return weight * most / n + (1 - weight) * sum(voices) / len(voices)
