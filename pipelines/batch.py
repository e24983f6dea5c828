"""Record batches through the cleaner: the one seam for a process pool or a distributed engine."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import Any, Final

import pyarrow as pa

from pipelines.beside import release
from pipelines.clean import language
from pipelines.clean.article import CleanBatch, Cleaner, clean_batch

_POOL_FROM: Final = 8
"""Batches from which worker processes pay: a start costs 0.8 CPU-seconds, kernels compiled."""

_OBJECTS: Final = 50_000
"""Objects made between two looks for cyclic garbage (Python's own: 700 to 2,000)."""

_cleaner: Cleaner | None = None


def collect_rarely() -> None:
    """Have this process look for cyclic garbage less often.

    Batches and tables are no cycles, and each look at all that stands takes 0.1 CPU-seconds.
    """
    gc.set_threshold(_OBJECTS)


def give_back() -> None:
    """Return what was freed to the system: what one verb took, the next may want.

    Allocators keep it else, each for itself: hundreds of megabytes after a million documents. Of
    cyclic garbage the young is looked for: a look at all that stands takes 0.1 to 0.2 CPU-seconds.
    """
    gc.collect(1)
    release()


def _start_worker(cleaner: Cleaner, identifier: Any) -> None:
    global _cleaner  # noqa: PLW0603 (set once per worker process)
    _cleaner = cleaner
    language.take_identifier(identifier)
    collect_rarely()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _clean_in_worker(batch: pa.RecordBatch) -> CleanBatch:
    if _cleaner is None:
        raise RuntimeError("worker was not started with a cleaner")
    return clean_batch(batch, _cleaner)


def clean_batches(
    batches: Iterable[pa.RecordBatch], cleaner: Cleaner, *, workers: int
) -> Iterator[CleanBatch]:
    """Clean batches in order; when there are enough of them, in `workers` processes.

    This process is one of them: the others hold what it holds, 300 MB each, and start as slowly.
    At most two batches for each are in memory at a time, and the first few. Workers end with this
    process, also when it is killed.
    """
    waiting = iter(batches)
    first = list(islice(waiting, _POOL_FROM))
    if workers < 2 or len(first) < _POOL_FROM:
        for batch in chain(first, waiting):
            yield clean_batch(batch, cleaner)
        return
    context = multiprocessing.get_context("spawn")
    given = (cleaner, language.identifier())
    with ProcessPoolExecutor(workers - 1, context, _start_worker, given) as pool:
        results: deque[Future[CleanBatch]] = deque()
        for batch in chain(first, waiting):
            if sum(not it.done() for it in results) <= workers - 1:
                results.append(pool.submit(_clean_in_worker, batch))
            else:
                results.append(_cleaned_here(batch, cleaner))
            while results and (results[0].done() or len(results) >= 2 * workers):
                yield results.popleft().result()
        while results:
            yield results.popleft().result()


def _cleaned_here(batch: pa.RecordBatch, cleaner: Cleaner) -> Future[CleanBatch]:
    done: Future[CleanBatch] = Future()
    done.set_result(clean_batch(batch, cleaner))
    return done


def full_batches(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in the same order, small batches put together up to `rows`."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        if waiting and sum(it.num_rows for it in waiting) + batch.num_rows > rows:
            yield pa.concat_batches(waiting)
            waiting = []
        waiting.append(batch)
    if waiting:
        yield pa.concat_batches(waiting)
