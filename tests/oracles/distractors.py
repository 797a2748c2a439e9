"""DINCO (arXiv:2509.25532) as its released code computes it, with loops. Imports nothing of semuq."""


def nvc(confidences, entails, contradicts):
    """Of the main answer, claim 0; entails[i][j]: premise i, hypothesis j, 0 on the diagonal; contradicts alike."""
    m = len(confidences)
    denominator = confidences[0]
    for d in range(1, m):
        degree = sum(entails[j][d] for j in range(m)) + 1
        exclusive = (contradicts[0][d] + contradicts[d][0]) / 2
        denominator += confidences[d] * exclusive / (degree - entails[0][d])
    return confidences[0] / denominator if denominator > 1 else confidences[0]


def dinco(confidences, entails, contradicts, same):
    """The mean of NVC and of the share of answers that are the main one, itself counted."""
    return (nvc(confidences, entails, contradicts) + (1 + sum(same)) / (1 + len(same))) / 2
