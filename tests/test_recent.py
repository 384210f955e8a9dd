"""Earlier orders as a look-up: an order is never its own evidence."""

from dq_service.engine.proof import overlaid
from dq_service.order import Order
from dq_service.recent import History


def order(**changes: object) -> dict[str, object]:
    return overlaid({name.replace("__", "."): value for name, value in changes.items()})


def test_never_its_own_evidence() -> None:
    first, changed = order(), order(instructions="Ring twice")
    history = History.of([first, changed])
    for look in (history.same_person, history.same_place, history.same_site):
        assert look(Order(first)) == []
    assert history.earlier_version(Order(first)) == Order(changed)


def test_newest_first_and_each_once() -> None:
    older, newer = order(order_id="PROOF-1"), order(order_id="PROOF-2")
    history = History.of([older, newer])
    assert [found.text("order_id") for found in history.same_person(Order(order()))] == ["PROOF-2", "PROOF-1"]


def test_same_place_looks_at_both_lines() -> None:
    neighbour = order(order_id="PROOF-1", ship_to__address__line2="Apt 5")
    spelt = order(order_id="PROOF-2", ship_to__address__line1="14205 IDA STREET.")
    found = History.of([neighbour, spelt]).same_place(Order(order()))
    assert [one.text("order_id") for one in found] == ["PROOF-2"]


def test_parcels() -> None:
    history = History.of(
        [order(order_id="PROOF-1", packages=[{"sscc": "0 0614141 123456789 0", "tracking_number": "1Z 9"}])]
    )
    assert [one.text("order_id") for one in history.same_parcel("006141411234567890")] == ["PROOF-1"]
    assert [one.text("order_id") for one in history.same_parcel("1z9")] == ["PROOF-1"]
