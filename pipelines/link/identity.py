"""Ids of groups that persist whatever the order of arrival: a group is named after its first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def first_names(names: pa.Array, nights: pa.Array, group: NDArray[np.int64]) -> pa.Array:
    """The name of the first member, by night and name, of each of n members' group.

    `names` are distinct; `group` numbers the groups from 0, any number of them. New members come
    on later nights, so a group keeps its name while it grows; of two that merge, the older name
    stays; of the parts of one that splits, the part with its first member keeps it.
    """
    count = np.bincount(group, minlength=1)
    members = np.flatnonzero(count[group] > 1)  # who is alone has its own name
    several = pa.array(members, pa.int64())
    table = pa.table({"night": pc.take(nights, several), "name": pc.take(names, several)})
    order = pc.sort_indices(table, [("night", "ascending"), ("name", "ascending")]).to_numpy()
    ranked = members[order]
    first = np.full(len(count), -1, np.int64)
    first[group[ranked][::-1]] = ranked[::-1]
    named = np.arange(len(names))
    named[members] = first[group[members]]
    return pc.take(names, pa.array(named, pa.int64()))


def rows_of(names: pa.Array, *columns: pa.Array | pa.ChunkedArray) -> list[NDArray[np.int64]]:
    """Where the ids of each column stand among the names, which are looked through once."""
    chunks = [it.chunks if isinstance(it, pa.ChunkedArray) else [it] for it in columns]
    together = pa.chunked_array([one for each in chunks for one in each], names.type)
    rows = pc.index_in(together, names).to_numpy().astype(np.int64)
    return np.split(rows, np.cumsum([len(it) for it in columns])[:-1])
