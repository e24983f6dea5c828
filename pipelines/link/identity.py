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
    table = pa.table({"night": nights, "name": names})
    order = pc.sort_indices(table, [("night", "ascending"), ("name", "ascending")]).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    first = np.full(int(group.max(initial=-1)) + 1, len(order), np.int64)
    np.minimum.at(first, group, rank)
    return pc.take(names, pa.array(order[first[group]], pa.int64()))
