"""Values of Parquet that Python has no form for: read as far as they go, and never an exception."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_zone import read_bytes

EACH = pa.array([0, 1, 2], pa.int32())
PLACES = pa.array([0, 3, 6], pa.int32()).buffers()[1]
NO_UTF8 = pa.Array.from_buffers(pa.string(), 2, [None, PLACES, pa.py_buffer(b"a\xe9bcd\xff")])
FAR = 10**18


def in_parquet(name: str, column: pa.Array) -> bytes:
    out = io.BytesIO()
    table = pa.table({"text": ["The river rose.", "It fell."], name: column})
    pq.write_table(table, out, coerce_timestamps=None)
    return out.getvalue()


@pytest.mark.parametrize(
    ("column", "extra"),
    [
        (pa.array([FAR, 0], pa.timestamp("us")), f"<value out of range: {FAR}>"),
        (pa.array([10**8, 0], pa.date32()), f"<value out of range: {10**8}>"),
    ],
)
def test_a_date_beyond_all_calendars_is_kept_as_it_is_and_flagged(
    column: pa.Array, extra: str, tmp_path: Path
) -> None:
    first, second = read_bytes(tmp_path / "landing", in_parquet("published", column)).documents
    assert json.loads(first["extra"]) == {"published": extra}
    assert (first["given_published"], first["text_flags"]) == (None, "unread_date")
    assert second["raw_text"] == "It fell."


def test_the_time_in_a_zone_that_nobody_knows_is_the_same_time(tmp_path: Path) -> None:
    column = pa.array([1741000000000000, None], pa.timestamp("us", tz="Mars/Phobos"))
    first, _ = read_bytes(tmp_path / "landing", in_parquet("published", column)).documents
    assert first["given_published"].isoformat() == "2025-03-03T11:06:40+00:00"


@pytest.mark.parametrize(
    ("column", "extra"),
    [
        (NO_UTF8, "aéb"),
        (pa.ListArray.from_arrays(EACH, NO_UTF8), ["aéb"]),
        (pa.StructArray.from_arrays([NO_UTF8], ["by"]), {"by": "aéb"}),
        (pa.MapArray.from_arrays(EACH, NO_UTF8, NO_UTF8), [{"key": "aéb", "value": "aéb"}]),
        (pa.DictionaryArray.from_arrays(EACH[:2], NO_UTF8), "aéb"),
        (pa.array([[FAR], []], pa.list_(pa.timestamp("us"))), [f"<value out of range: {FAR}>"]),
    ],
)
def test_a_string_that_is_no_utf_8_is_read_wherever_it_stands(
    column: pa.Array, extra: Any, tmp_path: Path
) -> None:
    first, second = read_bytes(tmp_path / "landing", in_parquet("more", column)).documents
    assert json.loads(first["extra"]) == {"more": extra}
    assert second["raw_text"] == "It fell."
