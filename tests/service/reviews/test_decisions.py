"""Decisions on both databases: their delay, undoing at every moment, orders that move on, restarts, two at once."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dq_service.service.commands import Acknowledge, Cancel, Look, Refused
from dq_service.service.reviews.decisions import Denied, Wish
from dq_service.store.in_review import Claim
from dq_service.store.review_tables import CLAIMS, ITEM_RULES, ITEMS
from tests.service.reviews.conftest import DELAY, NOW, Clock, body, held

pytestmark = pytest.mark.anyio

LINE1 = "ship_to.address.line1"
MEND = {LINE1: "14205 Ida Street"}
House = Callable[[], Any]


async def begun(one: Any, number: int = 1, **changes: Any) -> str:
    """An order in review."""
    step = await one.gets(held(number, **changes))
    assert step.after.lifecycle == "held"
    return str(step.after.id)


async def decides(one: Any, id_: str, kind: Any = "edit", by: str = "user:ann", **wish: Any) -> Any:
    """A decision at the order's revision."""
    if kind == "edit":
        wish.setdefault("changes", MEND)
    wish.setdefault("revision", one.order(id_).revision)
    return await asyncio.to_thread(one.desk.decide, id_, Wish(kind, **wish), by)


async def test_a_decision_takes_effect_after_its_delay_and_once(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        before = one.events(id_)
        assert before == ["order.received", "order.held", "review.opened"]
        made = await decides(one, id_)
        assert (made.state, made.effective_at) == ("pending", NOW + DELAY)
        await one.falls_due()
        assert one.events(id_) == before, "nothing before its time"
        clock.passes(seconds=10)
        await one.falls_due()
        await one.falls_due()
        assert one.order(id_).lifecycle == "released"
        assert one.events(id_) == [*before, "order.changed", "order.released", "review.decided"]
        assert one.result(id_)["order"]["ship_to"]["address"]["line1"] == MEND[LINE1]
        (known,) = one.decisions(id_)
        assert (known.state, known.applied_revision, known.applied_at) == ("applied", 2, clock.now)
        assert (one.count(ITEMS), one.count(ITEM_RULES), one.count(CLAIMS)) == (0, 0, 0)


async def test_what_a_person_puts_in_is_judged_like_any_input(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        await decides(one, id_, changes={**MEND, "ship_to.address.postal_code": "99999"})
        clock.passes(seconds=10)
        await one.falls_due()
        kept = one.order(id_)
        assert (kept.lifecycle, kept.verdict, kept.revision) == ("held", "review", 2)
        assert one.count(ITEMS) == 1


async def test_undone_before_its_time_it_leaves_no_trace_outside(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        before, kept = one.events(id_), one.order(id_)
        await decides(one, id_)
        clock.passes(seconds=9.9)
        undone = await one.desk.undo(id_, "user:ann")
        assert (undone.step, undone.recalled, undone.decision.state) == (None, False, "undone")
        clock.passes(seconds=60)
        await one.falls_due()
        assert one.events(id_) == before
        assert one.order(id_) == kept
        again = await decides(one, id_)  # and the item is there to be decided anew
        assert again.state == "pending"


@pytest.mark.parametrize("kind", ["edit", "release", "refuse"])
async def test_undone_afterwards_it_is_recalled_and_waits_again(house: House, clock: Clock, kind: Any) -> None:
    async with house() as one:
        id_ = await begun(one)
        await decides(one, id_, kind, reason="so it is")
        clock.passes(seconds=10)
        await one.falls_due()
        gone = "refused" if kind == "refuse" else "released"
        assert one.order(id_).lifecycle == gone
        if gone == "released":
            await one.carried(Acknowledge(2, "tms"), id_)
        undone = await one.desk.undo(id_, "user:ben", reason="wrong house")
        assert undone.recalled is (gone == "released")
        assert (undone.step.before.acknowledged is not None) is (gone == "released")
        kept = one.order(id_)
        assert (kept.lifecycle, kept.fixes) == ("held", {})
        assert kept.hold is not None
        told = one.events(id_)
        assert told[-3:] == (
            ["order.recalled", "order.held", "review.opened"]
            if gone == "released"
            else ["order.changed", "order.held", "review.opened"]
        )
        assert one.result(id_)["order"]["ship_to"]["address"]["line1"] == "Ida Street"
        assert one.count(ITEMS) == 1
        with pytest.raises(Denied):
            await one.desk.undo(id_, "user:ben")


async def test_an_undo_gives_back_what_another_person_had_put_in(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one, **{"ship_to.name": ""})
        for name in ("Robin Walberg", "Robin Wolberg"):
            await decides(one, id_, changes={"ship_to.name": name}, by=f"user:{name[6:8]}")
            clock.passes(seconds=10)
            await one.falls_due()
        assert one.order(id_).lifecycle == "held"
        await one.desk.undo(id_, "user:ann")
        (fix,) = one.order(id_).fixes.values()
        assert (fix.value, fix.by) == ("Robin Walberg", "user:Wa")


async def test_what_a_destination_has_frozen_is_not_undone(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        await decides(one, id_)
        clock.passes(seconds=10)
        await one.falls_due()
        await one.carried(Acknowledge(2, "tms", frozen=True), id_)
        with pytest.raises(Refused) as refused:
            await one.desk.undo(id_, "user:ann")
        assert refused.value.reason == "frozen"
        assert [known.state for known in one.decisions(id_)] == ["applied"]


@pytest.mark.parametrize("moves", ["sender", "cancel", "look"])
async def test_of_an_order_that_has_moved_on_nothing_is_decided(house: House, clock: Clock, moves: str) -> None:
    async with house() as one:
        id_ = await begun(one)
        await decides(one, id_)
        clock.passes(seconds=1)
        if moves == "sender":
            await one.gets(held(1, instructions="Ring twice at the blue door"))
        elif moves == "cancel":
            await one.carried(Cancel("dana"), id_)
        else:
            await one.carried(Look(), id_)
        moved = one.order(id_).revision
        clock.passes(seconds=10)
        await one.falls_due()
        (known,) = one.decisions(id_)
        if moves == "look":  # it said nothing new
            assert (moved, known.state) == (1, "applied")
            return
        assert (known.state, known.changes, one.order(id_).revision) == ("stale", MEND, moved)
        assert "review.decided" not in one.events(id_)
        if moves == "sender":
            with pytest.raises(Denied) as denied:
                await decides(one, id_, revision=1)
            assert denied.value.why == "older"
            assert denied.value.said == {
                "revision": 2, "lifecycle": "held", "fields": ["instructions"], "by": ["sender"]
            }  # fmt: skip
            assert (await decides(one, id_)).state == "pending", "the item is back"


async def test_a_hold_that_ends_takes_the_decision_with_it(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        clock.passes(minutes=9, seconds=55)
        made = await decides(one, id_)
        assert made.effective_at == NOW + timedelta(minutes=10), "sooner only if the hold ends"
        clock.passes(seconds=5)
        await one.falls_due()
        assert one.order(id_).lifecycle == "released", "not refused by time"
        assert "order.expired" not in one.events(id_)
        other = await begun(one, 2)
        clock.passes(minutes=9, seconds=55)
        await decides(one, other, changes={"ship_to.address.line2": "Apt 4"})  # not enough
        clock.passes(seconds=5)
        await one.falls_due()
        await one.falls_due()
        assert one.order(other).lifecycle == "refused"
        assert one.events(other)[-3:] == ["review.decided", "order.expired", "order.refused"]


async def test_a_service_that_stops_between_decision_and_effect_loses_and_doubles_nothing(
    house: House, clock: Clock
) -> None:
    async with house() as one:
        ids = [await begun(one, number) for number in range(1, 6)]
        for id_ in ids:
            await decides(one, id_)
        await one.desk.undo(ids[0], "user:ann")
    clock.passes(seconds=30)
    async with house() as two, house() as three:  # two workers come up
        await asyncio.gather(two.falls_due(), three.falls_due())
        assert [two.order(id_).lifecycle for id_ in ids] == ["held"] + ["released"] * 4
        for id_ in ids[1:]:
            assert two.events(id_).count("review.decided") == 1


async def test_undo_and_effect_at_the_same_instant_are_one_or_the_other(house: House, clock: Clock) -> None:
    async with house() as one:
        for number in range(1, 13):
            id_ = await begun(one, number)
            before = one.events(id_)
            await decides(one, id_)
            clock.passes(seconds=10)
            _, undone = await asyncio.gather(one.falls_due(), one.desk.undo(id_, "user:ben"))
            (known,) = one.decisions(id_)
            assert known.state == "undone"
            kept = one.order(id_)
            assert kept.lifecycle == "held"
            assert (undone.step is None) is (one.events(id_) == before)


async def test_the_same_decision_again_is_that_decision_and_another_is_told_who_was_first(house: House) -> None:
    async with house() as one:
        id_ = await begun(one)
        first = await decides(one, id_)
        assert (await decides(one, id_)).id == first.id
        with pytest.raises(Denied) as denied:
            await decides(one, id_, by="user:ben")
        assert (denied.value.why, denied.value.said["by"]) == ("decided", "user:ann")
        with pytest.raises(Denied):
            await decides(one, id_, changes={LINE1: "1 Ida Street"})
        assert len(one.decisions(id_)) == 1


async def test_two_who_decide_at_the_same_instant(house: House) -> None:
    async with house() as one:
        for number in range(1, 21):
            id_ = await begun(one, number)
            came: list[Any] = []
            barrier = threading.Barrier(2)

            def decide(
                by: str, id_: str = id_, came: list[Any] = came, barrier: Any = barrier, desk: Any = one.desk
            ) -> None:
                barrier.wait()
                try:
                    came.append(desk.decide(id_, Wish("edit", 1, MEND), by))
                except Denied as denied:
                    came.append(denied.why)

            await asyncio.gather(*(asyncio.to_thread(decide, f"user:{name}") for name in ("ann", "ben")))
            assert len(one.decisions(id_)) == 1
            assert len([why for why in came if why in ("decided", "claimed")]) == 1


async def test_suggestions_by_number(house: House, clock: Clock) -> None:
    async with house() as one:
        step = await one.gets(body(1, **{"ship_to.address.state": "", "ship_to.address.postal_code": ""}))
        id_ = step.after.id
        findings = one.result(id_)["findings"]
        place = next(n for n, found in enumerate(findings, 1) if len(found["suggestions"]) > 1)
        wanted = findings[place - 1]["suggestions"][1]["changes"]
        for choices in ({place: 9}, {99: 1}, {0: 1}):
            with pytest.raises(Denied):
                await decides(one, id_, "accept", choices=choices)
        made = await decides(one, id_, "accept", choices={place: 2})
        assert made.changes == wanted


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        ("edit", {"changes": {}}),
        ("edit", {"changes": {"items[7].sku": "X"}}),
        ("edit", {"changes": {"items[*].sku": "X"}}),
        ("accept", {}),
        ("refuse", {}),
        ("skip", {"reason": " "}),
        ("release", {"reason": "fine", "changes": MEND}),
    ],
)
async def test_what_cannot_be_decided_is_refused_at_once(house: House, kind: Any, wish: Any) -> None:
    async with house() as one:
        id_ = await begun(one)
        with pytest.raises(Denied) as denied:
            await decides(one, id_, kind, **wish)
        assert denied.value.why == "invalid"
        assert one.decisions(id_) == []
        assert isinstance(one.desk.claim(id_, "user:ben"), Claim), "nor does it stay open"


async def test_a_second_opinion_is_somebody_elses(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        await decides(one, id_, "second_opinion", reason="is this a shop?")
        with pytest.raises(Denied) as denied:
            await decides(one, id_)
        assert denied.value.why == "asked"
        with pytest.raises(Denied):
            await decides(one, id_, "second_opinion", reason="again", revision=9)
        await decides(one, id_, by="user:ben")
        clock.passes(seconds=10)
        await one.falls_due()
        assert one.order(id_).lifecycle == "released"


async def test_what_is_over_says_who_decided(house: House, clock: Clock) -> None:
    async with house() as one:
        id_ = await begun(one)
        await decides(one, id_)
        clock.passes(seconds=10)
        await one.falls_due()
        with pytest.raises(Denied) as denied:
            await decides(one, id_, by="user:ben", revision=1)
        assert (denied.value.why, denied.value.said["by"]) == ("over", "user:ann")
