"""One verb of a night in a process of its own, for `speed.py`: LANDING HOME VERB [MEMORY_LIMIT].

Verbs before it must have been done; the night that was begun is gone on with. With `all` every
verb is done, each in turn, in this one process.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines import night
from pipelines.lease import lease
from pipelines.settings import load


def main() -> None:
    landing, home, wanted, day = sys.argv[1:5]
    given = {"landing": landing, "home": home, "settle_seconds": 0}
    settings = load(given | dict(pair.split("=") for pair in sys.argv[5:]))
    with lease(settings.home):
        tonight = night.open_night(settings, date.fromisoformat(day))
        for verb in night.VERBS:
            if wanted in ("all", verb.__name__):
                night.do(verb, tonight)


if __name__ == "__main__":
    main()
