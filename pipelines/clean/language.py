"""The language of a text, from its script and its commonest words.

Counting function words decides the languages that the tables below know, at many thousand texts
a second; what they leave open goes to py3langid (an offline n-gram model).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.fold_characters import LOWER

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN: Final = "und"
MAX_CHARS: Final = 3000
"""Characters of a text that are looked at."""

MIN_WORDS: Final = 3
MIN_LEAD: Final = 1.3
"""How many times as many function words the first language must have as the second."""

_MIN_LETTERS: Final = 40

WORDS: Final = {
    "en": "the of and to in is that for it was on with as be by at from has have are this not were"
    " which his he she they but their said will would been who had its or an",
    "de": "der die das und ist nicht von den dem mit sich des auf für im ein eine auch es an werden"
    " aus er hat dass sie nach bei um am sind noch wie einem über so zum war haben nur oder aber",
    "fr": "le la les de des et est un une du que dans pour qui sur au par plus avec il ce ne pas se"
    " sont aux été cette ont mais à en elle leur comme nous vous",
    "es": "el la los las de que y en un una por con del se para es su al lo como más pero sus este"
    " ha sobre son entre fue también ser esta años hay desde muy",
    "pt": "o a os as de que e do da em um uma para com não por mais dos das no na ao se foi são ele"
    " como mas também pelo pela até isso seu sua está ser",
    "it": "il la lo gli le di che e un una in per è non sono con del della dei delle al alla si nel"
    " più anche come da dal ha ma questo stato nella essere",
    "nl": "de het een van en in is dat op te zijn voor met niet aan er om ook als door bij naar uit"
    " heeft maar nog wordt over werd deze tot hij ze dit",
    "pl": "w i na z się do nie że to jest o jak po od za przez dla ale ich tym są jego który będzie"
    " oraz był może już czy co być jej",
    "ru": "и в не на что с по как это из к за от его для но он было был все они так же или если у"
    " при ее когда уже который",
    "uk": "і в не на що з та як це від до за про його для але він було був які у й є під також який"
    " після бути",
    "bg": "на и да в се за от с че не са по е като при до това със ще за или който бе също",
    "sv": "och att det i en är som på av för med den inte till har de om ett var men från vid han"
    " också kan ska när",
    "da": "og at det i en er som på af for med den ikke til har de om et var men fra ved han også"
    " kan skal når der blev",
    "nb": "og at det i en er som på av for med den ikke til har de om et var men fra ved han også"
    " kan skal når ble etter",
    "fi": "ja on ei että se hän mutta kun oli myös ovat joka sekä kuin tai jos niin vuoden mukaan",
    "cs": "a se v na je že to s z do o i jako by k za po pro ve ale jsou od která podle jeho který"
    " byl nebo při už",
    "sk": "a v na sa že je to s z do aj ako po za pre si pri by od ktoré ktorý ktorá bol bola boli"
    " alebo podľa už len vo nie sú",
    "sl": "je in v na se da so za od s ki bi kot iz po ali ni bo to pa tudi še z do pri pred več",
    "hr": "je i u na se da su za od o s koji koja koje bi kao što iz po ali nije će to samo ili",
    "sr": "je i u na se da su za od o s koji koja koje bi kao što iz po ali nije će to samo ili"
    " је и у на се да су за од о са који која које би као што из по али није ће",
    "mk": "и на во се да од за со не ќе е што ги го кој која како по но беше",
    "tl": "ang ng mga sa na at ay si ni kay para hindi ito siya niya mula kung may nang o",
    "ca": "el la els les de que i en un una per amb del dels és són com més però als han va seva"
    " seu aquest aquesta també segons",
    "ro": "și de în a la cu pe din că este un o pentru care nu mai au fost sunt prin după dar lui"
    " ale să",
    "hu": "a az és hogy nem is egy volt meg ez csak de már mint vagy azt még kell után szerint",
    "tr": "ve bir bu da de için ile olarak çok daha olan gibi kadar sonra ise en ancak göre değil",
    "id": "yang dan di untuk dengan dari ini pada tidak itu dalam akan juga ke oleh karena ada",
    "vi": "của và là các có được cho trong không những với một người để này đã khi từ về",
}
"""The commonest words of each language; a word that several share counts for each.

Croatian and Serbian have the same: between them the n-gram model decides.
"""

_SCRIPTS: Final = (
    ("el", 0x370, 0x3FF), ("he", 0x590, 0x5FF), ("th", 0xE00, 0xE7F), ("ja", 0x3040, 0x30FF),
    ("ko", 0xAC00, 0xD7AF), ("zh", 0x4E00, 0x9FFF), ("ka", 0x10A0, 0x10FF), ("hy", 0x530, 0x58F),
)  # fmt: skip
"""Scripts that settle the language; kana beside ideographs means Japanese."""


_LONGEST_WORD: Final = 8
_NO_LETTER: Final = 255
_OTHER_SCRIPT: Final = len(_SCRIPTS)
_SLOTS: Final = 4096
"""Places for the hashes of words, eight times as many as there are words."""

_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_HIGH: Final = np.uint64(64 - 12)  # the high bits of a product depend on all of what went in


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _with_letter(state: Any, letter: Any) -> Any:
    """FNV-1a, one code point further."""
    return (state ^ np.uint64(letter)) * _FNV_PRIME


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _word_hash(letters: Any) -> Any:
    state = _FNV_OFFSET
    for letter in letters:
        state = _with_letter(state, letter)
    return state


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _place(keys: Any, word: Any) -> Any:
    """Where a word's hash is, or would be, in a table that is not full; 0 is free."""
    place = word >> _HIGH
    while keys[place] != 0 and keys[place] != word:
        place = (place + np.uint64(1)) % np.uint64(_SLOTS)
    return place


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _count(codes: Any, bounds: Any, tables: Any, words: Any, scripts: Any) -> None:
    """Function words a language into `words`, characters a script into `scripts` (last: all)."""
    keys, counts_for, lower, script_of = tables
    for row in range(bounds.shape[0]):
        text = codes[bounds[row, 0] : bounds[row, 1]]
        size = 0
        state = _FNV_OFFSET
        for at in range(text.size + 1):
            code = text[at] if at < text.size else np.uint32(32)
            script = script_of[code] if code < 0x10000 else np.uint8(_NO_LETTER)
            if script != _NO_LETTER:
                scripts[row, script] += 1
                state = _with_letter(state, lower[code])
                size += 1
                continue
            if 0 < size <= _LONGEST_WORD:
                place = _place(keys, state)
                if keys[place] != 0:
                    for language in range(words.shape[1]):
                        words[row, language] += counts_for[place, language]
            size = 0
            state = _FNV_OFFSET
        scripts[row, _OTHER_SCRIPT] = scripts[row].sum()


