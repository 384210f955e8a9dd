"""What a phone field, an e-mail field and an address line hold: look-alikes, and what is left of the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_service.parsing.contact_text import addresses_in, email_marks, in_address_line, is_plain, phone_marks
from dq_service.reference.bundle import Reference


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
        ("jo@own-name.example.com", ()),
        ("jo@-example.com", ("broken",)),
        ("jo@example..com", ("broken",)),
        ("jo@mail.yopmail.com", ("disposable",)),
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
