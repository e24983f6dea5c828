"""Where the models of the cross-validation are kept: outside the project, in `COPYDESK_CACHE`."""

from __future__ import annotations

import os
from pathlib import Path

FOLDS = 5
CACHE = Path(os.environ.get("COPYDESK_CACHE", Path.home() / ".cache/copydesk")) / "line_model"


def fold_path(number: int) -> Path:
    """The model of a fold."""
    return CACHE / f"fold-{number}-of-{FOLDS}.npz"