def _script_table() -> NDArray[np.uint8]:
    """Index into _SCRIPTS of each letter, _OTHER_SCRIPT for those of others, _NO_LETTER."""
    code = np.arange(0x10000)
    is_letter = np.isin(code | 0x20, range(ord("a"), ord("z") + 1))
    is_letter |= (code >= 0xC0) & (code != 0xFFFF)
    is_letter &= (code < 0x2000) | (code > 0x303F)
    table = np.where(is_letter, _OTHER_SCRIPT, _NO_LETTER).astype(np.uint8)
    for script, (_, first, last) in enumerate(_SCRIPTS):
        table[first : last + 1] = np.where(is_letter[first : last + 1], script, _NO_LETTER)
    return table


@cache
def _tables() -> tuple[
    NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint8]
]:
    """Hashes of words by place, how often each counts for each language, small letters, scripts."""
    keys = np.zeros(_SLOTS, dtype=np.uint64)
    counts_for = np.zeros((_SLOTS, len(WORDS)), dtype=np.int32)
    for language, words in enumerate(WORDS.values()):
        for word in set(words.split()):
            letters = np.array([LOWER[ord(c)] for c in word], dtype=np.uint32)
            key = np.uint64(_word_hash(letters))
            place = _place(keys, key)
            keys[place] = key
            counts_for[place, language] = 1
    return keys, counts_for, LOWER, _script_table()


def languages(codes: NDArray[np.uint32], bounds: NDArray[np.int64]) -> list[str]:
    """Language (BCP 47) of each text `codes[bounds[i, 0]:bounds[i, 1]]`; `und` when open.

    Only the first MAX_CHARS characters of each count.
    """
    short = bounds.copy()
    short[:, 1] = np.minimum(bounds[:, 1], bounds[:, 0] + MAX_CHARS)
    words = np.zeros((len(bounds), len(WORDS)), dtype=np.int32)
    scripts = np.zeros((len(bounds), len(_SCRIPTS) + 1), dtype=np.int32)
    _count(codes, short, _tables(), words, scripts)
    known: list[str | None] = np.array([*WORDS, None])[_by_words(words)].tolist()
    for row in np.flatnonzero(scripts[:, :-1].any(axis=1)).tolist():
        known[row] = _by_script(scripts[row]) or known[row]
    has_letters = (scripts[:, -1] >= _MIN_LETTERS).tolist()
    return [
        name or (_ask_langid(codes[slice(*short[row])]) if has_letters[row] else UNKNOWN)
        for row, name in enumerate(known)
    ]


def _by_words(words: NDArray[np.int32]) -> NDArray[np.int64]:
    """Index of the language whose words lead clearly, -1 where none does, shape (texts,)."""
    first = words.argmax(axis=1)
    second, most = np.sort(words, axis=1)[:, -2:].T
    leads = (most >= MIN_WORDS) & (most >= MIN_LEAD * second)
    return np.where(leads, first, -1)


def _by_script(scripts: NDArray[np.int32]) -> str | None:
    letters = int(scripts[-1])
    by_script = {str(name): int(n) for (name, *_), n in zip(_SCRIPTS, scripts, strict=False)}
    if by_script["ja"] * 10 > by_script["zh"] and by_script["ja"] * 4 > letters:
        return "ja"
    for name, count in by_script.items():
        if count * 2 > letters:
            return "ja" if name == "zh" and by_script["ja"] * 8 > count else name
    return None


_READ: Final[list[Any]] = []


def identifier() -> Any:
    """The n-gram model; it takes half a second to unpack, so that workers are given it."""
    if not _READ:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # only when needed

        _READ.append(LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True))
    return _READ[0]


def take_identifier(read: Any) -> None:
    """Use a model that another process has read."""
    _READ[:] = [read]


_AS_WRITTEN: Final = {"no": "nb"}
"""The model's name of Norwegian -> that of the form it is written in, as `WORDS` has it."""

_SURE: Final = 0.8
_ALIKE: Final = {"hr": 0.4, "sr": 0.4, "bs": 0.4}
"""How sure the model must be; less between languages that are written nearly alike."""


def _ask_langid(codes: NDArray[np.uint32]) -> str:
    text = codes[:600].astype("<u4").tobytes().decode("utf-32-le")
    language, probability = identifier().classify(text)
    is_sure = probability >= _ALIKE.get(language, _SURE)
    return _AS_WRITTEN.get(language, str(language)) if is_sure else UNKNOWN
