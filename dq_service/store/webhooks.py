"""Addresses that want to hear of events, and how far each event has come on its way to each of them.

A webhook's `cursor` goes along the outbox; what it passes becomes a delivery, pending until it is delivered or dead.
Of one order only the first pending delivery has a time at which it is tried (`next_at`); the later ones have none
and get theirs when it is done with. So what is due is found by an index, however many are held back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, and_, bindparam, case, exists, func, insert, null, or_, select, update

from dq_service.store import outbox
from dq_service.store.schema import DELIVERIES, OUTBOX, WEBHOOKS, column_text

State = Literal["pending", "delivered", "dead"]
Include = Literal["order"]

FURTHEST: Final = timedelta(days=2)  # nothing is put off for longer: what seems to be was, by a clock that went wrong

_HOOK: Final = WEBHOOKS.c
_ONE: Final = DELIVERIES.c
_OTHER: Final = DELIVERIES.alias("other")


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address. `partner` "" and no `types` mean all; `disabled_why` is "" while it is in use."""

    id: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    partner: str
    types: Sequence[str]
    include: Sequence[Include]
    created_at: datetime
    cursor: int
    disabled_at: datetime | None = None
    disabled_why: str = ""
    trial: bool = False  # made by a test key: it hears of orders that came with test keys, and of no others


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is to be tried now."""

    entry: outbox.Entry
    attempts: int  # made so far


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an attempt ended. `next_at` is None unless it is tried again."""

    seq: int
    order_id: str
    state: State
    attempts: int
    next_at: datetime | None
    status: int | None
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far an event has come."""

    seq: int
    event: str
    type: str
    order_id: str
    state: State
    attempts: int
    next_at: datetime | None
    last_status: int | None
    last_error: str
    last_at: datetime | None


# --- the addresses ---------------------------------------------------------------------------------------------------


def add(connection: Connection, webhook: Webhook) -> None:
    """A new address."""
    row = {column.name: getattr(webhook, column.name) for column in WEBHOOKS.columns}
    connection.execute(insert(WEBHOOKS), {**row, "types": list(webhook.types), "include": list(webhook.include)})


def every(connection: Connection, partner: str = "") -> list[Webhook]:
    """All addresses, or a partner's own, oldest first."""
    wanted = select(WEBHOOKS).order_by(_HOOK.created_at, _HOOK.id)
    if partner:
        wanted = wanted.where(_HOOK.partner == partner)
    return [Webhook(**row._mapping) for row in connection.execute(wanted)]


def find(connection: Connection, webhook_id: str) -> Webhook | None:
    """One address."""
    row = connection.execute(select(WEBHOOKS).where(_HOOK.id == column_text(webhook_id))).one_or_none()
    return None if row is None else Webhook(**row._mapping)


def remove(connection: Connection, webhook_id: str) -> bool:
    """Forgets an address and its deliveries; whether there was one."""
    known = column_text(webhook_id)
    connection.execute(sa.delete(DELIVERIES).where(_ONE.webhook_id == known))
    return connection.execute(sa.delete(WEBHOOKS).where(_HOOK.id == known)).rowcount > 0


def change(connection: Connection, webhook_id: str, values: Mapping[str, Any]) -> None:
    """Other values of an address, by their columns."""
    connection.execute(update(WEBHOOKS).where(_HOOK.id == webhook_id).values(**values))


def disable(connection: Connection, webhook_id: str, at: datetime, why: str) -> None:
    """Nothing is sent to this address any more."""
    connection.execute(update(WEBHOOKS).where(_HOOK.id == webhook_id).values(disabled_at=at, disabled_why=why))


def lock(connection: Connection, webhook_id: str) -> int | None:
    """Until this transaction ends nobody else changes the address or its deliveries; its cursor, None if it is gone."""
    wanted = select(_HOOK.cursor).where(_HOOK.id == webhook_id, _HOOK.disabled_at.is_(None))
    return connection.scalar(wanted.with_for_update())


