"""Whether anybody can be reached: the contact that is required is told once, and a look answers to anything."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks import contact, emails, party, phones
from dq_service.context import Context
from dq_service.engine.proof import overlaid
from dq_service.order import Order
from dq_service.partner import load as load_partner
from dq_service.reference.bundle import Reference

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
WANTED = load_partner("{name: p, required: [ship_to.contact]}", "p.yaml")
TEXT = st.text("0123456789 +-().xOlext/,;@gmail", max_size=30)
ANYTHING = st.none() | st.integers() | st.lists(st.integers(), max_size=2) | TEXT


def test_one_broken_contact_that_was_wanted_is_told_once(reference: Reference) -> None:
    context = Context(NOW, reference, WANTED)
    part = Order(overlaid({"ship_to.phone": "5.13E+09", "ship_to.email": "jo gmail.com"})).part("ship_to")
    told = [seen.field for seen in contact.contact_missing(part, context)]
    assert told == ["ship_to.phone"]
    assert phones.phone_reads(part, context, as_="scientific") == ()
    assert emails.email_reads(part, context, as_="broken") == ()


@given(phone=TEXT, email=ANYTHING, contacts=ANYTHING, line=ANYTHING)
def test_what_the_checks_find_the_look_has_seen(
    reference: Reference, phone: str, email: Any, contacts: Any, line: Any
) -> None:
    reached = {"phone": phone, "email": email, "contacts": contacts, "address": {"line1": line}}
    part, context = Order({"ship_to": reached}).part("ship_to"), Context(NOW, reference, WANTED)
    seen = party.marks(part, context)
    assert bool(contact.contact_missing(part, context)) is ("no_contact" in seen)
    assert bool(contact.email_in_phone(part, context)) is ("email" in seen)
    assert bool(contact.phone_in_email(part, context)) is ("phone_in_email" in seen)
    assert not contact.in_line(part, context) or "line" in seen
