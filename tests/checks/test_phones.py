"""Phones of parties and their contacts: contacts are looked at, every repair settles what it was made for."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks import party, phones
from dq_service.context import Context
from dq_service.engine.proof import overlaid
from dq_service.order import Order
from dq_service.partner import BUILT_IN
from dq_service.reference.bundle import Reference

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
DIALLED = st.text("0123456789 +-().xOlext/,;", max_size=30)
ANYTHING = st.none() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2) | DIALLED


def test_contacts_of_a_party_are_looked_at_too(reference: Reference) -> None:
    further = {"ship_to.contacts": [{"phone": "402-538-57"}, None, "x", {"phone_extension": "ext. 12"}]}
    seen = party.marks(Order(overlaid(further)).part("ship_to"), Context(NOW, reference, BUILT_IN))
    assert set(seen) == {"unreadable", "phone_only", "extension"}


@given(phone=ANYTHING, email=ANYTHING, contacts=ANYTHING, extension=ANYTHING)
def test_a_repaired_phone_is_told_no_more(
    reference: Reference, phone: Any, email: Any, contacts: Any, extension: Any
) -> None:
    order = Order({"ship_to": {"phone": phone, "email": email, "contacts": contacts, "phone_extension": extension}})
    part, context = order.part("ship_to"), Context(NOW, reference, BUILT_IN)
    party.marks(part, context)
    for as_ in ("formatted", "letters", "around", "several"):
        mend = {"around": phones.phone_alone, "several": phones.phones_apart}.get(as_, phones.phone_in_e164)
        for seen in phones.phone_reads(part, context, as_=as_):
            for candidate in mend(seen, part, context):
                repaired = order.replacing(candidate.changes).part("ship_to")
                assert not phones.phone_reads(repaired, context, as_=as_)
