"""Oddities of texts, seen without reading each text on its own."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa


def with_text_flags(texts: pa.Array, flags: Sequence[tuple[str, ...]]) -> pa.Array:
    """Comma-separated flags per text, null where there is none."""
    return pa.array([",".join(f) or None for f in flags], pa.string())
