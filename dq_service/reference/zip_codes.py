"""What a text in the ZIP field may have been meant to be: the ZIPs that are one slip of the hand or the machine away."""

import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from math import log
from typing import Final, Literal

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

# P(what is written | the ZIP that is meant), an order. Typed from experience with storefront orders and
# spreadsheets; each rate is then spread over the ways in which that slip can fall.
RIGHT: Final = log(0.97)
MISSING: Final = log(4e-3)
FORM: Final = log(3e-3)  # 68142.0, `NE 68142`, 68142-, 681421234
LOST_ZERO: Final = log(2e-2)  # a spreadsheet took the ZIP for a number
LETTERS: Final = log(1e-3)  # O for 0, l for 1: read from paper
SWAPPED: Final = log(1.5e-3 / 4)  # two neighbouring digits, of four pairs
SWAPPED_FAR: Final = log(1e-4 / 6)  # two other digits, of six pairs
DIGIT: Final = log(2e-3 / 5 * 0.5 / 6)  # one digit wrong: half of them by one of six keys of no likeness
DIGIT_NEAR: Final = log(2e-3 / 5 * 0.5 / 3)  # and half by one of about three neighbours or look-alikes
LOST: Final = log(6e-4 / 5)  # one digit left out
DOUBLED: Final = log(5e-4 / 5)  # one digit typed twice
ADDED: Final = log(3e-4 / 60)  # one digit too many
STRAY_LETTER: Final = log(2e-4 / 10)  # a letter that looks like no digit, in the place of any digit
UNLIKE_LETTER: Final = log(1e-6 / 10)  # a letter that looks like one digit, in the place of another
PLACEHOLDER: Final = log(5e-4 / 20)  # 00000, 12345: one of about twenty things to type where a form insists
UNREADABLE: Final = log(1e-5)  # one particular text that is no ZIP
DAMAGED: Final = log(1e-8)  # one particular text that is nearly a ZIP, and not this one

LETTERS_FOR: Final = {
    "O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1", "!": "1", "Z": "2", "S": "5", "$": "5",
    "G": "6", "B": "8",
}  # fmt: skip
LIKE: Final = {  # beside it on the number row or the pad, or alike on paper
    "0": "689", "1": "247", "2": "1357", "3": "2568", "4": "1579", "5": "2468", "6": "3589", "7": "1489",
    "8": "3579", "9": "0468",
}  # fmt: skip
PLACEHOLDERS: Final = frozenset(digit * 5 for digit in "0123456789") | {"12345", "01234", "54321", "98765"}
NOTHING: Final = frozenset({"", "NA", "N/A", "NONE", "NULL", "NIL", "NAN", "TBD", "-", "--", ".", "0", "0.0", "UNKNOWN"})


@dataclass(frozen=True, slots=True)
class ZipOption:
    """A ZIP of the table that the text may stand for: log P(text | that ZIP), the slip made (None: right as it
    stands), and the text as it should be, +4 kept where it was whole."""

    chance: float
    slip: ZipSlip | None
    after: str


@dataclass(frozen=True, slots=True)
class ZipReading:
    """What the ZIP field says. `zip5` is the five digits as typed where it is well formed, `known` whether the post
    has them. `others` is log P(text | any ZIP without an option); None where that depends on how far apart they are.
    """

    zip5: str
    known: bool
    missing: bool
    options: dict[str, ZipOption]
    others: float | None


def read_zip(text: str, exists: Container[str]) -> ZipReading:
    """Every ZIP that `exists` and is at most one slip from the text. Any text will do."""
    text = _plain(text)
    if text in NOTHING:
        return ZipReading("", False, True, {}, MISSING)
    options: dict[str, ZipOption] = {}
    zip5, plus4 = text[:5], text[5:]
    if len(zip5) == 5 and _digits(zip5) and (not plus4 or (len(plus4) == 5 and plus4[0] == "-" and _digits(plus4[1:]))):
        for meant, chance, slip in _slips(zip5):
            if meant in exists and (meant not in options or chance > options[meant].chance):
                options[meant] = ZipOption(chance, slip, meant + plus4)
        if zip5 in PLACEHOLDERS and zip5 not in exists:
            return ZipReading("", False, True, options, PLACEHOLDER)
        return ZipReading(zip5, zip5 in exists, False, options, None)
    for after, chance, slip in _readings(text):
        meant = after[:5]
        if meant in exists and (meant not in options or chance > options[meant].chance):
            options[meant] = ZipOption(chance, slip, after)
    return ZipReading("", False, False, options, DAMAGED if options else UNREADABLE)


