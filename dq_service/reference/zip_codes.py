"""What a text in the ZIP field may be meant to be: the ZIPs that are one slip of a hand or a machine away."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from math import log
from typing import Final, Literal, NamedTuple

from dq_service.reference.error_rates import (
    ZIP_ADDED,
    ZIP_DAMAGED,
    ZIP_DIGIT,
    ZIP_DIGIT_NEAR,
    ZIP_DOUBLED,
    ZIP_FORM,
    ZIP_LETTERS,
    ZIP_LOST,
    ZIP_LOST_ZERO,
    ZIP_MISSING,
    ZIP_PLACEHOLDER,
    ZIP_RIGHT,
    ZIP_STRAY_LETTER,
    ZIP_SWAPPED,
    ZIP_SWAPPED_FAR,
    ZIP_UNLIKE_LETTER,
    ZIP_UNREADABLE,
)

ZipSlip = Literal[
    "zip_missing",
    "zip_lost_zero",
    "zip_letters",
    "zip_swapped",
    "zip_digit",
    "zip_plus4_damaged",
    "zip_form",
    "zip_unknown",
    "zip_not_of_city",
]

ZIP: Final = re.compile(r"\d{5}(?:-\d{4})?", re.A)  # a ZIP or ZIP+4 in its right form
LETTERS_FOR: Final = {
    "O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1", "!": "1", "Z": "2", "S": "5", "$": "5",
    "G": "6", "B": "8",
}  # fmt: skip
LIKE: Final = {  # beside it on the number row or the pad, or alike on paper
    "0": "689", "1": "247", "2": "1357", "3": "2568", "4": "1579", "5": "2468", "6": "3589", "7": "1489",
    "8": "3579", "9": "0468",
}  # fmt: skip
WORTH: Final = (10_000, 1_000, 100, 10, 1)  # of each of the five digits
# Two places, and by how much a ZIP grows when they are swapped, if what stands in them is one apart.
PAIRS: Final = tuple((i, j, WORTH[i] - WORTH[j]) for i in range(4) for j in range(i + 1, 5))
# By the digit typed: how much more each other digit is, and whether it is like it.
OTHER_DIGITS: Final = tuple(
    tuple((digit - typed, str(digit) in LIKE[str(typed)]) for digit in range(10) if digit != typed)
    for typed in range(10)
)
PLACEHOLDERS: Final = frozenset(digit * 5 for digit in "0123456789") | {"12345", "01234", "54321", "98765"}
NOTHING: Final = frozenset(
    {"", "NA", "N/A", "NONE", "NULL", "NIL", "NAN", "TBD", "-", "--", ".", "0", "0.0", "UNKNOWN"}
)


class ZipCodes:
    """The ZIPs of a table, a byte for each number of five digits: what is like a ZIP is found by reckoning, and lies
    near enough in memory that dozens can be tried.
    """

    __slots__ = ("there",)

    def __init__(self, zips: Iterable[str]) -> None:
        there = bytearray(100_000)
        for number in map(int, zips):
            there[number] = 1
        self.there = bytes(there)

    def __contains__(self, text: str) -> bool:
        return len(text) == 5 and _digits(text) and bool(self.there[int(text)])


class ZipOption(NamedTuple):
    """How a text may stand for a ZIP of the table: log P(text | that ZIP), the slip made (None: right as it stands),
    and the hyphen and +4 that it has where they are whole.
    """

    chance: float
    slip: ZipSlip | None
    plus4: str


class ZipReading(NamedTuple):
    """What the ZIP field says. `zip5` is the five digits as typed where it is well formed, `known` whether the post
    has them. `others` is log P(text | any ZIP without an option); None where that depends on how far apart they are.
    """

    zip5: str
    known: bool
    missing: bool
    options: dict[str, ZipOption]
    others: float | None


def read_zip(text: str, exists: ZipCodes, *, as_it_stands: bool = False) -> ZipReading:
    """Every ZIP that `exists` and is at most one slip from the text. Any text will do.

    `as_it_stands` looks for no slips in a ZIP that is one, for a caller who knows by other fields that it is right.
    """
    text = _plain(text)
    if text in NOTHING:
        return ZipReading("", False, True, {}, ZIP_MISSING)
    options: dict[str, ZipOption] = {}
    zip5, plus4 = text[:5], text[5:]
    if len(zip5) == 5 and _digits(zip5) and (not plus4 or (len(plus4) == 5 and plus4[0] == "-" and _digits(plus4[1:]))):
        if zip5 in exists:
            options[zip5] = ZipOption(ZIP_RIGHT, None, plus4)
        if not as_it_stands:
            _add_slips(options, zip5, plus4, exists.there)
        if zip5 in PLACEHOLDERS and zip5 not in exists:
            return ZipReading("", False, True, options, ZIP_PLACEHOLDER)
        return ZipReading(zip5, zip5 in exists, False, options, None)
    for after, chance, slip in _readings(text):
        meant = after[:5]
        if meant in exists and (meant not in options or chance > options[meant].chance):
            options[meant] = ZipOption(chance, slip, after[5:])
    return ZipReading("", False, False, options, ZIP_DAMAGED if options else ZIP_UNREADABLE)


def _plain(text: str) -> str:
    text = text[:40]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = re.sub(r"[\u2010-\u2015\u2212]", "-", "".join(c for c in text if unicodedata.category(c) != "Cf"))
    return text.strip().upper()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _add_slips(options: dict[str, ZipOption], zip5: str, plus4: str, there: bytes) -> None:
    """Adds each ZIP of which five digits may be a slip: two digits swapped, or one of them another."""
    swapped, swapped_far = (ZipOption(chance, "zip_swapped", plus4) for chance in (ZIP_SWAPPED, ZIP_SWAPPED_FAR))
    digit_near, digit = (ZipOption(chance, "zip_digit", plus4) for chance in (ZIP_DIGIT_NEAR, ZIP_DIGIT))
    number, digits = int(zip5), [*map(int, zip5)]
    for i, j, apart in PAIRS:
        meant = number + (digits[j] - digits[i]) * apart
        if there[meant] and meant != number:
            options[f"{meant:05}"] = swapped if j == i + 1 else swapped_far
    for typed, worth in zip(digits, WORTH, strict=True):
        for more, is_like in OTHER_DIGITS[typed]:
            meant = number + more * worth
            if there[meant]:
                options[f"{meant:05}"] = digit_near if is_like else digit


def _readings(text: str) -> Iterator[tuple[str, float, ZipSlip]]:
    """Each ZIP (+4) that a text which is not well formed may stand for."""
    number = re.fullmatch(r"(\d+)[.,]0*", text)  # a spreadsheet's number
    bare = number[1] if number else text
    if number and len(bare) == 5:
        yield bare, ZIP_FORM, "zip_form"
    if _digits(bare):
        yield from _of_digits(bare)
        return
    parts = re.fullmatch(r"(\d{3,5})\s*[-_/., ]+\s*(\d{0,4})(?:\.0*)?", text)
    if parts:
        base, plus4 = parts[1].zfill(5), parts[2]
        slip: ZipSlip = "zip_lost_zero" if len(parts[1]) < 5 else "zip_plus4_damaged"
        yield (
            base + ("-" + plus4 if len(plus4) == 4 else ""),
            ZIP_LOST_ZERO if slip == "zip_lost_zero" else ZIP_FORM,
            slip,
        )
        return
    found = re.findall(r"(?<!\d)\d{5}(?:-\d{4})?(?!\d)", text)
    if len(found) == 1 and not re.search(r"\d", text.replace(found[0], "")):
        yield found[0], ZIP_FORM, "zip_form"
        return
    yield from _of_letters(bare)


def _of_digits(text: str) -> Iterator[tuple[str, float, ZipSlip]]:
    length = len(text)
    if length == 9:
        yield f"{text[:5]}-{text[5:]}", ZIP_FORM, "zip_plus4_damaged"
    elif length == 8:
        yield f"0{text[:4]}-{text[4:]}", ZIP_LOST_ZERO, "zip_lost_zero"
    elif length == 7:
        yield text[:5], ZIP_FORM + log(0.1), "zip_plus4_damaged"
        yield f"00{text[:3]}-{text[3:]}", ZIP_LOST_ZERO, "zip_lost_zero"
    elif length == 6:
        for i in range(6):
            twice = i > 0 and text[i] == text[i - 1]
            yield text[:i] + text[i + 1 :], ZIP_DOUBLED if twice else ZIP_ADDED, "zip_digit"
    elif length == 4:
        yield "0" + text, ZIP_LOST_ZERO, "zip_lost_zero"
        for i in range(5):
            for digit in "0123456789":
                yield text[:i] + digit + text[i:], ZIP_LOST, "zip_digit"
    elif length == 3:
        yield "00" + text, ZIP_LOST_ZERO, "zip_lost_zero"


def _of_letters(text: str) -> Iterator[tuple[str, float, ZipSlip]]:
    """Letters in the place of digits: five characters, or nine with or without a hyphen."""
    joined = re.sub(r"[\s-]", "", text)
    read = "".join(LETTERS_FOR.get(letter, letter) for letter in joined)
    if len(read) in (5, 9) and _digits(read):
        yield read[:5] + ("-" + read[5:] if read[5:] else ""), ZIP_LETTERS, "zip_letters"
    if len(read) == 4 and _digits(read):
        yield "0" + read, ZIP_LETTERS + log(0.05), "zip_lost_zero"
    strange = [i for i, letter in enumerate(joined[:5]) if not _digits(letter)]
    if len(joined) == 5 and len(strange) == 1:
        i = strange[0]
        for digit in "0123456789":
            chance = ZIP_UNLIKE_LETTER if joined[i] in LETTERS_FOR else ZIP_STRAY_LETTER
            yield joined[:i] + digit + joined[i + 1 :], chance, "zip_letters"
