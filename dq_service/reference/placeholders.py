"""The words that stand where nothing was entered, by the kind of field."""

import re
from functools import lru_cache
from typing import Final, Literal

from dq_service.reference.tables import LONGEST, Rows

Placeholder = Literal["", "empty", "none", "same"]
# To reach somebody by: only what plainly says that there is nothing is blanked; all else is the subject's own matter.
REACHED: Final = frozenset({"phone", "email"})
NOTHING: Final = frozenset({"", "n/a", "na", "none", "null", "nil", "tbd", "test", "asdf", "xxx"})
NEVER: Final = frozenset({"gift_message", "access_code", "description", "status", "unit"})
SPACES: Final = re.compile(r"\s+")
EDGES: Final = " .,;:!*\"'`-_~"
NOT_APPLICABLE: Final = frozenset({"n/a", "n.a", "n\\a", "n-a", "n_a", "n a", "n/.a", "n//a", "n / a"})


class Placeholders:
    """Texts that stand where nothing was entered, by the kind of field."""

    __slots__ = ("_rows", "kind", "stands_for", "words")

    def __init__(self, rows: Rows) -> None:
        self._rows: dict[str, list[tuple[frozenset[str], frozenset[str], Placeholder]]] = {}
        for text, kinds, reads in rows:
            words = kinds.split()
            only = frozenset(word for word in words if not word.startswith("-"))
            but = frozenset(word[1:] for word in words if word.startswith("-"))
            self._rows.setdefault(_plain(text), []).append((only, but, reads))  # type: ignore[arg-type]
        self.kind = lru_cache(maxsize=8192)(self._kind)
        self.stands_for = lru_cache(maxsize=8192)(self._stands_for)
        # For a quick look: a text without EDGES around, in small letters and single-spaced, is among these.
        self.words = frozenset(self._rows) | NOT_APPLICABLE | {"", *(c * n for c in "xz?" for n in range(1, 40))}

    def _kind(self, text: str, field: str) -> Placeholder:
        """As `stands_for`, for what may be blanked: of a phone or an e-mail only `n/a`, `none`, `-` and such."""
        if field in REACHED and any(c.isalnum() for c in text) and _plain(text) not in NOTHING:
            return ""
        return self._stands_for(text, field)

    def _stands_for(self, text: str, field: str) -> Placeholder:
        """What a whole text is in a field of that name (the last step of its path, `line2`, `name`).

        `empty`: it says nothing; `none`: an answer, there is none (`none` in instructions or line 2); `same`: as
        elsewhere; `""`: no placeholder. Only whole texts count: Null, None and Test are surnames too.
        """
        if field in NEVER or not text:
            return ""
        if not any(c.isalnum() for c in text):
            return "" if text.isspace() else "empty"
        plain = _plain(text)
        if len(plain) > 2 and len(set(plain)) == 1 and plain[0] in "xz?":
            return "empty"
        for only, but, reads in self._rows.get(plain, ()):
            if field not in but and (field in only or "*" in only):
                return reads
        return ""


def _plain(text: str) -> str:
    """A text in small letters, one space between words, without quotes and dots around: `N.A.`, `N / A` are `n/a`."""
    plain = SPACES.sub(" ", text[:LONGEST].casefold().strip(EDGES))
    plain = plain.replace(" / ", "/").replace("\u2019", "'")
    return "n/a" if plain in NOT_APPLICABLE else plain
