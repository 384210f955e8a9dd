"""A phone number as people and systems write it, read into E.164 and an extension."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from dq_service.reference.area_codes import NANP_REGIONS, AreaCodes

PhoneState = Literal[
    "valid",  # such a number can be in service
    "possible_only",  # the length is right; its area code or exchange is not in service
    "too_short",
    "too_long",
    "impossible",  # not a number as a whole; `find` tells whether there is one in it
    "placeholder",  # 000-000-0000, 123-456-7890, 555-01xx
    "scientific",  # a spreadsheet's 4.02539E+09: digits are gone
    "none",  # nothing that could be a number
]

LONGEST: Final = 250  # characters that are read

# "402-538-5759" in every dress that needs no thought.
_PLAIN: Final = re.compile(r"(?:\+?1[-. ]?)?(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[-. /]?)(\d{3})[-. ]?(\d{4})", re.A)
_FLOAT: Final = re.compile(r"(\+?\d{7,15})\.0+", re.A)
_SCIENTIFIC: Final = re.compile(r"\+?\d+(?:[.,]\d+)?[eE]\+?\d{1,2}", re.A)
_MARKER: Final = r"(?:;ext=|[ .,;(]*(?:extensi[oó]n|ext|xtn|poste|x)[ .:#=]*|[ .,;]*#[ .:]*|,,+ *|;)"
_MARKED: Final = re.compile(rf"(?P<number>.*[\d)]){_MARKER}(?P<extension>\d{{1,7}})\)?", re.A | re.I | re.S)
# After a whole number, three to six bare digits are an extension.
_BARE: Final = re.compile(
    r"(?P<number>(?:\+?1[-. ]{0,2})?\(?[2-9]\d\d\)?[-. /]{0,2}\d{3}[-. ]{0,2}\d{4})[ ,]{1,2}(?P<extension>\d{3,6})",
    re.A,
)
_DRESS: Final = re.compile(r"[\d+\-().,/\\_ *:\[\]\t\n]*", re.A)
_SLIPS: Final = str.maketrans("OoIilSsB|", "001115581")
_SLIPPED: Final = re.compile(r"[\d+\-(). ]*(?:[OoIilSsB|]{1,3}[\d+\-(). ]+)*[OoIilSsB|]{0,2}", re.A)
_KEYS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")  # ITU-T E.161
_VANITY: Final = re.compile(r"(?:\+?1[-. ]{0,2})?\(?([2-9]\d\d)\)?[-. ]{0,2}([\dA-Za-z]+(?:[-.][\dA-Za-z]+)*)", re.A)
_WORD: Final = re.compile(r"[A-Za-z]{3}")
_ASCENDING: Final = "01234567890123456789"
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")

_KINDS: Final = {  # phonenumbers' types of number, by its numbers
    0: "fixed_or_mobile",
    1: "fixed_or_mobile",
    2: "fixed_or_mobile",
    3: "toll_free",
    4: "premium",
    5: "shared_cost",
    6: "voip",
    7: "personal",
    8: "pager",
    9: "uan",
    10: "voicemail",
}


class PhoneReading(NamedTuple):
    """What a text says as one phone number.

    `e164` is there for `valid` and `possible_only`. `letters`: letters were read as the digits they resemble.
    `vanity`: its words are dialled as digits (1-800-FLOWERS) and stand as written. `changed`: the number's own form
    differs from the text.
    """

    text: str
    state: PhoneState
    e164: str = ""
    extension: str = ""
    kind: str = ""  # fixed_or_mobile, toll_free, premium, shared_cost, personal, voip, pager, uan, voicemail
    country: str = ""  # ISO 3166-1 alpha-2
    national: str = ""  # the digits after the country code
    area_code: str = ""  # of +1 only
    letters: bool = False
    vanity: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.e164) and not self.vanity and self.e164 != self.text


@lru_cache(maxsize=16384)
def read(text: str, region: str, area_codes: AreaCodes) -> PhoneReading:
    """A text that is a phone number as a whole; `region` (ISO letters) is where one without a country code is."""
    if region in NANP_REGIONS and (plain := _PLAIN.fullmatch(text)):
        return _nanp(text, f"{plain[1] or plain[2]}{plain[3]}{plain[4]}", area_codes)
    written = _straightened(text[:LONGEST])
    if _SCIENTIFIC.fullmatch(written):
        return PhoneReading(text, "scientific")
    if damaged := _FLOAT.fullmatch(written):
        written = damaged[1]
    extension = ""
    if found := _MARKED.fullmatch(written) or (_BARE.fullmatch(written) if region in NANP_REGIONS else None):
        written, extension = found["number"], found["extension"]
    if not _DRESS.fullmatch(written):
        return _with_letters(text, written, extension, region, area_codes)
    return _digits(text, written, extension, region, area_codes)


def _straightened(text: str) -> str:
    """The text with plain digits, hyphens and spaces, without `tel:` and what cannot be seen."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
        text = "".join(
            str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
            for sign in text
            if unicodedata.category(sign) != "Cf"
        )
    return text.strip().removeprefix("tel:").removeprefix("TEL:").strip(" \t\n\r.,;:'\"`")


