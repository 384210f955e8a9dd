"""An e-mail address as people write it, read without what stands around it; and the domain that it nearly is."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

EmailState = Literal["valid", "no_at", "malformed", "none"]

LONGEST: Final = 320  # characters that are read; an address has at most 254 (RFC 5321 with erratum 1690)

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN: Final = re.compile(
    rf"({_ATOM}+(?:\.{_ATOM}+)*)@((?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|[Xx][Nn]--[A-Za-z0-9-]{{2,59}}))"
)
# The same with letters of any script (RFC 6531).
_ANY_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]"
_ANY_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ANY: Final = re.compile(rf"({_ANY_ATOM}+(?:\.{_ANY_ATOM}+)*)@((?:{_ANY_LABEL}\.)+[^\W\d_]{{2,63}})")
_NAMED: Final = re.compile(r"[^<>]*<([^<>]*)>[^<>]*")
_SPACES: Final = re.compile(r"\s*([@.])\s*")
_OPENING: Final = "<([{\"'`“‘ \t\r\n,;:"
_CLOSING: Final = ">)]}\"'`”’ \t\r\n,;:.!"

# RFC 2142 and the names that shops and offices use: an address of a post, not of a person.
ROLES: Final = frozenset({
    "abuse", "accounting", "accounts", "admin", "administrator", "billing", "careers", "contact", "customercare",
    "customerservice", "delivery", "dispatch", "donotreply", "enquiries", "feedback", "finance", "frontdesk",
    "hello", "help", "helpdesk", "hostmaster", "hr", "info", "inquiries", "jobs", "logistics", "mail",
    "mailer-daemon", "marketing", "no-reply", "noc", "noreply", "office", "order", "orders", "postmaster", "press",
    "procurement", "purchasing", "receiving", "reception", "returns", "sales", "security", "service", "shipping",
    "store", "support", "team", "warehouse", "webmaster",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class EmailReading:
    """What a text says as one e-mail address.

    `address` is it without what stands around it, `""` unless valid. `local` and `domain` (in small letters) stand
    where there is exactly one `@`, also of a malformed address. `role`: it is a post's, as `info@` or `sales@`.
    """

    text: str
    state: EmailState
    address: str = ""
    local: str = ""
    domain: str = ""
    role: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.address) and self.address != self.text


@lru_cache(maxsize=16384)
def read(text: str) -> EmailReading:
    """A text that is an e-mail address: `mailto:`, brackets, a name before it and stray punctuation are taken off."""
    plain = _PLAIN.fullmatch(text)
    if plain and len(plain[1]) <= 64 and len(text) <= 254:
        return EmailReading(text, "valid", text, plain[1], plain[2].lower(), _is_role(plain[1]))
    written = _bared(text[:LONGEST])
    if not any(map(str.isalnum, written)):
        return EmailReading(text, "none")
    if "@" not in written:
        return EmailReading(text, "no_at")
    if written.count("@") > 1:
        return EmailReading(text, "malformed")
    local, _, domain = written.partition("@")
    whole = _PLAIN.fullmatch(written) or _ANY.fullmatch(written)
    if not whole or len(text) > LONGEST or len(local) > 64 or len(written) > 254:
        return EmailReading(text, "malformed", "", local, domain.lower(), _is_role(local))
    return EmailReading(text, "valid", written, local, domain.lower(), _is_role(local))


def _bared(text: str) -> str:
    """What is left when nothing stands around the address."""
    if not text.isascii():
        text = "".join(sign for sign in text.replace("＠", "@") if unicodedata.category(sign) != "Cf")
    named = _NAMED.fullmatch(text)
    if named and "@" in named[1]:
        text = named[1]
    text = text.lstrip(_OPENING)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return _SPACES.sub(r"\1", text.strip(_OPENING).rstrip(_CLOSING))


def _is_role(local: str) -> bool:
    return local.partition("+")[0].lower() in ROLES


@lru_cache(maxsize=4096)
def domain_slip(domain: str, known_domains: frozenset[str]) -> str | None:
    """The one known domain that this is one slip away from: a letter too many, too few, wrong, or two swapped.

    None when the domain is itself known, when two are as near, or when none is. Of a short name (`me.com`) only
    the ending may be wrong: another two letters are likely another name.
    """
    domain = domain.lower()
    if domain in known_domains or not domain:
        return None
    near = [known for known in known_domains if _one_slip(domain, known)]
    return near[0] if len(near) == 1 else None


def _one_slip(written: str, known: str) -> bool:
    """Whether the Damerau-Levenshtein distance of two texts is one, with the start of a short name left alone."""
    longer, shorter = (written, known) if len(written) >= len(known) else (known, written)
    if written == known or len(longer) - len(shorter) > 1:
        return False
    place = next((i for i, (a, b) in enumerate(zip(longer, shorter, strict=False)) if a != b), len(shorter))
    name = known.partition(".")[0]
    if len(name) < 4 and place < len(name):
        return False
    if len(longer) > len(shorter):
        return longer[place + 1 :] == shorter[place:]
    if longer[place + 1 :] == shorter[place + 1 :]:
        return True
    swapped = longer[place : place + 2] == shorter[place : place + 2][::-1]
    return swapped and longer[place + 2 :] == shorter[place + 2 :]
