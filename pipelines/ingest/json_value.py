"""One JSON value, as scrapers write it: with the NaN of Python and pandas for what is not there."""

from __future__ import annotations

import json
from typing import Any

import orjson


def json_value(data: bytes) -> Any:
    """The value of a JSON text in UTF-8; NaN and Infinity, which JSON has not, are null.

    Raises orjson.JSONDecodeError for what is no JSON otherwise.

    >>> json_value(b'{"title": "Fog", "author": NaN}')
    {'title': 'Fog', 'author': None}
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"NaN" not in data and b"Infinity" not in data:
            raise
        try:
            plain = json.dumps(json.loads(data, parse_constant=lambda _: None), ensure_ascii=False)
            return orjson.loads(plain)
        except (ValueError, RecursionError):
            pass
        raise
