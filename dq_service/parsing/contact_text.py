"""What a phone or e-mail field holds, said in marks: nothing for a field that is plainly fine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dq_service.parsing import email, phone, phones_in_text
from dq_service.parsing.phones_in_text import FoundPhone
from dq_service.reference.area_codes import AreaCodes
from dq_service.reference.email_domains import EmailDomains

# Whoever rings this number reaches a buyer only with the extension of the order (Amazon's order reports).
RELAY_PHONES: Final = frozenset({"+14803860930"})

_STATES: Final = {
    "placeholder": "placeholder",
    "scientific": "scientific",
    "possible_only": "unserved",
    "too_short": "unreadable",
    "too_long": "unreadable",
    "impossible": "unreadable",
    "none": "unreadable",
}
_KINDS: Final = {"toll_free": "toll_free", "premium": "premium"}
_PLAIN: Final = re.compile(r"\+1([2-9]\d\d)(?!55501)[2-9]\d{6}", re.A)
_PLAIN_EMAIL: Final = re.compile(
    r"([a-z0-9][a-z0-9_-]{0,40}(?:\.[a-z0-9_-]{1,20})?)@([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?(?:\.[a-z]{2,12}){1,2})"
)
_DIALLED: Final = re.compile(r"[0-9][0-9]{2}[^0-9]{0,3}[0-9]{4}")
_MAIL: Final = re.compile(r"(?:mailto:)?[^\s@,;()<>]+@[^\s@,;()<>]+\.[^\s@,;()<>]+")
# Words beside a number in an address line that only say what the number is for.
_CALLING: Final = re.compile(
    r"(?i)(?:(?:please|pls|call|text|sms|phone|ph|tel|telephone|cell|cellphone|mobile|me|us|at|on|or|the|to|is|my|for|"
    r"delivery|when|you|arrive|arrival|upon|before|contact|number|no|home|work|e-?mail|"
    r"appelez|appeler|tél|téléphone|teléfono|llamar|llame|al)\b|[\W_])*"
)
_SAYING_MORE: Final = re.compile(
    r"(?i)\bfax|t[eé]l[eé]copieur|\bnot\b|n['’]t\b|\bnever\b|\bne pas\b|\bask\b|\battn\b|demander|@|\d\D?\d\D?\d"
    r"|(?:[/&]|\bor|\band)\s*\d|\bno (?:calls?|texts?)\b|^\W*\d+\W*$"
)
_AT: Final = re.compile(r"@{2,}|%40|\s*[(\[{]\s*(?:at|@)\s*[)\]}]\s*|\s+at\s+(?=\S+(?:\s+dot\s+|\.))", re.I)
_DOT: Final = re.compile(r"\s*[(\[{]\s*dot\s*[)\]}]\s*|\s+dot\s+", re.I)


@dataclass(frozen=True, slots=True)
class InLine:
    """A phone or an e-mail address in an address line, and what the line is without it."""

    number: FoundPhone | None
    address: str
    rest: str


def may_reach(line: str) -> bool:
    """A first, cheap question: whether a line has the look of a phone number or an e-mail address anywhere."""
    return "@" in line or _DIALLED.search(line) is not None


def is_plain(text: str, area_codes: AreaCodes) -> bool:
    """Whether a text is a telephone's number in E.164 beyond doubt: the quick way for nearly all of +1."""
    found = _PLAIN.fullmatch(text)
    # One that repeats a digit or two, or counts through all ten, may stand for a number.
    return (
        found is not None and found[1] in area_codes.plain and 3 <= len({*text[2:]}) <= 9 and text not in RELAY_PHONES
    )


def is_plain_email(text: str, domains: EmailDomains) -> bool:
    """Whether a text is a person's address at an ordinary domain, in small letters: the quick way for nearly all."""
    found = _PLAIN_EMAIL.fullmatch(text)
    return found is not None and domains.is_ordinary(found[2]) and found[1] not in domains.roles


@lru_cache(maxsize=16384)
def phone_marks(text: str, region: str, area_codes: AreaCodes) -> tuple[str, ...]:
    """`formatted` `letters` `around` `several` `email` `placeholder` `scientific` `unreadable` `unserved` `relay`
    `toll_free` `premium`; nothing for a number in E.164.
    """
    reading = phone.read(text, region, area_codes)
    if reading.state == "valid":
        found = ["letters"] if reading.letters else ["formatted"] if reading.changed or reading.extension else []
        if reading.e164 in RELAY_PHONES:
            found.append("relay")
        elif reading.kind in _KINDS:
            found.append(_KINDS[reading.kind])
        return tuple(found)
    if ("@" in text or not text.isascii()) and email.read(text).address:
        return ("email",)
    if numbers := numbers_in(text, region, area_codes):
        return ("several",) if len(numbers) > 1 else ("around",)
    if reading.state == "possible_only" and not reading.area_code:
        return ()  # a plan of numbers that may be younger than our table of it
    return (_STATES[reading.state],)


