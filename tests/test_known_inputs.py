"""What is known of a file is what was noted last."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.known_inputs import COLUMNS, KnownInputs
from pipelines.ingest.model import SeenInput

URIS = st.text("ab", max_size=3)


def table(rows: list[tuple[str, int]]) -> pa.Table:
    """Files of so many bytes."""
    columns = [(uri, size, 7, "0" * 64, 2, 1) for uri, size in rows]
    given = {name: [row[at] for row in columns] for at, name in enumerate(COLUMNS)}
    return pa.table(given)


@given(st.lists(st.tuples(URIS, st.integers(0, 9)), min_size=1, max_size=30), st.lists(URIS))
def test_it_says_what_a_dict_says(rows: list[tuple[str, int]], asked: list[str]) -> None:
    known, plain = KnownInputs(table(rows)), dict(rows)
    assert len(known) == len(plain) and set(known) == set(plain)
    for uri in asked:
        expected = SeenInput(plain[uri], 7, "0" * 64, 2, 1) if uri in plain else None
        assert known.get(uri) == expected


def test_hashes_that_meet_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.ingest.known_inputs.hash", len, raising=False)
    known = KnownInputs(table([("a", 1), ("b", 2), ("a", 3), ("cc", 4)]))
    assert [known[uri].byte_count for uri in ("a", "b", "cc")] == [3, 2, 4]
    assert "c" not in known
