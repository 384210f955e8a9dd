"""Where a number or an address goes when its field is taken, and when there is no room at all."""

from dq_service.finding import Candidate
from dq_service.order import Order
from dq_service.parsing.further_contact import email_placed, fitting, further_entry, phone_placed
from dq_service.parsing.phone import read
from dq_service.reference.bundle import Reference


def test_a_number_goes_to_a_further_contact_where_another_one_stands(reference: Reference) -> None:
    reading = read("402-538-5759 x12", "US", reference.area_codes)
    free, taken = Order({"ship_to": {"email": "jo@example.com"}}), Order({"ship_to": {"phone": "+14025967231"}})
    party = free.part("ship_to")
    assert phone_placed(party, party, reading, reference) == {
        "ship_to.phone": "+14025385759",
        "ship_to.phone_extension": "12",
    }
    party = taken.part("ship_to")
    assert phone_placed(party, party, reading, reference) == {
        "ship_to.contacts[0].role": "alternate",
        "ship_to.contacts[0].phone": "+14025385759",
        "ship_to.contacts[0].phone_extension": "12",
    }


def test_what_stands_there_already_is_not_placed_again(reference: Reference) -> None:
    party = Order({"ship_to": {"phone": "402 538 5759", "email": "Jo@example.com"}}).part("ship_to")
    assert phone_placed(party, party, read("+14025385759", "US", reference.area_codes), reference) == {}
    assert email_placed(party, party, "jo@example.com") == {}


def test_no_contact_is_added_to_what_is_no_list() -> None:
    party = Order({"ship_to": {"contacts": "none"}}).part("ship_to")
    assert fitting(party, Candidate({f"{further_entry(party, 0)}.email": "jo@example.com"}, 0.9, "")) == ()
    assert fitting(party, Candidate({"ship_to.email": "jo@example.com"}, 0.9, "")) != ()