@lru_cache(maxsize=16384)
def email_marks(text: str, domains: EmailDomains) -> tuple[str, ...]:
    """`dressed` `slip` `broken` `relay` `disposable` `role`; nothing for a person's plain address."""
    if not text:
        return ()
    if is_plain_email(text, domains):
        return ()
    reading = email.read(text)
    kind = domains.kind(reading.domain)
    if not kind and reading.domain and email_meant(text, domains):
        return ("slip",)
    if reading.state != "valid":
        return ("broken",)
    found = ["dressed"] if reading.changed else []
    if kind in ("relay", "disposable"):
        found.append(kind)
    elif domains.is_role(reading.local):
        found.append("role")
    return tuple(found)


def numbers_in(text: str, region: str, area_codes: AreaCodes) -> tuple[FoundPhone, ...]:
    """The numbers in a text that can be in service, each once."""
    kept: dict[str, FoundPhone] = {}
    for one in phones_in_text.find(text, region, area_codes):
        if one.reading.state == "valid":
            kept.setdefault(one.reading.e164, one)
    return tuple(kept.values())


@lru_cache(maxsize=4096)
def email_meant(text: str, domains: EmailDomains) -> tuple[tuple[str, float, str], ...]:
    """What a broken address most likely was, best first, with how likely and why: at a well-known domain."""
    reading = email.read(text)
    if not reading.domain:
        spelled = email.read(_DOT.sub(".", _AT.sub("@", text))).address
        return ((spelled, 0.97, "the sign spelled out or doubled"),) if spelled else _with_at(text, domains)
    local = reading.local.rstrip(". ").replace(" ", "")
    dotted = re.sub(r"[.,]+", ".", reading.domain.replace(" ", "")).strip(".")
    if not local:
        return ()
    if dotted != reading.domain and domains.kind(dotted) == "provider":
        return ((f"{local}@{dotted}", 0.98, f"{dotted} with a slip in it"),)
    near = domains.near(dotted)
    if not near:
        return ()
    shares = (0.96,) if len(near) == 1 else (0.8, 0.12, 0.05)
    told = zip(near, shares, strict=False)
    return tuple((f"{local}@{domain}", share, f"one slip from {domain}") for domain, share in told)


def email_dotted(text: str) -> str:
    """A malformed address with its dots put right (`jo@example,com`, `jo.@example.com`); `""` if it stays none."""
    reading = email.read(text)
    if reading.state != "malformed" or not reading.domain:
        return ""
    local, domain = (re.sub(r"[.,]+", ".", part).strip(".") for part in (reading.local, reading.domain))
    return email.read(f"{local}@{domain}").address


def _with_at(text: str, domains: EmailDomains) -> tuple[tuple[str, float, str], ...]:
    """`jo gmail.com` and `jogmail.com` end in a provider's domain: the longest one, with the sign before it."""
    plain = text.strip()
    if len(plain) > email.LONGEST:
        return ()
    for place in range(1, len(plain)):
        domain = plain[place:].lower()
        if domains.kind(domain) == "provider":
            written = email.read(plain[:place].rstrip(" (#.") + "@" + domain).address
            return ((written, 0.97, f"ends in {domain}"),) if written else ()
    return ()


@lru_cache(maxsize=8192)
def in_address_line(line: str, region: str, area_codes: AreaCodes) -> InLine | None:
    """The one phone number or e-mail address in an address line; None for a line without, or with several."""
    if "@" in line:
        found = list(_MAIL.finditer(line))
        address = email.read(found[0].group()).address if len(found) == 1 else ""
        return InLine(None, address, _rest(line, *found[0].span())) if address else None
    numbers = phones_in_text.find(line, region, area_codes)
    if len(numbers) != 1 or numbers[0].reading.state != "valid":
        return None
    return InLine(numbers[0], "", _rest(line, numbers[0].start, numbers[0].end))


def _rest(line: str, start: int, end: int) -> str:
    """A line without what stands from `start` to `end` and the words of calling around it."""
    before, after = line[:start], line[end:]
    if _CALLING.fullmatch(before + " " + after):
        return ""
    kept = re.search(r"(?i)[\s,;(-]*\b(?:please )?(?:call|text|phone|ph|tel|cell|mobile|e-?mail)\b[\W_]*$", before)
    return " ".join((before[: kept.start()] if kept else before, after.strip(" ,;:)"))).strip(" ,;:(-")


def addresses_in(text: str) -> tuple[str, ...]:
    """The e-mail addresses in a text that holds several and nothing else, each once; none for any other text."""
    pieces = [email.read(piece).address for piece in re.split(r"[;,/\s]+", text[: email.LONGEST]) if piece]
    return tuple(dict.fromkeys(pieces)) if len(pieces) > 1 and all(pieces) else ()


def alike(one: str, other: str) -> bool:
    """Whether two extensions are the same number."""
    return one.lstrip("0") == other.lstrip("0")


def say_more(numbers: Iterable[FoundPhone]) -> bool:
    """Whether the words beside numbers hold what a person must read: a fax, a no, whom to ask for, further digits."""
    return any(_SAYING_MORE.search(one.words) for one in numbers)
