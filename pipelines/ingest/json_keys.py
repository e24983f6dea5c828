"""Keys that stand twice in one JSON object: parsers keep the last value and drop the others."""

from __future__ import annotations

import json
from typing import Any


def repeated_key(data: bytes, parsed: Any) -> str | None:
    """The first key of `data` with two different values in one object, or None.

    `parsed` is what a parser made of `data`.

    >>> repeated_key(b'{"a": 1, "a": 2}', {"a": 2}), repeated_key(b'{"a": 1, "a": 1}', {"a": 1})
    ('a', None)
    """
    return _looked_for(data) if _may_repeat(data, parsed) else None


def _may_repeat(data: bytes, value: Any) -> bool:
    r"""Cheap proof: as many quotation marks as the parsed strings need, so no string was dropped.

    Holds unless a mark is spelt `\u0022`; then the keys are looked at one by one.
    """
    return data.count(b'"') != _mark_count(value) or b"\\u0022" in data


def _mark_count(parsed: Any) -> int:
    """Quotation marks of a JSON value without repeated keys."""
    count, stack = 0, [parsed]
    while stack:
        value: Any = stack.pop()
        kind = type(value)
        if kind is str:
            count += 2 + value.count('"')
        elif kind is dict:
            stack.extend(value)
            stack.extend(value.values())
        elif kind is list:
            stack.extend(value)
    return count


def _looked_for(data: bytes) -> str | None:
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(items)
        if len(fields) < len(items):
            repeated.extend(name for name, value in items if fields[name] != value)
        return fields

    try:
        json.loads(data, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return None
    return repeated[0] if repeated else None
