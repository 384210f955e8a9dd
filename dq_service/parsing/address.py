"""An address in one text, read into its parts: number, street, unit, box, place, state, ZIP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from dq_service.parsing import crf

AddressKind = Literal["street", "po_box", "rural_route", "intersection", "unclear"]

LONGEST: Final = 500  # characters that are read; no address is longer, and time grows with length

_EDGES: Final = " ,;()\n"
_NUMBER: Final = frozenset({"AddressNumberPrefix", "AddressNumber", "AddressNumberSuffix"})
_STREET: Final = frozenset({"StreetNamePreModifier", "StreetNamePreType", "StreetName"})
_SUFFIX: Final = frozenset({"StreetNamePostType", "StreetNamePostModifier"})
_BOX: Final = frozenset({"USPSBoxType", "USPSBoxID", "USPSBoxGroupType", "USPSBoxGroupID"})
_LANDMARK: Final = frozenset({"LandmarkName", "BuildingName"})
_DESIGNATOR: Final = frozenset({"OccupancyType", "SubaddressType"})
_OCCUPANCY: Final = _DESIGNATOR | {"OccupancyIdentifier", "SubaddressIdentifier"}
_REPEATABLE: Final = _OCCUPANCY | _BOX | {"IntersectionSeparator", "NotAddress"}

# Pub. 28 sections 24 and 25: rural route, highway contract route and the older names of both.
_ROUTE: Final = re.compile(
    r"\W*(?:R\.? ?R|R\.? ?F\.? ?D|R\.? ?D|H\.? ?C\.? ?R?|(?:rural|star|highway contract) (?:route|rte?))\b", re.I
)
_GENERAL_DELIVERY: Final = re.compile(r"\b(?:general +delivery|gen(?:'l|l)? +del(?:ivery)?)\b\.?", re.I)
_HIGHWAY: Final = re.compile(r"h(?:igh)?wa?y\W*|rte\W*|route\W*", re.I)


@dataclass(frozen=True, slots=True)
class AddressReading:
    """What usaddress makes of one text. `tokens` are (token as written, label), `confidence` is their probability.

    Every part is text as written, without commas at its edges, and `""` when absent.
    """

    text: str
    tokens: tuple[tuple[str, str], ...]
    confidence: float

    @property
    def number(self) -> str:
        """The house number with what belongs to it: `12 1/2`, `100 A`, `110-20`."""
        return self._first(_NUMBER)

    @property
    def predirectional(self) -> str:
        """The compass word before the street's name: `N.`, `North`."""
        return self._first_street("StreetNamePreDirectional")

    @property
    def street(self) -> str:
        """The street's name as written, a type before it included: `US Highway 431`, `Ave of the Americas`.

        Of an intersection, the first street.
        """
        return self._first_street(*_STREET)

    @property
    def suffix(self) -> str:
        """The street's type after its name: `St.`, `Rd Ext`."""
        return self._first_street(*_SUFFIX)

    @property
    def postdirectional(self) -> str:
        """The compass word after the street's type: `SW`."""
        return self._first_street("StreetNamePostDirectional")

    @property
    def cross_street(self) -> str:
        """The second street of an intersection, whole."""
        labels = [label for _, label in self.tokens]
        if "IntersectionSeparator" not in labels:
            return ""
        rest = self.tokens[labels.index("IntersectionSeparator") + 1 :]
        return _joined(token for token, label in rest if label.startswith("StreetName"))

    @property
    def occupancies(self) -> list[tuple[str, str]]:
        """Units within the address, each (designator, identifier): `("Apt", "4B")`, `("#", "12")`, `("", "C")`."""
        found: list[tuple[list[str], list[str]]] = []
        last = ""
        for token, label in self.tokens:
            if label in _OCCUPANCY:
                if label in _DESIGNATOR:
                    if last not in _DESIGNATOR:
                        found.append(([], []))
                    found[-1][0].append(token)
                else:
                    if last not in _OCCUPANCY:
                        found.append(([], []))
                    if token == "#":
                        found[-1][0].append(token)
                    else:
                        found[-1][1].append(token)
            last = label
        return [(_designator(words), _joined(identifier)) for words, identifier in found]

    @property
    def po_box(self) -> str:
        """The box or route as written: `PO Box 12`, `RR 2 Box 152`, `PSC 802 Box 74`, `General Delivery`."""
        box = self._first(_BOX)
        if not box and (general := _GENERAL_DELIVERY.search(self.text)):
            return general.group()
        return box

    @property
    def place(self) -> str:
        """The city: `Omaha`, `St. Paul`."""
        return self._first(frozenset({"PlaceName"}))

    @property
    def state(self) -> str:
        """The state in whatever form: `NE`, `Nebraska`."""
        return self._first(frozenset({"StateName"}))

    @property
    def postal_code(self) -> str:
        """The ZIP as written; an add-on that stands apart is joined by a hyphen."""
        code = self._first(frozenset({"ZipCode"}))
        add_on = self._first(frozenset({"ZipPlus4"}))
        return f"{code}-{add_on.lstrip('-')}" if code and add_on else code or add_on

    @property
    def country(self) -> str:
        """The country in whatever form, where one is named: `USA`."""
        return self._first(frozenset({"CountryName"}))

    @property
    def landmark(self) -> str:
        """A building or landmark by its name."""
        return self._first(_LANDMARK)

    @property
    def recipient(self) -> str:
        """A person or firm that stands in the address: `Attn Aisha Martinez`."""
        return self._first(frozenset({"Recipient"}))

    @property
    def repeated(self) -> bool:
        """Whether a part comes twice with others between, as when two addresses stand in one text."""
        seen: set[str] = set()
        last = ""
        for _, label in self.tokens:
            if label == "IntersectionSeparator":
                seen.clear()
            elif label != last and label not in _REPEATABLE:
                if label in seen:
                    return True
                seen.add(label)
            last = label
        return False

    @property
    def kind(self) -> AddressKind:
        """What sort of address it is; `unclear` where the parts do not make one of the others."""
        labels = {label for _, label in self.tokens}
        if self.repeated:
            return "unclear"
        if "AddressNumber" in labels and not _STREET.isdisjoint(labels):
            return "street"
        if box := self.po_box:
            return "rural_route" if _ROUTE.match(box) else "po_box"
        if "IntersectionSeparator" in labels and self.street and self.cross_street:
            return "intersection"
        return "unclear"

    def _first(self, labels: frozenset[str]) -> str:
        """The first tokens with such labels that stand together."""
        words: list[str] = []
        for token, label in self.tokens:
            if label in labels:
                words.append(token)
            elif words:
                break
        return _joined(words)

    def _first_street(self, *labels: str) -> str:
        """The tokens with such labels, up to a second street or a second address."""
        words: list[str] = []
        for token, label in self.tokens:
            if label == "IntersectionSeparator" or (words and label == "AddressNumber"):
                break
            if label in labels:
                words.append(token)
        return _joined(words)