# --- what is to be sent ----------------------------------------------------------------------------------------------


def take_up(connection: Connection, webhook: Webhook, cursor: int, now: datetime, limit: int) -> int:
    """The next `limit` entries of the outbox become deliveries where they are wanted; the new cursor. Under `lock`."""
    end = outbox.end_of(connection, cursor, limit)
    if end == cursor:
        return cursor
    wanted = [OUTBOX.c.seq > cursor, OUTBOX.c.seq <= end, OUTBOX.c.trial.is_(webhook.trial)]
    if webhook.partner:
        wanted.append(OUTBOX.c.partner == webhook.partner)
    if webhook.types:
        wanted.append(OUTBOX.c.type.in_(webhook.types))
    first = func.row_number().over(partition_by=OUTBOX.c.order_id, order_by=OUTBOX.c.seq) == 1
    earlier = exists().where(_ONE.webhook_id == webhook.id, _ONE.order_id == OUTBOX.c.order_id, _ONE.state == "pending")
    when = sa.literal(now, _ONE.next_at.type)
    columns = {
        "webhook_id": sa.literal(webhook.id),
        "seq": OUTBOX.c.seq,
        "event_id": OUTBOX.c.id,
        "order_id": OUTBOX.c.order_id,
        "state": sa.literal("pending"),
        "attempts": sa.literal(0),
        "next_at": case((and_(first, ~earlier), when), else_=null()),
        "last_error": sa.literal(""),
    }
    rows = select(*(value.label(name) for name, value in columns.items())).where(*wanted)
    connection.execute(insert(DELIVERIES).from_select(list(columns), rows))
    connection.execute(update(WEBHOOKS).where(_HOOK.id == webhook.id).values(cursor=end))
    return end


def due(connection: Connection, webhook_id: str, now: datetime, limit: int) -> list[Due]:
    """What is to be tried now, at most one of an order, longest waiting first."""
    when = or_(_ONE.next_at <= now, _ONE.next_at > now + FURTHEST)
    wanted = select(_ONE.seq, _ONE.attempts).where(_ONE.webhook_id == webhook_id, _ONE.state == "pending", when)
    rows = connection.execute(wanted.order_by(_ONE.next_at, _ONE.seq).limit(limit))
    attempts: dict[int, int] = {row.seq: row.attempts for row in rows}
    found = outbox.entries_at(connection, list(attempts)) if attempts else {}
    return [Due(found[seq], tried) for seq, tried in attempts.items()]


def next_at(connection: Connection, webhook_id: str, now: datetime) -> datetime | None:
    """When something will be due next."""
    wanted = select(_ONE.next_at).where(_ONE.webhook_id == webhook_id, _ONE.state == "pending", _ONE.next_at > now)
    at: datetime | None = connection.scalar(wanted.order_by(_ONE.next_at).limit(1))
    return at


def settle(connection: Connection, webhook_id: str, attempts: Iterable[Attempted]) -> None:
    """Writes down how attempts ended; where one is done with, the order's next event becomes due. Under `lock`."""
    rows = [
        {
            "of_seq": one.seq,
            "new_state": one.state,
            "tried": one.attempts,
            "again": one.next_at,
            "status": one.status,
            "error": one.error,
            "ended": one.at,
        }
        for one in attempts
    ]
    connection.execute(
        update(DELIVERIES)
        .where(_ONE.webhook_id == webhook_id, _ONE.seq == bindparam("of_seq"), _ONE.state == "pending")
        .values(
            state=bindparam("new_state"),
            attempts=bindparam("tried"),
            next_at=bindparam("again"),
            last_status=bindparam("status"),
            last_error=bindparam("error"),
            last_at=bindparam("ended"),
        ),
        rows,
    )
    done = [{"of_order": one.order_id, "now": one.at} for one in attempts if one.state != "pending"]
    if done:
        following = select(func.min(_OTHER.c.seq)).where(
            _OTHER.c.webhook_id == webhook_id, _OTHER.c.order_id == bindparam("of_order"), _OTHER.c.state == "pending"
        )
        connection.execute(
            update(DELIVERIES)
            .where(_ONE.webhook_id == webhook_id, _ONE.seq == following.scalar_subquery(), _ONE.next_at.is_(None))
            .values(next_at=bindparam("now", type_=_ONE.next_at.type)),
            done,
        )


