"""What has no place in words for a driver: card numbers, personal numbers, notes for the house."""

import re
from functools import lru_cache
from typing import Final

from dq_service.parsing import access_codes, lines
from dq_service.parsing.check_digits import gs1_holds

MASK: Final = "•••"

# Digits without a gap, in fours, or as 4-6-5 and 4-6-4; signs of no width between them hide nothing.
_DIGIT: Final = r"\d[\u00ad\u200b-\u200f\u2060\ufeff]*"
_GAP: Final = r"(?:&nbsp;|&#160;|[ \t\u00a0\u2000-\u200a\u202f\u200b-\u200f\u2060\ufeff.\-\u2010-\u2015_/·*]){1,2}"
_CARD: Final = re.compile(
    rf"(?<!\d)(?:(?:{_DIGIT}){{13,19}}|(?:{_DIGIT}){{4}}{_GAP}(?:(?:{_DIGIT}){{4}}{_GAP}(?:{_DIGIT}){{4}}{_GAP}(?:{_DIGIT}){{1,4}}"
    rf"(?:{_GAP}(?:{_DIGIT}){{1,3}})?|(?:{_DIGIT}){{6}}{_GAP}(?:{_DIGIT}){{4,5}}))(?!\d)"
)
CARD: Final = 13  # digits at least
many_digits: Final = re.compile(r"\d(?:[^\w\n]{0,2}\d){12}").search  # worth a look for card numbers, in a plain text
# Issuers' numbers (ISO/IEC 7812) and lengths: Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay.
_ISSUED: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}"
)
_GTIN_LIKE: Final = frozenset({13, 14, 18})  # lengths of GTINs and SSCCs, of which one in ten holds as a card
_SHOWN: Final = 4

_PERSONAL: Final = re.compile(
    r"\b(?:(?:ssn|social security|soc\.? sec)\b\D{0,20}\d{3}[- ]?\d\d[- ]?\d{4}\b"
    r"|(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?!-?\d)"
    r"|(?:d\.?o\.?b\b\.?|date of birth|birth ?date|born(?: on)?|date de naissance|n[ée]e? le|fecha de nacimiento"
    r"|nacid[oa] el)"
    r"\W{0,3}(?:is\W)?(?:\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|\w{3,10}\.? \d{1,2},? \d{4}"
    r"|\d{1,2} (?:de )?\w{3,10}\.? (?:de )?\d{4})"
    r"|(?:cvv|cvc|security code)\b\W{0,3}(?:is\W)?\d{3,4}\b"
    r"|(?:passport|driver['’]?s licen[sc]e)\b\W{0,3}(?:no|number|#)?\W{0,3}[A-Z]{0,2}\d{6,9}\b)",
    re.I,
)
_NUMBER: Final = re.compile(r"\d.?\d.?\d")
_HOUSE_WORD: Final = re.compile("inter|customer|client|buyer|label|slip|invoice|note")
_INTERNAL: Final = re.compile(
    r"\b(?:(?:for\s+)?internal\s+(?:use\s+)?only|internal use|internal (?:note|memo|comment)s?|(?:do not"
    r"|don['’]t)\s+(?:ship|send|print|show|share|disclose|release)"
    r"\s+(?:this\s+|it\s+|note\s+)*(?:to|on|with)\s+(?:the\s+)?(?:customer|client|buyer|label|packing slip"
    r"|invoice)s?|not for (?:the\s+)?(?:customer|client)s?\b"
    r"|(?:csr|agent|staff|cs) notes?\s*[:\-]|usage interne|[àa] l['’]interne seulement|(?:solo "
    r"|sólo )?(?:para )?uso interno)",
    re.I,
)


def masked(text: str) -> str:
    """A text with every card number in it masked but for its last four digits (ISO/IEC 7812: a known issuer, Luhn)."""
    return _masked(text) if len(text) >= CARD and _CARD.search(text) else text


@lru_cache(maxsize=8192)
def without_codes(text: str, within: str = "") -> str:
    """A text with a mask in place of each access code that it tells, or that the text it is taken from tells."""
    known = {*access_codes.given(within or text)}
    if beside := lines.access_code(within or text):
        known.add(beside["code"])
    for code in sorted(known, key=len, reverse=True):
        text = text.replace(code, MASK)
    return text


def personal(text: str) -> str:
    """The first personal number in a text (social security, birth date, card check, passport); `""` where none is."""
    found = _PERSONAL.search(text) if _NUMBER.search(text) else None
    return found.group() if found else ""


@lru_cache(maxsize=8192)
def internal(text: str) -> str:
    """Words that say the text is not meant for the outside; `""` where there are none."""
    found = _INTERNAL.search(text) if _HOUSE_WORD.search(text.lower()) else None
    return found.group() if found else ""


def _masked(text: str) -> str:
    def hidden(found: re.Match[str]) -> str:
        written = found.group()
        digits = "".join(str(int(sign)) for sign in written if sign.isdecimal()) if "&#" not in written else ""
        digits = digits or re.sub(r"\D", "", written.replace("&#160;", " "))
        if not _is_card(digits):
            return written
        keep = len(digits) - _SHOWN
        out = []
        for piece in re.split(r"(&#160;|&nbsp;)", written):
            if piece.startswith("&"):
                out.append(piece)
                continue
            for sign in piece:
                out.append("X" if sign.isdecimal() and keep > 0 else sign)
                keep -= sign.isdecimal()
        return "".join(out)

    return _CARD.sub(hidden, text)


def _is_card(digits: str) -> bool:
    if not _ISSUED.fullmatch(digits) or len(set(digits)) == 1 or not _luhn(digits):
        return False
    return not (len(digits) in _GTIN_LIKE and gs1_holds(digits))


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right doubled, its digits summed."""
    body = [int(digit) for digit in digits[::-1]]
    return (sum(body[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in body[1::2])) % 10 == 0
