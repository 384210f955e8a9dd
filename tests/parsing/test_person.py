"""How a person is reached: whose phone is read where, and when nobody can be reached."""

import pytest

from dq_service.order import Order
from dq_service.parsing.person import people, region_of, unreachable
from dq_service.reference.bundle import Reference


def test_people_are_the_party_and_its_contacts_that_are_objects() -> None:
    order = Order({"ship_to": {"contacts": [{"phone": "1"}, None, "x", {"email": "jo@example.com"}]}})
    paths = [person.path for person in people(order.part("ship_to"))]
    assert paths == ["ship_to", "ship_to.contacts[0]", "ship_to.contacts[3]"]


def test_a_contact_is_where_its_party_is(reference: Reference) -> None:
    order = Order({"bill_to": {"address": {"country": "CA"}, "contacts": [{"phone": "416-555-0123"}]}})
    assert region_of(order.part("bill_to.contacts[0]"), reference) == "CA"


@pytest.mark.parametrize(
    ("path", "required", "expected"),
    [
        ("ship_to", (), False),
        ("ship_to", ("ship_to.contact",), True),
        ("ship_to", ("bill_to.contact",), False),
        ("stops[12]", ("stops[*].contact",), True),
    ],
)
def test_only_a_contact_that_is_required_is_missed(
    path: str, required: tuple[str, ...], expected: bool, reference: Reference
) -> None:
    order = Order({"ship_to": {"phone": "538-57"}, "stops": [{"phone": ""}] * 13})
    assert unreachable(order.part(path), required, reference) is expected


def test_a_further_contact_is_enough(reference: Reference) -> None:
    order = Order({"ship_to": {"phone": "538-57", "contacts": [{"email": "jo@example.com"}]}})
    assert not unreachable(order.part("ship_to"), ("ship_to.contact",), reference)
