"""Settings: one frozen object, read once and passed on.

Order of precedence: command line > `COPYDESK_*` environment > `copydesk.toml` > defaults.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

_LOG: Final = logging.getLogger(__name__)


class SettingsError(ValueError):
    """A setting that cannot be used; the message names its origin and the remedy."""


class Secret(str):
    """A text that is not shown: `str()` of it says only whether it is set."""

    __slots__ = ()

    def __str__(self) -> str:
        return "(set, not shown)" if len(self) else ""

    __repr__ = __str__


_UNSET = Secret()

ENGINES = ("embedded", "spark")
"""What does the work of a night: this process and its workers, or Spark."""

HTML_EXTRACTORS = ("trafilatura", "resiliparse")
"""What takes the article out of a page: the most exact, or the fastest."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set. Sizes in bytes, times in seconds."""

    landing: Path = Path("data/landing")
    home: Path = Path("data")
    mirror: Path = Path()
    engine: str = "embedded"
    spark_master: str = ""
    workers: int = 2
    memory_limit: str = "900MB"
    keep_versions: int = 7
    html_timeout: float = 10.0
    html_memory: int = 1_000_000_000
    html_extractor: str = HTML_EXTRACTORS[0]
    max_file_bytes: int = 4_000_000_000
    max_document_bytes: int = 16_000_000
    max_expansion_ratio: int = 200
    batch_documents: int = 2_500
    settle_seconds: float = 1.0
    remove_threshold: float = 0.55
    sql_memory: int = 1_000_000_000
    sql_timeout: float = 60.0
    alert_urls: Secret = _UNSET
    alert_page: str = ""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def is_distributed(self) -> bool:
        """Whether Spark does what one document is enough for. Raises SettingsError."""
        return self._chosen("engine", ENGINES) == "spark"

    @property
    def page_extractor(self) -> str:
        """One of HTML_EXTRACTORS that is installed. Raises SettingsError."""
        name = self._chosen("html_extractor", HTML_EXTRACTORS)
        if find_spec(name) is None:
            raise SettingsError(
                f"html_extractor = {name}: not installed; run: pip install 'copydesk[{name}]'"
            )
        return name

    def _chosen(self, name: str, known: tuple[str, ...]) -> str:
        value: str = getattr(self, name)
        if value not in known:
            origin = self.origins.get(name, "default")
            choices = " or ".join(known)
            raise SettingsError(f"{origin}: {name} = {value!r} is unknown; choose {choices}")
        return value

    @property
    def lake(self) -> Path:
        """Where the dated Parquet tables lie."""
        return self.home / "lake"

    @property
    def warehouse(self) -> Path:
        """Where the database of a night is built before it is published."""
        return self.home / "warehouse"

    @property
    def published(self) -> Path:
        """Where readers look."""
        return self.home / "published"

    @property
    def quarantine(self) -> Path:
        """Where refused bytes are kept."""
        return self.home / "quarantine"


def _whole_number(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _text(value: Any) -> str:
    if isinstance(value, bool | list):
        raise ValueError
    return str(value)


def _secret(value: Any) -> Secret:
    """A text, or a list of texts as one."""
    return Secret(" ".join(map(_text, value)) if isinstance(value, list) else _text(value))


def _path(value: Any) -> Path:
    """A path; `~` is the home of the user, which no shell has put in its place in a file."""
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError from error


_TYPES: Final[Mapping[str, tuple[Callable[[Any], Any], str]]] = {
    "Path": (_path, "path"),
    "int": (_whole_number, "whole number"),
    "float": (_number, "number"),
    "str": (_text, "text"),
    "Secret": (_secret, "text"),
}
_KINDS = {item.name: item.type for item in fields(Settings) if item.name != "origins"}

_BOUNDS: Final = {
    **dict.fromkeys(("workers", "keep_versions", "batch_documents"), (1, None)),
    **dict.fromkeys(("html_memory", "sql_memory", "max_expansion_ratio"), (1, None)),
    **dict.fromkeys(("max_file_bytes", "max_document_bytes"), (1, None)),
    **dict.fromkeys(("html_timeout", "sql_timeout"), (0.1, None)),
    "settle_seconds": (0, None),
    "remove_threshold": (0, 1),
}
"""Least and most that a number may be."""

_SIZE: Final = re.compile(r"\d*\.?\d+\s*([bkmgt][a-z]*|%)", re.I)

_TABLES: Final = frozenset({"sites"})
"""Tables of `copydesk.toml` that are no settings: what the owners of sites say of lines."""


def load(
    command_line: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path = Path("copydesk.toml"),
) -> Settings:
    """Settings from all four sources; `origins` says where each value came from.

    Raises SettingsError for an unknown name, a value of the wrong type, or a file that cannot
    be parsed.
    """
    values: dict[str, Any] = {}
    origins = dict.fromkeys(_KINDS, "default")
    for origin, given in (
        (str(file), _from_file(file)),
        ("environment", _from_environment(os.environ if environment is None else environment)),
        ("command line", {k: v for k, v in (command_line or {}).items() if v is not None}),
    ):
        for name, value in given.items():
            values[name] = _convert(name, value, origin)
            origins[name] = origin
    return Settings(**values, origins=origins)


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from error
    for name, value in content.items():
        if isinstance(value, dict) and name not in _TABLES:
            raise SettingsError(f"{file}: [{name}]: settings stand at the top, in no table")
    return {name: value for name, value in content.items() if name not in _TABLES}


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that name settings; told is what is nearly one, for other names may be others'."""
    prefix = "COPYDESK_"
    names = {prefix + name.upper(): name for name in _KINDS}
    others = sorted(key for key in environment if key.startswith(prefix) and key not in names)
    if others:
        import difflib  # not at every start
    for key in others:
        for near in difflib.get_close_matches(key.removeprefix(prefix).lower(), _KINDS, 1):
            meant = prefix + near.upper()
            _LOG.warning("environment: %s is no setting and not used; meant: %s?", key, meant)
    return {names[key]: value for key, value in environment.items() if key in names}


def _convert(name: str, value: Any, origin: str) -> Any:
    if name not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise SettingsError(f"{origin}: unknown setting {name!r}; known settings: {known}")
    convert, kind = _TYPES[str(_KINDS[name])]
    shown = "" if kind == "text" and convert is _secret else f" = {value!r}"
    try:
        converted = convert(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{origin}: {name}{shown} is not a {kind}") from error
    if problem := _problem(name, converted, value):
        raise SettingsError(f"{origin}: {name}{shown}: {problem}")
    return converted


def _problem(name: str, value: Any, given: Any) -> str | None:
    """What is wrong with a value of the right type, or None."""
    least, most = _BOUNDS.get(name, (None, None))
    if least is not None and not value >= least:
        return f"at least {least}"
    if most is not None and not value <= most:
        return f"at most {most}"
    if name in {"landing", "home"} and not str(given):
        return "empty; name a folder, or leave it out"
    if name == "memory_limit" and not _SIZE.fullmatch(value.strip()):
        return "no size; say 900MB or 4GB"
    return None
