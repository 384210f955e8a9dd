"""Three versions of an order become one: what its sender had said, what people made of it, what the sender says now.

A field that people changed stays as they left it until its sender really changes it, that is, beyond case, blanks,
`1` or `1.0`, and absent, `null` or `""`. Where both really changed it, the sender's value is taken and the conflict is
told. What the sender leaves out is gone; but in a list entry that matches one we have, it stays, and `null` removes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from dq_service.fields import join
from dq_service.order import JSON

_Match = Literal["same", "place", "other"]  # by a key; by its place alone; another thing in its place
_Pairs = dict[int, tuple[int, _Match]]


class _Gone:
    """A field that is not there."""


GONE: Final = _Gone()
# By what two entries of a list are one, strongest first; a pair is told apart from others by both together.
_KEYS: Final = (("line_id",), ("sscc",), ("sku", "gtin"))
_TELLING: Final = ("line_id", "sscc", "sku", "gtin")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both really changed; `theirs` was taken.

    `field` is its path in the merged order and `was` in ours. Of an entry that the sender took out, `field` is the
    list and `theirs` None.
    """

    field: str
    was: str
    ours: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The order of all three. `moved` says of our list entries where they stand now: path -> path, None where gone."""

    order: JSON
    conflicts: tuple[Conflict, ...]
    moved: Mapping[str, str | None]

    def place_of(self, path: str) -> str | None:
        """Where a field of ours stands in the merged order; None where its list entry is gone."""
        for end in range(len(path), 0, -1):
            if path[end - 1] == "]" and path[:end] in self.moved:
                entry = self.moved[path[:end]]
                return None if entry is None else entry + path[end:]
        return path


def merge(base: JSON, ours: JSON, theirs: JSON) -> Merged:
    """The sender's last version, that version with people's changes in it, and the sender's new one, as one order.

    The three are not changed. `merge(b, o, b)` is `o`; `merge(b, b, t)` is `t` and what its list entries leave out.
    """
    merging = _Merging()
    order = merging.objects("", "", base, ours, theirs, False)
    return Merged(order, tuple(merging.conflicts), merging.moved)


def alike(one: Any, other: Any) -> bool:
    """Whether a sender who wrote the one and then the other has changed nothing really."""
    return same(_plain(one), _plain(other))


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal, `1` and `true` and `1.0` told apart."""
    if type(one) is not type(other):
        return False
    if type(one) is dict:
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if type(one) is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _plain(value: Any) -> Any:
    """A value without case, blanks and what is empty; whole numbers as such."""
    kind = type(value)
    if kind is str:
        return " ".join(value.split()).casefold() or None
    if kind is dict:
        return {key: plain for key, inner in value.items() if (plain := _plain(inner)) is not None} or None
    if kind is list:
        return [_plain(inner) for inner in value] or None
    if kind is float and value.is_integer():
        return int(value)
    return None if value is GONE else value


