"""Sparing subjects their look changes no result: every address is asked about with and without."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from dq_service.engine.engine import Engine
from dq_service.engine.proof import overlaid
from dq_service.engine.rulebook import Rulebook
from dq_service.reference.bundle import Reference
from dq_service.reference.point_rows import PointRows
from dq_service.reference.points import Points
from tests.conftest import AS_OF

LINES = (
    ("801 N Chimneywood Dr", None),
    ("801 N Chimnywood Dr", ""),  # a street near
    ("14205 Ida Street", "Apt 4B"),
    ("14205 Ida Street", "leave at back door"),
    ("1420O Ida Street", None),  # a letter for a digit
    ("14206 Ida St.", None),  # a number that is not known
    ("500 Elm St", None),  # wants a unit
    ("500 Elm St", "Unit 2"),
    ("500 Elm St", 4),
    ("12 Nowhere Rd", "12"),
    ("12 Nowhere Rd", "Omaha, NE 68142"),
    ("801 Broadway", None),
    ("801 N Chimneywood Avnue", None),
    ("801 N Chimneywood Dr Ste 3", None),
    ("PO Box 12", None),
    ("99 Elm St", "12 " * 120),
    ("Gate 4", "14205 Ida Street"),
    (None, "14205 Ida Street"),
    (["801 N Chimneywood Dr"], None),
)
PLACES = (
    ("Omaha", "NE", "68142"),
    ("OMAHA", "NE", "68142-1234"),
    ("Univ Of Nm", "NM", "87196"),  # the city ends with the state
    ("St. Paul", "MN", "55101"),
    ("Omhaa", "NE", "68142"),
    ("Omaha", "Nebraska", "68142"),
    ("", "NE", "68142"),
    ("Omaha", "NE", 68142),
    ("Toronto", "ON", "M5V 2T6"),
)
REST: tuple[dict[str, Any], ...] = (
    {"country": "US"},
    {"country": "US", "latitude": 41.4, "longitude": -96.1},
    {"country": "US", "latitude": 0, "longitude": 0},
    {"country": None},
    {"country": "CA"},
    {"country": "U.S.A."},
)
POINTS = [
    {"number": number, "street": street, "unit": unit, "postcode": "68142"}
    for number, street, unit in (
        ("801", "N CHIMNEYWOOD DR", ""),
        ("14205", "IDA STREET", ""),
        ("500", "ELM ST", "APT 2"),
        ("500", "ELM ST", "3"),
    )
]


def _orders() -> Iterator[dict[str, Any]]:
    for number, ((line1, line2), (city, state, postal_code), rest) in enumerate(product(LINES, PLACES, REST)):
        address = {"line1": line1, "line2": line2, "city": city, "state": state, "postal_code": postal_code, **rest}
        side = "ship_from" if number % 7 == 0 else "bill_to" if number % 7 == 1 else "ship_to"
        kind = "pickup" if number % 5 == 0 else "delivery"
        yield overlaid({f"{side}.address": address, f"{side}.name": "Aisha Martinez", "kind": kind})


@pytest.mark.parametrize("known", [True, False], ids=["points", "no points"])
def test_sparing_changes_no_result(known: bool, rulebook: Rulebook, reference: Reference) -> None:
    points = Points(PointRows(POINTS, reference.street_names), reference.street_names) if known else None
    world = replace(reference, points=points)
    others = {name: subject for name, subject in rulebook.subjects.items() if name != "plain_address"}
    sparing, asking = Engine(rulebook, world), Engine(replace(rulebook, subjects=others), world)
    for order in _orders():
        expected = asking.check(order, as_of=AS_OF).to_json()
        assert sparing.check(order, as_of=AS_OF).to_json() == expected, order
