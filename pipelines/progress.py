"""How far a night is: one line on the terminal that is overwritten, and nothing anywhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from pipelines.narration import console
from pipelines.tonight import Watch, unwatched

_REFRESHES_PER_SECOND = 2
_SPEED_SECONDS = 120.0
"""The rate is that of the last two minutes, some dozens of batches."""


@contextmanager
def shown(*, is_wanted: bool) -> Iterator[Watch]:
    """What shows a night's progress on stderr while the block runs.

    Nothing is shown where that is not wanted, or where stderr is no terminal that can overwrite.
    """
    screen = console(to_stderr=True)
    if not is_wanted or not screen.is_terminal or screen.is_dumb_terminal:
        yield unwatched
        return
    columns = (TextColumn("{task.description:>9} "), BarColumn(24), _Counted())
    with Progress(
        *columns,
        console=screen,
        refresh_per_second=_REFRESHES_PER_SECOND,
        transient=True,
    ) as progress:
        yield _Bars(progress).watch


class _Bars:
    """The bar of the verb that is under way."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._verb = ""
        self._seen: deque[tuple[float, int]] = deque()

    def watch(self, verb: str, done: int, total: int | None) -> None:
        if verb != self._verb or not done:
            self._begin(verb)
        self._seen.append((monotonic(), done))
        (task,) = self._progress.task_ids
        self._progress.update(task, completed=done, total=total, speed=self._speed(), refresh=True)

    def _begin(self, verb: str) -> None:
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._verb = verb
        self._seen.clear()
        self._progress.add_task(verb, total=None, speed=None)

    def _speed(self) -> float | None:
        """Documents per second of late."""
        now, done = self._seen[-1]
        while len(self._seen) > 2 and now - self._seen[0][0] > _SPEED_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        return (done - before) / (now - then) if now > then and done > before else None


class _Counted(ProgressColumn):
    """Documents, rate and time left, of one task."""

    def render(self, task: Task) -> Text:
        done, total = round(task.completed), None if task.total is None else round(task.total)
        return Text(words(done, total, task.fields["speed"], task.elapsed or 0.0))


def words(done: int, total: int | None, speed: float | None, elapsed: float) -> str:
    """Progress in words; `speed` in documents per second, `elapsed` in seconds.

    >>> words(40_000, 100_000, 3_000.0, 14.2)
    '40,000 of 100,000 documents, 3,000 a second, 0:00:20 left'
    >>> words(0, None, None, 2.5)
    '0:00:02'
    """
    if not done:
        return str(timedelta(seconds=int(elapsed)))
    of = f" of {total:,}" if total else ""
    rate = f", {speed:,.0f} a second" if speed else ""
    left = max((total or 0) - done, 0)
    rest = f", {timedelta(seconds=round(left / speed))} left" if speed and left else ""
    return f"{done:,}{of} documents{rate}{rest}"
