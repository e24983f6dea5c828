"""Known ids are a set, whatever the order and number of additions."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contract import text_id
from pipelines.ingest.known_ids import KnownIds

DIGITS = "0123456789abcdef"
# Few digits that vary: halves are shared, which real hashes hardly ever do.
IDS = st.builds(
    lambda a, b: a.rjust(16, "0") + b.rjust(16, "f"),
    st.text(DIGITS[:2], max_size=3),
    st.text(DIGITS[:2], max_size=3),
)
BATCHES = st.lists(st.lists(IDS, max_size=12), max_size=20)


@given(st.lists(IDS, max_size=30), BATCHES)
def test_it_says_what_a_set_says(old: list[str], batches: list[list[str]]) -> None:
    known, seen = KnownIds([pa.array(old, pa.string())]), set(old)
    for batch in batches:
        expected = []
        for name in batch:
            expected.append(name not in seen)
            seen.add(name)
        assert known.first_times(pa.array(batch, pa.string())).tolist() == expected
    assert len(known) >= len(seen)


def test_real_ids_and_sliced_arrays() -> None:
    ids = pa.array([text_id(str(number)) for number in range(1_000)])
    known = KnownIds(ids.slice(start, 100) for start in range(0, 500, 100))
    assert known.first_times(ids.slice(400, 200)).tolist() == [False] * 100 + [True] * 100
    assert not known.first_times(ids.slice(0, 600)).any()


@pytest.mark.parametrize("name", ["", "0" * 31, "0" * 31 + "G", "0" * 31 + "A", "ü" * 16])
def test_what_is_no_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        KnownIds().first_times(pa.array([name]))
