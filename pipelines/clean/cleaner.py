"""The cleaner: rule book, line model, what sites repeat, what their owners say."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from pipelines.clean import repair
from pipelines.clean.classify import Judge
from pipelines.clean.line_model import load_model
from pipelines.clean.rulebook import RULES, Rulebook, load_rules
from pipelines.clean.sites import Owner, SiteLines
from pipelines.settings import Settings, SettingsError

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Cleaner:
    """All that cleaning needs besides the documents; can be sent to worker processes."""

    judge: Judge
    rules_version: str


def load_cleaner(
    settings: Settings,
    *,
    rules: Path = RULES,
    site_lines: pa.Table | None = None,
    owner_file: Path = Path("copydesk.toml"),
) -> Cleaner:
    """The cleaner that the settings ask for.

    `site_lines` has the columns of `sites.SITE_LINES`. Raises RuleError for a rule that cannot be
    used and SettingsError for a `[sites]` table that cannot.
    """
    rulebook = Rulebook(load_rules(rules))
    judge = Judge(
        rulebook,
        load_model(),
        settings.remove_threshold,
        SiteLines.of(site_lines),
        _owner(owner_file),
    )
    return Cleaner(judge, rules_version(rules))


def _owner(file: Path) -> Owner:
    try:
        content = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from error
    return Owner.of(content.get("sites", {}), str(file))


def rules_version(rules: Path = RULES) -> str:
    """Digest of rule files, data files (agencies, model) and the version of the repairs."""
    digest = hashlib.sha256(repair.VERSION.encode())
    data = sorted(path for path in (_FOLDER / "data").glob("*") if path.is_file())
    for file in [*sorted(rules.glob("*.toml")), _FOLDER / "agencies.toml", *data]:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
