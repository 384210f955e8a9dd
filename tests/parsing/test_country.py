"""Which country an address is in, as far as it says: the gate of every rule that holds for one country."""

from typing import Any

import pytest

from dq_service.order import Order
from dq_service.parsing.country import country_of
from dq_service.reference.bundle import Reference


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ({"country": "US"}, "US"),
        ({"country": "u.s.a."}, "US"),
        ({"country": "Canada"}, "CA"),
        ({"country": "MX", "postal_code": "44100"}, "MX"),
        ({"country": "Ruritania", "postal_code": "68142"}, ""),
        ({"postal_code": "68142"}, "US"),
        ({"postal_code": "M5V 2T6"}, "CA"),
        ({"postal_code": "k1aOb1"}, "CA"),
        ({"state": "ON"}, "CA"),
        ({"state": "NE"}, "US"),
        ({"state": "ON", "postal_code": "68142"}, "US"),
        ({"postal_code": "SW1A 1AA"}, ""),
        ({}, "US"),
        (None, "US"),
        ("12 Elm St", "US"),
        ({"country": 840, "postal_code": 68142}, "US"),
    ],
)
def test_as_far_as_the_address_says(reference: Reference, address: Any, country: str) -> None:
    order = Order({"ship_to": {"address": address}})
    assert country_of(order.part("ship_to.address"), reference) == country
    assert country_of(order.part("ship_to"), reference) == country


def test_what_is_no_address_is_where_its_customer_is(reference: Reference) -> None:
    canadian, american = {"address": {"country": "CA"}}, {"address": {"country": "US"}}
    delivery = Order({"ship_from": american, "ship_to": canadian, "items": [{"sku": "A"}]})
    assert country_of(delivery.part("items[0]"), reference) == "CA"
    assert country_of(delivery.part(""), reference) == "CA"
    assert country_of(delivery.part("ship_from"), reference) == "US"
    returned = Order({**delivery.json, "kind": "return"})
    assert country_of(returned.part("items[0]"), reference) == "US"


def test_a_stop_is_in_its_own_country(reference: Reference) -> None:
    order = Order({"stops": [{"address": {"country": "US"}}, {"address": {"country": "CA"}}]})
    assert country_of(order.part("stops[1].address"), reference) == "CA"
    assert country_of(order.part("stops[1]"), reference) == "CA"