def hasten(connection: Connection, webhook_id: str, now: datetime) -> None:
    """What failed for want of a working receiver is due now; what it refused is tried when it was to be."""
    down = or_(_ONE.last_status.is_(None), _ONE.last_status >= 500, _ONE.last_status.in_((408, 429)))
    connection.execute(
        update(DELIVERIES)
        .where(_ONE.webhook_id == webhook_id, _ONE.state == "pending", _ONE.next_at > now, down)
        .values(next_at=now)
    )


# --- what was sent ---------------------------------------------------------------------------------------------------


def page(
    connection: Connection, webhook_id: str, *, state: State | None, before: int | None, limit: int
) -> list[Delivery]:
    """Deliveries, newest first, from before a seq on."""
    columns: list[Any] = [_ONE.seq, _ONE.event_id, OUTBOX.c.type, _ONE.order_id, _ONE.state, _ONE.attempts]
    columns += [_ONE.next_at, _ONE.last_status, _ONE.last_error, _ONE.last_at]
    wanted = select(*columns).join(OUTBOX, OUTBOX.c.seq == _ONE.seq).where(_ONE.webhook_id == webhook_id)
    if state is not None:
        wanted = wanted.where(_ONE.state == state)
    if before is not None:
        wanted = wanted.where(_ONE.seq < before)
    return [Delivery(*row) for row in connection.execute(wanted.order_by(_ONE.seq.desc()).limit(limit))]


def replay_dead(connection: Connection, webhook_id: str, now: datetime) -> int:
    """Everything that was given up is tried anew; how many there are. Under `lock`."""
    dead = update(DELIVERIES).where(_ONE.webhook_id == webhook_id, _ONE.state == "dead")
    revived = connection.execute(dead.values(state="pending", attempts=0, next_at=None)).rowcount
    if revived:
        line_up(connection, webhook_id, now)
    return revived


def replay_event(connection: Connection, webhook: Webhook, entry: outbox.Entry, now: datetime) -> None:
    """One event is sent anew, whatever became of it. Under `lock`."""
    anew: dict[str, Any] = {"state": "pending", "attempts": 0, "next_at": None}
    found = update(DELIVERIES).where(_ONE.webhook_id == webhook.id, _ONE.seq == entry.seq)
    if not connection.execute(found.values(anew)).rowcount:
        row = {"webhook_id": webhook.id, "seq": entry.seq, "event_id": entry.event.id, "last_error": ""}
        connection.execute(insert(DELIVERIES), {**row, "order_id": entry.event.order_id, **anew})
    line_up(connection, webhook.id, now)


def line_up(connection: Connection, webhook_id: str, now: datetime) -> None:
    """Of each order the first pending delivery has a time at which it is tried, and no other has. Under `lock`."""
    pending = and_(_ONE.webhook_id == webhook_id, _ONE.state == "pending")
    earlier = exists().where(
        _OTHER.c.webhook_id == webhook_id,
        _OTHER.c.order_id == _ONE.order_id,
        _OTHER.c.state == "pending",
        _OTHER.c.seq < _ONE.seq,
    )
    connection.execute(update(DELIVERIES).where(pending, _ONE.next_at.is_not(None), earlier).values(next_at=None))
    connection.execute(update(DELIVERIES).where(pending, _ONE.next_at.is_(None), ~earlier).values(next_at=now))
