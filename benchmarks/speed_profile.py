"""Where each verb spends its CPU: one flame graph a verb, and a table by module.

Samples the stack on a timer that runs on CPU time and weighs each sample by the CPU spent since the
one before, so that a long call into C counts in full for the line that made it. Work is done in
this process (one worker), imports and compiled kernels warmed up by a small night first.
Run: python benchmarks/speed_profile.py [--documents 10000] [--output build/profile]
"""

from __future__ import annotations

import argparse
import html
import os
import shutil
import signal
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import speed_corpus  # noqa: E402

from pipelines import night  # noqa: E402
from pipelines.lease import lease  # noqa: E402
from pipelines.settings import Settings, load  # noqa: E402
from pipelines.tonight import Night  # noqa: E402

Stack = tuple[str, ...]
INTERVAL: Final = 0.002
WARM: Final = 200
_WIDTH, _ROW, _NARROWEST = 1200.0, 17, 0.4


class Sampler:
    """Stacks seen while a block runs, with their CPU seconds."""

    def __init__(self) -> None:
        self.stacks: Counter[Stack] = Counter()
        self._last = 0.0

    def __enter__(self) -> Sampler:
        signal.signal(signal.SIGPROF, self._sample)
        self._last = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        now = time.process_time()
        self.stacks[_stack(frame)] += now - self._last  # type: ignore[assignment]
        self._last = now


def _stack(frame: FrameType | None) -> Stack:
    names: list[str] = []
    while frame is not None:
        names.append(f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_name}")
        frame = frame.f_back
    below = next((i for i, name in enumerate(names) if name == "pipelines.night.do"), len(names))
    return tuple(reversed(names[:below]))


def profile(landing: Path, home: Path) -> dict[str, Counter[Stack]]:
    """Stacks of each verb of one night."""
    given = {"landing": landing, "home": home, "workers": 1, "settle_seconds": 0}
    settings = load(given, environment={}, file=Path(os.devnull))
    found = {}
    with lease(settings.home):
        tonight = _open(settings)
        for verb in night.VERBS:
            with Sampler() as sampler:
                night.do(verb, tonight)
            found[verb.__name__] = sampler.stacks
    return found


def _open(settings: Settings) -> Night:
    return night.open_night(settings, date(2026, 3, 2))


def modules(stacks: Counter[Stack]) -> Counter[str]:
    """CPU seconds by the innermost module of copydesk on the stack."""
    spent: Counter[str] = Counter()
    for stack, seconds in stacks.items():
        own = [name.rpartition(".")[0] for name in stack if name.startswith("pipelines.")]
        spent[own[-1] if own else "imports"] += seconds
    return spent


def table(profiles: dict[str, Counter[Stack]], documents: int) -> str:
    """CPU milliseconds per 1,000 documents, by verb and module, as Markdown."""
    lines = ["| verb | where | CPU-ms per 1,000 documents | share |", "|---|---|---:|---:|"]
    for verb, stacks in profiles.items():
        total = sum(stacks.values())
        lines.append(f"| **{verb}** | | **{total / documents * 1e6:,.0f}** | |")
        for module, seconds in modules(stacks).most_common(8):
            share = seconds / max(total, 1e-9)
            if share >= 0.03:
                name = module.removeprefix("pipelines.")
                lines.append(f"| | `{name}` | {seconds / documents * 1e6:,.0f} | {share:.0%} |")
    return "\n".join(lines) + "\n"


def flame_graph(title: str, stacks: Counter[Stack]) -> str:
    """Stacks as an SVG: callers below, callees above, widths in CPU time."""
    total = sum(stacks.values()) or 1.0
    depth = max(map(len, stacks), default=0)
    height = (depth + 2) * _ROW
    canvas = Canvas(total, height)
    boxes = "\n".join(_boxes(list(stacks.items()), 0, 0.0, canvas))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height}" '
        f'font-family="monospace" font-size="11"><title>{html.escape(title)}</title>\n'
        f'<text x="4" y="12">{html.escape(title)}: {total:.2f} CPU-s</text>\n{boxes}\n</svg>\n'
    )


class Canvas(NamedTuple):
    """CPU seconds that the whole width stands for, and the height."""

    total: float
    height: int


def _boxes(
    stacks: list[tuple[Stack, float]], level: int, x: float, canvas: Canvas
) -> Iterable[str]:
    groups: dict[str, list[tuple[Stack, float]]] = defaultdict(list)
    for stack, seconds in stacks:
        if len(stack) > level:
            groups[stack[level]].append((stack, seconds))
    for name in sorted(groups):
        seconds = sum(spent for _, spent in groups[name])
        width = seconds / canvas.total * _WIDTH
        if width >= _NARROWEST:
            yield _box(name, x, canvas.height - (level + 1) * _ROW, seconds / canvas.total)
            yield from _boxes(groups[name], level + 1, x, canvas)
        x += width


def _box(name: str, x: float, y: float, share: float) -> str:
    hue, width = zlib.crc32(name.rpartition(".")[0].encode()) % 60, share * _WIDTH
    shown = name.removeprefix("pipelines.")[: int(width / 6.7)] if width > 20 else ""
    return (
        f'<g><title>{html.escape(name)}: {share:.1%}</title><rect x="{x:.1f}" y="{y}" '
        f'width="{max(width - 0.4, 0.2):.1f}" height="{_ROW - 1}" fill="hsl({hue} 80% 70%)"/>'
        f'<text x="{x + 2:.1f}" y="{y + 12}">{html.escape(shown)}</text></g>'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "profile")
    given = parser.parse_args()
    work = given.output / "work"
    for count in (min(WARM, given.documents), given.documents):
        shutil.rmtree(work, ignore_errors=True)
        speed_corpus.write(work / "landing", range(count))
        profiles = profile(work / "landing", work / "home")
    shutil.rmtree(work)
    for verb, stacks in profiles.items():
        (given.output / f"{verb}.svg").write_text(flame_graph(verb, stacks), "utf-8")
    text = table(profiles, given.documents)
    (given.output / "modules.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
