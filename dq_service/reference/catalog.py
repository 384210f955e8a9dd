"""A partner's catalog: which SKU is meant by what stands in an order."""

import re
from collections.abc import Container, Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

SEPARATORS: Final = re.compile(r"[\s_\-\u2010-\u2015./]+")
ZEROS: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")  # zeros before a number's first digit
CONFUSED: Final = str.maketrans("OI", "01")
RETIRED: Final = frozenset({"retired", "discontinued", "obsolete", "inactive", "deleted"})
LONGEST: Final = 80  # letters of a SKU
SHORTEST_NEAR: Final = 5  # shorter SKUs are too much alike for a misspelling to tell anything
GTIN_DIGITS: Final = 14
LARGE: Final = 1000  # SKUs in a block that is only searched when the smaller ones have nothing

# As `compile` writes it: entries, and for each way of looking an index from key to the places of entries.
Index = dict[str, tuple[int, ...]]


class Entry(NamedTuple):
    """One article. `gtin` is its digits as the catalog has them, `replaced_by` the SKU that follows a retired one.

    A named tuple, since it is made anew for each answer.
    """

    sku: str
    gtin: str = ""
    description: str = ""
    status: str = ""
    replaced_by: str = ""

    @property
    def retired(self) -> bool:
        """Whether the article is no longer to be ordered."""
        return self.status in RETIRED


class Catalog:
    """All articles of one partner, by SKU, by its forms, by GTIN, and by nearness. It is never changed."""

    __slots__ = (
        "_blocks",
        "_by_form",
        "_by_gtin",
        "_by_parts",
        "_by_plain",
        "_confused",
        "_entries",
        "_lengths",
        "_skus",
        "near",
    )

    def __init__(self, structure: dict[str, Any]) -> None:
        self._entries: tuple[tuple[str, str, str, str, str], ...] = structure["entries"]
        self._skus: dict[str, int] = structure["skus"]
        self._by_plain: Index = structure["plain"]
        self._by_form: Index = structure["form"]
        self._by_parts: Index = structure["parts"]
        self._confused: Index = structure["confused"]
        self._by_gtin: Index = structure["gtin"]
        self._blocks: dict[str, tuple[str, ...]] = structure["blocks"]
        self._lengths = frozenset(map(len, self._by_plain))
        self.near = lru_cache(maxsize=4096)(self._near)

    @classmethod
    def compile(cls, rows: Iterable[Entry]) -> dict[str, Any]:
        """The catalog as a plain structure (dict, tuple, str, int) that marshal can write.

        Raises ValueError where a SKU stands twice.
        """
        entries: list[tuple[str, str, str, str, str]] = []
        skus: dict[str, int] = {}
        plain: dict[str, list[int]] = {}
        form: dict[str, list[int]] = {}
        parts: dict[str, list[int]] = {}
        confused: dict[str, list[int]] = {}
        gtin: dict[str, list[int]] = {}
        blocks: dict[str, list[str]] = {}
        for place, row in enumerate(rows):
            if row.sku in skus:
                raise ValueError(f"the SKU {row.sku!r} stands twice")
            skus[row.sku] = place
            entries.append((row.sku, row.gtin, row.description, row.status, row.replaced_by))
            key = plain_form(row.sku)
            if key not in plain:
                for block in _blocks_of(key):
                    blocks.setdefault(block, []).append(key)
            plain.setdefault(key, []).append(place)
            for index, other in ((form, without_zeros(key)), (parts, parted_form(row.sku))):
                if other != key:
                    index.setdefault(other, []).append(place)
            confused.setdefault(key.translate(CONFUSED), []).append(place)
            if row.gtin:
                gtin.setdefault(row.gtin.zfill(GTIN_DIGITS), []).append(place)
        indexes = {"plain": plain, "form": form, "parts": parts, "confused": confused, "gtin": gtin, "blocks": blocks}
        frozen = {name: {key: tuple(found) for key, found in index.items()} for name, index in indexes.items()}  # type: ignore[attr-defined]
        return {"entries": tuple(entries), "skus": skus, **frozen}

    @classmethod
    def from_compiled(cls, structure: dict[str, Any]) -> "Catalog":
        """The catalog from what `compile` made."""
        return cls(structure)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, sku: str) -> bool:
        return sku in self._skus

    def get(self, sku: str) -> Entry | None:
        """The article with exactly this SKU."""
        place = self._skus.get(sku)
        return None if place is None else Entry(*self._entries[place])

    def has_plainly(self, sku: str, gtin: object) -> bool:
        """Whether an article in use has exactly this SKU and GTIN (or none is given)."""
        place = self._skus.get(sku)
        if place is None:
            return False
        _, own, _, status, _ = self._entries[place]
        return (not gtin or gtin == own) and status not in RETIRED

    def same_form(self, text: str) -> tuple[Entry, ...]:
        """Articles whose SKU differs only in case, spaces, hyphens, underscores or leading zeros of its numbers.

        The fewest liberties first: with one article that differs only in case and separators, those that also
        differ in zeros are not named. More than one article: the text does not say which.
        """
        key = plain_form(text)
        if found := self._by_plain.get(key):
            return self._at(found)
        short = without_zeros(key)
        found = (*self._by_plain.get(short, ()), *self._by_form.get(short, ()))
        if not found and (parted := parted_form(text)) != key:
            found = self._by_parts.get(parted, ())
        return self._at(found)

    def confused(self, text: str) -> tuple[Entry, ...]:
        """Articles whose SKU reads the same when O is 0 and I is 1."""
        return self._at(self._confused.get(plain_form(text).translate(CONFUSED), ()))

    def by_gtin(self, gtin: str) -> tuple[Entry, ...]:
        """Articles with this GTIN (8, 12, 13 or 14 digits; leading zeros do not matter)."""
        return self._at(self._by_gtin.get(gtin.zfill(GTIN_DIGITS), ())) if gtin else ()

    def replacement(self, entry: Entry) -> Entry | None:
        """The article to order instead of a retired one, through any chain; None if there is none in use."""
        seen = {entry.sku}
        following: Entry | None = entry
        while following is not None and following.replaced_by and following.replaced_by not in seen:
            seen.add(following.replaced_by)
            following = self.get(following.replaced_by)
            if following is not None and not following.retired:
                return following
        return None

    def _near(self, text: str) -> tuple[tuple[Entry, int], ...]:
        """Up to five articles whose SKU is one or two slips away (letter wrong, lost, added, two swapped), with the
        number of slips, fewest first. Case and separators do not count.
        """
        key = plain_form(text)
        if len(key) < SHORTEST_NEAR:
            return ()
        blocks = [keys for block in _blocks_near(key, self._lengths) if (keys := self._blocks.get(block))]
        small = [block for block in blocks if len(block) <= LARGE]
        found = _alike(key, set().union(*small))
        # One slip leaves two pieces whole, and seldom are both in large blocks.
        if len(small) < len(blocks) and (not found or found[0][0] > 1):
            found = _alike(key, set().union(*blocks))
        return tuple((entry, slips) for slips, _, other in found for entry in self._at(self._by_plain[other]))[:5]

    def _at(self, places: tuple[int, ...]) -> tuple[Entry, ...]:
        return tuple(Entry(*self._entries[place]) for place in dict.fromkeys(places))


