"""A payload and a profile become orders, and each field knows which part of the payload it came from.

Nothing of a payload is lost: what the order does not say word for word stays under `extra`, in the payload's own
shape, that of a list entry (a line, a package) with the entry. `source.profile` names the profile and the fields that
it answers for: what is wrong there its author can mend, not the partner. What stands around a list of orders (where
its next page begins, say) is of the answer, not of an order, and differs with each: it is not kept with them.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dq_service.fields import join, parse_path, shape_at
from dq_service.intake.expression import Expression, Read, Reader, Unfit, expression
from dq_service.intake.json_text import BOM, Unreadable, entries_at, read, write
from dq_service.intake.payload import containers, leaf_paths, meant, overlooked_in, without
from dq_service.intake.profile import Profile, Taken
from dq_service.intake.record import Provenance, Record, TooMany
from dq_service.intake.saying import NOTHING, at, fitting, leaves_of, said_by, text_of, word_of, words_of
from dq_service.order import JSON, Order

NO_ORDER: Final = "the profile finds no order in it"
AROUND: Final = "envelope"  # the name in `extra` for what stands around the order's part of the payload
MOST_ENTRIES: Final = 2500  # of a list, in one order
ANY_OTHER: Final = "*"  # the entry of a map that stands for every word without one
_PLACES: Final = re.compile(r"\[\d+\]")


def map_payload(raw: bytes, profile: Profile, most: int | None = None) -> tuple[Record, ...]:
    """The orders of a JSON payload, in its order; of one that cannot be mapped one entry that says why.

    No order at all is found only where the profile's list is there and empty. Raises TooMany where there are more
    than `most`.
    """
    try:
        payload = read(raw)
    except Unreadable as trouble:
        return (Record(1, None, raw, trouble),)
    found, steps = _orders(payload, profile)
    if isinstance(found, dict):
        return (map_order(found, profile, raw, around=without(payload, found)),)
    if found is None:
        return (Record(1, None, raw, Unreadable(NO_ORDER)),)
    if most is not None and len(found) > most:
        raise TooMany
    if len(found) == 1:
        return (map_order(found[0], profile, raw),)
    return tuple(
        map_order(entry, profile, *place) for entry, place in zip(found, _places(raw, found, steps), strict=True)
    )


def _orders(payload: Any, profile: Profile) -> tuple[Any, Sequence[str] | None]:
    """The object or the list of them that the payload holds, and the keys on the way to it where they are known."""
    for text in profile.orders:
        wanted = expression(text)
        try:
            found, _ = Reader().value(wanted, payload)
        except Unfit:
            continue
        if isinstance(found, list) or (isinstance(found, dict) and found):
            return found, () if text == "@" else wanted.chain or None
    return None, None


def _places(raw: bytes, found: Sequence[Any], steps: Sequence[str] | None) -> Iterator[tuple[bytes, int, int]]:
    """The bytes of each entry of a list, the line and the byte where they begin; written anew where nobody can tell."""
    text = raw.removeprefix(BOM).decode()
    spans = list(entries_at(text, steps)) if steps is not None else []
    if len(spans) != len(found):
        yield from ((write(entry), 1, 0) for entry in found)
        return
    line, passed, last = 1, len(raw) - len(raw.removeprefix(BOM)), 0
    for start, end in spans:
        before = text[last:start]
        line += before.count("\n")
        passed += len(before.encode())
        last = start
        yield text[start:end].encode(), line, passed


def map_order(payload: Any, profile: Profile, raw: bytes, line: int = 1, start: int = 0, around: Any = None) -> Record:
    """One order, given as the part of the payload that holds it; what stands around that is kept, too."""
    if type(payload) is not dict:
        return Record(line, None, raw, Unreadable("it is JSON, but no object"), start=start)
    making = _Making(payload)
    try:
        order = making.filled(profile.fields, payload, "", "")
    except Unreadable as trouble:
        return Record(line, None, raw, trouble, start=start)
    if not any(making.origin.values()):
        return Record(line, None, raw, Unreadable(NO_ORDER), start=start)
    overlooked = making.keep_rest(order, profile.aside)
    if around is not None:
        order.setdefault("extra", {}).setdefault(AROUND, around)
    answers_for = tuple(dict.fromkeys((*making.answers_for, *overlooked)))
    note_profile(order, profile.name, answers_for)
    provenance = Provenance(profile.name, making.origin, overlooked, answers_for)
    return Record(line, order, raw, start=start, provenance=provenance)


def note_profile(order: JSON, name: str, answers_for: Sequence[str]) -> None:
    """Says in the order which profile made it and what that answers for; whatever the payload put there is gone."""
    source = order.get("source")
    noted: JSON = {"name": name, **({"answers_for": list(answers_for)} if answers_for else {})}
    order["source"] = {**(source if type(source) is dict else {}), "profile": noted}


@dataclass(slots=True)
class _Making:
    """An order while it is made from its part of the payload."""

    payload: JSON
    origin: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers_for: list[str] = field(default_factory=list)
    reader: Reader = field(default_factory=Reader)
    said: set[tuple[int, str | int]] = field(default_factory=set)  # parts of the payload that the order says
    entries: dict[int, tuple[JSON, str, JSON]] = field(default_factory=dict)  # payload's entry -> the order's, its path
    _paths: dict[int, str] = field(default_factory=dict)  # of each object and list of the payload
    # What was read for the entries of the list that is being made, by its text.
    _around: Mapping[str, Sequence[Read]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._paths.update(containers(self.payload, ""))

    def filled(self, fields: Sequence[Taken], scope: Any, path: str, pattern: str) -> JSON:
        """The object of the order at `path` (in list places as in `pattern`, `[*]`), from what `scope` holds.

        Raises Unreadable for a list that is longer than any order's.
        """
        made: JSON = {}
        for taken in fields:
            here, kind = join(path, taken.field), join(pattern, taken.field)
            if taken.each:
                found = self._entries(taken, scope, here, kind)
                if found:
                    _put(made, taken.field, found)
                continue
            value, reads = self._value(taken, scope, here, kind)
            if value is not None:
                _put(made, taken.field, value)
            elif pattern and any(step in holder for holder, step in reads if type(holder) is dict):
                _put(made, taken.field, None)  # in a list's entry what is left out would stay as it was
        return made

    def _entries(self, taken: Taken, scope: Any, path: str, pattern: str) -> list[JSON]:
        found: list[JSON] = []
        for text in taken.each:
            value, reads = self._read(expression(text), scope)
            listed = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
            if len(listed) > MOST_ENTRIES:
                raise Unreadable(f"{path} has more than {MOST_ENTRIES:,} entries")
            around: dict[str, list[Read]] = {}
            for leaf in leaves_of(reads):
                if id(leaf[0]) in self._paths:
                    around.setdefault(text_of(at(*leaf)), []).append(leaf)
            for entry in listed:
                self._around = around
                if entry in NOTHING or type(entry) is list:
                    continue
                here = f"{path}[{len(found)}]"
                made = self.filled(taken.fields, entry, here, f"{pattern}[*]")
                if type(entry) is dict and id(entry) in self._paths:
                    self.entries.setdefault(id(entry), (made, here, entry))
                found.append(made)
            self._around = {}
            if found:
                break
        return found

    def _read(self, wanted: Expression, scope: Any) -> tuple[Any, Sequence[Read]]:
        try:
            return self.reader.value(wanted, scope)
        except Unfit:
            return None, ()

    def _value(self, taken: Taken, scope: Any, path: str, pattern: str) -> tuple[Any, Sequence[Read]]:
        """The field's value, and what was read for it."""
        value: Any = None
        reads: Sequence[Read] = ()
        unfit = False
        for text in taken.from_:
            try:
                value, reads = self.reader.value(expression(text), scope)
            except Unfit:
                unfit = True
                continue
            self.said.update((id(holder), step) for holder, step in reads if at(holder, step) in NOTHING)
            if value is False and shape_at(pattern) != "flag":
                value = None  # what a condition comes to that does not hold
            if value not in NOTHING:
                break
        if value in NOTHING:
            if taken.constant is None:
                if unfit:
                    self.answers_for.append(path)
                return None, reads
            self.answers_for.append(path)
            return taken.constant, reads
        leaves = [leaf for leaf in leaves_of(reads) if id(leaf[0]) in self._paths]
        if not leaves:  # of an entry that an expression has made
            leaves = list(self._around.get(text_of(value), ())[:1])
        saying, whole = said_by(value, leaves)
        places = (join(self._paths[id(holder)], step) for holder, step in saying or leaves)
        self.origin[path] = tuple(dict.fromkeys(places))
        if taken.map is not None:
            word = word_of(value)
            known = words_of(taken.map)
            if word in known or ANY_OTHER in known:
                translated = known[word] if word in known else known[ANY_OTHER]
                if translated == value:
                    self.said.update((id(holder), step) for holder, step in saying)
                elif translated is None and word in known:
                    del self.origin[path]
                return translated, reads
            self.answers_for.append(path)
        value = fitting(value, pattern)
        saying, whole = said_by(value, leaves)
        self.said.update((id(holder), step) for holder, step in saying)
        if not whole:
            self.answers_for.append(path)
        return value, reads

    def keep_rest(self, order: JSON, aside: Collection[str]) -> dict[str, str]:
        """Keeps what the order does not say, and tells the fields that it lacks and the rest seems to hold."""
        overlooked: dict[str, str] = {}
        whole = Order(order)
        known = {*aside, *(place for places in self.origin.values() for place in places)}
        for made, path, entry in self.entries.values():
            rest = self._rest(entry, top=True)
            if rest:
                made["extra"] = rest
                listed = path.rpartition("[")[0]
                inside = self._paths[id(entry)]
                for place in leaf_paths(rest, ""):
                    if f"{inside}.{place}" in known or f"{_PLACES.sub('', inside)}.{place}" in known:
                        continue
                    for one in meant(f"{_ONE_OF.get(listed, listed)}.{place}"):
                        if one.startswith(f"{listed}[*]."):
                            overlooked.setdefault(path + one[len(listed) + 3 :], f"{inside}.{place}")
        rest = self._rest(self.payload, top=True)
        if rest:
            order["extra"] = rest
            overlooked.update(overlooked_in(rest, whole, known))
        return {one: place for one, place in overlooked.items() if whole.at(one) is None}

    def _rest(self, value: Any, top: bool = False) -> Any:
        """What the order does not say of a part of the payload; an empty dict or list where it says all of it."""
        if type(value) is dict:
            if not top and id(value) in self.entries:
                return {}
            left = {}
            for key, inner in value.items():
                if (id(value), key) in self.said:
                    continue
                kept = self._rest(inner)
                if kept in ({}, []) and inner not in ({}, []):
                    continue
                left[key] = kept
            return left
        if type(value) is list:
            kept = [
                (inner, self._rest(inner)) for place, inner in enumerate(value) if (id(value), place) not in self.said
            ]
            return [one for inner, one in kept if one not in ({}, []) or inner in ({}, [])]
        return value


_ONE_OF: Final = {"items": "item", "packages": "package"}


def _put(made: JSON, name: str, value: Any) -> None:
    *inside, last = parse_path(name)
    for step in inside:
        assert isinstance(step, str), "a list's place has no name of its own"
        made = made.setdefault(step, {})
    assert isinstance(last, str), "a list's place has no name of its own"
    made[last] = value
