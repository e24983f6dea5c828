"""Captions and what belongs to them: the short title above, the doubled line, the credit."""

from __future__ import annotations

from typing import Final

import re2

MAX_COMPANION_CHARS: Final = 220
MIN_CONTAINED: Final = 0.75
"""Share of a line's words that the caption beside it must have for it to be its double."""

_WORDS: Final = re2.compile(r"[^\s\pP]+")
_CREDIT: Final = re2.compile(
    r"(?i)\s*[(\[|]?\s*(?:(?:image|photo|picture|file|video|pic|foto|bild|fotos|imagen|imagem|fot|"
    r"photograph|illustration|graphic|фото|zdjęcie|φωτογραφία|beeld|foto's)"
    r"(?:\s*/?\s*(?:credits?|source|by|courtesy(?: of)?|quelle|crédit|credito|crédito|:))+"
    r"|crédits? ?(?:photo|image)?s?|credits?|courtesy(?: of)?|photo|foto|bild|фото|fot\.)"
    r"\s*[:.©]?\s*"
    r"([^()\[\]]{2,80}?)\s*[)\]]?\s*$"
)
_AGENCY_CREDIT: Final = re2.compile(
    r"(?i)\s*[(\[|]\s*([^()\[\]|]{0,50}(?:reuters|afp|ap photo|getty images|ap|epa|dpa|shutterstock"
    r"|alamy|istock|pixabay|unsplash|ap/|/ap|xinhua|pti|ani|ansa|efe|tass|nasa)[^()\[\]|]{0,40})[)\]]\s*$"
)

_LABEL: Final = re2.compile(
    r"(?i)^\s*(?:image|photo|picture|file photo|foto|bild|imagen|imagem|fot\.?|фото|photographer)s?"
    r"\s*(?:credits?|source|by|courtesy(?: of)?)?\s*:\s*"
)


def split_credit(caption: str) -> tuple[str, str | None]:
    """A caption and the credit that ends it: (`A rocket lifts off.`, `Reuters/X`)."""
    for pattern in (_AGENCY_CREDIT, _CREDIT):
        found = pattern.search(caption)
        if found:
            credit = _LABEL.sub("", found.group(1)).strip(" :.-–—")
            return caption[: found.start()].rstrip(), credit
    return caption, None


def is_companion(line: str, caption: str, *, adjacent: bool) -> bool:
    """Whether a line beside a caption is its title or its double.

    `adjacent`: the line stands right above or below the caption, with no blank line between them,
    in a text that has blank lines between its paragraphs.
    """
    if len(line) > MAX_COMPANION_CHARS or len(line) > 2 * len(caption):
        return False
    words = _WORDS.findall(line.lower())
    if len(words) < 2:
        return False
    known = set(_WORDS.findall(caption.lower()))
    contained = sum(word in known for word in words) / len(words)
    return contained >= (MIN_CONTAINED / 1.5 if adjacent else MIN_CONTAINED)
