"""E-mail addresses of parties and their contacts: contacts are looked at, a repaired one is told no more."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dq_service.checks import emails, party
from dq_service.context import Context
from dq_service.engine.proof import overlaid
from dq_service.order import Order
from dq_service.partner import BUILT_IN
from dq_service.reference.bundle import Reference

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
ANYTHING = st.none() | st.integers() | st.text("jo@.,; gmail<>", max_size=20) | st.lists(st.integers(), max_size=2)


def test_contacts_of_a_party_are_looked_at_too(reference: Reference) -> None:
    further = {"ship_to.contacts": [{"email": "jo@gmial.com"}, None, "x", {"email": "<jo@example.com>"}]}
    seen = party.marks(Order(overlaid(further)).part("ship_to"), Context(NOW, reference, BUILT_IN))
    assert set(seen) == {"slip", "dressed"}


@given(email=ANYTHING, contacts=ANYTHING)
@example(email="<jo@example.com>", contacts=None)
def test_an_undressed_address_is_told_no_more(reference: Reference, email: Any, contacts: Any) -> None:
    order = Order({"ship_to": {"email": email, "contacts": contacts}})
    part, context = order.part("ship_to"), Context(NOW, reference, BUILT_IN)
    party.marks(part, context)
    for seen in emails.email_reads(part, context, as_="dressed"):
        for candidate in emails.email_bare(seen, part, context):
            repaired = order.replacing(candidate.changes).part("ship_to")
            assert not emails.email_reads(repaired, context, as_="dressed")
