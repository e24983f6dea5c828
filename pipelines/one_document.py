"""A document named by the first digits of its id, as every command that takes an id reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelines.settings import SettingsError


class NoSuchDocumentError(SettingsError):
    """An id that no document has, or a beginning of an id that several documents share."""


def one_document(
    beginning: str, find: Callable[[str], Sequence[str]], what: str = "document"
) -> str:
    """The one id that begins so, of those that `find` gives. Raises NoSuchDocumentError.

    White space around it is what a shell left there; without a digit no document is meant.
    """
    beginning = beginning.strip()
    found = find(beginning)
    if len(found) == 1 and beginning:
        return found[0]
    count = f"{len(found):,} {what}{'s' if len(found) > 1 else ''}" if found else f"no {what}"
    some = " ".join(sorted(found)[:3]) + (" …" if len(found) > 3 else "")
    remedy = f"give more digits: {some}" if found else 'copydesk sql "from documents" lists them'
    raise NoSuchDocumentError(f"{beginning!r}: {count} with an id that begins so; {remedy}")
