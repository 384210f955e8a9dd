"""The queue on both databases: what stands in it, in which order, who has it open, how it is counted and searched."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from dq_service.finding import Finding, Suggestion
from dq_service.service.commands import Cancel
from dq_service.service.reviews import listing
from dq_service.service.reviews.choices import protected, sure
from dq_service.service.reviews.decisions import Wish
from dq_service.service.reviews.ranking import rank_of, seconds_of
from dq_service.store.in_review import View
from dq_service.store.queue import Filter
from dq_service.store.review_tables import ITEM_RULES, ITEMS
from tests.service.reviews.conftest import NOW, Clock, body, held
from tests.soak.reviews import claimed_at_a_barrier

pytestmark = pytest.mark.anyio

House = Callable[[], Any]


def listed(one: Any, **wanted: Any) -> list[str]:
    """What a list names, by the senders' names; page by page."""
    found: list[str] = []
    place = None
    while True:
        with one.database.reading() as connection:
            page = listing.page(connection, Filter(**wanted), one.clock(), place, 2)
        found += [item["received_id"] for item in page.items]
        place = page.next
        if place is None:
            return found


def facets(one: Any, **wanted: Any) -> Any:
    """The counts of a filter."""
    with one.database.reading() as connection:
        counts = listing.Counting().of(connection, Filter(**wanted), one.clock())
    told = listing.facets(counts, Filter(**wanted))
    return told["total"], {
        name: {choice["value"]: choice["count"] for choice in choices if choice["count"]}
        for name, choices in told["facets"].items()
    }


async def test_an_order_stands_in_the_queue_while_it_is_in_review(house: House, clock: Clock) -> None:
    async with house() as one:
        await one.gets(body(1))
        assert (one.count(ITEMS), one.count(ITEM_RULES)) == (0, 0), "a plain order costs nothing"
        step = await one.gets(held(2))
        with one.database.reading() as connection:
            (item,) = listing.page(connection, Filter(), clock(), None, 9).items
        assert (
            item["id"] == f"rev_{step.after.id.removeprefix('ord_')}" == one.result(step.after.id)["hold"]["review_id"]
        )
        assert (item["place"], item["severity"], item["due_in"]) == ("Omaha, NE", "error", 600)
        assert item["kind"] == "ADR003@ship_to.address.line1"
        assert item["rules"] == [{"rule": "ADR003", "field": "ship_to.address.line1"}]
        mended = await one.gets(body(2))
        assert mended.after.lifecycle == "released"
        assert (one.count(ITEMS), one.count(ITEM_RULES)) == (0, 0)
        await one.gets(held(2))
        await one.carried(Cancel("dana"), step.after.id)
        assert one.count(ITEMS) == 0


async def test_an_order_that_comes_and_goes_in_one_group_leaves_nothing(house: House) -> None:
    async with house() as one:
        await asyncio.gather(
            one.gets(held(1)), one.gets(body(1)), one.gets(held(2)), one.gets(held(2, instructions=""))
        )
        assert listed(one) == ["TERN-0002"]


async def test_the_queue_goes_by_what_waiting_costs(house: House, clock: Clock) -> None:
    async with house() as one:
        await one.gets(held(1))
        clock.passes(minutes=1)
        await one.gets(held(2))
        await one.gets(held(3, partner="egret"))
        await one.gets(held(4, **{"ship_to.name": ""}))
        assert listed(one)[0] == "TERN-0003", "a partner that is worth four times"
        assert listed(one).index("TERN-0001") < listed(one).index("TERN-0002"), "the hold that ends first"
        assert listed(one, partner="egret") == ["TERN-0003"]
        assert listed(one, rule="CON001") + listed(one, rule="CON002") == ["TERN-0004"]
        assert sorted(listed(one, rule="ADR003")) == ["TERN-0001", "TERN-0002", "TERN-0003", "TERN-0004"]
        assert sorted(listed(one, field="ship_to.address.line1", rule="ADR003", partner="tern")) == [
            "TERN-0001", "TERN-0002", "TERN-0004"
        ]  # fmt: skip
        assert listed(one, words=("tern-0002",)) == listed(one, words=("lberg", "0002")) == ["TERN-0002"]
        assert listed(one, words=("%",)) == listed(one, trial=True) == listed(one, state="waiting") == []
        clock.passes(minutes=20)
        assert len(listed(one, age="1h")) == 4
        assert listed(one, age="15m") == []


