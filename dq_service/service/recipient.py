"""A recipient, as somebody names them who wants to be forgotten: found in whatever form they stand in an order."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dq_service.intake.json_text import read
from dq_service.recent import squeezed

SHORTEST: Final = 7  # digits of a phone
_DIGITS: Final = 10  # of a phone, from its end, by which it is known
_NO_DIGITS: Final = bytes(set(range(256)) - set(b"0123456789"))
_EXTENSION: Final = re.compile(r"(?i)\s*(?:x|ext|#|;)")
_BETWEEN: Final = r"[\s().\-+/]{0,3}"
_GIVEN: Final = ("firstname", "givenname", "forename")
_FAMILY: Final = ("lastname", "familyname", "surname")
_WHOLE: Final = ("order", "order_if_applied")  # of a result: an order in which several people stand


@dataclass(frozen=True, slots=True)
class Recipient:
    """A phone (its last digits), an e-mail address, or a name with its postal code: whoever has one of the three.

    Made by `recipient`. `words` are those of the name, sorted, without accents.
    """

    phone: str = ""
    email: str = ""
    words: tuple[str, ...] = ()
    postal_code: str = ""

    def stands_in(self, raw: bytes) -> bool:
        """Whether they stand in a body or a result: JSON, or whatever was sent instead.

        A name counts with its postal code in the same part of the document (a party with its contacts, an address, a
        flat order), a phone and an e-mail address anywhere, also within a text.
        """
        raw = raw.replace(b"\0", b"")  # no JSON in UTF-8 has one; in UTF-16 they stand between the letters
        if not self._may_stand_in(raw):
            return False
        try:
            value = read(raw)
        except ValueError:
            text = raw.decode("utf-8", "replace")
            return self.stands_in_text(text) or self._named_in(text)
        return self._in(value)

    def stands_in_text(self, text: str) -> bool:
        """Whether their phone or their e-mail address stands in a text."""
        plain = _plain(text)
        return bool(
            (self.phone and _phone(self.phone).search(plain)) or (self.email and _email(self.email).search(plain))
        )

    def named_in(self, text: str) -> bool:
        """The same, or all words of their name: for a text about which there is no postal code."""
        words = set(_words(text))
        return self.stands_in_text(text) or bool(self.words and words.issuperset(self.words))

    def _named_in(self, text: str) -> bool:
        return bool(self.words) and self.named_in(text) and self.postal_code in squeezed(text)

    def _may_stand_in(self, raw: bytes) -> bool:
        """A quick look that never says no wrongly: most documents are somebody else's."""
        if not raw.isascii() or b"\\u" in raw:
            return True
        if self.phone and self.phone.encode() in raw.translate(None, _NO_DIGITS):
            return True
        lower = raw.lower()
        if self.email and self.email.encode() in lower:
            return True
        return bool(self.words) and all(word.encode() in lower for word in self.words)

    def _in(self, value: Any) -> bool:
        return any(self.stands_in_text(text) for text in _texts(value)) or (
            bool(self.words) and self._looked(value, whole=True) is None
        )

    def _looked(self, value: Any, *, whole: bool) -> tuple[bool, bool] | None:
        """Whether the name, and whether the postal code, is in this part; None once both were in one.

        `whole`: a document with several parties, of which only what stands directly in it belongs together.
        """
        if isinstance(value, Mapping):
            direct = [self._is(one) for one in _own_texts(value)]
            name, code = any(one[0] for one in direct), any(one[1] for one in direct)
            if name and code:
                return None
            for key, inner in value.items():
                if isinstance(inner, Mapping | list):
                    below = self._looked(inner, whole=whole and key in _WHOLE)
                    if below is None:
                        return None
                    if not whole:
                        name, code = name or below[0], code or below[1]
            return None if name and code and not whole else (name, code)
        if isinstance(value, list):
            found = [self._looked(one, whole=False) for one in value]
            if None in found:
                return None
            return any(one[0] for one in found if one), any(one[1] for one in found if one)
        return self._is(str(value)) if isinstance(value, str | int) else (False, False)

    def _is(self, text: str) -> tuple[bool, bool]:
        return len(text) < 200 and _words(text) == self.words, _code(text) == self.postal_code


def recipient(phone: str = "", email: str = "", name: str = "", postal_code: str = "") -> Recipient:
    """Who is meant. Raises ValueError, in a sentence, where that could be anybody."""
    if not (phone or email or name or postal_code):
        raise ValueError("a phone, an e-mail address, or a name with its postal code is wanted")
    if bool(name) != bool(postal_code):
        raise ValueError("a name wants its postal code, and a postal code its name: many have the same")
    digits = re.sub(r"\D", "", _plain(_EXTENSION.split(phone)[0]))
    if phone and len(digits) < SHORTEST:
        raise ValueError(f"a phone wants {SHORTEST} digits or more")
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email.strip()):
        raise ValueError("an e-mail address wants an @ and no blank")
    words = _words(name)
    if name and sum(map(len, words)) < 2:
        raise ValueError("a name wants letters")
    return Recipient(digits[-_DIGITS:], _plain(email.strip()), words, _code(postal_code))


def _plain(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()


def _words(text: str) -> tuple[str, ...]:
    """The words of a name in one order, without accents: `Martinez, José` is `Jose Martinez`."""
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return tuple(sorted(re.findall(r"[^\W_]+", text.casefold())))


def _code(text: str) -> str:
    """A postal code to compare; of a US one the first five digits."""
    code = squeezed(text)
    return code[:5] if code[:5].isdecimal() else code


def _phone(digits: str) -> re.Pattern[str]:
    """With at most three digits (a country's) before it, and none behind."""
    return re.compile(rf"(?<!\d)\d{{0,3}}{_BETWEEN}{_BETWEEN.join(digits)}(?!\d)")


def _email(address: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+-]){re.escape(address)}(?!-?\w|\.\w)")


def _texts(value: Any) -> Iterator[str]:
    """Every text and number in a document."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def _own_texts(part: Mapping[str, Any]) -> Iterator[str]:
    """What stands directly in a part, and its first and last name as one."""
    names = {}
    for key, value in part.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)
            names[squeezed(key)] = str(value)
    for given in _GIVEN:
        for family in _FAMILY:
            if given in names and family in names:
                yield f"{names[given]} {names[family]}"