@dataclass(slots=True)
class _Merging:
    """One merge under way. `was` is a path in ours, `path` the same in the merged order; `stays`: inside a list entry
    that matches, where what is left out stays."""

    conflicts: list[Conflict] = field(default_factory=list)
    moved: dict[str, str | None] = field(default_factory=dict)

    def objects(self, path: str, was: str, base: JSON, ours: JSON, theirs: JSON, stays: bool) -> JSON:
        out: JSON = {}
        for name in (*theirs, *(name for name in ours if name not in theirs)):
            before = base.get(name, GONE)
            now = theirs.get(name, before if stays else GONE)
            value = self.value(join(path, name), join(was, name), before, ours.get(name, GONE), now, stays)
            if value is not GONE:
                out[name] = value
        return out

    def value(self, path: str, was: str, base: Any, ours: Any, theirs: Any, stays: bool) -> Any:
        if type(ours) is dict and type(theirs) is dict:
            return self.objects(path, was, base if type(base) is dict else {}, ours, theirs, stays)
        if _entries(ours) and _entries(theirs):
            return self.entries(path, was, base if _entries(base) else [], ours, theirs)
        if same(ours, base):
            return theirs
        if alike(theirs, base):
            return ours
        if alike(ours, base):
            return theirs
        if alike(ours, theirs):
            return ours
        self.conflicts.append(Conflict(path, was, *(None if value is GONE else value for value in (ours, theirs))))
        return theirs

    def entries(
        self, path: str, was: str, base: Sequence[JSON], ours: Sequence[JSON], theirs: Sequence[JSON]
    ) -> list[JSON]:
        if not same(ours, base) and (alike(theirs, base) or alike(ours, theirs)):
            return list(ours)
        said, own = _pairs(base, theirs), _own_places(base, ours)
        out: list[JSON] = []
        placed: set[int] = set()  # entries of ours that have their place
        for place, entry in enumerate(theirs):
            at, match = said.get(place, (None, None))
            mine = own.get(at) if at is not None else None
            merged: Any
            if at is None:
                merged = entry
            elif mine is None:  # people took it out
                filled = _Merging().objects("", "", base[at], base[at], entry, match == "same")
                merged = self.value(join(path, len(out)), was, base[at], GONE, filled, False)
            elif match == "other":
                self.replaced(join(path, len(out)), join(was, mine), base[at], ours[mine], entry)
                merged = entry
            else:
                inner = join(path, len(out)), join(was, mine)
                merged = self.objects(*inner, base[at], ours[mine], entry, match == "same")
            if mine is not None:
                placed.add(mine)
                self.moved[join(was, mine)] = join(path, len(out))
            if merged is not GONE:
                out.append(merged)
        stood = {mine: at for at, mine in own.items()}
        for mine in (mine for mine in range(len(ours)) if mine not in placed):
            added = mine not in stood
            self.moved[join(was, mine)] = join(path, len(out)) if added else None
            if added:
                out.append(ours[mine])
            elif not alike(ours[mine], base[stood[mine]]) and not alike(ours[mine], GONE):
                self.conflicts.append(Conflict(path, join(was, mine), ours[mine], None))
        return out

    def replaced(self, path: str, was: str, base: Any, ours: Any, theirs: Any) -> None:
        """Another thing stands where ours stood: what people had changed in ours is a conflict, field by field."""
        if type(base) is dict and type(ours) is dict and type(theirs) is dict:
            for name in ours:
                inner = (part.get(name, GONE) for part in (base, ours, theirs))
                self.replaced(join(path, name), join(was, name), *inner)
        elif not alike(base, ours) and not alike(ours, theirs):
            told = (None if value is GONE else value for value in (ours, theirs))
            self.conflicts.append(Conflict(path, was, *told))


def _entries(value: Any) -> bool:
    """Whether it is a list of objects; any other list is one value."""
    return type(value) is list and all(type(entry) is dict for entry in value)


def _own_places(base: Sequence[JSON], ours: Sequence[JSON]) -> dict[int, int]:
    """Where each entry of the base stands in ours, the base with people's changes: mostly in the same place."""
    if len(ours) >= len(base):
        return {place: place for place in range(len(base))}
    return {at: place for place, (at, _) in _pairs(base, ours).items()}


def _pairs(base: Sequence[JSON], theirs: Sequence[JSON]) -> _Pairs:
    """For each of their entries the one of the base that it is, by the strongest key that both have, else by place.

    Of several with equal keys, the first is the first. An item without GTIN can be one with it, and without SKU too.
    """
    pairs: _Pairs = {}
    taken: set[int] = set()

    def pair(place: int, at: int, match: _Match) -> None:
        pairs[place] = (at, match)
        taken.add(at)

    for names in _KEYS:
        for exactly in (True, False) if len(names) > 1 else (True,):
            for place, entry in enumerate(theirs):
                if place not in pairs:
                    free = (at for at in range(len(base)) if at not in taken)
                    found = next((at for at in free if _one(names, base[at], entry, exactly)), None)
                    if found is not None:
                        pair(place, found, "same")
    for place, entry in enumerate(theirs):
        if place not in pairs and place < len(base) and place not in taken:
            pair(place, place, "other" if any(_contradictions(base[place], entry)) else "place")
    return pairs


def _one(names: Sequence[str], one: JSON, other: JSON, exactly: bool) -> bool:
    """Whether two entries are one by these keys: all equal, or where not exactly, one equal and the others not told."""
    ones, others = ([_key(entry, name) for name in names] for entry in (one, other))
    if exactly:
        return ones == others and any(ones) and not any(_contradictions(one, other))
    equal = any(key and key == same_key for key, same_key in zip(ones, others, strict=True))
    return equal and not any(_contradictions(one, other))


def _contradictions(one: JSON, other: JSON) -> Iterator[bool]:
    """For each telling field whether both have it and differ in it; a line that has its number again is that line."""
    for name in _TELLING:
        key, other_key = _key(one, name), _key(other, name)
        if name == "line_id" and key and key == other_key:
            return
        yield bool(key and other_key and key != other_key)


def _key(entry: JSON, name: str) -> str:
    value = _plain(entry.get(name))
    return str(value) if type(value) in (str, int) else ""