async def test_facets_count_each_choice_as_if_none_was_made_of_it(house: House, clock: Clock) -> None:
    async with house() as one:
        await asyncio.gather(*(one.gets(held(number)) for number in range(1, 4)))
        step = await one.gets(held(4, partner="egret", **{"ship_to.name": ""}))
        total, by = facets(one)
        assert total == 4
        assert by["partner"] == {"tern": 3, "egret": 1}
        assert by["rule"]["ADR003"] == 4
        assert (by["age"], by["state"], by["assignee"]) == ({"15m": 4}, {"held": 4}, {"-": 4})
        total, by = facets(one, partner="egret")
        assert (total, by["partner"], by["rule"]["ADR003"]) == (1, {"tern": 3, "egret": 1}, 1)
        assert one.desk.assign(step.after.id, "user:ann")
        assert facets(one)[1]["assignee"] == {"-": 3, "user:ann": 1}
        assert facets(one, assignee="-")[0] == 3
        assert listed(one, assignee="user:ann") == ["TERN-0004"]
        one.desk.decide(step.after.id, Wish("release", 1, reason="fine"), "user:ann")
        assert facets(one)[0] == 3, "what is decided is as good as gone"
        assert "TERN-0004" not in listed(one)


async def test_what_others_have_open_is_told_with_the_instant_at_which_it_is_free(house: House, clock: Clock) -> None:
    async with house() as one:
        ids = [(await one.gets(held(number))).after.id for number in range(1, 4)]
        one.desk.claim(ids[0], "user:ann")
        clock.passes(minutes=1)
        one.desk.claim(ids[1], "user:ann")
        one.desk.claim(ids[2], "user:ben")
        with one.database.reading() as connection:
            told = listing.others(connection, Filter(), "user:ben", clock())
        assert told == {"claimed": 2, "by": {"user:ann": 2}, "free_in": 240}
        assert one.desk.claim_next(Filter(), "user:ben").order_id == ids[2], "their own"
        assert one.desk.claim_next(Filter(), "user:cleo") is None
        clock.passes(minutes=4)
        assert one.desk.claim_next(Filter(), "user:cleo").order_id == ids[0]


