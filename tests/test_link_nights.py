"""Whatever nights bring documents, and whatever order: what is left is a function of the set."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from linkage_nights import FOOTER, World, corpus, rebuilt

CROWD = 150
"""Documents of eight subjects and five people: words and runs of words cross every cap."""


@pytest.fixture(scope="module")
def crowd() -> pa.Table:
    return corpus(CROWD)


@pytest.fixture(scope="module")
def at_once(crowd: pa.Table) -> World:
    return rebuilt(crowd)


def differing(one: World, other: World) -> list[str]:
    ours, theirs = one.outcome(), other.outcome()
    return [name for name in theirs if ours[name] != theirs[name]]


@pytest.mark.parametrize("seed", range(4))
def test_any_nights_in_any_order_leave_what_one_would(
    crowd: pa.Table, at_once: World, seed: int
) -> None:
    rng = random.Random(seed)
    rows = rng.sample(range(CROWD), CROWD)
    cuts = sorted(rng.sample(range(1, CROWD), 4))
    world = World()
    for begin, end in zip([0, *cuts], [*cuts, CROWD], strict=True):
        world.night(crowd.take(pa.array(rows[begin:end])))
    assert differing(world, at_once) == []


@pytest.mark.parametrize("seed", range(3))
def test_what_goes_leaves_no_trace(crowd: pa.Table, seed: int) -> None:
    rng = random.Random(seed)
    rows = rng.sample(range(CROWD), CROWD)
    gone, left = rows[:40], sorted(rows[40:])
    names = crowd.take(pa.array(gone))["document_id"].to_pylist()
    world = rebuilt(crowd).night(crowd.slice(0, 0), names[:25]).night(crowd.slice(0, 0), names[25:])
    assert differing(world, rebuilt(crowd.take(pa.array(left)))) == []


@pytest.mark.parametrize("seed", range(3))
def test_documents_cleaned_anew_take_the_place_of_themselves(crowd: pa.Table, seed: int) -> None:
    """Footers go from old articles as the site is learned, and some come back."""
    rng = random.Random(seed)
    bodies = crowd["article_body"].to_pylist()
    some = rng.sample(range(CROWD), 50)
    cleaned = [
        body.replace("\n" + FOOTER, "") if at in some else body for at, body in enumerate(bodies)
    ]
    column = crowd.schema.get_field_index("article_body")
    anew = crowd.set_column(column, "article_body", pa.array(cleaned, pa.string()))
    half = CROWD // 2
    world = World().night(crowd.slice(0, half))
    before = [at for at in some if at < half]
    world.night(pa.concat_tables([anew.take(pa.array(before)), anew.slice(half)]))
    assert differing(world, rebuilt(anew)) == []
    world.night(crowd.take(pa.array(some)))
    assert differing(world, rebuilt(crowd)) == []


def test_a_sites_own_line_in_the_middle_of_a_text_tells_nothing_of_history(crowd: pa.Table) -> None:
    """Only sentences at the edges are indexed: a text that quotes the footer later is not found."""
    bodies = crowd["article_body"].to_pylist()
    bare = [body.replace("\n" + FOOTER, "") for body in bodies]
    quoting = ["\n".join([*bare[at : at + 3], FOOTER, *bare[at + 3 : at + 6]]) for at in range(40)]
    column = crowd.schema.get_field_index("article_body")
    mixed = crowd.set_column(column, "article_body", pa.array(quoting + bodies[40:], pa.string()))
    world = World().night(mixed.slice(0, 40)).night(mixed.slice(40))
    assert differing(world, rebuilt(mixed)) == []


def test_a_night_that_brings_little_compares_little(crowd: pa.Table, at_once: World) -> None:
    world = World().night(crowd.slice(0, CROWD - 5))
    former = world.compared
    world.night(crowd.slice(CROWD - 5))
    assert world.compared - former < at_once.compared / 4
