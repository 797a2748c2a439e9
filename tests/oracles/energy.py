"""Ma et al. (arXiv:2508.14496) as their notebook computes it, with loops. Imports nothing of semuq."""


def energies(logits):
    """The Boltzmann energy of each answer: minus the mean logit of its tokens."""
    return [-sum(own) / len(own) if len(own) else 0.0 for own in logits]


def of_clusters(logits, clusters):
    """Cluster id -> the sum of its answers' energies over the number of all answers."""
    found = {}
    for own, cluster in zip(energies(logits), clusters, strict=True):
        found[cluster] = found.get(cluster, 0.0) + own / len(clusters)
    return found
