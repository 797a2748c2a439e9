"""Training of the head behind `ASEU`: hidden states to the spread of what the model would go on to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from semuq.checks import whole
from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.evidence import Embedder, Evidence
from semuq.fitted.gaussian import GaussianHead
from semuq.numerics import FloatArray, unit_rows
from semuq.samples import SampleSet

__all__ = ["AseuTraining", "Trained", "train_aseu"]


@dataclass(frozen=True, kw_only=True)
class AseuTraining:
    """How to train a head.

    Args:
        latent: numbers in a latent vector.
        hidden: width of the hidden layer.
        steps: of Adam, with a cosine schedule.
        batch: (state, embedding) pairs in a step.
        learning_rate: the first one.
        prior: weight of KL(q || N(0, I)), which fixes the scale of the latent space.
        seed: of weights and batches.
    """

    latent: int = 16
    hidden: int = 64
    steps: int = 600
    batch: int = 256
    learning_rate: float = 5e-3
    prior: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        whole(self, 1, latent=self.latent, hidden=self.hidden, steps=self.steps, batch=self.batch)
        if not 0 < self.learning_rate < math.inf or not 0 <= self.prior < math.inf:
            raise InvalidParameter(
                "AseuTraining.learning_rate, prior: expected numbers > 0 and >= 0, "
                f"got {self.learning_rate} and {self.prior}"
            )


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A head, and how its training went.

    Args:
        head: for `ASEU(head=...)`.
        losses: (steps,) negative evidence in nats per embedding dimension, with the prior's share.
    """

    head: GaussianHead
    losses: FloatArray


def train_aseu(
    samples: Sequence[SampleSet], options: AseuTraining | None = None, *, embedder: Embedder | None = None
) -> Trained:
    """Train the head of ASEU on questions with sampled answers.

    Objective. For a state h at any token of any answer to a question and the unit sentence embedding e of any answer
    to the same question,
        e = z D + noise,  z ~ q(z | h) = N(mu(h), diag sigma(h)^2),  noise ~ N(0, s^2 I)
        maximise  log p(e | h) - prior KL(q(z | h) || N(0, I))
    The decoder D is linear, so that log p(e | h) = log N(e; mu D, D^T diag(sigma^2) D + s^2 I) in closed form: the
    evidence lower bound with its own posterior, where it is tight. A state whose question is answered in many ways
    can only explain them by a wide q.

    What is inferred. The paper's summary says that q comes from a small network on the last hidden states and is
    trained with a variational objective so that z decodes to the embeddings of sampled outputs. Its loss was not at
    hand: Gaussian decoder, linear decoder, exact evidence, the prior's weight and all defaults here are ours.

    Args:
        samples: questions with `token_states` and at least two answers each; embeddings or an embedder.
        options: see `AseuTraining`.
        embedder: embeds answers whose SampleSet holds no embeddings.

    Raises:
        MissingEvidence: a question has no `token_states`, or no embeddings and there is no embedder.
        InvalidSamples: there is no token at all, or widths differ.

    Cost. `steps` steps of a network of d x hidden weights and a (latent, latent) factorisation per pair; seconds to
    minutes on a CPU. Torch's global random state is neither read nor changed.

    References: Grewal, Bonilla, Bui, arXiv:2410.22685v1 (ASEU).
    """
    options = options or AseuTraining()
    states, embeddings, question = _pairs(samples, embedder)
    rng = np.random.default_rng(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    centre, scale = states.mean(axis=0), states.std(axis=0)
    scale[scale < 1e-8] = 1.0
    inputs = torch.tensor((states - centre) / scale, dtype=torch.float32)
    targets = torch.tensor(np.concatenate(embeddings), dtype=torch.float32)
    sizes = np.array([len(own) for own in embeddings])
    starts = np.cumsum(sizes) - sizes
    width, out = inputs.shape[1], embeddings[0].shape[1]

    def weight(rows: int, columns: int, gain: float = 1.0) -> torch.Tensor:
        drawn = torch.randn(rows, columns, generator=generator) * gain / math.sqrt(rows)
        return drawn.requires_grad_()

    first, first_bias = weight(width, options.hidden), torch.zeros(options.hidden, requires_grad=True)
    second = weight(options.hidden, 2 * options.latent, 0.5)
    second_bias = torch.zeros(2 * options.latent, requires_grad=True)
    decoder = weight(options.latent, out)
    log_noise = torch.full((), -1.0, requires_grad=True)
    parameters = [first, first_bias, second, second_bias, decoder, log_noise]
    optimiser = torch.optim.Adam(parameters, lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, options.steps)
    losses = np.empty(options.steps)
    for step in range(options.steps):
        rows = rng.integers(len(states), size=min(options.batch, len(states)))
        own = question[rows]
        target = targets[torch.from_numpy(starts[own] + rng.integers(sizes[own]))]
        hidden = torch.tanh(inputs[torch.from_numpy(rows)] @ first + first_bias)
        mean, log_scale = (hidden @ second + second_bias).chunk(2, dim=1)
        log_scale = log_scale.clamp(-10, 10)
        spread = log_scale.exp()
        likelihood: Any = torch.distributions.LowRankMultivariateNormal(
            mean @ decoder,
            (spread[:, :, None] * decoder).transpose(1, 2),
            (2 * log_noise).exp() * torch.ones_like(target) + 1e-6,
            validate_args=False,
        )
        evidence = likelihood.log_prob(target)
        divergence = (0.5 * (spread**2 + mean**2) - log_scale - 0.5).sum(dim=1)
        loss = (options.prior * divergence - evidence).mean() / out
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        losses[step] = float(loss.detach())
    if not np.isfinite(losses).all():
        raise ArithmeticError("training diverged: the loss is not finite; lower AseuTraining.learning_rate")
    trained = [part.detach().double().numpy() for part in (first, first_bias, second, second_bias, decoder)]
    names = ("first", "first_bias", "second", "second_bias", "decoder")
    return Trained(
        head=GaussianHead({"centre": centre, "scale": scale, **dict(zip(names, trained, strict=True))}), losses=losses
    )


def _pairs(
    samples: Sequence[SampleSet], embedder: Embedder | None
) -> tuple[FloatArray, list[FloatArray], NDArray[np.int64]]:
    """All states (tokens, d), unit embeddings of each question, and the question of each state."""
    for index, own in enumerate(samples):
        if own.token_states is None:
            raise MissingEvidence(
                f'samples[{index}]: training needs token_states, got None; keep=("token_states",) while sampling'
            )
        if own.embeddings is None and embedder is None:
            raise MissingEvidence(f"samples[{index}]: training needs embeddings, got None; pass embedder=...")
    states = [[rows for rows in own.token_states or () if len(rows)] for own in samples]
    widths = {rows.shape[1] for each in states for rows in each}
    if len(widths) != 1:
        raise InvalidSamples(f"token_states: expected states of one width, got {sorted(widths)}")
    unit = [unit_rows(vectors) for vectors in Evidence(samples, None, embedder).embeddings()]
    counts = [sum(map(len, each)) for each in states]
    return np.concatenate([rows for each in states for rows in each]), unit, np.repeat(np.arange(len(samples)), counts)
