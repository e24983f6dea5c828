"""One of the workers of `make faults`: a process with a nursery and a home of its own."""

from __future__ import annotations

import atexit
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from .crashes import Skipped, TornError
from .runs import Nursery, Scene, build_shim, prepare
from .table import TABLE


class Done(NamedTuple):
    """A row of the table as it is printed."""

    fault: str
    verdict: str
    figures: str
    seconds: float
    cpu_seconds: float


_SCENE: list[Scene] = []
"""The scene of this worker, once it is set."""


def set_scene(above: str) -> None:
    """Begin a worker: its nursery, its home, its first nights."""
    folder = Path(tempfile.mkdtemp(dir=above))
    nursery = Nursery(folder, build_shim(folder)).__enter__()
    atexit.register(nursery.__exit__, None, None, None)
    _SCENE.append(prepare(folder, nursery))


def do(number: int, share: float) -> Done:
    """Do one row of the table."""
    row, scene = TABLE[number], _SCENE[0]
    count = row.count if row.count == 1 else max(min(2, row.count), round(row.count * share))
    begun, used = time.monotonic(), _cpu_seconds(scene)
    try:
        verdict, figures = "ok", row.trial(scene, count)
    except Skipped as reason:
        verdict, figures = "skipped", str(reason)
    except TornError as error:
        verdict, figures = "FAILED", str(error)
    except Exception as error:
        verdict, figures = "FAILED", f"the harness itself: {error!r}"
    return Done(row.fault, verdict, figures, time.monotonic() - begun, _cpu_seconds(scene) - used)


def _cpu_seconds(scene: Scene) -> float:
    """Of this worker, of what it waited for, and of the runs of its nursery."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(it.ru_utime + it.ru_stime for it in used) + scene.nursery.cpu_seconds
