"""The review queue in number and under haste: claims at a barrier, and what a look costs at 100,000 open items."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import perf_counter
from typing import Any

from dq_service.service.ledger import Ledger
from dq_service.service.reviews import listing
from dq_service.service.reviews.decisions import Denied, Wish
from dq_service.service.reviews.desk import Desk
from dq_service.service.reviews.listing import Counting
from dq_service.store import orders as stored
from dq_service.store.database import Database
from dq_service.store.in_review import Item
from dq_service.store.kept import Step, Waiting
from dq_service.store.queue import Filter
from tests.soak.kept import database
from tests.store.steps import arrival, order

NEXT_ONE = 100.0  # ms from a key to the next item, at the 95th percentile
PIECE = 500  # orders written together
RULES = ("ADR003", "ADR020", "ADR021", "ADR110", "CON001", "CON021", "SCH004", "ITM002", "DUP001", "INS001")
FIELDS = ("ship_to.address.line1", "ship_to.address.city", "ship_to.address.postal_code", "ship_to.phone", "window")
_CHANCE = random.Random(4)
KINDS = [
    tuple((rule, _CHANCE.choice(FIELDS)) for rule in _CHANCE.sample(RULES, _CHANCE.choice((1, 1, 1, 2, 3))))
    for _ in range(200)
]


def reviews(dialect: str, items: int, rounds: int) -> bool:
    """Both: one winner each, and the milliseconds of a reviewer's day."""
    with database(dialect) as url:
        opened = Database.open(url)
        opened.migrate()
        try:
            ids = _fill(opened, 64)
            wrong = claimed_at_a_barrier(opened, ids, rounds)
            print(f"{dialect}: {rounds:,} claims at a barrier, not won by one alone: {wrong}")
            ids = _fill(opened, items)
            took = asyncio.run(_day(opened, ids))
        finally:
            opened.close()
    print(f"{dialect}: {items:,} open items, ms at the median and the 95th percentile")
    for name, times in took.items():
        print(f"  {name:34} {_told(times)}")
    return not wrong and all(_high(took[name]) <= NEXT_ONE for name in ("decide", "next, claimed"))


def claimed_at_a_barrier(opened: Database, ids: list[str], rounds: int) -> int:
    """Two reviewers claim the same item at the same instant, so often; how often not exactly one has it."""
    desk = Desk(opened, None, _nothing, lambda: datetime.now(UTC))  # type: ignore[arg-type]
    barrier = threading.Barrier(2)
    won: list[list[str]] = [[] for _ in range(rounds)]

    def claims(by: str) -> None:
        for number in range(rounds):
            id_ = ids[number % len(ids)]
            barrier.wait()
            claim = desk.claim(id_, by)
            if claim is not None and claim.holder == by:
                won[number].append(by)
            barrier.wait()
            desk.unclaim(id_, by)

    threads = [threading.Thread(target=claims, args=(f"user:{name}",)) for name in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(len(winners) != 1 for winners in won)


def held(number: int, now: datetime, chance: random.Random) -> Step:
    """An order in review as the ledger would write it, but for the engine's work."""
    until = now + timedelta(minutes=chance.randrange(5, 120))
    sent = order(number)
    step = arrival(
        number, partner=f"partner{number % 12:02}", at=now, sent=sent, lifecycle="held", verdict="review",
        action="hold", hold=Waiting(until, "refuse", "no such city"),
    )  # fmt: skip
    rules = KINDS[min(int(chance.expovariate(1 / 20)), len(KINDS) - 1)]  # most are of few kinds
    rank = until.timestamp() - chance.randrange(0, 3600)
    text = f"acme-{number:06} aisha martinez {number} ida street omaha ne 68142 +1402{number:07}"
    item = Item(
        "held", 1, until, "refuse", False, rank, 12.0, "no city 'Omhaa' in NE", "Omaha, NE", "error", 0.8,
        "+".join(sorted(f"{rule}@{path}" for rule, path in rules)), text, rules,
    )  # fmt: skip
    return replace(step, item=item)


def _fill(opened: Database, count: int) -> list[str]:
    now, chance = datetime.now(UTC), random.Random(5)
    ids: list[str] = []
    for begin in range(0, count, PIECE):
        steps = [held(count * 7 + number, now, chance) for number in range(begin, min(begin + PIECE, count))]
        with opened.writing() as connection:
            stored.write(connection, steps, (), "soak")
        opened.checkpoint()
        ids += [step.after.id for step in steps]
    return ids


async def _day(opened: Database, ids: list[str]) -> dict[str, list[float]]:
    """What a reviewer does, measured."""
    clock = lambda: datetime.now(UTC)  # noqa: E731
    ledger = Ledger(opened, _nothing, worker="soak", clock=clock)
    desk = Desk(opened, ledger, _nothing, clock)
    task = asyncio.create_task(ledger.run())
    try:
        return await asyncio.to_thread(_measured, opened, desk, ids)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _measured(opened: Database, desk: Desk, ids: list[str]) -> dict[str, list[float]]:
    chance = random.Random(6)
    took: dict[str, list[float]] = {}

    def look(name: str, times: int, act: Callable[[Any], Any]) -> None:
        for _ in range(times):
            with opened.reading() as connection:
                begun = perf_counter()
                act(connection)
                took.setdefault(name, []).append((perf_counter() - begun) * 1000)

    def page(wanted: Filter, after: Any = None) -> Callable[[Any], Any]:
        return lambda connection: listing.page(connection, wanted, datetime.now(UTC), after, 50)

    with opened.reading() as connection:
        far = None
        for place in _deep(connection):
            far = place
    look("list", 40, page(Filter()))
    look("list, half way down", 40, page(Filter(), far))
    look("list of a partner", 40, page(Filter(partner="partner07")))
    look("list of a rule", 40, page(Filter(rule="ADR110")))
    look("list of a rule and partner", 40, page(Filter(rule="ADR110", partner="partner07")))
    look("list of a field", 40, page(Filter(field="window")))
    look("list of a kind", 40, page(Filter(kind="+".join("@".join(one) for one in sorted(KINDS[3])))))
    look("search for one of all", 10, page(Filter(words=(f"acme-{len(ids) * 7 + 77:06}",))))
    look("facets, counted anew", 10, lambda one: _facets(one, Filter()))
    look("facets of what is held", 10, lambda one: _facets(one, Filter(state="held")))
    look("facets of a rule", 10, lambda one: _facets(one, Filter(rule="ADR110")))
    look("what others have open", 20, lambda one: listing.others(one, Filter(), "user:ann", datetime.now(UTC)))
    for number, id_ in enumerate(chance.sample(ids, 200)):
        begun = perf_counter()
        with suppress(Denied):
            desk.decide(id_, Wish("release", 1, reason="it is so"), f"user:{number % 5}")
        decided = perf_counter()
        desk.claim_next(Filter(state="held"), f"user:{number % 5}")
        took.setdefault("decide", []).append((decided - begun) * 1000)
        took.setdefault("next, claimed", []).append((perf_counter() - decided) * 1000)
    return took


def _facets(connection: Any, wanted: Filter) -> None:
    listing.facets(Counting().of(connection, wanted, datetime.now(UTC)), wanted)


def _deep(connection: Any) -> Iterator[Any]:
    place = None
    for _ in range(100):
        found = listing.page(connection, Filter(), datetime.now(UTC), place, 200)
        place = found.next
        if place is None:
            return
        yield place


def _nothing() -> Any:
    raise AssertionError("nothing is judged here")


def _high(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _told(times: list[float]) -> str:
    return f"{sorted(times)[len(times) // 2]:8.1f} {_high(times):8.1f}"
