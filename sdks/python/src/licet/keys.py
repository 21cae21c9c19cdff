"""License keys as people paste them, read without asking the server."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Literal, Optional

from ._encoding import WHITE_SPACE

#: ``valid``: a Licet key whose check symbols are right. ``malformed``: one with a mistake in it,
#: unless it was imported. ``foreign``: may be a key that was imported from another system.
#: ``unusable``: no key.
KeyCheck = Literal["valid", "malformed", "foreign", "unusable"]

#: Crockford's Base32, without I, L, O and U: the index of a symbol is its value.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SYMBOLS = 16
_BODY_SYMBOLS = 14
_KEY_CHARACTERS_MAX = 28
_FOREIGN_CHARACTERS = range(16, 256)

_LICET_SHAPE = re.compile(r"[A-Za-z0-9]{2,8}(?:-?[0-9A-TV-Za-tv-z]{4}){4}")
#: A text that can be read in only one way.
_UNADORNED = re.compile(r"[A-Za-z0-9_-]*")
#: A key with its dashes among other words. Without them, ordinary words could pass for a key.
_GROUPED = re.compile(
    r"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)[A-Za-z0-9]{2,8}(?:-[0-9A-TV-Za-tv-z]{4}){4}(?![A-Za-z0-9-])"
)
_WHITE_SPACES = re.compile(f"[{WHITE_SPACE}]+")
#: Besides dashes: the modifier, bullet, minus and box line, and the mark on the dash key of Japan.
_MORE_DASHES = "\u02d7\u2043\u2212\u2500\u30fc"
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
#: The default ignorable code points of other categories, and an empty Braille cell.
_MORE_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\ufdd0-\ufdef\U000e0000-\U000e0fff]"
)

Reading = tuple[KeyCheck, Optional[str]]


class Keys:
    """Reads license keys without asking the server."""

    @staticmethod
    def check(text: str) -> KeyCheck:
        """Reports mistakes in a key while it is typed.

        It finds any one or two wrong symbols, and any swap of two.
        """
        return _read_key(text)[0]

    @staticmethod
    def normalize(text: str) -> str | None:
        """Returns ``PREFIX-XXXX-XXXX-XXXX-XXXX`` for a valid key.

        Any case, dashes, invisible characters and words around it do not matter. Returns any other
        key without the white space around it, and None if the text is unusable. Mistakes are never
        corrected.
        """
        return _read_key(text)[1]


def _read_key(text: str) -> Reading:
    trimmed = text.strip(WHITE_SPACE)
    plain = _read_licet_key(trimmed)
    if plain is not None and plain[0] == "valid":
        return plain
    adorned = _find_adorned_key(trimmed)
    if adorned is not None:
        return adorned
    if plain is not None:
        return "malformed", trimmed
    return ("foreign", trimmed) if _may_be_imported(trimmed) else ("unusable", None)


def _may_be_imported(text: str) -> bool:
    return len(text) in _FOREIGN_CHARACTERS and not any(
        unicodedata.category(each) in ("Cc", "Cs") for each in text
    )


def _read_licet_key(text: str) -> Reading | None:
    dense = _WHITE_SPACES.sub("", text)
    if _LICET_SHAPE.fullmatch(dense) is None:
        return None
    compact = dense.replace("-", "").upper()
    prefix, symbols = compact[:-_SYMBOLS], compact[-_SYMBOLS:]
    symbols = symbols.translate(str.maketrans("OIL", "011"))
    is_valid = symbols.endswith(_compute_check_symbols(prefix, symbols[:_BODY_SYMBOLS]))
    groups = (symbols[index : index + 4] for index in range(0, _SYMBOLS, 4))
    return "valid" if is_valid else "malformed", "-".join((prefix, *groups))


def _find_adorned_key(text: str) -> Reading | None:
    """Finds a valid key at the end of a text, or one with its dashes anywhere.

    Such as ``Your license key: “TO–7Q4M–X0ZD–9KTB–2F17”.``
    """
    if _UNADORNED.fullmatch(text) is not None:
        return None
    spaced = _WHITE_SPACES.sub(" ", unicodedata.normalize("NFKC", text))
    flat = "".join(_flatten(each) for each in spaced)
    end = ""
    for word in reversed(_find_last_words(flat)):
        end = word + end
        if len(end) > _KEY_CHARACTERS_MAX:
            break
        reading = _read_licet_key(end)
        if reading is not None and reading[0] == "valid":
            return reading
    readings = (_read_licet_key(match[0]) for match in _GROUPED.finditer(flat))
    return next((each for each in readings if each is not None and each[0] == "valid"), None)


def _flatten(character: str) -> str:
    category = unicodedata.category(character)
    is_noncharacter = ord(character) & 0xFFFE == 0xFFFE
    if category in _INVISIBLE_CATEGORIES or is_noncharacter or _MORE_INVISIBLE.match(character):
        return ""
    return "-" if category == "Pd" or character in _MORE_DASHES else character


def _find_last_words(flat: str) -> list[str]:
    """Returns the words behind the last sign, without what is behind the last letter."""
    end = len(flat)
    while end > 0 and not _is_letter(flat[end - 1]):
        end -= 1
    start = end
    while start > 0 and (_is_letter(flat[start - 1]) or flat[start - 1] in WHITE_SPACE):
        start -= 1
    return flat[start:end].split()


def _is_letter(character: str) -> bool:
    return character == "-" or unicodedata.category(character)[0] in "LN"


def _compute_check_symbols(prefix: str, body: str) -> str:
    """Returns the two check symbols for the 14 symbols of the body.

    They are an extended Reed-Solomon code [16, 14] over GF(32), x⁵+x²+1, XORed with the first ten
    bits of SHA-256 of the prefix.
    """
    weighted_sum = total = 0
    for symbol in body:
        value = ALPHABET.index(symbol)
        weighted_sum = _double(weighted_sum ^ value)
        total ^= value
    first, second = hashlib.sha256(prefix.encode()).digest()[:2]
    check = (weighted_sum << 5 | total) ^ (first << 2 | second >> 6)
    return ALPHABET[check >> 5] + ALPHABET[check & 31]


def _double(value: int) -> int:
    """Multiplies by 2 in GF(32) with x⁵+x²+1."""
    return value << 1 if value < 16 else (value << 1) ^ 0b100101
