"""Where the models of the cross-validation are kept: outside the project, in `COPYDESK_CACHE`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

FOLDS = 5
CACHE = Path(os.environ.get("COPYDESK_CACHE", Path.home() / ".cache/copydesk")) / "line_model"


def fold_path(number: int) -> Path:
    """The model of a fold."""
    return CACHE / f"fold-{number}-of-{FOLDS}.npz"


def fold_of(site: str, folds: int) -> int:
    """Fold of a site: the same for all its pages, variants and sets."""
    return int.from_bytes(hashlib.sha256(site.encode()).digest()[:4]) % folds