def is_near(sku: str, other: str) -> bool:
    """Whether two SKUs are at most two slips apart, and not too short for that to tell anything."""
    key = plain_form(sku)
    return len(key) >= SHORTEST_NEAR and OSA.distance(key, plain_form(other), score_cutoff=2) <= 2


def plain_form(sku: str) -> str:
    """A SKU in capitals without separators: `lmp 1496_r9` is `LMP1496R9`."""
    return SEPARATORS.sub("", sku[:LONGEST]).upper()


def without_zeros(plain: str) -> str:
    """A plain form whose numbers have no leading zeros: `LMP0012R9` is `LMP12R9`."""
    return ZEROS.sub("", plain)


def parted_form(sku: str) -> str:
    """A SKU's parts without leading zeros, joined by hyphens: `lmp 0012 r09` is `LMP-12-R9`."""
    return "-".join(ZEROS.sub("", part) for part in SEPARATORS.split(sku[:LONGEST].upper()) if part)


def _alike(key: str, choices: set[str]) -> list[tuple[int, float, str]]:
    """Keys within two slips, best first: slips, likeness (negative), key."""
    found = process.extract(key, choices, scorer=OSA.distance, score_cutoff=2, limit=20)
    return sorted((int(slips), -JaroWinkler.similarity(key, other), other) for other, slips, _ in found)


def _thirds(length: int) -> tuple[int, int]:
    return length // 3, length - length // 3


def _blocks_of(key: str) -> tuple[str, ...]:
    """A key's three pieces, each with the key's length: two slips leave at least one of them whole."""
    first, last = _thirds(len(key))
    return f"{len(key)}<{key[:first]}", f"{len(key)}={key[first:last]}", f"{len(key)}>{key[last:]}"


def _blocks_near(key: str, lengths: Container[int]) -> Iterable[str]:
    """The blocks in which keys within two slips of this one must stand; `lengths` are those that keys have."""
    for length in range(max(len(key) - 2, 3), len(key) + 3):
        if length not in lengths:
            continue
        first, last = _thirds(length)
        yield f"{length}<{key[:first]}"
        yield f"{length}>{key[len(key) - (length - last) :]}"
        for shift in range(-2, 3):
            yield f"{length}={key[max(first + shift, 0) : last + shift]}"
