"""An e-mail address as people write it, read without what stands around it."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal, NamedTuple

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


class EmailReading(NamedTuple):
    """What a text says as one e-mail address.

    `address` is it without what stands around it, `""` unless valid. `local` and `domain` (in small letters) stand
    where there is exactly one `@`, also of a malformed address.
    """

    text: str
    state: EmailState
    address: str = ""
    local: str = ""
    domain: str = ""

    @property
    def changed(self) -> bool:
        return bool(self.address) and self.address != self.text


@lru_cache(maxsize=16384)
def read(text: str) -> EmailReading:
    """A text that is an e-mail address: `mailto:`, brackets, a name before it and stray punctuation are taken off."""
    plain = _PLAIN.fullmatch(text)
    if plain and len(plain[1]) <= 64 and len(text) <= 254:
        return EmailReading(text, "valid", text, plain[1], plain[2].lower())
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
        return EmailReading(text, "malformed", "", local, domain.lower())
    return EmailReading(text, "valid", written, local, domain.lower())


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
