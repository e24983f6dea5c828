"""The layers of the line model's network, for inference: compiled kernels and matrix products.

One row a line. The same layers in PyTorch, for training, are `benchmarks/line_network.py`; a test
holds the two against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]


@numba.njit(cache=True, fastmath={"contract"})  # type: ignore[untyped-decorator]
def affine(x: Any, weight: Any, bias: Any, rectify: Any, out: Any) -> None:
    """Write x weight + bias to `out`, negative values as 0 if `rectify`.

    Three lines at a time, so that each weight is read once for three, and four inputs at a time;
    the order of the sums is the same for every line, so that a line's result does not depend on
    the batch (as it does in a BLAS).
    """
    lines, inputs = x.shape
    width = weight.shape[1]
    acc = np.empty((3, width), dtype=np.float32)
    low = np.float32(0) if rectify else np.float32(-np.inf)
    for i in range(0, lines, 3):
        m, n = min(i + 1, lines - 1), min(i + 2, lines - 1)
        for j in range(width):
            acc[0, j] = bias[j]
            acc[1, j] = bias[j]
            acc[2, j] = bias[j]
        for k in range(0, inputs - 3, 4):
            a0, a1, a2, a3 = x[i, k], x[i, k + 1], x[i, k + 2], x[i, k + 3]
            b0, b1, b2, b3 = x[m, k], x[m, k + 1], x[m, k + 2], x[m, k + 3]
            c0, c1, c2, c3 = x[n, k], x[n, k + 1], x[n, k + 2], x[n, k + 3]
            if (
                a0 == a1 == a2 == a3 == 0
                and b0 == b1 == b2 == b3 == 0
                and c0 == c1 == c2 == c3 == 0
            ):
                continue
            for j in range(width):
                w0, w1, w2, w3 = weight[k, j], weight[k + 1, j], weight[k + 2, j], weight[k + 3, j]
                acc[0, j] += a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3
                acc[1, j] += b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3
                acc[2, j] += c0 * w0 + c1 * w1 + c2 * w2 + c3 * w3
        for k in range(inputs - inputs % 4, inputs):
            for j in range(width):
                acc[0, j] += x[i, k] * weight[k, j]
                acc[1, j] += x[m, k] * weight[k, j]
                acc[2, j] += x[n, k] * weight[k, j]
        for j in range(width):
            out[i, j] = max(acc[0, j], low)
            out[m, j] = max(acc[1, j], low)
            out[n, j] = max(acc[2, j], low)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _neighbours(h: Any, starts: Any, out: Any) -> None:
    lines, width = h.shape
    for t in range(lines):
        for j in range(width):
            out[t, j] = np.float32(0) if starts[t] else h[t - 1, j]
            out[t, width + j] = h[t, j]
            last = t + 1 == lines or starts[t + 1]
            out[t, 2 * width + j] = np.float32(0) if last else h[t + 1, j]


def neighbours(h: Rows, starts: NDArray[np.bool_]) -> Rows:
    """[line before, line, line after]; zero past the edges of the document."""
    out = np.empty((len(h), 3 * h.shape[1]), dtype=np.float32)
    _neighbours(h, starts, out)
    return out


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _gate(value: Any) -> Any:
    half = np.float32(0.5)
    return half + half * value / (np.float32(1) + abs(value))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def recur(gates: Any, starts: Any, out: Any) -> None:
    """Simple recurrent units, forwards and backwards over each document.

    `gates` float32 (lines, 4 g): gate and input forwards, gate and input backwards;
    c[t] = f[t] c[t-1] + (1 - f[t]) x[t], `out` float32 (lines, 2 g) = relu(c).
    """
    lines = len(gates)
    g = gates.shape[1] // 4
    state = np.zeros(2 * g, dtype=np.float32)
    zero = np.float32(0)
    for t in range(lines):
        if starts[t]:
            state[:g] = 0
        for j in range(g):
            f = _gate(gates[t, j])
            state[j] = f * state[j] + (np.float32(1) - f) * gates[t, g + j]
            out[t, j] = max(state[j], zero)
    for t in range(lines - 1, -1, -1):
        if t + 1 == lines or starts[t + 1]:
            state[g:] = 0
        for j in range(g):
            f = _gate(gates[t, 2 * g + j])
            state[g + j] = f * state[g + j] + (np.float32(1) - f) * gates[t, 3 * g + j]
            out[t, g + j] = max(state[g + j], zero)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def summarise(h: Any, bounds: Any, out: Any) -> None:
    """Write mean and maximum of each column over the line's document to `out` (lines, 2 w)."""
    width = h.shape[1]
    for d in range(len(bounds) - 1):
        low, high = bounds[d], bounds[d + 1]
        mean = np.zeros(width, dtype=np.float32)
        peak = np.zeros(width, dtype=np.float32)
        for t in range(low, high):
            for j in range(width):
                mean[j] += h[t, j]
                peak[j] = max(peak[j], h[t, j])
        for t in range(low, high):
            for j in range(width):
                out[t, j] = mean[j] / np.float32(high - low)
                out[t, width + j] = peak[j]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def restrain(logits: Any, bounds: Any, restraint: Any) -> None:
    """Cap each line at the log of its document's summed odds less `restraint`, in place.

    A document in which nothing is clearly boilerplate, and little is even doubtful, is most likely
    clean; where many lines are doubtful, they confirm each other.
    """
    for d in range(len(bounds) - 1):
        low, high = bounds[d], bounds[d + 1]
        peak = np.float32(-1e9)
        for t in range(low, high):
            peak = max(peak, logits[t])
        total = np.float32(0)
        for t in range(low, high):
            total += np.exp(logits[t] - peak)
        cap = peak + np.log(max(total, np.float32(1))) - restraint
        for t in range(low, high):
            logits[t] = min(logits[t], cap)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _below_peak(logits: Any, out: Any) -> None:
    for i in range(len(logits)):
        peak = logits[i, 0]
        for j in range(logits.shape[1]):
            peak = max(peak, logits[i, j])
        for j in range(logits.shape[1]):
            out[i, j] = logits[i, j] - peak


def below_peak(logits: Rows) -> Rows:
    """Each row less its highest value."""
    out = np.empty(logits.shape, dtype=np.float32)
    _below_peak(logits, out)
    return out


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def share_out(powers: Any) -> None:
    """Divide each row by its sum, in place; eight sums side by side, as NumPy adds."""
    part = np.empty(8, dtype=np.float32)
    width = powers.shape[1]
    for i in range(len(powers)):
        row = powers[i]
        total = np.float32(0)
        whole = width - width % 8
        if whole:
            part[:] = row[:8]
            for j in range(8, whole, 8):
                for k in range(8):
                    part[k] += row[j + k]
            total = ((part[0] + part[1]) + (part[2] + part[3])) + (
                (part[4] + part[5]) + (part[6] + part[7])
            )
        for j in range(whole, width):
            total += row[j]
        for j in range(width):
            row[j] /= total
