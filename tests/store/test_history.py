"""Earlier orders are found by recipient, place, site and parcel, as they stand now."""

from dataclasses import replace
from typing import Any

import orjson

from dq_service.order import JSON, Order
from dq_service.store import history, orders
from dq_service.store.database import Database
from dq_service.store.kept import Step
from tests.store.steps import arrival, changed, order


def found(database: Database, sent: JSON, partner: str = "acme") -> list[str]:
    """The names of the orders that share a key with this one, each once."""
    with database.writing() as connection:
        by_key = history.earlier(connection, history.keys_of(partner, Order(sent)))
    return list({id_: json["order_id"] for orders in by_key.values() for id_, json in orders.items()}.values())


def kept(database: Database, *steps: Step) -> None:
    """Writes steps in one transaction."""
    with database.writing() as connection:
        orders.write(connection, steps, (), "w1")


def test_each_key_finds(database: Database) -> None:
    base: dict[str, Any] = {
        "ship_to.phone": "+14025550143",
        "ship_to.name": "Aisha Martinez",
        "ship_to.address.line1": "14205 Ida Street",
        "ship_to.site_id": "S-1",
        "packages": [{"sscc": "340123450000000018"}],
    }
    kept(database, arrival(sent=order(1, **base)))
    other = {
        "ship_to.phone": "+14025550199",
        "ship_to.name": "Bo Lind",
        "ship_to.address.line1": "1 Elm Street",
        "ship_to.site_id": "S-2",
        "packages": [{"sscc": "340123450000000025"}],
    }
    assert found(database, order(2, **other)) == []
    for name in base:
        assert found(database, order(2, **{**other, name: base[name]})) == ["ACME-000001"], name
    assert found(database, order(2, **base), partner="bolt") == [], "a history is one partner's"


def test_the_ten_newest_oldest_first(database: Database) -> None:
    same = {"ship_to.phone": "+14025550143"}
    steps = [arrival(sent=order(number, **same)) for number in range(1, 16)]
    kept(database, *steps)
    mine = order(99, **same)
    phone = history.keys_of("acme", Order(mine))[0]
    with database.writing() as connection:
        found = history.earlier(connection, [phone])[phone]
    assert [json["order_id"] for json in found.values()] == [f"ACME-{number:06}" for number in range(6, 16)]


def test_an_order_is_found_as_it_stands_now(database: Database) -> None:
    first = arrival(sent=order(1, **{"ship_to.phone": "+14025550143"}))
    mended = {**order(1, **{"ship_to.phone": "+14025550143"}), "order_id": "MENDED", "instructions": "rear door"}
    second = changed(first.after, sent=mended, lifecycle="cancelled")
    second = replace(second, after=replace(second.after, result=orjson.dumps({"order": mended})))
    kept(database, first, second)
    with database.writing() as connection:
        by_key = history.earlier(connection, history.keys_of("acme", Order(first.after.sent or {})))
    (json,) = {id(json): json for orders in by_key.values() for json in orders.values()}.values()
    assert json == {**mended, "order_id": "ACME-000001", "status": "cancelled"}
    assert len(by_key) > 1, "one object under all its keys"


def test_a_new_body_adds_its_keys(database: Database) -> None:
    first = arrival(sent=order(1, **{"ship_to.phone": "+14025550143"}))
    kept(database, first)
    later = order(1, **{"ship_to.phone": "+14025550188"})
    kept(database, changed(first.after, sent=later))
    assert found(database, order(9, **{"ship_to.phone": "+14025550188"})) == ["ACME-000001"]


def test_keys_are_signed_and_of_64_bits() -> None:
    hostile = {"ship_to": {"phone": "9" * 400, "name": "a\ud800", "address": {"line1": "x", "postal_code": "1"}}}
    sent = {**hostile, "packages": [{"sscc": "7" * 5000}, {"tracking_number": "x\x00y"}, {"sscc": "\u0663" * 30}]}
    for number in range(200):
        for key in history.keys_of(f"p{number}", Order({**sent, "n": number})):
            assert -(2**63) <= key < 2**63


def test_parcels_that_are_counted_up_stand_beside_each_other() -> None:
    keys = [
        history.keys_of("acme", Order({"packages": [{"sscc": f"34012345{number:09}8"}]}))[0] for number in range(1600)
    ]
    assert max(keys) - min(keys) < 200 << 32
