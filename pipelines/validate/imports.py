"""Import a package without what it never uses here: later, or as if it were not installed."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import LazyLoader
from threading import get_ident
from types import ModuleType


@contextmanager
def importing(*, later: Collection[str] = (), without: Collection[str] = ()) -> Iterator[None]:
    """What this thread imports in the block finds some modules changed; both by full name.

    Modules `later` are executed when an attribute of them is first asked for, by Python's own
    `LazyLoader`: nothing differs but when that happens. Modules `without` are not found, as where
    an extra is not installed. What was imported before is not affected.
    """
    finder = _Finder(frozenset(later), frozenset(without))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    """Asked before all others."""

    def __init__(self, later: frozenset[str], without: frozenset[str]) -> None:
        self._later, self._without = later, without
        self._thread = get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders say, or that there is no such module."""
        if get_ident() != self._thread:
            return None
        if fullname in self._without:
            raise ModuleNotFoundError(f"{fullname} is left out on purpose", name=fullname)
        return self._find_later(fullname, path, target) if fullname in self._later else None

    def _find_later(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (it.find_spec(name, path, target) for it in others)), None)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec
