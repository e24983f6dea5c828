"""The site a document belongs to: the registrable domain of its address, offline.

The Public Suffix List travels inside the package `tld`; its private section is used too, so that
each blog of a hosting service is a site of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tld import get_fld

_AUTHORITY: Final = re.compile(
    r"(?:https?:)?//(?:[^/?#@\\]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@\\\s]+)", re.I
)
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_IP: Final = re.compile(r"[\d.]+|\[.*\]")


def site_of_url(url: str) -> str | None:
    """Registrable domain of an address, lower case; the host itself where it has none.

    >>> site_of_url("https://user@News.BBC.co.uk:443/world?x=1")
    'bbc.co.uk'
    >>> site_of_url("not an address") is None
    True
    """
    match = _AUTHORITY.match(url)
    return _registrable(match[1].lower().rstrip(".")) if match else None


def site_of_name(name: str) -> str | None:
    """Site from a folder's or field's name: a host gives its domain, else the name, lower case."""
    text = name.strip().lower()
    if not text:
        return None
    return site_of_url(text) or (_registrable(text) if is_host(text) else text)


def is_host(name: str) -> bool:
    """Whether a name has the shape of a host with a dot in it."""
    return _HOST.fullmatch(name) is not None


@lru_cache(maxsize=65_536)
def _registrable(host: str) -> str:
    if _IP.fullmatch(host):
        return host
    found = get_fld(f"http://{host}", fail_silently=True, search_private=True)
    # The list's own default rule "*": an unlisted last label is a public suffix.
    return found or ".".join(host.split(".")[-2:])
