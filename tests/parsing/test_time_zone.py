"""The zone of an address: certain, or not told."""

import pytest

from dq_service.order import Order
from dq_service.parsing.time_zone import zone_of, zones_of
from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ({"city": "Omaha", "state": "NE", "postal_code": "68142", "country": "US"}, "America/Chicago"),
        ({"city": "Omhaa", "state": "NE", "postal_code": "68142", "country": "US"}, "America/Chicago"),
        ({"city": "Phoenix", "state": "AZ", "postal_code": "85012", "country": "US"}, "America/Phoenix"),
        ({"city": "Toronto", "state": "ON", "postal_code": "M5V 2T6", "country": "CA"}, "America/Toronto"),
        ({"city": "Kenora", "state": "ON", "postal_code": "P9N 1A1", "country": "CA"}, ""),
        ({"city": "Berlin", "postal_code": "10115", "country": "DE"}, ""),
        ({"country": "US"}, ""),
    ],
    ids=["agrees", "misspelled", "without summer time", "Ontario", "west of 90", "abroad", "empty"],
)
def test_zone_of_an_address(address: dict[str, str], zone: str, reference: Reference) -> None:
    part = Order({"ship_to": {"address": address}}).part("ship_to.address")
    assert zone_of(part, reference) == zone


def test_where_the_zip_contradicts_the_zones_are_offered(reference: Reference) -> None:
    address = {"city": "Springfield", "state": "", "postal_code": "", "country": "US"}
    part = Order({"ship_to": {"address": address}}).part("ship_to.address")
    assert zone_of(part, reference) == ""
    assert set(zones_of(part, reference)) <= {
        "America/Chicago",
        "America/New_York",
        "America/Los_Angeles",
        "America/Denver",
    }
