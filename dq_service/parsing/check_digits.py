"""Check digits of identifiers: whether the last digit follows from those before it.

GS1 General Specifications 7.9 (GTIN, SSCC); USPS Publication 199 (the package barcode); UPU standard S10;
the carriers' own guides for UPS 1Z and FedEx Express numbers.
"""

import re
from typing import Final, Literal

Carrier = Literal["UPS", "USPS", "UPU", "FedEx"]

# A long number that a spreadsheet has shown short, and rounded: 6.2E+12.
SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?\d{1,3}", re.A)

_GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})
_SSCC_LENGTH: Final = 18
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_FEDEX_WEIGHTS: Final = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)
_UPS: Final = re.compile(r"1Z[0-9A-Z]{16}", re.A)
_UPS_DAMAGED: Final = re.compile(r"1Z[0-9A-Z]{13,15}|1Z[0-9A-Z]{17,19}", re.A)
_USPS: Final = re.compile(r"(?:420(?:\d{5}|\d{9}))?(9[2345]\d{20})", re.A)
_S10: Final = re.compile(r"[A-Z]{2}(\d{8})(\d)[A-Z]{2}", re.A)
_FEDEX: Final = re.compile(r"\d{12}", re.A)


def gs1_holds(digits: str) -> bool:
    """Whether the last digit is GS1's modulo-10 check digit of the others; leading zeros do not matter.

    >>> gs1_holds("4006381333931"), gs1_holds("4006381333932")
    (True, False)
    """
    body = digits[-2::-1]  # without the check digit, from the right: weights 3, 1, 3, ...
    total = 3 * sum(map(int, body[::2])) + sum(map(int, body[1::2]))
    return (10 - total % 10) % 10 == int(digits[-1])


def is_gtin(text: str) -> bool:
    """Whether a text is a GTIN-8, -12, -13 or -14 with a right check digit."""
    return len(text) in _GTIN_LENGTHS and _is_number(text) and gs1_holds(text)


def is_sscc(text: str) -> bool:
    """Whether a text is an SSCC: 18 digits with a right check digit."""
    return len(text) == _SSCC_LENGTH and _is_number(text) and gs1_holds(text)


def tracking_number(text: str, *, fedex: bool = False) -> tuple[Carrier | None, bool]:
    """Whose number a text (in capitals, without separators) certainly is by its form, and whether it holds.

    (None, True) for any other text. Twelve digits are FedEx Express's only where `fedex` says so: their form is
    nobody's own.
    """
    if _UPS.fullmatch(text):
        return "UPS", _ups_holds(text)
    if _UPS_DAMAGED.fullmatch(text):
        return "UPS", False
    if found := _USPS.fullmatch(text):
        return "USPS", gs1_holds(found[1])
    if found := _S10.fullmatch(text):
        total = sum(int(digit) * weight for digit, weight in zip(found[1], _S10_WEIGHTS, strict=True))
        check = 11 - total % 11
        return "UPU", int(found[2]) == {10: 0, 11: 5}.get(check, check)
    if fedex and _FEDEX.fullmatch(text):
        total = sum(int(digit) * weight for digit, weight in zip(text[:11], _FEDEX_WEIGHTS, strict=True))
        return "FedEx", int(text[11]) == total % 11 % 10
    return None, True


def _is_number(text: str) -> bool:
    """Digits, and not zeros alone, which hold by every rule."""
    return text.isascii() and text.isdecimal() and bool(text.strip("0"))


def _ups_holds(text: str) -> bool:
    """Letters count as their place in the alphabet plus one, modulo 10; weights 1, 2, 1, ... after `1Z`."""
    values = [int(sign) if sign.isdecimal() else (ord(sign) - 63) % 10 for sign in text[2:]]
    total = sum(values[:-1:2]) + 2 * sum(values[1:-1:2])
    return (10 - total % 10) % 10 == values[-1]
