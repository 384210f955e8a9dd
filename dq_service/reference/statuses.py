"""The words senders use for a delivery's status, and which of the contract's ten each means."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq_service.reference.tables import Rows, squashed

STATUSES: Final = (
    "created",
    "confirmed",
    "picked_up",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "attempted",
    "exception",
    "returned",
    "cancelled",
)
Reading = Literal["is", "means", "ambiguous", "needs_reason", "says_nothing", "unknown"]
SHORT_CODE: Final = 3  # carriers' own codes of so few letters are read only when the carrier is named
CARRIERS: Final = frozenset({"ups", "fedex", "usps", "dhl", "canada_post", "shipengine"})
DENIALS: Final = ("un", "not", "non", "no", "in", "mis", "pre", "re")  # make the opposite of a word they begin


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a status text says.

    `reading`: `is` one of the contract's ten, `means` one of them (`status`), `ambiguous` between `candidates`
    (best first), `needs_reason`: the code's meaning depends on its reason (X12 element 1651), `says_nothing` of
    where the goods are (`paid`), `unknown`. `status` is `""` unless the reading is `is` or `means`.
    """

    reading: Reading
    status: str = ""
    candidates: tuple[str, ...] = ()
    system: str = ""
    note: str = ""


UNKNOWN: Final = StatusMeaning("unknown")


class Statuses:
    """Status words and codes of storefronts, marketplaces, carriers and X12 214 (elements 1650 and 1651)."""

    __slots__ = ("_clear", "_of_system", "_words", "meaning", "near")

    def __init__(self, rows: Rows) -> None:
        self._of_system: dict[tuple[str, str], StatusMeaning] = {}
        heard: dict[str, list[StatusMeaning]] = {}
        for word, statuses, system, reason, note in rows:
            key = squashed(word)
            candidates = tuple(status for status in statuses.split("|") if status)
            if reason == "needs_reason":
                meaning = StatusMeaning("needs_reason", "", candidates, system, note)
            else:
                key += squashed(reason)
                meaning = _meaning(candidates, system, note)
            self._of_system[system, key] = meaning
            if not (system in CARRIERS and len(key) <= SHORT_CODE):
                heard.setdefault(key, []).append(meaning)
        self._words = {key: _agreed(meanings) for key, meanings in heard.items()}
        for status in STATUSES:
            self._words[squashed(status)] = StatusMeaning("means", status, (status,), "contract")
        self._clear = tuple(key for key in self._words if len(key) >= 5 and key.isalpha())
        self.meaning = lru_cache(maxsize=4096)(self._look_up)
        self.near = lru_cache(maxsize=4096)(self._near)

    def _look_up(self, text: str, system: str = "", reason: str = "") -> StatusMeaning:
        """What a status text says; padding, case, spaces and punctuation aside. `AP A1` is code and reason.

        `system` (`fedex`, `x12_1650` ...) lets the sender's own meaning go first; carriers' codes of up to three
        letters are read only with it, since FedEx's AF and X12's AF differ.
        """
        if text in STATUSES:
            return StatusMeaning("is", text, (text,), "contract")
        key = squashed(text) + squashed(reason)
        if system and (own := self._of_system.get((system, key))):
            return own
        found = self._words.get(key)
        if found is None and reason:
            return self._look_up(text, system)
        return found or UNKNOWN

    def _near(self, text: str) -> tuple[str, str, float] | None:
        """The status that an unknown word is a misspelling of: status, the right word, likeness (0 to 1).

        None unless one meaning alone is nearest: ambiguous words count as rivals, and a word never stands for
        its own denial (`undelivered` is no misspelt `delivered`).
        """
        key = squashed(text)
        if key in self._words or len(key) < 5 or not key.isalpha():
            return None
        cutoff = 1 if len(key) < 8 else 2
        found = process.extract(key, self._clear, scorer=OSA.distance, score_cutoff=cutoff, limit=12)
        if not found:
            return None
        least = found[0][1]
        words = [word for word, distance, _ in found if distance == least]
        meanings = {self._words[word].status for word in words}
        if len(meanings) != 1 or "" in meanings or any(_denies(key, word) for word in words):
            return None
        return meanings.pop(), words[0], 1 - least / (len(words[0]) + 1)


def _meaning(candidates: tuple[str, ...], system: str, note: str) -> StatusMeaning:
    if not candidates:
        return StatusMeaning("says_nothing", "", (), system, note)
    if len(candidates) > 1:
        return StatusMeaning("ambiguous", "", candidates, system, note)
    return StatusMeaning("means", candidates[0], candidates, system, note)


def _agreed(meanings: list[StatusMeaning]) -> StatusMeaning:
    """The one meaning of a word; where systems differ, it is ambiguous between all that they say."""
    first = meanings[0]
    if all((other.reading, other.candidates) == (first.reading, first.candidates) for other in meanings):
        return first
    candidates = tuple(dict.fromkeys(status for meaning in meanings for status in meaning.candidates))
    return StatusMeaning("ambiguous", "", candidates, "", "systems differ")


def _denies(key: str, word: str) -> bool:
    """Whether one of two words is the other with a denial before it."""
    return key[0] != word[0] and any(key.startswith(denial) != word.startswith(denial) for denial in DENIALS)