async def test_a_claim_lasts_as_long_as_its_page_says_so(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = (await one.gets(held(1))).after.id
        assert one.desk.claim("ord_none", "user:ann") is None
        first = one.desk.claim(id_, "user:ann")
        for _ in range(8):
            clock.passes(minutes=1)
            assert one.desk.claim(id_, "user:ben").holder == "user:ann"
            again = one.desk.claim(id_, "user:ann")
            assert (again.since, again.until) == (first.since, clock.now + timedelta(minutes=5))
        clock.passes(minutes=5)
        taken = one.desk.claim(id_, "user:ben")
        assert (taken.holder, taken.since) == ("user:ben", clock.now)
        assert not one.desk.unclaim(id_, "user:ann")
        assert one.desk.unclaim(id_, "user:ben")
        assert one.desk.claim(id_, "user:ann").holder == "user:ann"


async def test_of_two_who_claim_at_the_same_instant_one_wins(house: House) -> None:
    async with house() as one:
        ids = [(await one.gets(held(number))).after.id for number in range(1, 6)]
        assert await asyncio.to_thread(claimed_at_a_barrier, one.database, ids, 100) == 0


async def test_what_is_skipped_comes_again_for_others_at_once_and_for_them_when_it_has_changed(
    house: House, clock: Clock
) -> None:
    async with house() as one:
        id_ = (await one.gets(held(1))).after.id
        one.desk.decide(id_, Wish("skip", 1, reason="not my language"), "user:ann")
        assert one.desk.claim_next(Filter(), "user:ann") is None
        assert one.desk.claim_next(Filter(), "user:ben").order_id == id_
        one.desk.unclaim(id_, "user:ben")
        await one.desk.undo(id_, "user:ann")
        assert one.desk.claim_next(Filter(), "user:ann").order_id == id_


async def test_orders_from_before_there_was_a_queue_come_into_it(house: House, clock: Clock) -> None:
    async with house() as one:
        await asyncio.gather(*(one.gets(held(number)) for number in range(1, 4)))
        before = listed(one)
        with one.database.writing() as connection:
            for table in (ITEMS, ITEM_RULES):
                connection.execute(sa.delete(table))
        assert listed(one) == []
        assert (one.desk.mend(), one.desk.mend()) == (3, 0)
        assert listed(one) == before


async def test_comments_and_views(house: House, clock: Clock) -> None:
    async with house() as one:
        step = await one.gets(held(1))
        one.desk.comment(step.after.id, "user:ann", "a shop, I think")
        one.desk.keep_view("user:ann", View("mine", {"partner": "tern"}))
        one.desk.keep_view("user:ann", View("mine", {"partner": "egret"}))
        with one.database.reading() as connection:
            told = listing.whole(connection, one.order(step.after.id), clock())
        assert [(said["by"], said["text"]) for said in told["comments"]] == [("user:ann", "a shop, I think")]
        assert (told["pending"], told["drafts"], told["item"]["received_id"]) == (None, [], "TERN-0001")
        assert one.desk.forget_view("user:ann", "mine")
        assert not one.desk.forget_view("user:ann", "mine")


def finding(confidence: float | None = None, **values: Any) -> Finding:
    """One that keeps an order."""
    offered = () if confidence is None else (Suggestion({"ship_to.address.city": "Omaha"}, confidence, "so"),)
    outcome: Any = "suggested" if offered else "open"
    given = Finding(
        "ADR021", "r", "ship_to.address.city", (), "validity", "error", outcome, "partner", "m", "", offered
    )
    return replace(given, **values)


def test_the_rank_goes_by_the_end_of_the_hold_what_happens_then_and_the_work() -> None:
    def rank(then: str = "release", priority: float = 1, escalated: bool = False, found: Any = None) -> float:
        given = [finding(0.95)] if found is None else found
        return rank_of(NOW, then, escalated, given, seconds_of(given), priority)

    assert rank("refuse") < rank("release") < rank("escalate")
    assert rank(priority=2) == pytest.approx(rank() - 600)
    assert rank(escalated=True) < rank("refuse", priority=10)
    assert rank() < rank(found=[finding(0.5)]) < rank(found=[finding()]), "what is quickly done goes first"
    assert rank() < rank(found=[finding(0.95, severity="warning")])


def test_what_is_sure_touches_no_protected_field() -> None:
    def offered(path: str, value: Any, confidence: float) -> Any:
        return {"outcome": "suggested", "suggestions": [{"changes": {path: value}, "confidence": confidence}]}

    result = {
        "order": {"ship_to": {"address": {"city": "Omhaa"}}},
        "findings": [
            offered("ship_to.address.city", "Omaha", 0.95),
            offered("ship_to.address.state", "NE", 0.89),
            offered("ship_to.address.line1", "14205 Ida Street", 0.99),
            offered("items[0].quantity", 2, 0.99),
            offered("ship_to.phone", "+14025385759", 0.99),
            offered("packages[0].weight.value", 2, 0.99),
            {"outcome": "open", "suggestions": []},
        ],
    }
    assert sure(result) == {"ship_to.address.city": "Omaha"}
    assert protected("totals.total")
    assert not protected("window.start")