def _digits(text: str, written: str, extension: str, region: str, area_codes: AreaCodes) -> PhoneReading:
    digits = "".join(filter(str.isdecimal, written))
    if not digits:
        return PhoneReading(text, "none")
    if _is_placeholder(digits):
        return PhoneReading(text, "placeholder", extension=extension)
    if not written.lstrip("( [").startswith("+"):
        if region not in NANP_REGIONS:
            return _international(text, written, extension, region)
        for prefix in ("011", "001", "00"):  # how a country code is dialled, from here and from elsewhere
            if digits.startswith(prefix) and len(digits) > 10:
                digits = ("1" if prefix == "001" else "") + digits[len(prefix) :]
                break
        else:
            return _nanp(text, digits[1:] if len(digits) > 10 and digits[0] == "1" else digits, area_codes, extension)
    if digits.startswith("1"):
        return _nanp(text, digits[1:], area_codes, extension)
    reading = _international(text, "+" + digits, extension, region)
    if reading.state != "valid" and len(digits) == 10 and region in NANP_REGIONS and area_codes.of(digits):
        return _nanp(text, digits, area_codes, extension)  # +4025385759: the plus without its 1
    return reading


def _nanp(
    text: str,
    national: str,
    area_codes: AreaCodes,
    extension: str = "",
    *,
    letters: bool = False,
    vanity: bool = False,
) -> PhoneReading:
    """A number of +1 by its national digits."""
    if len(national) != 10:
        return PhoneReading(text, "too_short" if len(national) < 10 else "too_long", extension=extension)
    if _is_placeholder(national) or national[3:8] == "55501":
        return PhoneReading(text, "placeholder", extension=extension)
    if national[0] in "01":
        return PhoneReading(text, "impossible", extension=extension)
    known = area_codes.of(national)
    if known is None:
        return PhoneReading(
            text, "possible_only", f"+1{national}", extension, "", "", national, national[:3], letters, vanity
        )
    return PhoneReading(
        text, "valid", f"+1{national}", extension, known.kind, known.country, national, national[:3], letters, vanity
    )


def _is_placeholder(digits: str) -> bool:
    """All digits the same, or counting up or down; also 1 234 567 8900, which ends the count with a round number."""
    return (
        digits == digits[0] * len(digits)
        or (len(digits) >= 6 and (digits in _ASCENDING or digits[::-1] in _ASCENDING))
        or digits in ("12345678900", "2345678900")
    )


def _with_letters(text: str, written: str, extension: str, region: str, area_codes: AreaCodes) -> PhoneReading:
    """Letters that were typed for digits they resemble, or a number that is a word on the keypad."""
    if region in NANP_REGIONS:
        if any(sign.isdecimal() for sign in written) and _SLIPPED.fullmatch(written):
            digits = _digits(text, written.translate(_SLIPS), extension, region, area_codes)
            if digits.state == "valid" and digits.area_code:
                return _nanp(text, digits.national, area_codes, extension, letters=True)
        spelled = _VANITY.fullmatch(written)
        if spelled and _WORD.search(spelled[2]):
            line = re.sub(r"[-.]", "", spelled[2]).upper()
            # A longer word is dialled as far as it goes; but a word behind a whole number belongs to no number.
            if 7 <= len(line) <= 10 and not line[:7].isdecimal():
                number = spelled[1] + line[:7].translate(_KEYS)
                reading = _nanp(text, number, area_codes, extension, vanity=True)
                if reading.state == "valid":
                    return reading
    return PhoneReading(text, "impossible" if any(map(str.isdecimal, written)) else "none")


def _international(text: str, written: str, extension: str, region: str) -> PhoneReading:
    """A number outside of +1, read by phonenumbers, which is imported only here: it takes 30 ms."""
    import phonenumbers

    try:
        number = phonenumbers.parse(written, region or None)
    except phonenumbers.NumberParseException as refused:
        state: PhoneState = "impossible"
        if refused.error_type in (
            phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD,
            phonenumbers.NumberParseException.TOO_SHORT_NSN,
        ):
            state = "too_short"
        elif refused.error_type == phonenumbers.NumberParseException.TOO_LONG:
            state = "too_long"
        return PhoneReading(text, state, extension=extension)
    national = phonenumbers.national_significant_number(number)
    if _is_placeholder(national):
        return PhoneReading(text, "placeholder", extension=extension)
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in (phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return PhoneReading(text, "too_short", extension=extension)
    if possible == phonenumbers.ValidationResult.TOO_LONG:
        return PhoneReading(text, "too_long", extension=extension)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return PhoneReading(text, "impossible", extension=extension)
    return PhoneReading(
        text,
        "valid" if phonenumbers.is_valid_number(number) else "possible_only",
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        extension or number.extension or "",
        _KINDS.get(phonenumbers.number_type(number), ""),
        phonenumbers.region_code_for_number(number) or "",
        national,
    )