def parse(text: str) -> AddressReading:
    """An address read into its parts; remembered by its text, of which the first 500 characters count."""
    return _parse(text[:LONGEST])


@lru_cache(maxsize=16384)
def _parse(text: str) -> AddressReading:
    tokens = crf.tokenize(text)
    labels, probability = crf.label(tokens)
    if "AddressNumberSuffix" in labels:
        _highways(tokens, labels)
    return AddressReading(text, tuple(zip(tokens, labels, strict=True)), probability)


def _highways(tokens: list[str], labels: list[str]) -> None:
    """`2505 U S Highway 431`: usaddress takes the U for a number's suffix and the S for a directional."""
    place = labels.index("AddressNumberSuffix")
    if [token.strip(".").upper() for token in tokens[place : place + 2]] == ["U", "S"] and _HIGHWAY.fullmatch(
        " ".join(tokens[place + 2 : place + 3])
    ):
        labels[place : place + 2] = ["StreetNamePreType"] * 2


def _joined(words: list[str] | Iterator[str]) -> str:
    return " ".join(words).strip(_EDGES)


def _designator(words: list[str]) -> str:
    """A designator without the sign that says the same again: `Apt #` is `Apt`, `#` alone stands."""
    return _joined([word for word in words if word != "#"]) or "#" * bool(words)
