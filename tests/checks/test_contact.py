"""Phones, e-mail addresses and recipients beyond the rules' own examples: look-alikes, and that nothing is lost."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.checks import contact
from dq_service.context import Context
from dq_service.engine.proof import overlaid
from dq_service.order import Order
from dq_service.parsing.contact_text import addresses_in, email_marks, in_address_line, is_plain, phone_marks
from dq_service.partner import BUILT_IN, Partner
from dq_service.partner import load as load_partner
from dq_service.reference.bundle import Reference
from dq_service.reference.bundle import load as load_reference

DIALLED = st.text("0123456789 +-().xOlext/,;", max_size=30)
ANYTHING = st.none() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2) | DIALLED


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return load_reference(Path(__file__).parents[2] / "reference_data", None, tmp_path_factory.mktemp("cache"))


def world(reference: Reference, partner: Partner = BUILT_IN) -> Context:
    from datetime import UTC, datetime

    return Context(datetime(2026, 12, 1, 18, tzinfo=UTC), reference, partner)


def marks(changes: dict[str, Any], context: Context) -> set[str]:
    return set(contact.marks(Order(overlaid(changes)).part("ship_to"), context))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+14025385759", ()),
        ("+18375385759", ()),  # 837 is in service and phonenumbers refuses it
        ("402-538-5759", ("formatted",)),
        ("402 538 57 59", ("formatted",)),
        ("+44 20 7123 4567", ("formatted",)),
        ("1-800-FLOWERS", ("toll_free",)),
        ("4O2-538-5759", ("letters",)),
        ("402-538-5759 or 5760", ("around",)),
        ("402-538-5759 / 402-596-7231", ("several",)),
        ("402-538-5759, 4025385759", ("around",)),
        ("538-5759", ("unreadable",)),
        ("+12345678901", ("placeholder",)),
        ("(402) 555-0142", ("placeholder",)),
        ("+557734881234", ()),  # a plan of numbers that we do not judge
        ("5.13E+09", ("scientific",)),
        ("jo@example.com", ("email",)),
    ],
)
def test_what_a_phone_field_holds(written: str, expected: tuple[str, ...], reference: Reference) -> None:
    assert phone_marks(written, "US", reference.area_codes) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("jo@example.com", ()),
        ("JO.HADDAD+home@example.com", ()),
        ("jo@ymail.com", ()),
        ("jo@mail.com", ()),
        ("jo@gmial.com", ("slip",)),
        ("jo@icloud,com", ("slip",)),
        ("jo@gmail", ("slip",)),
        ("<jo@example.com>", ("dressed",)),
        ("jo.example.com", ("broken",)),
        ("a@example.com; b@example.com", ("broken",)),
        ("receiving@example.com", ("role",)),
        ("x@marketplace.amazon.com", ("relay",)),
    ],
)
def test_what_an_email_field_holds(written: str, expected: tuple[str, ...], reference: Reference) -> None:
    assert email_marks(written, reference.email_domains) == expected


@given(st.from_regex(r"\+1[2-9]\d{9}", fullmatch=True))
def test_the_quick_way_never_passes_what_the_long_way_marks(reference: Reference, written: str) -> None:
    if is_plain(written, reference.area_codes):
        assert phone_marks(written, "US", reference.area_codes) == ()


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("CALL (402) 538-5759", ""),
        ("Apt 4B, call 402-538-5759", "Apt 4B"),
        ("please text 402-538-5759 upon arrival", ""),
        ("Suite 200 (402) 538-5759", "Suite 200"),
        ("jo@example.com", ""),
    ],
)
def test_a_way_to_reach_somebody_leaves_the_line(line: str, rest: str, reference: Reference) -> None:
    found = in_address_line(line, "US", reference.area_codes)
    assert found is not None
    assert found.rest == rest


@pytest.mark.parametrize(
    "line", ["14205 Ida Street", "Unit 4025385", "402-538-5759 402-596-7231", "Hwy 20 Lot 1234567"]
)
def test_an_address_line_is_no_number(line: str, reference: Reference) -> None:
    assert in_address_line(line, "US", reference.area_codes) is None


def test_several_addresses_are_only_what_is_nothing_else() -> None:
    assert addresses_in("a@example.com, b@example.com") == ("a@example.com", "b@example.com")
    assert addresses_in("a@example.com b") == ()


def test_contacts_of_a_party_are_looked_at_too(reference: Reference) -> None:
    further = {"ship_to.contacts": [{"phone": "402-538-57"}, None, "x", {"email": "jo@gmial.com"}]}
    assert marks(further, world(reference)) == {"unreadable", "slip", "phone_only"}


def test_one_broken_contact_that_was_wanted_is_told_once(reference: Reference) -> None:
    partner = load_partner("{name: p, required: [ship_to.contact]}", "p.yaml")
    context = world(reference, partner)
    part = Order(overlaid({"ship_to.phone": "5.13E+09", "ship_to.email": "jo gmail.com"})).part("ship_to")
    told = [seen.field for seen in contact.contact_missing(part, context)]
    assert told == ["ship_to.phone"]
    assert contact.phone_reads(part, context, as_="scientific") == ()
    assert contact.email_reads(part, context, as_="broken") == ()


@given(phone=ANYTHING, email=ANYTHING, contacts=ANYTHING, extension=ANYTHING)
def test_every_check_answers_to_anything(
    reference: Reference, phone: Any, email: Any, contacts: Any, extension: Any
) -> None:
    given_ = {"phone": phone, "email": email, "contacts": contacts, "phone_extension": extension}
    order = Order({"ship_to": given_})
    part, context = order.part("ship_to"), world(reference)
    contact.marks(part, context)
    for as_ in ("formatted", "letters", "around", "several"):
        mend = {"around": contact.phone_alone, "several": contact.phones_apart}.get(as_, contact.phone_in_e164)
        for seen in contact.phone_reads(part, context, as_=as_):
            for candidate in mend(seen, part, context):
                repaired = order.replacing(candidate.changes).part("ship_to")
                assert not contact.phone_reads(repaired, context, as_=as_)
