"""Work beside work, in threads: for what lets go of Python's lock while it computes or writes.

Compiled kernels, Arrow, Parquet, hashes and DuckDB do. With one worker there is no other thread.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TypeVar

import pyarrow as pa

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def release() -> None:
    """Return to the system what was freed; allocators keep it else, one for each thread."""
    pa.default_memory_pool().release_unused()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # of glibc
        trim(0)


def in_order(
    work: Callable[[_Item], _Result], items: Iterable[_Item], workers: int
) -> Generator[_Result]:
    """What `work` makes of each item, in their order; at most `workers` are in the making or wait.

    Items are taken in the caller's thread. What `work` raises is raised where its result would
    have come; nothing is under way any more once this has ended or is closed.
    """
    if workers < 2:
        yield from map(work, items)
        return
    coming: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                coming.append(pool.submit(work, item))
                if len(coming) == workers:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for each in coming:
                each.cancel()
    release()


def ahead(items: Generator[_Item], workers: int) -> Generator[_Item]:
    """The same items, of which the next is made while one is in use.

    Once this has ended or is closed, so is the generator of the items.
    """
    with closing(items):
        if workers < 2:
            yield from items
            return
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(_next, items)
            while found := coming.result():
                coming = pool.submit(_next, items)
                yield found[0]


def _next(items: Iterator[_Item]) -> tuple[_Item] | None:
    for item in items:
        return (item,)
    return None


@contextmanager
def meanwhile(work: Callable[[], None], workers: int) -> Iterator[None]:
    """Do `work` while the block runs; at its end both are done.

    Raises what the block raises, else what `work` does.
    """
    if workers < 2:
        work()
        yield
        return
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        yield
        done.result()
