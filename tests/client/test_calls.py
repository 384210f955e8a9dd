"""The calls about kept orders, events and webhooks: what both clients ask, and what they make of the replies."""

from itertools import islice

import pytest

from dq_service.client import NotFound, Outdated, Unavailable
from tests.client.conftest import Make, an_order
from tests.client.keeper import Keeper


def test_kept_orders_are_found_listed_and_changed(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url)
    for number in range(5):
        client.keep(an_order(number))
    assert client.get("ord_A-3").order == an_order(3)
    assert client.find("acme", "A-2", account="shop 7").id == "ord_A-2"
    assert [row.id for row in client.orders(lifecycle="released", limit=2)] == [f"ord_A-{n}" for n in range(5)]
    assert client.receipt("ord_A-1").changes == [{"field": "ship_to.address.city"}]
    assert client.cancel("ord_A-1", by="ops", reason="lost", if_match=1).lifecycle == "cancelled"
    assert client.revert("ord_A-1").raw["said"] == {"machine": True}
    assert client.revert("ord_A-1", "chg_1", by="ops").raw["said"] == {"change": "chg_1", "by": "ops"}
    assert client.acknowledge("ord_A-1", 1, frozen=True).raw["said"] == {"revision": 1, "frozen": True}
    with pytest.raises(NotFound):
        client.get("ord/../none")
    with pytest.raises(Outdated):
        client.cancel("ord_A-1", if_match=0)


def test_events_go_on_where_one_stopped(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url)
    for number in range(5):
        client.keep(an_order(number))
    events = list(client.events(limit=2))
    assert [event.subject for event in events] == [f"ord_A-{n}" for n in range(5)]
    for done, event in enumerate(events, 1):
        rest = [one.subject for one in client.events(event.position, limit=2)]
        assert set(rest) >= {one.subject for one in events[done:]}, "nothing is passed over"
        assert len(rest) <= 5 - done + 1, "and less than a page comes twice"
    following = islice(client.events(follow=True, every=0.01), 6)
    assert [next(following).subject for _ in range(5)] == [event.subject for event in events]
    client.keep(an_order(5))
    assert next(following).subject == "ord_A-5"


def test_webhooks(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url)
    added = client.add_webhook("https://example.com/hook", types=["order.held"])
    assert (added.id, added.secret) == ("whk_1", "whsec_c2VjcmV0")
    assert "whsec" not in repr(added)
    assert [one.url for one in client.webhooks()] == ["https://example.com/hook"]
    assert [one["state"] for one in client.deliveries("whk_1", state="dead")] == ["dead"]
    assert client.replay_webhook("whk_1") == 7
    changed = client.change_webhook("whk_1", types=[], enabled=True)
    assert (changed.id, changed.raw["types"], changed.raw["enabled"]) == ("whk_1", [], True)
    assert keeper.arrivals[-1][2] == b'{"types":[],"enabled":true}'
    client.remove_webhook("whk_1")
    assert keeper.arrivals[-3][2] == b'{"dead":true}'


def test_an_endpoint_is_not_added_twice(make: Make, keeper: Keeper) -> None:
    client = make(keeper.url)
    keeper.next = ["half"]
    with pytest.raises(Unavailable):
        client.add_webhook("https://example.com/hook")
    keeper.next = [503]
    assert client.add_webhook("https://example.com/hook").id == "whk_1"