def _plain(text: str) -> str:
    text = text[:40]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = re.sub(r"[\u2010-\u2015\u2212]", "-", "".join(c for c in text if unicodedata.category(c) != "Cf"))
    return text.strip().upper()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _slips(zip5: str) -> Iterator[tuple[str, float, ZipSlip | None]]:
    """Each ZIP that five digits may be a slip of, themselves first."""
    yield zip5, RIGHT, None
    for i in range(4):
        for j in range(i + 1, 5):
            if zip5[i] != zip5[j]:
                swapped = zip5[:i] + zip5[j] + zip5[i + 1 : j] + zip5[i] + zip5[j + 1 :]
                yield swapped, SWAPPED if j == i + 1 else SWAPPED_FAR, "zip_swapped"
    for i, typed in enumerate(zip5):
        head, tail, like = zip5[:i], zip5[i + 1 :], LIKE[typed]
        for digit in "0123456789":
            if digit != typed:
                yield head + digit + tail, DIGIT_NEAR if digit in like else DIGIT, "zip_digit"


def _readings(text: str) -> Iterator[tuple[str, float, ZipSlip]]:
    """Each ZIP (+4) that a text which is not well formed may stand for."""
    number = re.fullmatch(r"(\d+)[.,]0*", text)  # a spreadsheet's number
    bare = number[1] if number else text
    if number and len(bare) == 5:
        yield bare, FORM, "zip_form"
    if _digits(bare):
        yield from _of_digits(bare)
        return
    parts = re.fullmatch(r"(\d{3,5})\s*[-_/., ]+\s*(\d{0,4})(?:\.0*)?", text)
    if parts:
        base, plus4 = parts[1].zfill(5), parts[2]
        slip: ZipSlip = "zip_lost_zero" if len(parts[1]) < 5 else "zip_plus4_damaged"
        yield base + ("-" + plus4 if len(plus4) == 4 else ""), LOST_ZERO if slip == "zip_lost_zero" else FORM, slip
        return
    found = re.findall(r"(?<!\d)\d{5}(?:-\d{4})?(?!\d)", text)
    if len(found) == 1 and not re.search(r"\d", text.replace(found[0], "")):
        yield found[0], FORM, "zip_form"
        return
    yield from _of_letters(bare)


def _of_digits(text: str) -> Iterator[tuple[str, float, ZipSlip]]:
    length = len(text)
    if length == 9:
        yield f"{text[:5]}-{text[5:]}", FORM, "zip_plus4_damaged"
    elif length == 8:
        yield f"0{text[:4]}-{text[4:]}", LOST_ZERO, "zip_lost_zero"
    elif length == 7:
        yield text[:5], FORM + log(0.1), "zip_plus4_damaged"
        yield f"00{text[:3]}-{text[3:]}", LOST_ZERO, "zip_lost_zero"
    elif length == 6:
        for i in range(6):
            twice = i > 0 and text[i] == text[i - 1]
            yield text[:i] + text[i + 1 :], DOUBLED if twice else ADDED, "zip_digit"
    elif length == 4:
        yield "0" + text, LOST_ZERO, "zip_lost_zero"
        for i in range(5):
            for digit in "0123456789":
                yield text[:i] + digit + text[i:], LOST, "zip_digit"
    elif length == 3:
        yield "00" + text, LOST_ZERO, "zip_lost_zero"


def _of_letters(text: str) -> Iterator[tuple[str, float, ZipSlip]]:
    """Letters in the place of digits: five characters, or nine with or without a hyphen."""
    joined = re.sub(r"[\s-]", "", text)
    read = "".join(LETTERS_FOR.get(letter, letter) for letter in joined)
    if len(read) in (5, 9) and _digits(read):
        yield read[:5] + ("-" + read[5:] if read[5:] else ""), LETTERS, "zip_letters"
    if len(read) == 4 and _digits(read):
        yield "0" + read, LETTERS + log(0.05), "zip_lost_zero"
    strange = [i for i, letter in enumerate(joined[:5]) if not _digits(letter)]
    if len(joined) == 5 and len(strange) == 1:
        i = strange[0]
        for digit in "0123456789":
            chance = UNLIKE_LETTER if joined[i] in LETTERS_FOR else STRAY_LETTER
            yield joined[:i] + digit + joined[i + 1 :], chance, "zip_letters"
