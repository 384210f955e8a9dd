"""A recipient is found in any form and any place, and nobody else is."""

import json
from typing import Any

import pytest

from dq_service.service.recipient import Recipient, recipient
from tests.store.steps import order

PHONE = recipient(phone="(402) 538-5759")
EMAIL = recipient(email="Aisha@Example.com")
NAME = recipient(name="Aisha Martínez", postal_code="68142-1234")


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "text",
    [
        "+14025385759", "402-538-5759", "(402) 538 5759", "4025385759 x12", "0014025385759", 4025385759,
        "1 402.538.5759", "call 402-538-5759 on arrival", "４０２５３８５７５９", "+1 (402) 538-5759",
    ],
)  # fmt: skip
def test_a_phone_in_any_form(text: Any) -> None:
    assert PHONE.stands_in(raw({"ship_to": {"contacts": [{"phone": text}]}}))
    assert PHONE.stands_in(raw({"instructions": text, "é": 1}))


@pytest.mark.parametrize(
    "text", ["+14025385758", "40253857590", "12344025385759", "402538575", "tracking 994025385759001"]
)
def test_another_number(text: str) -> None:
    assert not PHONE.stands_in(raw({"ship_to": {"phone": text}}))


def test_an_email() -> None:
    for text in ("aisha@example.com", "AISHA@example.COM", "write to aisha@example.com.", "<aisha@example.com>"):
        assert EMAIL.stands_in(raw({"bill_to": {"email": text}})), text
    for text in ("maisha@example.com", "aisha@example.community", "aisha@example.com.au", "x.aisha@example.com"):
        assert not EMAIL.stands_in(raw({"bill_to": {"email": text}})), text


def test_a_name_with_the_postal_code_of_the_same_party() -> None:
    party = {"name": "Aisha Martinez", "address": {"postal_code": "68142"}}
    other = {"name": "Bo Larsen", "address": {"postal_code": "68142"}}
    namesake = {"name": "aisha  MARTINEZ", "address": {"postal_code": "10001"}}
    assert NAME.stands_in(raw({"ship_to": party}))
    assert NAME.stands_in(raw({"ship_to": namesake, "stops": [other, party]}))
    assert NAME.stands_in(raw({"ship_to": {**other, "contacts": [{"name": "Martínez, Aisha"}]}}))
    assert NAME.stands_in(raw({"order": {"ship_to": party}, "findings": []}))
    assert NAME.stands_in(raw({"shipping_address": {"first_name": "Aisha", "last_name": "Martinez", "zip": "68142"}}))
    assert NAME.stands_in(raw({"ship-name": "Aisha Martinez", "ship-postal-code": 68142, "items": [{"sku": "1"}]}))
    assert not NAME.stands_in(raw({"ship_to": namesake, "ship_from": other}))
    assert not NAME.stands_in(raw({"order": {"ship_to": namesake, "ship_from": other}}))
    assert not NAME.stands_in(raw({"stops": [namesake, other]}))
    assert not NAME.stands_in(raw({"ship_to": other}))


def test_what_is_no_json() -> None:
    assert PHONE.stands_in(b"<order><phone>402 538 5759</phone>")
    assert NAME.stands_in(b"name=Aisha Martinez;zip=68142")
    assert not NAME.stands_in(b"name=Aisha Martinez;zip=10001")
    assert PHONE.stands_in('{"phone": "402-538-5759"}'.encode("utf-16"))
    assert EMAIL.stands_in('{"email": "aisha@example.com"}'.encode("utf-16-le"))


def test_a_text_without_a_postal_code() -> None:
    assert NAME.named_in("asked for by Aisha Martinez by phone")
    assert not NAME.named_in("asked for by Aisha")
    assert PHONE.named_in("says 402-538-5759")


def test_an_order_of_somebody_else() -> None:
    mine = raw(order(1))
    for one in (PHONE, recipient(email="bo@example.com"), NAME):
        assert not one.stands_in(mine)
    assert recipient(phone="+14020000001").stands_in(mine)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"phone": "12345"}, {"phone": "x"}, {"email": "nobody"}, {"name": "Aisha"}, {"postal_code": "68142"},
        {"name": "--", "postal_code": "68142"},
    ],
)  # fmt: skip
def test_who_could_be_anybody(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="want") as caught:
        recipient(**given)
    assert not any(value and value in str(caught.value) for value in given.values())


def test_an_extension_is_no_part_of_the_phone() -> None:
    assert recipient(phone="402-538-5759 ext. 12") == recipient(phone="+1 402 538 5759 x7") == Recipient("4025385759")
