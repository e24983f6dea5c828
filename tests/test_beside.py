"""Work beside work: results in order, errors unchanged, nothing left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.beside import ahead, in_order, meanwhile

WORKERS = (1, 2, 3)


class GoneWrongError(Exception):
    """Raised by the work below."""


def failing_at(number: int, seen: list[int]) -> Generator[int]:
    """0, 1, 2 … up to an error; `seen` tells what was made, -1 that the generator was closed."""
    try:
        for each in range(1000):
            if each == number:
                raise GoneWrongError(each)
            seen.append(each)
            yield each
    finally:
        seen.append(-1)


def doubled(item: int) -> int:
    """Slow for some, so that what begins first does not end first."""
    time.sleep(0.002 * (item % 3 == 0))
    if item < 0:
        raise GoneWrongError(item)
    return 2 * item


@given(st.lists(st.integers(0, 9), max_size=12), st.sampled_from(WORKERS))
def test_results_come_in_the_order_of_items(items: list[int], workers: int) -> None:
    assert list(in_order(doubled, items, workers)) == [2 * item for item in items]
    assert list(ahead((item for item in items), workers)) == items


@pytest.mark.parametrize("workers", WORKERS)
def test_an_error_comes_where_its_result_would(workers: int) -> None:
    results = in_order(doubled, [1, 2, -3, 4], workers)
    assert [next(results), next(results)] == [2, 4]
    with pytest.raises(GoneWrongError, match="-3"):
        next(results)
    assert list(results) == []


@pytest.mark.parametrize("workers", WORKERS)
def test_an_error_of_the_items_comes_after_the_items_before(workers: int) -> None:
    seen: list[int] = []
    items = ahead(failing_at(2, seen), workers)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(GoneWrongError, match="2"):
        next(items)
    assert seen == [0, 1, -1]


@pytest.mark.parametrize("workers", WORKERS)
def test_no_more_is_made_than_workers_can_hold(workers: int) -> None:
    seen: list[int] = []
    results = in_order(doubled, failing_at(-1, seen), workers)
    assert next(results) == 0
    assert len(seen) == workers
    results.close()
    seen = []
    items = ahead(failing_at(-1, seen), workers)
    assert next(items) == 0
    items.close()
    assert seen == [*range(min(workers, 2)), -1]


@pytest.mark.parametrize("workers", WORKERS)
def test_closed_early_no_thread_is_left(workers: int) -> None:
    before = threading.active_count()
    for made in (in_order(doubled, range(9), workers), ahead(failing_at(9, []), workers)):
        next(made)
        made.close()
        assert threading.active_count() == before


@pytest.mark.parametrize("workers", WORKERS)
def test_meanwhile_both_are_done_at_the_end(workers: int) -> None:
    done: list[str] = []

    def slow() -> None:
        time.sleep(0.01)
        done.append("work")

    with meanwhile(slow, workers):
        done.append("block")
    assert sorted(done) == ["block", "work"]
    assert workers > 1 or done == ["work", "block"]


@pytest.mark.parametrize("workers", WORKERS)
def test_meanwhile_what_goes_wrong_is_raised_and_the_work_waited_for(workers: int) -> None:
    done: list[str] = []

    def fails() -> None:
        done.append("work")
        raise GoneWrongError

    with pytest.raises(GoneWrongError), meanwhile(fails, workers):
        pass
    with pytest.raises(ZeroDivisionError), meanwhile(lambda: done.append("again"), workers):
        _ = 1 / 0
    assert done == ["work", "again"]
