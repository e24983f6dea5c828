"""What is known of a site: the lines it repeats, and what its owner says about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from pipelines.clean.fold import fold_text
from pipelines.contract import text_id
from pipelines.settings import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SITE_LINES: Final = pa.schema(
    [
        ("site", pa.string()),
        ("line_hash", pa.uint64()),
        ("night", pa.date32()),
        ("article_count", pa.float32()),
    ]
)
"""One row per line that a site repeats; `article_count` = articles, as weighed from that night."""

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_NONE: Final = np.uint64(0)


def _place_keys(sites: list[str | None], nights: list[date | None]) -> NDArray[np.uint64]:
    """A key for each site on its night; 0 where the site is unknown."""
    places = list(zip(sites, nights, strict=True))
    keys = {place: _place_key(*place) for place in set(places)}
    return np.array([keys[place] for place in places], dtype=np.uint64)


def _place_key(site: str | None, night: date | None) -> np.uint64:
    day = night.isoformat() if night else None
    return np.uint64(int(text_id(site, day)[:16], 16)) if site else _NONE


def _keys(place_key: NDArray[np.uint64], line_hash: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (place_key * _MULTIPLIER) ^ line_hash
    return mixed


@dataclass(frozen=True)
class SiteLines:
    """Support of lines of sites on their nights, sorted for lookup."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.float32]

    @classmethod
    def of(cls, table: pa.Table | None) -> SiteLines:
        """From a table of SITE_LINES; None and an empty table know nothing."""
        if table is None or not table.num_rows:
            return cls(np.zeros(0, np.uint64), np.zeros(0, np.float32))
        table = table.select(SITE_LINES.names).cast(SITE_LINES)
        places = _place_keys(table["site"].to_pylist(), table["night"].to_pylist())
        keys = _keys(places, table["line_hash"].to_numpy())
        order = np.argsort(keys)
        return cls(keys[order], table["article_count"].to_numpy()[order])

    def support(
        self,
        site: list[str | None],
        night: list[date | None],
        document: NDArray[np.int32],
        line_hash: NDArray[np.uint64],
    ) -> NDArray[np.float32]:
        """Articles of its site in which each line was seen, shape (lines,); 0 = unknown.

        `site` and `night` have an entry a document, the others one a line.
        """
        if not self.keys.size or not document.size:
            return np.zeros(document.size, dtype=np.float32)
        place_key = _place_keys(site, night)[document]
        wanted = _keys(place_key, line_hash)
        place = np.minimum(np.searchsorted(self.keys, wanted), self.keys.size - 1)
        hit = (self.keys[place] == wanted) & (place_key != _NONE)
        return np.where(hit, self.counts[place], np.float32(0)).astype(np.float32)


@dataclass(frozen=True)
class Owner:
    """Keep and drop phrases per site, from `[sites."example.com"]` in `copydesk.toml`.

    A site may be named by any of its hosts (`www.example.com`), as a landing path may.
    A phrase is a whole line (compared as rules compare phrases); one that ends in `*` is the
    beginning of a line. Keep wins over drop.
    """

    phrases: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: dict[str, Any], file: str = "copydesk.toml") -> Owner:
        """From the `sites` table; SettingsError names what cannot be used."""
        if not table:
            return cls()
        from pipelines.ingest.sites import site_of_name  # 0.1 s for the list of public suffixes

        phrases: dict[str, dict[str, tuple[str, ...]]] = {}
        for site, record in table.items():
            unknown = set(record) - {"keep", "drop"} if isinstance(record, dict) else {"?"}
            if unknown or not all(_is_list_of_text(value) for value in record.values()):
                raise SettingsError(
                    f'{file}: [sites."{site}"] takes keep = [...] and drop = [...], lists of texts'
                )
            said = phrases.setdefault(site_of_name(site) or site, {})
            for key, value in record.items():
                said[key] = (*said.get(key, ()), *value)
        return cls(phrases)

    def says(self, site: str | None, core: str, line_hash: int) -> str | None:
        """`keep`, `drop` or None for a line of a site."""
        for verdict in ("keep", "drop"):
            for phrase in self.phrases.get(site or "", {}).get(verdict, ()):
                folded, phrase_hash = fold_text(phrase.removesuffix("*"))
                is_start = phrase.endswith("*") and core.startswith(folded)
                if is_start or phrase_hash == line_hash:
                    return verdict
        return None


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
