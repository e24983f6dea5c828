"""The line model's network in PyTorch, for training; inference is `pipelines.clean.line_model`."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from torch import nn

from pipelines.contract import KINDS

WIDTH = 48
EMBEDDING = 16
GATES = 24
POOL = 16
HEADS = 3
"""One verdict for each family of gold standards; the first is the one that is used."""
KIND_COUNT = 7
SORTS = HEADS + KIND_COUNT
"""Columns from here on: which of `contract.KINDS` a line is, if it is boilerplate."""
DROPOUT = 0.2
WORDING_DROPOUT = 0.5


@numba.njit(cache=True)
def _scan(f: Any, x: Any, starts: Any, out: Any) -> None:
    for t in range(len(f)):
        for j in range(f.shape[1]):
            previous = np.float32(0) if starts[t] else out[t - 1, j]
            out[t, j] = f[t, j] * previous + (np.float32(1) - f[t, j]) * x[t, j]


@numba.njit(cache=True)
def _scan_back(f: Any, x: Any, starts: Any, out: Any, gradients: Any) -> None:
    gradient, df, dx = gradients
    carry = np.zeros(f.shape[1], dtype=np.float32)
    for t in range(len(f) - 1, -1, -1):
        for j in range(f.shape[1]):
            g = gradient[t, j] + carry[j]
            previous = np.float32(0) if starts[t] else out[t - 1, j]
            dx[t, j] = g * (np.float32(1) - f[t, j])
            df[t, j] = g * (previous - x[t, j])
            carry[j] = np.float32(0) if starts[t] else g * f[t, j]


class Recurrence(torch.autograd.Function):
    """c[t] = f[t] c[t-1] + (1 - f[t]) x[t] (simple recurrent unit), reset at document starts."""

    @staticmethod
    def forward(ctx: Any, f: Any, x: Any, starts: Any) -> Any:
        """Run over all lines."""
        out = torch.empty_like(x)
        _scan(f.detach().numpy(), x.detach().numpy(), starts, out.numpy())
        ctx.save_for_backward(f, x, out)
        ctx.starts = starts
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        """Gradients of f and x."""
        f, x, out = ctx.saved_tensors
        df, dx = torch.empty_like(f), torch.empty_like(x)
        _scan_back(
            f.detach().numpy(), x.detach().numpy(), ctx.starts, out.detach().numpy(),
            (np.ascontiguousarray(gradient.numpy()), df.numpy(), dx.numpy()),
        )  # fmt: skip
        return df, dx, None


def gate(x: torch.Tensor) -> torch.Tensor:
    """Softsign, scaled to (0, 1): cheap where there is no vector unit for exponentials."""
    return 0.5 + 0.5 * x / (1 + x.abs())


def neighbours(h: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """[line before, line, line after], zero past the document's edges."""
    before = torch.cat([torch.zeros_like(h[:1]), h[:-1]]) * (~starts)[:, None]
    after = torch.cat([h[1:], torch.zeros_like(h[:1])]) * (~ends)[:, None]
    return torch.cat([before, h, after], 1)


def document_summary(h: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    """Mean and maximum of each column over the line's document."""
    document = torch.cumsum(starts, 0) - 1
    size = torch.bincount(document).float()[:, None]
    index = document[:, None].expand_as(h)
    empty = torch.zeros(len(size), h.shape[1])
    mean = empty.scatter_add(0, index, h) / size
    peak = empty.scatter_reduce(0, index, h, "amax")
    return torch.cat([mean, peak], 1)[document]


class Network(nn.Module):
    """Wording + shape + place -> one line -> its neighbours -> the whole document -> verdict."""

    def __init__(self, dense: int, given: int, rows: int) -> None:
        super().__init__()
        self.mean = nn.EmbeddingBag(rows, EMBEDDING, mode="mean", padding_idx=0)
        self.peak = nn.EmbeddingBag(rows, EMBEDDING, mode="max", padding_idx=0)
        nn.init.normal_(self.mean.weight, std=0.1)
        self.peak.weight = self.mean.weight
        self.line = nn.Linear(dense + 2 * EMBEDDING + given, WIDTH)
        nn.init.zeros_(self.line.weight[:, -given:])
        self.near = nn.Linear(3 * WIDTH, WIDTH)
        self.gates = nn.Linear(WIDTH, 4 * GATES)
        self.pool = nn.Linear(WIDTH, POOL)
        self.wide = nn.Linear(WIDTH + 2 * GATES + 2 * POOL, WIDTH)
        self.head = nn.Linear(WIDTH, SORTS + len(KINDS))
        self.drop = nn.Dropout(DROPOUT)
        self.wording_drop = nn.Dropout(WORDING_DROPOUT)

    def forward(self, batch: Any, starts: np.ndarray) -> torch.Tensor:
        """Logits of the HEADS verdicts and the kinds; `batch`: dense, tokens, offsets, given."""
        dense, tokens, offsets, given = batch
        first = torch.from_numpy(starts)
        last = torch.roll(first, -1)
        wording = torch.cat([self.mean(tokens, offsets), self.peak(tokens, offsets)], 1)
        e = torch.relu(self.line(torch.cat([dense, self.wording_drop(wording), given], 1)))
        h = e + torch.relu(self.near(neighbours(self.drop(e), first, last)))
        f1, x1, f2, x2 = self.gates(self.drop(h)).split(GATES, 1)
        c1 = Recurrence.apply(gate(f1), x1.contiguous(), starts)
        back = np.ascontiguousarray(np.roll(starts, -1)[::-1])
        c2 = Recurrence.apply(gate(f2).flip(0).contiguous(), x2.flip(0).contiguous(), back).flip(0)
        summary = document_summary(torch.relu(self.pool(self.drop(h))), first)
        h = torch.cat([h, torch.relu(c1), torch.relu(c2), summary], 1)
        return self.head(self.drop(torch.relu(self.wide(self.drop(h)))))


def export(state: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """The weights as the package stores them: matrices transposed, the embedding in int8."""
    weights = {}
    for name in ("line", "near", "gates", "pool", "wide", "head"):
        weights[f"{name}.weight"] = state[f"{name}.weight"].numpy().T.copy()
        weights[f"{name}.bias"] = state[f"{name}.bias"].numpy().copy()
    embedding = state["mean.weight"].numpy()
    scale = np.maximum(np.abs(embedding).max(0), 1e-6) / 127
    weights["embedding"] = np.round(embedding / scale).astype(np.int8)
    weights["scale"] = scale.astype(np.float32)
    return weights
