"""Ids of groups that persist: a group keeps its name while it continues."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def keep_ids(members: pa.Array, centres: pa.Array, previous: pa.Table, id_column: str) -> pa.Array:
    """The id of each member's group.

    `members` and `centres` (the member that stands for the group) have n rows. A group takes
    over the id that most of its members had in `previous` (first column: member; `id_column`:
    its id), ties to the smallest id; an id goes to one group only, the one that holds most of
    its former members. A group without one is named after its centre, or, should that name be
    in use, after its smallest member whose name is free.
    """
    _, group = np.unique(centres.to_numpy(zero_copy_only=False), return_inverse=True)
    kept = _kept(members, group, previous, id_column)
    names = members.to_numpy(zero_copy_only=False)
    centre_names = centres.to_numpy(zero_copy_only=False)
    taken = set(kept.values())
    fresh = {int(g): centre for g, centre in zip(group, centre_names, strict=True) if g not in kept}
    for number, centre in sorted(fresh.items()):
        free = centre if centre not in taken else _free_name(names[group == number], taken)
        kept[number] = free
        taken.add(free)
    by_group = np.array([kept[number] for number in range(len(kept))], object)
    return pa.array(by_group[group], pa.string())


def _free_name(names: NDArray[np.object_], taken: set[str]) -> str:
    return next((name for name in sorted(names) if name not in taken), f"{min(names)}-split")


def _kept(
    members: pa.Array, group: NDArray[np.int64], previous: pa.Table, id_column: str
) -> dict[int, str]:
    if previous.num_rows == 0:
        return {}
    place = pc.index_in(members, previous[0].combine_chunks())
    known = pc.is_valid(place).to_numpy(zero_copy_only=False)
    former = pc.take(previous[id_column].combine_chunks(), place.filter(pa.array(known)))
    votes = pa.table({"group": group[known], "id": former}).group_by(["group", "id"])
    counted = votes.aggregate([("id", "count")]).sort_by(
        [("id_count", "descending"), ("id", "ascending"), ("group", "ascending")]
    )
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for number, name in zip(counted["group"].to_pylist(), counted["id"].to_pylist(), strict=True):
        if number not in kept and name not in taken:
            kept[number] = name
            taken.add(name)
    return kept
