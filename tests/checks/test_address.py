"""What an address lacks: house numbers of Queens, Wisconsin and Puerto Rico are numbers, those of highways are not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dq_service.checks import address
from dq_service.context import Context
from dq_service.order import Order
from dq_service.partner import BUILT_IN, Partner
from dq_service.partner import load as load_partner
from dq_service.reference.bundle import Reference
from dq_service.result import Result

Check = Callable[..., Result]
AS_OF = datetime(2026, 12, 1, 18, tzinfo=UTC)


def at(**fields: Any) -> dict[str, Any]:
    return {f"ship_to.address.{name}": value for name, value in fields.items()}


def lacks_number(reference: Reference, line: str) -> bool:
    part = Order({"ship_to": {"address": {"line1": line}}}).part("ship_to.address")
    return "no_number" in address.marks(part, Context(AS_OF, reference))


def told(result: Result) -> list[str]:
    return [finding.rule for finding in result.findings if finding.severity == "error"]


@pytest.mark.parametrize(
    "line",
    [
        "One Childrens Hospital Drive",
        "W156N8131 Pilgrim Rd",
        "23W080 Hobson Rd",
        "G-7220 N Saginaw Rd",
        "110-20 71st Ave",
        "12 1/2 Elm St",
        "6600-34th Avenue",
        "744-B2 Jarvisville Rd",
        "1,200 Main St",
        "380 W 2880 S",
        "Bunker Hill Building, 801 S. Franklin",
        "Township Building, 3537 S Brookville Rd",
        "Community Rm, 1730 W 16th Street",
        "Calle Font Martelo #355",
        "Carr 102 Km 30.6",
        "Suite 204-117 Third Street",
        "5860 US 17 HWY",
        "2955 State Route 16550",
        "100 54th St Apt 4",
    ],
)
def test_a_line_with_its_number(reference: Reference, line: str) -> None:
    assert not lacks_number(reference, line)


@pytest.mark.parametrize(
    "line",
    [
        "Ida Street",
        "7th Avenue",
        "S 14th and Sayles Blvd",
        "US Highway 58",
        "State Hwy 42",
        "Rt. 219",
        "County Rd 6",
        "N Commerce St Apt 4",
        "Administration Bldg Suite 1070",
        "West 6th Street",
    ],
)
def test_a_line_without_one(reference: Reference, line: str) -> None:
    assert lacks_number(reference, line)


@pytest.mark.parametrize(
    ("location", "rule"),
    [
        ({"from": "buyer", "accuracy_m": 12}, "ADR009"),
        ({"from": "driver", "accuracy_m": 50.0}, "ADR009"),
        ({"from": "geocoder", "accuracy_m": 5}, "ADR003"),
        ({"from": "buyer", "accuracy_m": 400}, "ADR003"),
        ({"from": "buyer", "accuracy_m": None}, "ADR003"),
        ({"from": "buyer", "accuracy_m": True}, "ADR003"),
        ({"from": ["buyer"], "accuracy_m": 12}, "ADR003"),
        ({"from": {}, "accuracy_m": 12}, "ADR003"),
        (None, "ADR003"),
        ("buyer", "ADR003"),
    ],
)
def test_only_a_near_pin_of_somebody_who_was_there_stands_for_the_number(
    check: Check, location: Any, rule: str
) -> None:
    result = check(at(line1="Ida Street", latitude=41.3453, longitude=-96.1482, location=location))
    assert {"ADR003", "ADR009"}.intersection(finding.rule for finding in result.findings) == {rule}


NO_BOXES = load_partner("name: acme\npo_boxes: false\nshadow: false\n", "acme.yaml")


@pytest.mark.parametrize("line", ["PO Box 12", "P O BOX 12", "CMR 467 Box 12", "General Delivery", "POB 9"])
def test_a_box_is_refused_only_by_a_partner_that_says_so(check: Check, line: str) -> None:
    assert "ADR005" in told(check(at(line1=line, line2=""), NO_BOXES))
    assert "ADR005" not in told(check(at(line1=line, line2=""), BUILT_IN))


@pytest.mark.parametrize(
    "line", ["14205 Box Elder Street", "531 Beebe St, PO Box 428", "RR 2 Box 152", "12 Poboxer Lane"]
)
def test_a_door_with_a_box_beside_it_is_a_door(check: Check, line: str) -> None:
    assert "ADR005" not in told(check(at(line1=line, line2=""), NO_BOXES))


@pytest.mark.parametrize("partner", [NO_BOXES, BUILT_IN], ids=["no boxes", "built in"])
def test_an_empty_address_is_said_once(check: Check, partner: Partner) -> None:
    empty = dict.fromkeys(("line1", "line2", "city", "state", "postal_code"), "")
    assert told(check(at(**empty), partner)) == ["ADR001"]


@pytest.mark.parametrize(
    "line", ["14205 Ida Strand", "900 Via Roma", "501 Lance Court", "100 Avenue C", "12 Boulevard", "77 Elmstret"]
)
def test_a_word_that_is_no_misspelt_suffix_stays(check: Check, line: str) -> None:
    result = check(at(line1=line))
    assert result.order is not None
    assert result.order["ship_to"]["address"]["line1"] == line


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("2671 Blanding Avene", "2671 Blanding Avenue"),
        ("122 WASHINGTON STREEET", "122 WASHINGTON STREET"),
        ("434 S Euclid Steet, Suite 188", "434 S Euclid Street"),
        ("100 n main avenu nw", "100 n main avenue nw"),
    ],
)
def test_a_misspelt_suffix_is_spelt_in_the_senders_case(check: Check, line: str, right: str) -> None:
    result = check(at(line1=line, line2=""))
    assert result.order is not None
    assert result.order["ship_to"]["address"]["line1"] == right


def test_a_delivery_to_its_own_start(check: Check) -> None:
    home = {
        "line1": "14205 ida street",
        "line2": "APT 4-B",
        "city": "OMAHA",
        "state": "NE",
        "postal_code": "68142",
        "country": "US",
    }
    assert told(check({"ship_from": {"name": "A", "address": home}})) == ["ADR060"]
    assert told(check({"ship_from": {"name": "A", "address": home}, "kind": "return"})) == []
    assert told(check({"ship_from": {"name": "A", "address": {**home, "line2": "Apt 4C"}}})) == []
