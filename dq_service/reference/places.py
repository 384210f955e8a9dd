"""The post's places of the United States: each ZIP with its cities, state, county, time zone and centre."""

import csv
from bisect import bisect_left
from collections.abc import Iterable
from io import StringIO
from math import cos, radians, sqrt
from typing import Any, Final, Literal, NamedTuple

from dq_service.reference.place_names import city_key
from dq_service.reference.states import States
from dq_service.reference.zip_codes import ZipCodes

PlaceType = Literal["standard", "po_box", "unique", "military"]
MILES_A_DEGREE: Final = 69.1


class Place(NamedTuple):
    """One ZIP as the post has it.

    `acceptable` are the names the post accepts beside the preferred city, `not_acceptable` those that it knows and
    does not accept, `keys` the city keys of all three, in this order. `retired`: the post no longer delivers under
    this ZIP. Latitude and longitude are degrees of its centre, None for military post; `time_zone` is the IANA name.
    A tuple, since forty thousand are made when the tables are loaded.
    """

    postal_code: str
    type: PlaceType
    retired: bool
    city: str
    acceptable: tuple[str, ...]
    not_acceptable: tuple[str, ...]
    state: str
    county: str
    time_zone: str
    latitude: float | None
    longitude: float | None
    area_codes: tuple[str, ...]
    keys: tuple[str, ...]


class Places:
    """The table by ZIP, by ZIP region (its first three digits), by state and by city key; it is never changed.

    `rows` by ZIP; `named` gives for a city key its states, each with the ZIPs that know the name (preferred,
    acceptable or not); `states` reads the state field; `zip_codes` are the ZIPs alone. `remembered` is where the
    resolver keeps its answers.
    """

    __slots__ = ("_keys_near", "_ordered", "_state_keys", "named", "remembered", "rows", "states", "zip_codes")

    def __init__(
        self, rows: dict[str, Place], named: dict[str, tuple[tuple[str, tuple[str, ...]], ...]], states: States
    ) -> None:
        self.rows = rows
        self.named = named
        self.states = states
        self.zip_codes = ZipCodes(rows)
        self.remembered: dict[Any, Any] = {}
        self._ordered = sorted(rows)
        self._keys_near: dict[str, tuple[str, ...]] = {}
        self._state_keys: dict[str, tuple[str, ...]] = {}

    @classmethod
    def compile(cls, places_csv: str, states_csv: str) -> dict[str, Any]:
        """The tables as a plain structure (dict, tuple, str, float, bool, None) that marshal can write.

        Raises ValueError for a ZIP that is not five digits or stands twice, KeyError for a missing column.
        """
        states = States.compile(states_csv)
        rows: dict[str, tuple[Any, ...]] = {}
        named: dict[str, dict[str, list[str]]] = {}
        same: dict[str, str] = {}  # one object for equal texts: a third of the memory
        lists: dict[tuple[str, ...], tuple[str, ...]] = {}

        def one(text: str) -> str:
            return same.setdefault(text, text)

        def many(texts: Iterable[str]) -> tuple[str, ...]:
            found = tuple(one(text) for text in texts if text)
            return lists.setdefault(found, found)

        for line in csv.DictReader(StringIO(places_csv)):
            zip5 = one(line["postal_code"])
            if len(zip5) != 5 or not zip5.isdecimal() or zip5 in rows:
                raise ValueError(f"no ZIP, or one that stands twice: {zip5!r}")
            city = one(line["city"])
            acceptable = many(line["acceptable"].split("|"))
            not_acceptable = many(line["not_acceptable"].split("|"))
            keys = many(city_key(name) or "-" for name in (city, *acceptable, *not_acceptable))
            latitude = float(line["latitude"]) if line["latitude"] else None
            longitude = float(line["longitude"]) if line["longitude"] else None
            rows[zip5] = (
                zip5,
                one(line["type"]),
                line["status"] == "retired",
                city,
                acceptable,
                not_acceptable,
                one(line["state"]),
                one(line["county"]),
                one(line["time_zone"]),
                latitude,
                longitude,
                many(line["area_codes"].split("|")),
                keys,
            )
            for key in dict.fromkeys(keys):
                named.setdefault(key, {}).setdefault(one(line["state"]), []).append(zip5)
        index = {key: tuple((state, many(zips)) for state, zips in found.items()) for key, found in named.items()}
        return {"rows": rows, "named": index, "states": states}

    @classmethod
    def from_compiled(cls, structure: dict[str, Any]) -> "Places":
        """The table from what `compile` made."""
        rows = dict(zip(structure["rows"], map(Place._make, structure["rows"].values()), strict=True))
        return cls(rows, structure["named"], States.from_compiled(structure["states"]))

    def at(self, postal_code: str) -> Place | None:
        """The place of a ZIP of five digits (a +4 is ignored); None where the post has none."""
        return self.rows.get(postal_code[:5])

    def zips(self, city: str, state: str) -> tuple[str, ...]:
        """The ZIPs that know a city of that name (any right spelling) in a state, in order."""
        for code, found in self.named.get(city_key(city), ()):
            if code == state:
                return found
        return ()

    def main_zips(self, city: str, state: str) -> tuple[str, ...]:
        """The ZIPs of streets (standard, in use) whose preferred city this is."""
        key, rows = city_key(city), self.rows
        return tuple(
            zip5
            for zip5 in self.zips(city, state)
            if (row := rows[zip5]).type == "standard" and not row.retired and row.keys[0] == key
        )

    def with_prefix(self, digits: str) -> list[str]:
        """The ZIPs that begin with these digits, in order: three for a region."""
        first = bisect_left(self._ordered, digits)
        return self._ordered[first : bisect_left(self._ordered, digits + ":")]

    def keys_in_region(self, digits: str) -> tuple[str, ...]:
        """The keys of all city names in a ZIP region (three digits)."""
        found = self._keys_near.get(digits)
        if found is None:
            keys = {key: None for zip5 in self.with_prefix(digits) for key in self.rows[zip5].keys}
            found = self._keys_near[digits] = tuple(keys)
        return found

    def keys_in_state(self, state: str) -> tuple[str, ...]:
        """The keys of all city names in a state."""
        if not self._state_keys:
            keys: dict[str, list[str]] = {}
            for key, found in self.named.items():
                for code, _ in found:
                    keys.setdefault(code, []).append(key)
            self._state_keys = {code: tuple(names) for code, names in keys.items()}
        return self._state_keys.get(state, ())

    def miles(self, zip5: str, other: str) -> float | None:
        """Miles between the centres of two ZIPs of the table; None where one has no centre."""
        there = self.rows[other]
        return self.miles_to(zip5, there.latitude, there.longitude)

    def miles_to(self, zip5: str, latitude: float | None, longitude: float | None) -> float | None:
        """Miles from the centre of a ZIP of the table to a point in degrees (flat: good to 1 % within 100 miles)."""
        row = self.rows[zip5]
        here, along = row.latitude, row.longitude
        if here is None or along is None or latitude is None or longitude is None:
            return None
        east = (longitude - along) * cos(radians(here))
        return MILES_A_DEGREE * sqrt((latitude - here) ** 2 + east * east)
